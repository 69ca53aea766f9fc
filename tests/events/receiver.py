"""A receiver of webhooks on this machine, and a task queue that can hold tasks back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.utils import timezone
from django_tasks.backends.immediate import ImmediateBackend

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes ...").decode()
OLD_SECRET = "whsec_" + base64.b64encode(b"the one that was before that ...").decode()


@dataclass(frozen=True)
class Message:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def said(self) -> Any:
        return json.loads(self.body)

    def is_signed_by(self, secret: str) -> bool:
        """As a receiver looks, from the specification and not from our code."""
        key = base64.b64decode(secret[len("whsec_") :])
        text = ".".join([self.headers["webhook-id"], self.headers["webhook-timestamp"], self.body])
        signature = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
        return f"v1,{signature}" in self.headers["webhook-signature"].split(" ")


class Receiver(ThreadingHTTPServer):
    """`messages` are those that it got; `answers` the statuses for the next ones, 204 when there is none left."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.messages: list[Message] = []
        self.answers: list[int] = []
        self.answer_headers: dict[str, str] = {}
        self.silent = False  # takes what comes, and does not answer
        self.drips: Iterable[bytes] = ()  # what it answers instead, bit by bit
        self.hung_up = threading.Event()  # whoever got that hung up
        self.ends = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks/?token=of-the-receiver"

    def hook(self, *events: str, secret: Any = SECRET) -> dict[str, Any]:
        """A row of the setting that leads here."""
        return {"url": self.url, "secret": secret, "events": list(events)}

    @property
    def said(self) -> list[tuple[str, Any]]:
        return [(message.said["type"], message.said["data"]) for message in self.messages]

    def close(self) -> None:
        self.ends.set()
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.messages.append(Message(self.path, headers, body))
        if self.server.silent:
            self.server.ends.wait(10)
            return
        if self.server.drips:
            self.drip()
            return
        self.send_response(self.server.answers.pop(0) if self.server.answers else 204)
        for name, value in self.server.answer_headers.items():
            self.send_header(name, value)
        self.end_headers()

    def drip(self) -> None:
        """Always sooner than anybody tires of waiting for the next bit."""
        try:
            for bit in self.server.drips:
                self.wfile.write(bit)
                if self.server.ends.wait(0.02):
                    return
        except OSError:
            self.server.hung_up.set()
        self.close_connection = True

    def do_GET(self) -> None:
        self.server.messages.append(Message(self.path, {}, "{}"))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


class Queue(ImmediateBackend):
    """A backend that keeps tasks, as JSON as a database would, until they are due and somebody works."""

    supports_defer = True

    def __init__(self, alias: str, params: dict[str, Any]) -> None:
        super().__init__(alias, params)
        self.waiting: list[tuple[Any, str]] = []

    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        self.validate_task(task)
        if not task.module_path.startswith("wagtail_personalise_gov.events."):
            return super().enqueue(task, args, kwargs)
        self.waiting.append((task, json.dumps([args, kwargs])))
        return None

    def work(self) -> None:
        """Do what is due; what that enqueues waits for the next time."""
        now = timezone.now()
        due = [item for item in self.waiting if item[0].run_after is None or item[0].run_after <= now]
        self.waiting = [item for item in self.waiting if item not in due]
        for task, stored in due:
            args, kwargs = json.loads(stored)
            super().enqueue(task, args, kwargs)
