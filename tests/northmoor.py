"""The example site, Northmoor Council, with its content and its map of places."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import TestCase, override_settings

from example_site import settings as demo


@contextmanager
def northmoor_settings(**more: Any) -> Iterator[dict[str, Any]]:
    """The example site's own settings of the package, in force, with a map of places; and `more` of the site's."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "demo.mmdb"
        call_command("demo_geo", str(database), verbosity=0)
        given = {**demo.WAGTAIL_PERSONALISE_GOV, "GEO_DATABASE": database, "TRUSTED_PROXIES": ["127.0.0.1"]}
        with override_settings(WAGTAIL_PERSONALISE_GOV=given, **more):
            yield given


class NorthmoorTestCase(TestCase):
    """Tests of one class share the content, which is made once for them."""

    more: dict[str, Any] = {}  # settings of the site

    @classmethod
    def setUpClass(cls) -> None:
        cls.enterClassContext(northmoor_settings(**cls.more))
        super().setUpClass()

    @classmethod
    def setUpTestData(cls) -> None:
        call_command("demo_content", verbosity=0)


_made: sqlite3.Connection | None = None  # the database with the content in it, once a test has made it


def write_content() -> None:
    """The content, really committed: made as `make demo` makes it, or put back as it was when a test made it first.

    To make it takes seconds, and each test for a browser needs it anew.
    """
    global _made
    if connection.vendor != "sqlite":
        call_command("demo_content", verbosity=0)
        return
    connection.ensure_connection()
    if _made is None:
        call_command("demo_content", verbosity=0)
        _made = sqlite3.connect(":memory:", check_same_thread=False)
        connection.connection.backup(_made)
    else:
        _made.backup(connection.connection)


@pytest.fixture
def northmoor(transactional_db: None, django_db_serialized_rollback: None) -> Iterator[None]:
    """The example site, for a browser."""
    with northmoor_settings():
        write_content()
        yield
