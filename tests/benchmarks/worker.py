"""One subject in a process of its own: reads commands from stdin, a line of JSON each, and answers so on stdout.

Requests go through Django's WSGI handler, as under a server but without one: middleware, view, template, database.
"""

from __future__ import annotations

import gc
import io
import json
import os
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from typing import Any
from urllib.parse import urlencode

BROWSER = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36"
MATCHING_QUERY = "topic=topic-0"  # with the referrer, what the first segment asks for
SEARCH = "https://www.google.com/"
HOST = "localhost"


class Answer:
    """What came back of one request."""

    def __init__(self, status: str, headers: list[tuple[str, str]], content: bytes) -> None:
        self.status, self.headers, self.content = status, headers, content

    @property
    def cookies(self) -> dict[str, str]:
        pairs = (value.partition(";")[0].partition("=") for name, value in self.headers if name == "Set-Cookie")
        return {name.strip(): value for name, _equals, value in pairs}


class Worker:
    def __init__(self) -> None:
        import django
        from django.conf import settings
        from django.core.wsgi import get_wsgi_application

        self.subject: str = settings.SUBJECT
        self.django_version = django.get_version()
        self.handler = get_wsgi_application()
        self.visitors: dict[tuple[str, str], dict[str, Any]] = {}

    # Requests

    def environ(self, path: str, query: str = "", **more: Any) -> dict[str, Any]:
        return {
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SERVER_NAME": HOST,
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "192.0.2.7",
            "HTTP_HOST": HOST,
            "HTTP_USER_AGENT": BROWSER,
            "HTTP_ACCEPT": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "HTTP_ACCEPT_LANGUAGE": "en-GB,en;q=0.8",
            "HTTP_ACCEPT_ENCODING": "gzip, deflate, br",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
            **more,
        }

    def ask(self, environ: dict[str, Any]) -> Answer:
        got: list[Any] = []
        response = self.handler(dict(environ), lambda status, headers, exc_info=None: got.extend((status, headers)))
        try:
            content = b"".join(response)
        finally:
            response.close()
        return Answer(got[0], got[1], content)

    def visitor(self, path: str, name: str) -> dict[str, Any]:
        """The request of such a visitor, made ready once: new, matching, returning, refused."""
        if (path, name) not in self.visitors:
            self.visitors[path, name] = getattr(self, f"{name}_visitor")(path)
        return self.visitors[path, name]

    def new_visitor(self, path: str) -> dict[str, Any]:
        return self.environ(path)

    def matching_visitor(self, path: str) -> dict[str, Any]:
        return self.environ(path, MATCHING_QUERY, HTTP_REFERER=SEARCH)

    def returning_visitor(self, path: str) -> dict[str, Any]:
        return self.with_cookies(self.environ(path), self.ask(self.environ(path)).cookies)

    def refused_visitor(self, path: str) -> dict[str, Any]:
        """One who has turned it off by the form, and put the confirmation away; where the subject has a form."""
        if self.subject != "ours":
            return self.environ(path)
        cookies: dict[str, str] = {}
        for choice in ("refused", "hide"):
            answer = self.ask(self.with_cookies(self.post("/personalisation/choice/", choice=choice), cookies))
            assert answer.status.startswith("303"), answer.status
            cookies |= answer.cookies
        return self.with_cookies(self.environ(path), cookies)

    def post(self, path: str, **fields: str) -> dict[str, Any]:
        form = urlencode(fields).encode()
        return {
            **self.environ(path),
            "REQUEST_METHOD": "POST",
            "HTTP_SEC_FETCH_SITE": "same-origin",
            "HTTP_ORIGIN": f"http://{HOST}",
            "CONTENT_TYPE": "application/x-www-form-urlencoded",
            "CONTENT_LENGTH": str(len(form)),
            "wsgi.input": io.BytesIO(form),
        }

    @staticmethod
    def with_cookies(environ: dict[str, Any], cookies: dict[str, str]) -> dict[str, Any]:
        text = "; ".join(f"{name}={value}" for name, value in cookies.items() if value not in ("", '""'))
        return {**environ, "HTTP_COOKIE": text} if text else environ

    # Commands

    def grow(self, segments: int) -> dict[str, Any]:
        from .site import content

        content.prepare()
        content.grow(segments)
        self.visitors.clear()
        return {}

    def look(self, path: str, visitor: str) -> dict[str, Any]:
        """One warm request: its queries, status, headers and size."""
        from django.db import connection

        environ = self.visitor(path, visitor)
        if self.subject == "ours":
            from wagtail_personalise_gov import compiling

            compiling.holder.check_again()  # once a second a row is read: now, and not in the request that is counted
        self.ask(environ)
        queries: list[str] = []

        def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            queries.append(sql)
            return execute(sql, params, many, context)

        with connection.execute_wrapper(note):
            answer = self.ask(environ)
        return {
            "queries": len(queries),
            "sql": queries[:60],
            "status": answer.status,
            "headers": {name: value for name, value in answer.headers if name != "Set-Cookie"},
            "cookies": sorted(answer.cookies),
            "bytes": len(answer.content),
            "for_some": answer.content.count(b" for "),
            "environ": {name: value for name, value in environ.items() if isinstance(value, str)},
        }

    def run(self, path: str, visitor: str, times: int) -> dict[str, Any]:
        """CPU seconds of one request, on average over `times`."""
        environ, ask = self.visitor(path, visitor), self.ask
        collected = gc.get_stats()[2]["collections"]
        wall, start = time.perf_counter(), time.process_time()
        for _ in range(times):
            ask(environ)
        cpu = time.process_time() - start
        return {
            "cpu": cpu / times,
            "wall": (time.perf_counter() - wall) / times,
            "full_collections": gc.get_stats()[2]["collections"] - collected,
        }

    def profile(self, path: str, visitor: str, times: int) -> dict[str, Any]:
        from .profiling import profiled

        environ = self.visitor(path, visitor)
        self.ask(environ)
        return profiled(lambda: self.ask(environ), times)

    def compile(self) -> dict[str, Any]:
        """Seconds by the clock and of CPU to compile all segments from the database; how many there are."""
        from wagtail_personalise_gov.compiling import compile_ruleset

        wall, start = time.perf_counter(), time.process_time()
        ruleset = compile_ruleset()
        cpu = time.process_time() - start
        return {"seconds": time.perf_counter() - wall, "cpu": cpu, "segments": len(ruleset.segments)}

    def publish(self, slug: str) -> dict[str, Any]:
        """Publish a segment as an editor does; when it was committed, by the monotonic clock."""
        from wagtail_personalise_gov.models import Segment

        Segment.objects.get(slug=slug).save_revision().publish()
        return {"at": time.monotonic()}

    def unpublish(self, slug: str) -> dict[str, Any]:
        from wagtail_personalise_gov.models import Segment

        Segment.objects.get(slug=slug).unpublish()
        return {"at": time.monotonic()}

    def versions(self) -> dict[str, Any]:
        import wagtail
        from django.db import connection

        with connection.cursor() as cursor:
            postgres = connection.vendor == "postgresql"
            cursor.execute("SHOW server_version" if postgres else "SELECT sqlite_version()")
            database = f"{connection.display_name} {cursor.fetchone()[0].split()[0]}"
        peer = version("wagtail-personalisation") if self.subject == "peer" else None
        return {"peer": peer, "Django": self.django_version, "Wagtail": wagtail.__version__, "database": database}


def main() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.site.settings"
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # whatever prints, prints elsewhere
    worker = Worker()
    for line in sys.stdin:
        command = json.loads(line)
        try:
            result = getattr(worker, command.pop("do"))(**command)
        except Exception as error:
            import traceback

            result = {"error": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}
        answers.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
