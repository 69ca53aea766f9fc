"""Spies on everything of a visitor that could be looked at: each notes that the package looked, and where.

What Django and Wagtail look at for themselves (the language of their own texts, who is signed in for Wagtail's own bar)
is not noted: of a chain of calls the innermost that is not one of Django's helpers decides.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

import pytest
from django.contrib.auth import middleware as auth_middleware
from django.contrib.sessions.backends.db import SessionStore
from django.http import HttpRequest
from django.test import Client
from django.test.client import ClientHandler

from wagtail_personalise_gov.core.geography import Place
from wagtail_personalise_gov.visit import gathering, limits
from wagtail_personalise_gov.visit.address import client_address
from wagtail_personalise_gov.visit.entrance import Entrance
from wagtail_personalise_gov.visit.geo import GeoProvider
from wagtail_personalise_gov.visit.stores import SignedCookieStore

OURS = "wagtail_personalise_gov."
OTHERS = ("django.", "rest_framework.", "asgiref.", "contextlib", "functools", "collections")

# What tells of a visitor in a request, by what it tells.
SOURCES = {
    "REMOTE_ADDR": "address",
    "REMOTE_HOST": "address",
    "HTTP_X_FORWARDED_FOR": "address",
    "HTTP_FORWARDED": "address",
    "HTTP_X_REAL_IP": "address",
    "HTTP_USER_AGENT": "browser",
    "HTTP_SEC_CH_UA": "browser",
    "HTTP_SEC_CH_UA_MOBILE": "browser",
    "HTTP_SEC_CH_UA_PLATFORM": "browser",
    "HTTP_ACCEPT_LANGUAGE": "languages",
    "HTTP_REFERER": "referrer",
    "QUERY_STRING": "query",
    "HTTP_X_CITY": "place in a header",
}

# No look at the visitor: set aside as it comes, or read for what an address of ours has to say or lead back to.
SET_ASIDE = {
    ("visit.arriving.__init__", "QUERY_STRING"): "noted at the entrance, since a page cache further in may change it",
    ("visit.arriving.__init__", "HTTP_REFERER"): "the same",
    ("visit.asked", "QUERY_STRING"): "searched for ?personalise=, by which anybody may ask for the standard version",
    ("privacy.banner", "QUERY_STRING"): "its form leads back to the very page",
    ("privacy.kept_banners", "QUERY_STRING"): "where an address has one, the banner is made for it alone and not kept",
    ("privacy.why", "QUERY_STRING"): "its links lead to the very page",
    ("wording.speaking", "QUERY_STRING"): "searched for the language in which our own pages are wanted",
    ("privacy.about", "QUERY_STRING"): "searched for what our own form did, to say so",
    ("privacy.views", "QUERY_STRING"): "a form that has to be confirmed goes to the same address again",
    ("privacy.looking", "QUERY_STRING"): "where the page about personalisation leads back to",
    ("privacy.looking", "HTTP_REFERER"): "the same",
}


class Looks:
    """What the package has looked at since it was last emptied."""

    def __init__(self) -> None:
        self.seen: set[str] = set()
        self.by: dict[str, set[str]] = {}  # where each was looked at, for the message of a test that fails
        self.taken_by: dict[str, set[str]] = {}

    def note(self, source: str, key: str = "") -> None:
        where, function, to_limit = self._asker()
        if where is None or {(where, key), (f"{where}.{function}", key)} & SET_ASIDE.keys():
            return
        source = "address, to limit forms" if to_limit and source == "address" else source
        self.seen.add(source)
        self.by.setdefault(source, set()).add(f"{where}.{function}")

    @staticmethod
    def _asker() -> tuple[str | None, str, bool]:
        """(the module of ours that asks, or None; its function; whether it asks for the limit on forms)."""
        frame, where, function, to_limit = sys._getframe(2), None, "", False
        while frame is not None:
            module = frame.f_globals.get("__name__", "")
            if module.startswith(OURS) and where is None:
                if frame.f_code.co_name == "__call__" and module.endswith(".visit.middleware"):
                    return None, "", False  # it only passes the request on: what stands further in is somebody else's
                where, inner = module.removeprefix(OURS), frame
                while inner.f_code.co_name.startswith("<") and inner.f_back is not None:
                    inner = inner.f_back  # a comprehension is a function of its own before Python 3.12
                function = inner.f_code.co_name
            elif where is None and not module.startswith((*OTHERS, "tests.visit.looking")):
                return None, "", False
            if frame.f_code is limits.too_often.__code__:
                to_limit = True
            frame = frame.f_back
        return where, function, to_limit

    def taken(self) -> set[str]:
        """What was looked at, and begin anew."""
        seen, self.seen = self.seen, set()
        self.taken_by, self.by = self.by, {}
        return seen


class Watched(dict[str, Any]):
    """A mapping that notes which of its keys are looked at."""

    def __init__(self, given: Any, looks: Looks) -> None:
        super().__init__(given)
        self.looks = looks

    def _note(self, key: Any) -> None:
        if key in SOURCES:
            self.looks.note(SOURCES[key], key)

    def __getitem__(self, key: str) -> Any:
        self._note(key)
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self._note(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self._note(key)
        return super().__contains__(key)


class WatchedClient(Client):
    """A browser whose every request is watched."""

    def __init__(self, looks: Looks, **sent: Any) -> None:
        super().__init__(**sent)
        ours = self

        class Handler(ClientHandler):
            def __call__(self, environ: Any) -> Any:
                return super().__call__(Watched(environ, ours.looks))

        self.looks = looks
        self.handler = Handler(self.handler.enforce_csrf_checks)


class WatchedGeo(GeoProvider):
    """Everybody is in Riverside77, to the metre: more than may be kept. Notes that it was asked."""

    looks: Looks

    def place(self, request: HttpRequest) -> Place | None:
        self.looks.note("place")
        client_address(request)
        return Place("EU", "GB", ("GB-ENG",), "Riverside77", "R77 7ZZ", (51.777, 0.777, 5), eu=False)


def watch(monkeypatch: pytest.MonkeyPatch, facts: Iterable[str]) -> Looks:
    """Put spies on the readers of these facts ("fact visitor.visits") and on everything that they read from."""
    looks = Looks()

    def noting(source: str, function: Any) -> Any:
        def noted(*args: Any, **kwargs: Any) -> Any:
            looks.note(source)
            return function(*args, **kwargs)

        return noted

    def noting_reader(name: str, reader: Any) -> Any:
        def reading(visit: Any) -> Any:
            looks.seen.add(f"fact {name}")
            return reader(visit)

        return reading

    def entered(self: Any, *args: Any) -> None:
        was_entered(self, *args)
        self.META = Watched(self.META, looks)

    was_entered = Entrance.__init__
    monkeypatch.setattr(Entrance, "__init__", entered)
    monkeypatch.setattr(gathering, "READERS", {name: noting_reader(name, gathering.READERS[name]) for name in facts})
    monkeypatch.setattr(gathering, "device_kind", noting("the parser of browsers' names", gathering.device_kind))
    query = Entrance.__dict__["GET"]
    monkeypatch.setattr(Entrance, "GET", property(noting("query", lambda self: query.func(self))))
    monkeypatch.setattr(SignedCookieStore, "_read", noting("memory", SignedCookieStore._read))
    monkeypatch.setattr(auth_middleware, "get_user", noting("account", auth_middleware.get_user))
    monkeypatch.setattr(SessionStore, "load", noting("session", SessionStore.load))
    WatchedGeo.looks = looks
    return looks
