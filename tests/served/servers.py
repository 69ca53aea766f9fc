"""gunicorn with two workers; a Redis of our own; a gate before PostgreSQL; visitors who keep coming."""

from __future__ import annotations

import http.client
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.counting.gathered import BROWSER
from tests.test_processes import ROOT, database_url

WORKERS = 2
START_SECONDS = 60


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def answers(port: int) -> bool:
    with suppress(OSError):
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    return False


def wait_until(true: Any, seconds: float, what: str) -> float:
    """Wait until it is true; how many seconds that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() - began < seconds, f"{what}: not within {seconds} s"
        time.sleep(0.05)
    return time.monotonic() - began


class OwnRedis:
    """A Redis that may be frozen, killed and started again, at one address."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(["redis-server", *options], stdout=subprocess.DEVNULL)
        wait_until(lambda: answers(self.port), 15, "Redis")

    def freeze(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


class Gate:
    """Passes bytes on to a server, unless it is shut: then what is open breaks, and nothing new is let in."""

    def __init__(self, host: str, port: int) -> None:
        self._to = (host, port)
        self._open: list[socket.socket] = []
        self.shut_ = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        with suppress(OSError):
            while True:
                coming, _address = self._listener.accept()
                if self.shut_:
                    coming.close()
                    continue
                going = socket.create_connection(self._to)
                self._open += [coming, going]
                threading.Thread(target=self._pass, args=(coming, going), daemon=True).start()

    @staticmethod
    def _pass(one: socket.socket, other: socket.socket) -> None:
        try:
            while True:
                for ready in select.select([one, other], [], [])[0]:
                    piece = ready.recv(1 << 16)
                    if not piece:
                        return
                    (other if ready is one else one).sendall(piece)
        except (OSError, ValueError):
            pass  # shut
        finally:
            one.close()
            other.close()

    def shut(self) -> None:
        self.shut_ = True
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self._open.clear()

    def open(self) -> None:
        self.shut_ = False

    def close(self) -> None:
        self.shut()
        self._listener.close()


@dataclass(frozen=True, slots=True)
class Answer:
    began: float  # seconds of the monotonic clock
    took: float
    status: int  # 0: none came
    process: str
    text: str
    city: str


class Server:
    """The tests' site, with the rows that the test has written."""

    def __init__(self, folder: Path, redis: OwnRedis, gate: Gate | None = None, **served: Any) -> None:
        database = database_url()
        if gate:
            head, _slash, name = database.rpartition("/")
            database = f"{head.rpartition('@')[0]}@127.0.0.1:{gate.port}/{name}"
        self.port, self._log = free_port(), folder / "gunicorn.log"
        self.database = database
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-W", "ignore", "-m", "gunicorn", "tests.served.wsgi:application"),
                    *("--bind", f"127.0.0.1:{self.port}", "--workers", str(WORKERS), "--worker-class", "gthread"),
                    *("--threads", "4", "--keep-alive", "0", "--log-level", "warning", "--no-control-socket"),
                ],
                cwd=ROOT,
                env={
                    **os.environ,
                    "DATABASE_URL": database,
                    "SERVED": json.dumps({"redis": redis.url, **served}),
                },
                stderr=log,
            )

    @property
    def workers(self) -> list[int]:
        told = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in told.split()]

    def logged(self) -> list[tuple[str, str]]:
        """(process, line) of each line that the package logged."""
        lines = (line.split(" ", 2) for line in self._log.read_text().splitlines())
        return [(words[0], words[2]) for words in lines if len(words) == 3 and words[1] == "wagtail_personalise_gov"]

    def log(self) -> str:
        return self._log.read_text()[-3000:]

    def get(self, path: str = "/flood/", city: str = "Riverside", seconds: float = 30) -> Answer:
        began = time.monotonic()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
            headers = {"Host": "testserver", "User-Agent": BROWSER, "X-City": city, "Connection": "close"}
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            text = response.read().decode()
            connection.close()
        except (OSError, http.client.HTTPException):
            return Answer(began, time.monotonic() - began, 0, "", "", city)
        process = response.headers.get("X-Process", "")
        return Answer(began, time.monotonic() - began, response.status, process, text, city)

    def each(self, path: str, **more: Any) -> dict[str, Answer]:
        """An answer of each process."""
        got: dict[str, Answer] = {}
        until = time.monotonic() + START_SECONDS
        while len(got) < WORKERS:
            assert time.monotonic() < until, f"only {list(got)} answer; {self.log()}"
            answer = self.get(path, **more)
            if answer.status == 200:
                got[answer.process] = answer
            else:
                time.sleep(0.1)
        return got

    def flush(self) -> None:
        for _twice in range(2):  # what one gathered meanwhile, and what it had put into Redis
            self.each("/-/flush")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(5)


class Visitors:
    """From several towns, without a pause to speak of; what they were answered."""

    def __init__(self, server: Server, cities: list[str], threads: int = 4) -> None:
        self.answers: list[Answer] = []
        self._server, self._cities = server, cities
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._come, args=(number,)) for number in range(threads)]

    def _come(self, number: int) -> None:
        turn = number
        while not self._enough.is_set():
            self.answers.append(self._server.get(city=self._cities[turn % len(self._cities)]))
            turn += 1
            time.sleep(0.02)

    @contextmanager
    def coming(self) -> Iterator[Visitors]:
        for thread in self._threads:
            thread.start()
        try:
            yield self
        finally:
            self._enough.set()
            for thread in self._threads:
                thread.join(40)

    def since(self, moment: float) -> list[Answer]:
        """The answers to what was asked since then."""
        return [answer for answer in list(self.answers) if answer.began >= moment]
