"""The ways in which a front end gets pages: each is one visitor's, and all must decide alike.

A surface shows what `look` sees: the slugs of the segments for whose sake something else than the standard version
comes. It takes what the visitor says in its own way: by a form of the page, or by a call.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from django.test import Client

from tests.agency.models import AgencyPage
from tests.api.calling import API, FrontEnd, put
from tests.factories import make_page, personalised
from wagtail_personalise_gov.models import Segment

FORMS = "/personalisation"
BY_OUR_PAGE = {"Sec-Fetch-Site": "same-origin"}


def page_for_each(home: AgencyPage, *segments: Segment) -> AgencyPage:
    """At /for-each/: a line for each segment that says for whom it is, else that it is for everybody."""
    lines = [("line", personalised("for everybody", (segment, f"only for {segment.slug}."))) for segment in segments]
    return make_page("For each", *lines, parent=home, slug="for-each")


class Surface(ABC):
    def __init__(self, page: AgencyPage) -> None:
        self.page = page

    @abstractmethod
    def look(self, **headers: str) -> set[str]:
        """What a look at the page shows."""

    @abstractmethod
    def say(self, name: str, body: dict[str, Any], **headers: str) -> int:
        """Say something of oneself; the status of the answer. `name` and `body` are as the API takes them."""

    @abstractmethod
    def choose(self, cookie: str) -> None:
        """Have chosen so before, as the cookie of a choice says it."""


class InHTML(Surface):
    def __init__(self, page: AgencyPage) -> None:
        super().__init__(page)
        self.client = Client()

    def look(self, **headers: str) -> set[str]:
        answer = self.client.get(self.page.url, headers=headers)
        assert answer.status_code == 200
        return shown_in(answer.content.decode())

    def say(self, name: str, body: dict[str, Any], **headers: str) -> int:
        form = {"choice" if part == "preference" else part: said or "" for part, said in body.items()}
        address = {"preference": "choice", "visit": "forget"}.get(name, name)
        status: int = self.client.post(f"{FORMS}/{address}/", form, headers=BY_OUR_PAGE | headers).status_code
        return 200 if status == 303 else status

    def choose(self, cookie: str) -> None:
        self.client.cookies["personalise_choice"] = cookie


class ByCookie(InHTML):
    """The API, called with cookies."""

    def look(self, **headers: str) -> set[str]:
        answer = self.client.get(f"{API}/pages/{self.page.pk}/", headers=headers)
        assert answer.status_code == 200
        return shown_in(answer.content.decode())

    def say(self, name: str, body: dict[str, Any], **headers: str) -> int:
        if name == "visit":
            return 200 if self.client.delete(f"{API}/visit/", headers=headers).status_code == 204 else 0
        status: int = put(self.client, name, body, headers=headers).status_code
        return status


class ByToken(Surface):
    """The API, called with a header token."""

    def __init__(self, page: AgencyPage) -> None:
        super().__init__(page)
        self.front_end = FrontEnd()

    def look(self, **headers: str) -> set[str]:
        answer = self.front_end.get(f"pages/{self.page.pk}/", **headers)
        assert answer.status_code == 200
        return shown_in(answer.content.decode())

    def say(self, name: str, body: dict[str, Any], **headers: str) -> int:
        if name == "visit":
            return 200 if self.front_end.delete("visit", **headers).status_code == 204 else 0
        status: int = self.front_end.put(name, body, **headers).status_code
        return status

    def choose(self, cookie: str) -> None:
        self.front_end.holding(personalise_choice=cookie)


class AsTold(ByCookie):
    """`visit/`, which tells the segments by their names."""

    def look(self, **headers: str) -> set[str]:
        return told_in(self.client.get(f"{API}/visit/", headers=headers))


class AsToldByToken(ByToken):
    def look(self, **headers: str) -> set[str]:
        return told_in(self.front_end.get("visit/", **headers))


SURFACES = (InHTML, ByCookie, ByToken, AsTold, AsToldByToken)


def shown_in(text: str) -> set[str]:
    """The slugs for which something is shown in a page, in HTML or JSON."""
    return {part.partition(".")[0] for part in text.split("only for ")[1:]}


def told_in(answer: Any) -> set[str]:
    assert answer.status_code == 200
    return {segment["slug"] for segment in answer.json()["segments"]}
