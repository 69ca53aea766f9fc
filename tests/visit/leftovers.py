"""Every place where a visit could leave something behind, as text to search."""

import base64
import logging
import re
import zlib
from collections.abc import Iterable
from typing import Any

from django.core.cache import caches
from django.db import connection


def everything_in_the_database(leaving_out: Iterable[str] = ()) -> str:
    """All rows of all tables, but for these tables."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table not in leaving_out:
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  our own table names
                found.append(f"{table}: {cursor.fetchall()!r}")
    return "\n".join(found)


def everything_in_the_cache() -> str:
    cache: Any = caches["default"]
    if hasattr(cache, "_cache") and isinstance(cache._cache, dict):  # LocMem keeps pickles
        return repr(dict(cache._cache))
    client = cache._cache.get_client()  # Redis
    return repr({key: client.get(key) for key in client.scan_iter() if client.type(key) == b"string"})


def readable(value: str) -> str:
    """A cookie, and what it says in the clear where it is encoded, compressed or not."""
    said = [value]
    for part in re.split(r"[:.]", value):
        try:
            data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
            said.append(data.decode("latin-1"))
            said.append(data.decode(errors="replace"))
            said.append(zlib.decompress(data).decode(errors="replace"))
        except (ValueError, zlib.error):
            continue
    return "\n".join(said)


def everything_in(cookies: Iterable[Any]) -> str:
    """These cookies (morsels), with their attributes, in the clear."""
    return "\n".join(readable(cookie.value) + cookie.OutputString() for cookie in cookies)


def everything_logged(records: Iterable[logging.LogRecord]) -> str:
    """What log records say, with their tracebacks and whatever else hangs on them.

    Django hangs the whole request on its own records of answers that are no 200: that is Django's, and in memory only.
    """
    formatter = logging.Formatter("%(name)s %(levelname)s %(pathname)s %(message)s")
    told = []
    for record in records:
        rest = {key: value for key, value in record.__dict__.items() if key not in ("request", "exc_info")}
        told.append(f"{formatter.format(record)} {rest!r}")
    return "\n".join(told)
