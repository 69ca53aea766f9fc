"""Every byte that a visit leaves behind, where a test can read it: tables, cache, cookies, log."""

from __future__ import annotations

import base64
import re
import zlib
from typing import Any

from django.core.cache import caches
from django.db import connection

from tests.requirements.visitors import Visitor


def in_tables() -> str:
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  our own table names
            found.append(f"{table}: {cursor.fetchall()!r}")
    return "\n".join(found)


def in_cache() -> str:
    cache: Any = caches["default"]
    if isinstance(getattr(cache, "_cache", None), dict):  # LocMem keeps pickles
        return repr(dict(cache._cache))
    client = cache._cache.get_client()  # Redis
    return repr({key: client.get(key) for key in client.scan_iter()})


def in_cookies(visitor: Visitor) -> str:
    return "\n".join(readable(cookie.value) + cookie.OutputString() for cookie in visitor.cookies.values())


def readable(value: str) -> str:
    """A cookie, and what it says in the clear where it is encoded, compressed or not."""
    said = [value]
    for part in re.split(r"[:.]", value):
        try:
            data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
            said.append(data.decode("latin-1"))
            said.append(zlib.decompress(data).decode("latin-1"))
        except (ValueError, zlib.error):
            continue
    return "\n".join(said)
