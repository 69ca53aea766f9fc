"""Sites behind a page cache that keeps pages which adapt, and what to look for in their responses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

OUTER = "wagtail_personalise_gov.middleware.PageCacheMiddleware"
INNER = "wagtail_personalise_gov.middleware.PersonaliseMiddleware"
PAGE_CACHES = {"Django's": "django.middleware.cache", "wagtail-cache": "wagtailcache.cache"}

RIVERSIDE, HILLTOP, NOWHERE = "192.0.2.7", "198.51.100.7", "127.0.0.1"


def behind(name: str, settings: Any, seconds: int = 600) -> None:
    """Put the site behind this page cache, with our two lines around its update half."""
    module = PAGE_CACHES[name]
    if name == "wagtail-cache":
        reason = "wagtail-cache is not installed, or not one for this Wagtail"
        pytest.importorskip(module, reason=reason, exc_type=ImportError)
    others = [line for line in settings.MIDDLEWARE if line != INNER]
    settings.MIDDLEWARE = [
        OUTER,
        f"{module}.UpdateCacheMiddleware",
        INNER,
        *others,
        f"{module}.FetchFromCacheMiddleware",
    ]
    settings.CACHE_MIDDLEWARE_SECONDS = seconds


@contextmanager
def looking(*, hit: bool) -> Iterator[None]:
    """Whether what is asked for within comes from the cache, by the only sign that can't lie: queries."""
    with CaptureQueriesContext(connection) as queries:
        yield
    if hit:
        assert len(queries) == 0, [query["sql"] for query in queries]
    else:
        assert len(queries) > 0


def visitor(address: str = RIVERSIDE, cookie: str = "", **headers: str) -> Client:
    """A browser at this address, with cookies and headers of its own."""
    client = Client(REMOTE_ADDR=address, headers={name.replace("_", "-"): value for name, value in headers.items()})
    name, _is, value = cookie.partition("=")
    if name:
        client.cookies[name] = value
    return client


def text(response: HttpResponse) -> str:
    return response.content.decode()


def vary(response: HttpResponse) -> set[str]:
    return {name.strip() for name in response.headers.get("Vary", "").split(",") if name.strip()}


Get = Callable[[str], HttpResponse]
