"""Start the demo as a newcomer does, ask it for its pages, stop it; then once more, which must take seconds."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST_START = 300  # seconds: it may have to install everything
SECOND_START = 30  # seconds; a few on an idle machine
PATHS = ["/", "/services/business-licence/", "/emergency/", "/news/", "/cy/", "/personalisation/", "/admin/login/"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=20) as response:  # noqa: S310 -- http, on this machine
            return response.status == 200
    except OSError:
        return False


def start_and_ask(limit: float) -> list[str]:
    """What went wrong between `make demo` and its end, a sentence each."""
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    began = time.monotonic()
    demo = subprocess.Popen(["make", "demo", f"PORT={port}"], cwd=ROOT, start_new_session=True)
    try:
        while not answers(base + PATHS[0]):
            if demo.poll() is not None:
                return [f"'make demo' ended with {demo.returncode} before it answered."]
            if time.monotonic() - began > limit:
                return [f"'make demo' did not answer {base}{PATHS[0]} within {limit} seconds."]
            time.sleep(0.5)
        print(f"It answered after {time.monotonic() - began:.0f} s.", flush=True)
        return [f"{path} does not answer with 200." for path in PATHS if not answers(base + path)]
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGINT)
            try:
                demo.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(demo.pid, signal.SIGKILL)


def main() -> str | None:
    faults = start_and_ask(FIRST_START) or start_and_ask(SECOND_START)
    return "\n".join(faults) or None


if __name__ == "__main__":
    sys.exit(main())
