"""A real Varnish in front of a site, with the file that docs/how-to/edge.md shows, and visitors of any address."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

STARTS_WITHIN = 30  # seconds, on a busy machine; it compiles its file first


def varnish_lacks() -> str | None:
    return None if shutil.which("varnishd") else "varnishd (Debian's package varnish) is not installed"


def documented_vcl() -> str:
    """The example of the documentation, as it stands there."""
    page = (ROOT / "docs" / "how-to" / "edge.md").read_text()
    [found] = re.findall(r"^```\n(vcl 4\.1;\n.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return found


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    text: str

    @property
    def from_cache(self) -> bool:
        """Whether the site had no part in it: Varnish names the request that fetched the copy besides."""
        return " " in self.headers["X-Varnish"]

    @property
    def varies_on(self) -> set[str]:
        return {name.strip().lower() for name in (self.headers["Vary"] or "").split(",") if name.strip()}


class FromAddress(http.client.HTTPConnection):
    """A connection that says whose it is, by the PROXY protocol: as what ends TLS in front of Varnish does."""

    visitor = "127.0.0.1"

    def connect(self) -> None:
        super().connect()
        self.sock.sendall(f"PROXY TCP4 {self.visitor} 127.0.0.1 50000 443\r\n".encode())


@dataclass(frozen=True)
class Varnish:
    port: int
    host: str  # of the site, as visitors ask for it

    def ask(self, path: str, address: str = "192.0.2.7", method: str = "GET", **headers: str) -> Answer:
        """What a visitor at this address gets; in the names of headers, "_" stands for "-"."""
        connection = FromAddress("127.0.0.1", self.port, timeout=60)
        connection.visitor = address
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, headers={"Host": self.host, **named})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read().decode(errors="replace"))
        finally:
            connection.close()


@contextmanager
def varnish(folder: Path, site: str) -> Iterator[Varnish]:
    """Varnish in front of the site at this `host:port`, until the end of the block; its cache begins empty."""
    host, _colon, port = site.rpartition(":")
    vcl = documented_vcl()
    assert vcl.count('.port = "8000";') == 1
    (folder / "site.vcl").write_text(vcl.replace('.port = "8000";', f'.port = "{port}";'))
    own = free_port()
    # Without a jail: as another user, which it becomes where root starts it, it can't read the tests' own folders.
    command = ["varnishd", "-j", "none", "-F", "-f", str(folder / "site.vcl"), "-n", str(folder / "v")]
    command += ["-a", f"127.0.0.1:{own},PROXY", "-s", "malloc,16m"]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, "TMPDIR": str(folder)})
    try:
        wait_for(own, process, folder / "log")
        yield Varnish(own, f"{host}:{port}")
    finally:
        process.terminate()
        process.wait(timeout=30)


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"Varnish does not start: {log.read_text()[-2000:]}")
