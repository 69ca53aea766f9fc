"""Several processes on one database: each follows what another publishes, on default settings."""

import os
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection

from wagtail_personalise_gov.compiling import pause
from wagtail_personalise_gov.models import FirstTimeVisitorRule

from .factories import make_segment

ROOT = Path(__file__).resolve().parent.parent

# Answers each line that it reads with the slugs of the segments that it knows.
SERVER = """
import sys, django
django.setup()
from wagtail_personalise_gov.compiling import current_ruleset
for line in sys.stdin:
    ruleset = current_ruleset()
    print("paused" if ruleset.paused else ",".join(sorted(ruleset.segments)), flush=True)
"""


class Server:
    """Another process with settings of its own, as a second worker would be."""

    def __init__(self) -> None:
        environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "CACHE_URL": cache_url(),
            "DJANGO_SETTINGS_MODULE": "example_site.settings",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", SERVER],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def segments(self) -> str:
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def within(self, seconds: float, answer: str) -> None:
        """Ask again and again until the answer is this one."""
        until = time.monotonic() + seconds
        while (given := self.segments()) != answer:
            assert time.monotonic() < until, f"still {given!r} after {seconds} s"
            time.sleep(0.05)

    def stop(self) -> None:
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(timeout=10)


def cache_url() -> str:
    """The Redis of this very process; "" for a cache in its memory, which no other sees."""
    given = settings.CACHES["default"]
    return given["LOCATION"] if "redis" in given["BACKEND"] else ""


def database_url() -> str:
    given = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{given['NAME']}"
    user, host = quote(given["USER"] or "postgres"), given["HOST"] or "127.0.0.1"
    password = f":{quote(given['PASSWORD'])}" if given["PASSWORD"] else ""
    return f"postgres://{user}{password}@{host}:{given['PORT'] or 5432}/{given['NAME']}"


@pytest.fixture
def servers():
    both = [Server(), Server()]
    yield both
    for server in both:
        server.stop()


@pytest.mark.django_db(transaction=True)
def test_every_process_follows_a_publication_and_a_pause_within_two_seconds(servers):
    make_segment("one", FirstTimeVisitorRule())
    for server in servers:
        server.within(20, "one")  # the first answer waits for Django to start
    make_segment("two", FirstTimeVisitorRule())
    for server in servers:
        server.within(2, "one,two")
    pause(by="a test")
    for server in servers:
        server.within(2, "paused")
