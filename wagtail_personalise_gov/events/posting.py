"""One POST that is over in time, whatever the receiver does, and of which nobody else writes the address into a log.

The time limits of `requests` are for a connection, and then for each read. A receiver that sends a byte a second, or
"100 Continue" without end, would never run into them. And urllib3 logs whole addresses: each at level DEBUG, and as a
warning that of a receiver whose headers are malformed. Who knows the address of a webhook can often write to it.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

import requests
from requests.adapters import HTTPAdapter

CONNECT_SECONDS, ANSWER_SECONDS = 3, 3
# All of a try, for which an editor may be waiting: one that just keeps to both limits above. Looking up the host, and
# trying each of its addresses, is in it too.
TRY_SECONDS = CONNECT_SECONDS + ANSWER_SECONDS


def post(url: str, body: str, headers: Mapping[str, str]) -> tuple[int, str]:
    """The status of the answer, and its Retry-After or "".

    Raises TimeoutError after `TRY_SECONDS`, and before that whatever a network does.
    """
    line, told = Line(), Future[tuple[int, str]]()

    def try_once() -> None:
        try:
            told.set_result(_post(line, url, body, headers))
        except Exception as error:
            told.set_exception(error)

    PostingThread(target=try_once, name="wagtail_personalise_gov webhook", daemon=True).start()
    try:
        return told.result(TRY_SECONDS)
    finally:
        line.cut()


class PostingThread(threading.Thread):
    """One in which a message is posted, and nothing else is done."""


def _is_not_about_a_post(record: logging.LogRecord) -> bool:
    return not isinstance(threading.current_thread(), PostingThread)


# `requests` has imported urllib3, so its loggers are there. Each needs the filter: that of a logger is not asked about
# what the loggers below it are told.
for _name in list(logging.root.manager.loggerDict):
    if _name.startswith("urllib3."):
        logging.getLogger(_name).addFilter(_is_not_about_a_post)


def _post(line: Line, url: str, body: str, headers: Mapping[str, str]) -> tuple[int, str]:
    """Nothing of an answer is read but its status and headers, and no redirect is followed: it could lead to a place
    that only this server can reach."""
    with requests.Session() as session:
        for scheme in ("https://", "http://"):
            session.mount(scheme, LineAdapter(line))
        with session.post(
            url,
            data=body.encode(),
            headers=headers,
            timeout=(CONNECT_SECONDS, ANSWER_SECONDS),
            allow_redirects=False,
            stream=True,
            auth=_no_password,
        ) as answer:
            return answer.status_code, answer.headers.get("Retry-After", "")


def _no_password(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Without it, a password that this machine's .netrc has for the host would go along."""
    return request


class Line:
    """The connections of one try. Another thread can cut them, so that nobody goes on reading."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._is_cut = False

    def hold(self, connected: socket.socket) -> None:
        """Raises TimeoutError where the line is cut already: then nothing is to be sent any more."""
        with self._lock:
            if self._is_cut:
                connected.close()
                raise TimeoutError
            self._sockets.append(connected.dup())  # TLS takes the socket itself away into one of its own

    def cut(self) -> None:
        with self._lock:
            self._is_cut = True
            while self._sockets:
                with self._sockets.pop() as held, suppress(OSError):  # it has ended by itself
                    held.shutdown(socket.SHUT_RDWR)


class LineAdapter(HTTPAdapter):
    """Makes connections that a line holds, to the receiver or to the proxy that leads there."""

    def __init__(self, line: Line) -> None:
        self._line = line
        super().__init__()

    def send(self, *args: Any, **kwargs: Any) -> requests.Response:
        """An answer whose body can't be read any more: a session reads that of a redirect, all of it and unpacked, also
        where it is not to follow it and is told to `stream`."""
        answer = super().send(*args, **kwargs)
        answer.close()
        return answer

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self._hold_what_is_made_by(self.poolmanager)

    def proxy_manager_for(self, proxy: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **kwargs)
        self._hold_what_is_made_by(manager)
        return manager

    def _hold_what_is_made_by(self, manager: Any) -> None:
        manager.pool_classes_by_scheme = {
            scheme: type(pool.__name__, (pool,), {"ConnectionCls": held_by(self._line, pool.ConnectionCls)})
            for scheme, pool in manager.pool_classes_by_scheme.items()
        }


def held_by(line: Line, connection: Any) -> Any:
    """The class of connections, each of which is held by the line as soon as there is one."""

    class Held(connection):
        def _new_conn(self) -> socket.socket:
            made: socket.socket = super()._new_conn()
            line.hold(made)
            return made

    return Held
