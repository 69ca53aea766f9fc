"""Visitors as these tests see them: a browser that asks, and what comes back."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from django.http import HttpResponse
from django.test import Client

RIVERSIDE, HILLTOP, FRANCE, NOWHERE = "192.0.2.7", "198.51.100.7", "203.0.113.7", "127.0.0.1"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 "
    "Mobile/15E148 Safari/604.1"
)
SEARCH = "https://duckduckgo.com/"
CHOICE, ABOUT = "/personalisation/choice/", "/personalisation/"
API = "/api/personalise/v1"


class Visitor(Client):
    """A browser with a jar of cookies of its own, at an address; in Riverside if it isn't told otherwise."""

    def __init__(self, address: str = RIVERSIDE, agent: str = FIREFOX, **headers: str) -> None:
        super().__init__(REMOTE_ADDR=address, headers={"User-Agent": agent, **with_hyphens(headers)})

    def reads(self, path: str, **headers: str) -> str:
        """The text of a page that must be there."""
        answer = self.get(path, headers=with_hyphens(headers))
        assert answer.status_code == 200, (path, answer.status_code)
        return str(answer.content.decode())

    def sends(self, path: str, **fields: str) -> Any:
        """A form, as a browser of today sends it from a page of this site."""
        return self.post(path, fields, headers={"Sec-Fetch-Site": "same-origin"})

    def refuses(self, **fields: str) -> Any:
        return self.sends(CHOICE, choice="refused", **fields)

    def allows(self, **fields: str) -> Any:
        return self.sends(CHOICE, choice="allowed", **fields)

    def closes_the_browser(self) -> None:
        """What lasts until then goes."""
        for name, cookie in list(self.cookies.items()):
            if not cookie["max-age"]:
                del self.cookies[name]

    @property
    def holds(self) -> set[str]:
        """The cookies that the browser has now."""
        return {name for name, cookie in self.cookies.items() if cookie.value}


def with_hyphens(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def expired(answer: HttpResponse) -> set[str]:
    return {name for name, cookie in answer.cookies.items() if cookie["max-age"] == 0}


def directives(answer: HttpResponse) -> set[str]:
    return {part.strip() for part in answer.headers.get("Cache-Control", "").split(",") if part.strip()}


def vary(answer: HttpResponse) -> list[str]:
    return [name.strip() for name in answer.headers.get("Vary", "").split(",") if name.strip()]


def banner_of(html: str) -> str:
    """The banner as it stands in a page; "" where there is none."""
    start = html.find('<div class="govuk-cookie-banner')
    return "" if start < 0 else html[start : html.index("<main", start)]


def words(html: str) -> str:
    """What a page says to people."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()
