"""Other processes that count, as the workers of a server do: forked from one that has started once."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from django.db.models import Sum

from tests.test_processes import ROOT, cache_url, database_url
from wagtail_personalise_gov.models import DailyTally

DATABASE = "wagtail_personalise_gov.counting.database.DatabaseBuffer"
REDIS = "wagtail_personalise_gov.counting.redis.RedisBuffer"

# Forks a child for each folder that it reads of, or tells how a child has ended. The child runs the script in there,
# which finds made `buffer`, `say` (written at once, so that it outlives a SIGKILL) and `tally(7)`.
SERVER = """
import os, signal, sys, threading, time, warnings, django
django.setup()
from django.utils.module_loading import import_string
from tests.counting.tallies import tally
import wagtail_personalise_gov.counting.database, wagtail_personalise_gov.counting.redis
def say(text):
    os.write(1, text.encode())
for line in sys.stdin:
    order, *rest = line.split()
    if order == "wait":
        print(os.waitstatus_to_exitcode(os.waitpid(int(rest[0]), 0)[1]), flush=True)
        continue
    folder, name = rest
    pid = os.fork()
    if pid:
        print(pid, flush=True)
        continue
    for number, file in enumerate(("said", "complaints"), start=1):
        os.dup2(os.open(f"{folder}/{file}", os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    signal.alarm(60)  # one that waits for ever ends all the same
    buffer = import_string(name)()
    exec(open(f"{folder}/script").read())
    sys.exit(0)
"""


def nobody_listens() -> str:
    """The address of a Redis that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"redis://127.0.0.1:{listening.getsockname()[1]}/0"


def total() -> int:
    """Of all daily totals together."""
    return DailyTally.objects.aggregate(total=Sum("count"))["total"] or 0


class Server:
    """Starts processes on the database and the cache of the tests. To fork one takes no time."""

    def __init__(self, folder: Path) -> None:
        environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "CACHE_URL": cache_url(),
            "DJANGO_SETTINGS_MODULE": "example_site.settings",
        }
        self.folder, self.started = folder, 0
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, buffer: str, script: str) -> "Child":
        """A process with this script, and a buffer of this class."""
        self.started += 1
        folder = self.folder / str(self.started)
        folder.mkdir()
        (folder / "script").write_text(script)
        return Child(self, folder, self.ask(f"fork {folder} {buffer}"))

    def ask(self, order: str) -> int:
        self.process.stdin.write(f"{order}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=10)


class Child:
    def __init__(self, server: Server, folder: Path, pid: int) -> None:
        self.server, self.folder, self.pid = server, folder, pid

    @property
    def said(self) -> str:
        file = self.folder / "said"
        return file.read_text() if file.exists() else ""

    def says(self, text: str) -> None:
        """Wait until it has said this."""
        until = time.monotonic() + 30
        while text not in self.said:
            assert time.monotonic() < until, f"only {self.said[-200:]!r}; {self.complaints}"
            time.sleep(0.005)

    @property
    def complaints(self) -> str:
        return (self.folder / "complaints").read_text()

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def ends(self, code: int = 0) -> str:
        """Wait until it has ended so. What it has said."""
        ended = self.server.ask(f"wait {self.pid}")
        assert ended == code, self.complaints
        assert not self.complaints
        return self.said

    def kill(self) -> str:
        """As an operating system does that is out of memory. What it has said until then."""
        self.signal(signal.SIGKILL)
        return self.ends(-signal.SIGKILL)
