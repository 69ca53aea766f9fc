"""What the benchmark needs beside Python, and says so where it is missing: PostgreSQL, Redis, the peer."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .pairs import ROOT

FOLDER = ROOT / "var" / "bench"
DATA = FOLDER / "data"
PEER = FOLDER / "peer"  # an environment with the peer, and a Wagtail that it works with
PEER_PACKAGES = ["wagtail-personalisation>=1.0,<2", "wagtail>=7.4,<7.5"]


def peer_python() -> str | None:
    """The Python of an environment with the peer, ours, and Wagtail 7.4; made on the first call. None: it failed."""
    python, stamp = PEER / "bin" / "python", PEER / ".ready"
    if stamp.exists() and stamp.read_text() == " ".join(PEER_PACKAGES):
        return str(python)
    print("Making an environment with wagtail-personalisation and Wagtail 7.4; once, in a minute or two.", flush=True)
    try:
        subprocess.run([sys.executable, "-m", "venv", "--clear", PEER], check=True)
        subprocess.run(
            [
                *(python, "-m", "pip", "install", "--no-input", "-qq", "--disable-pip-version-check"),
                *("--editable", f"{ROOT}[bench]", *PEER_PACKAGES),
            ],
            check=True,
            stderr=subprocess.PIPE,
            text=True,
        )
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"It failed: {error}\n{getattr(error, 'stderr', '') or ''}", flush=True)
        return None
    stamp.write_text(" ".join(PEER_PACKAGES))
    return str(python)


class Databases:
    """Databases by name: SQLite files in a folder, or in a PostgreSQL server, where they are dropped at the end."""

    def __init__(self, server: str | None = None, folder: Path = DATA) -> None:
        self.server, self.folder, self.made = server, folder, set[str]()
        self.grown: dict[str, int] = {}  # address to the number of segments there

    @property
    def name(self) -> str:
        return "PostgreSQL" if self.server else "SQLite"

    def address(self, name: str) -> str:
        """Of an empty database on the first call, and of the same one later."""
        new = name not in self.made
        self.made.add(name)
        if not self.server:
            path = self.folder / f"{name}.sqlite3"
            if new:
                remove(path)
            return f"sqlite:///{path}"
        database = f"personalise_bench_{name}"
        if new:
            self._do(f'DROP DATABASE IF EXISTS "{database}"', f'CREATE DATABASE "{database}"')
        return f"{self.server}/{database}"

    def close(self) -> None:
        for name in self.made:
            if self.server:
                self._do(f'DROP DATABASE IF EXISTS "personalise_bench_{name}" WITH (FORCE)')
            else:
                remove(self.folder / f"{name}.sqlite3")

    def _do(self, *statements: str) -> None:
        import psycopg

        with psycopg.connect(f"{self.server}/postgres", autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)


def remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def postgres() -> tuple[str | None, str]:
    """The address of a server where databases may be made, without a database; or None and why not."""
    if server := os.environ.get("BENCH_POSTGRES"):
        return server.rstrip("/"), ""
    if not (shutil.which("pg_ctlcluster") and shutil.which("psql")):
        return (
            None,
            "PostgreSQL is not installed; BENCH_POSTGRES=postgres://user:password@host:5432 names one elsewhere",
        )
    command = ". tools/ci_services.sh; ensure_postgres >&2; postgres_answers && postgres_url x"
    found = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True)
    if found.returncode:
        return None, f"PostgreSQL does not answer, and could not be started: {found.stderr.strip()[-200:]}"
    return found.stdout.strip().removesuffix("/x"), ""


@contextmanager
def redis_server() -> Iterator[str | None]:
    """The address of a Redis of our own, on a free port, gone at the end; None where it is not installed."""
    if not shutil.which("redis-server"):
        yield None
        return
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL, cwd=FOLDER)
    try:
        for _ in range(100):
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            time.sleep(0.05)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


def redis_version() -> str:
    told = subprocess.run(["redis-server", "--version"], capture_output=True, text=True).stdout
    return told.partition("v=")[2].partition(" ")[0]


def make_places(path: Path) -> None:
    """A small geo database, over the addresses that are kept for documentation; the visitors come from the first."""
    from mmdb_writer import MMDBWriter
    from netaddr import IPSet

    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Benchmark-City", int_type="auto")
    for number, network in enumerate(("192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32")):
        place = {"country": {"iso_code": "GB"}, "city": {"names": {"en": f"Town {7 + number}"}}}
        writer.insert_network(IPSet([network]), place)
    writer.to_db_file(str(path))
