"""A load generator on loopback: connections that are kept open, each asking again as soon as it has its answer.

Runs in a process of its own: reads one JSON from stdin, writes one to stdout. The answers' bodies are read whole.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections.abc import Mapping
from typing import Any


class Connection:
    def __init__(self, port: int, requests: list[bytes], first: int) -> None:
        self.port, self.requests, self.turn = port, requests, first
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self.got = b""
        self.need = -1  # bytes of head and body; -1 until the head is read

    def send(self) -> None:
        self.got, self.need = b"", -1
        self.began = time.monotonic()
        self.socket.sendall(self.requests[self.turn % len(self.requests)])
        self.turn += 1

    def receive(self) -> bool | None:
        """True when the answer is whole, False while it is not, None when the server hung up."""
        piece = self.socket.recv(1 << 16)
        if not piece:
            return None
        self.got += piece
        if self.need < 0 and (end := self.got.find(b"\r\n\r\n")) >= 0:
            head = self.got[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            self.need = end + 4 + length
        return 0 <= self.need <= len(self.got)


def header(answer: bytes, name: bytes) -> str:
    head = answer.partition(b"\r\n\r\n")[0]
    at = head.lower().find(b"\r\n" + name + b":")
    return head[at + len(name) + 3 :].split(b"\r\n", 1)[0].strip().decode() if at >= 0 else ""


def run(
    port: int, requests: list[str], connections: int, seconds: float, marker: str = "", reconnect: bool = False
) -> dict[str, Any]:
    """Ask for `seconds`. With a `marker`: when each process (by the header X-Process) first had it in its answer, and
    when it last had not; seconds of the monotonic clock, which all processes of a machine share."""
    raw, wanted = [request.encode() for request in requests], marker.encode()
    selector = selectors.DefaultSelector()
    for number in range(connections):
        one = Connection(port, raw, number)
        selector.register(one.socket, selectors.EVENT_READ, one)
        one.send()
    durations: list[float] = []
    failures = 0
    longest = (0.0, 0.0)
    with_marker: dict[str, float] = {}
    last_without: dict[str, float] = {}
    start = time.monotonic()
    end = start + seconds
    while (now := time.monotonic()) < end:
        for key, _events in selector.select(timeout=0.5):
            one = key.data
            try:
                whole = one.receive()
            except OSError:
                whole = None
            if whole is False:
                continue
            now = time.monotonic()
            took = now - one.began
            if whole is None or not one.got.startswith(b"HTTP/1.1 200"):
                failures += 1
            else:
                durations.append(took)
                longest = max(longest, (took, one.began))
                if wanted:
                    process = header(one.got, b"x-process")
                    if wanted in one.got:
                        with_marker.setdefault(process, now)
                    else:
                        last_without[process] = one.began
            if whole is None or reconnect:
                # Another connection may be taken by another process; a kept one stays with its own.
                selector.unregister(one.socket)
                one.socket.close()
                one = Connection(port, raw, one.turn)
                selector.register(one.socket, selectors.EVENT_READ, one)
            one.send()
    took = time.monotonic() - start
    durations.sort()
    return {
        "requests": len(durations),
        "failures": failures,
        "rps": len(durations) / took,
        "p50": quantile(durations, 0.5),
        "p99": quantile(durations, 0.99),
        "longest": longest[0],
        "longest_began": longest[1],
        "with_marker": with_marker,
        "last_without": last_without,
    }


def quantile(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0.0


def as_http(environ: Mapping[str, str]) -> str:
    """The bytes of a request that a worker described, as text."""
    query = f"?{environ['QUERY_STRING']}" if environ.get("QUERY_STRING") else ""
    names = {"HTTP_" + name.upper().replace("-", "_"): name for name in NAMES}
    heads = [f"{names[key]}: {value}" for key, value in environ.items() if key in names]
    return "\r\n".join([f"GET {environ['PATH_INFO']}{query} HTTP/1.1", *heads, "", ""])


NAMES = ("Host", "User-Agent", "Accept", "Accept-Language", "Accept-Encoding", "Referer", "Cookie")


if __name__ == "__main__":
    print(json.dumps(run(**json.load(sys.stdin))))
