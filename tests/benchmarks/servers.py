"""The measured site under gunicorn, and load on it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .pairs import ROOT

THREADS = 4
PATIENCE = 90  # seconds for a server to get warm


class Server:
    """gunicorn with threads on a free port of loopback; memory is that of one worker process."""

    def __init__(self, subject: str, python: str, database: str, *, workers: int = 1, **environment: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.process = subprocess.Popen(
            [
                *(python, "-W", "ignore", "-m", "gunicorn", "tests.benchmarks.site.wsgi:application"),
                *("--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread", "--threads", str(THREADS)),
                *("--workers", str(workers), "--keep-alive", "60", "--log-level", "warning", "--no-control-socket"),
            ],
            cwd=ROOT,
            env={
                **os.environ,
                "BENCH_SUBJECT": subject,
                "BENCH_DATABASE": database,
                "PYTHONHASHSEED": "0",
                **environment,
            },
        )
        until = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                break
            except OSError:
                if self.process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"gunicorn did not start for {subject}.") from None
                time.sleep(0.1)

    def warm(self, requests: list[str], **more: Any) -> float:
        """Ask until each thread has its connection, its templates and its ruleset; the answers in a second."""
        answered, seconds, until = 0, 1.0, time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = self.load(requests, seconds, **more)
            answered += found["requests"]
            if answered >= 10 * THREADS:
                return float(found["rps"])
            if found["requests"] < 2 * THREADS:  # a server may take seconds for each
                seconds *= 2
        raise RuntimeError(f"The server hardly answers: {answered} requests in {PATIENCE} seconds.")

    def load(self, requests: list[str], seconds: float, connections: int = THREADS, **more: Any) -> dict[str, Any]:
        return finish(self.start_load(requests, seconds, connections, **more))

    def start_load(self, requests: list[str], seconds: float, connections: int = THREADS, **more: Any) -> Any:
        """A load that runs while something else is done; `finish` waits for what it found."""
        load = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.load"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert load.stdin
        command = {"port": self.port, "requests": requests, "seconds": seconds, "connections": connections, **more}
        load.stdin.write(json.dumps(command))
        load.stdin.close()
        load.stdin = None
        return load

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in children.read_text().split()] if children.exists() else []

    def memory(self) -> dict[str, float] | None:
        """MB of a worker: RSS, and PSS, which shares what processes share. None where the system can't tell."""
        for pid in self.workers()[:1]:
            told = Path(f"/proc/{pid}/smaps_rollup")
            if told.exists():
                rows = (row.split() for row in told.read_text().splitlines())
                return {row[0][:-1]: int(row[1]) / 1024 for row in rows if row[0] in ("Rss:", "Pss:")}
        return None

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def finish(load: Any) -> dict[str, Any]:
    output, _errors = load.communicate()
    if load.returncode:
        raise RuntimeError(f"The load generator failed ({load.returncode}).")
    found: dict[str, Any] = json.loads(output)
    return found
