"""A crowd of visitors of every kind, in threads, each of whom knows by itself what it is to see.

What stands on the page is marked, `[[so]]`. The oracle is `expected`: it knows nothing of the package.
"""

from __future__ import annotations

import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.core.handlers.wsgi import WSGIHandler
from django.db import connections
from django.http import HttpResponse
from django.test import RequestFactory

from tests.agency.models import AgencyPage
from tests.counting.gathered import BROWSER
from tests.factories import hero, make_intent, make_page, make_segment, personalised
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.compiling import Compiler
from wagtail_personalise_gov.core.ruleset import Ruleset
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, Segment, VisitIntentRule

from .asking import ADDRESS
from .page_caches import HILLTOP, NOWHERE, RIVERSIDE

THREADS = 6
LATE_SECONDS = 1.2  # a change may be seen so late, besides what a compile takes: RULESET_CHECK_SECONDS, and a margin
MARK = re.compile(r"\[\[(.+?)\]\]")
STANDARD = (
    "anywhere",
    "untested",
    "no memory",
    "no intent",
    "elsewhere",
)  # what stands in the page of those of no kind

ADDRESSES = {"Riverside": RIVERSIDE, "Hilltop": HILLTOP, "nowhere": NOWHERE}


@dataclass(frozen=True, slots=True)
class Person:
    place: str
    asked: bool = True  # whether anything may be asked of them
    counted: bool = True
    new: bool = True
    moving: bool = False
    choice: str = ""
    gpc: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """What editors have made of the segments."""

    live: frozenset[str] = frozenset({"riverside", "hilltop", "tested", "new", "back", "moving"})
    riverside_is: str = "Riverside"
    paused: bool = False


KINDS = {
    "new": Person(""),
    "returning": Person("", new=False),
    "moving": Person("", moving=True),
    "uncounted": Person("", counted=False, choice="undecided-uncounted.1"),
    "refused": Person("", asked=False, choice="refused.1"),
    "with GPC": Person("", asked=False, gpc=True),
}
EVERYBODY = {f"{kind}, {place}": replace(person, place=place) for kind, person in KINDS.items() for place in ADDRESSES}


def expected(person: Person, state: State) -> tuple[str, ...]:
    """What is to stand on the page of this person."""
    if not person.asked or state.paused:
        return STANDARD
    in_riverside = "riverside" in state.live and person.place == state.riverside_is
    in_hilltop = "hilltop" in state.live and person.place == "Hilltop"
    if in_hilltop:
        nested = "moving at hilltop" if person.moving else "at hilltop"
    else:
        nested = "new elsewhere" if person.new else "elsewhere"
    return (
        "riverside" if in_riverside else "hilltop" if in_hilltop else "anywhere",
        "tested" if person.place == "Riverside" and not person.counted else "untested",
        "new" if person.new else "back",
        "moving" if person.moving else "no intent",
        nested,
    )


def marks(html: str) -> tuple[str, ...]:
    return tuple(MARK.findall(html))


@dataclass
class Town:
    """The page of all, and what editors do to its segments, with the times of it."""

    page: AgencyPage
    states: list[list[Any]] = field(default_factory=lambda: [[0.0, float("inf"), State()]])  # from, until, what
    longest_compile: float = 0.0  # seconds
    compiles: list[float] = field(default_factory=list)  # when those began that are not over yet

    @classmethod
    def founded(cls) -> Town:
        riverside = make_segment("riverside", LocationRule(cities=["Riverside"]))
        hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
        tested = make_segment("tested", LocationRule(cities=["Riverside"]), holdout_percent=50)
        new = make_segment("new", FirstTimeVisitorRule())
        back = make_segment("back", FirstTimeVisitorRule(negated=True))
        moving = make_segment("moving", VisitIntentRule(intent=make_intent("moving")))
        at_hilltop = stream("inner", marked("inner-hilltop", "at hilltop", (moving, "moving at hilltop")))
        elsewhere = stream("inner", marked("inner-elsewhere", "elsewhere", (new, "new elsewhere")))
        towns = [(riverside, hero("[[riverside]]")), (hilltop, hero("[[hilltop]]"))]
        blocks = [
            ("offer", told("offer", hero("[[anywhere]]"), *towns)),
            ("line", marked("tested", "untested", (tested, "tested"))),
            ("line", marked("memory", "no memory", (new, "new"), (back, "back"))),
            ("line", marked("intent", "no intent", (moving, "moving"))),
            ("nested", told("nested", elsewhere, (hilltop, at_hilltop))),
        ]
        home = AgencyPage.objects.get(slug="agency")
        return cls(make_page("Flood", *blocks, parent=home, slug="flood"))

    @contextmanager
    def becoming(self, **changes: Any) -> Iterator[None]:
        """Both are right while the change is made."""
        last = self.states[-1]
        self.states.append([time.monotonic(), float("inf"), replace(last[2], **changes)])
        yield
        last[1] = time.monotonic()

    def allowed(self, began: float, ended: float) -> set[State]:
        compiling = [ended - since for since in list(self.compiles)]  # on a machine that is busy it may take seconds
        late = LATE_SECONDS + max(self.longest_compile, *compiling, 0)
        return {state for since, until, state in list(self.states) if since <= ended and began <= until + late}

    def timing(self, compile: Callable[..., Ruleset]) -> Callable[..., Ruleset]:
        """Compiles as ever, and notes how long it takes: meanwhile all who come are served the last ruleset."""

        def timed(compiler: Compiler, only_changes: bool = False) -> Ruleset:
            began = time.monotonic()
            self.compiles.append(began)
            try:
                return compile(compiler, only_changes)
            finally:
                self.compiles.remove(began)
                self.longest_compile = max(self.longest_compile, time.monotonic() - began)

        return timed

    def unpublish(self, slug: str) -> None:
        with self.becoming(live=self.states[-1][2].live - {slug}):
            Segment.objects.get(slug=slug).unpublish()

    def publish(self, slug: str) -> None:
        with self.becoming(live=self.states[-1][2].live | {slug}):
            Segment.objects.get(slug=slug).save_revision().publish()

    def move(self, slug: str, city: str) -> None:
        with self.becoming(riverside_is=city):
            rule = Segment.objects.get(slug=slug).get_rules()[0]
            rule.cities = [city]
            rule.save()

    def pause(self) -> None:
        with self.becoming(paused=True):
            compiling.pause(by="a test")

    def resume(self) -> None:
        with self.becoming(paused=False):
            compiling.resume()


def told(name: str, default: Any, *variants: tuple[Segment, Any]) -> dict[str, Any]:
    """A personalised block whose versions have ids of their own, as on a page that an editor has made."""
    value = personalised(default, *variants)
    for position, variant in enumerate(value["variants"]):
        variant["id"] = str(uuid5(NAMESPACE_URL, f"crowd/{name}/{position}"))
    return value


def marked(name: str, default: str, *variants: tuple[Segment, str]) -> dict[str, Any]:
    return told(name, f"[[{default}]]", *((segment, f"[[{words}]]") for segment, words in variants))


def stream(kind: str, value: Any) -> list[dict[str, Any]]:
    return [{"type": kind, "value": value, "id": str(uuid5(NAMESPACE_URL, f"crowd/{kind}/{value['default']}"))}]


class Crowd:
    """Threads that ask for the page as one kind of visitor after the other, and note what they were not to see."""

    def __init__(self, town: Town, *, by_fragment: bool = False) -> None:
        self.town, self.by_fragment = town, by_fragment
        self.handler = WSGIHandler()  # with the settings of now
        self.seen: dict[str, Counter[tuple[str, ...]]] = {name: Counter() for name in EVERYBODY}
        self.wrong: list[tuple[str, tuple[str, ...], set[tuple[str, ...]]]] = []
        self.errors: list[str] = []
        self._cookies = {name: self._prepared(person) for name, person in EVERYBODY.items()}
        self._enough = threading.Event()
        self._threads = [threading.Thread(target=self._come, args=(number,)) for number in range(THREADS)]

    @contextmanager
    def coming(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._enough.set()
            for thread in self._threads:
                thread.join(30)

    def _come(self, number: int) -> None:
        order = random.Random(7).sample(sorted(EVERYBODY), len(EVERYBODY))
        turn = number * len(order) // THREADS  # so that all have come when each thread has seen to a few
        try:
            while not self._enough.is_set():
                name = order[turn % len(order)]
                turn += 1
                self._look(name, EVERYBODY[name])
        except Exception as error:
            self.errors.append(f"{type(error).__name__}: {error}")
        finally:
            connections.close_all()

    def _look(self, name: str, person: Person) -> None:
        cookies = dict(self._cookies[name])
        began = time.monotonic()
        found = marks(self._text(person, cookies))
        if self.by_fragment:
            if found != STANDARD:
                self.wrong.append((f"the page of {name}", found, {STANDARD}))
            found = marks(self._text(person, cookies, ADDRESS, {"page": self.town.page.pk, "path": "/flood/"}))
        right = {expected(person, state) for state in self.town.allowed(began, time.monotonic())}
        if self.by_fragment:
            right = {tuple(words for words in one if words not in STANDARD) for one in right}
        self.seen[name][found] += 1
        if found not in right:
            self.wrong.append((name, found, right))

    def _prepared(self, person: Person) -> dict[str, str]:
        """The cookies of somebody who has been here before, or chose or said something."""
        if person.choice:
            return {"personalise_choice": person.choice}
        cookies: dict[str, str] = {}
        if person.new and not person.moving:
            return cookies
        place = {"page": self.town.page.pk, "path": "/flood/"}
        self._text(person, cookies, *((ADDRESS, place) if self.by_fragment else ()))
        assert "personalise_visit" in cookies
        if person.moving:
            self._text(person, cookies, "/personalisation/intent/", {"intent": "moving", "next": "/flood/"})
        if not person.new:
            del cookies["personalise_visit"]  # the browser was closed
        return cookies

    def _text(self, person: Person, cookies: dict[str, str], path: str = "/flood/", sent: Any = None) -> str:
        """Ask, and take the cookies that come."""
        headers = {"User-Agent": BROWSER, "Sec-Fetch-Site": "same-origin"}
        if person.gpc:
            headers["Sec-GPC"] = "1"
        if cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in cookies.items())
        client = RequestFactory(REMOTE_ADDR=ADDRESSES[person.place])
        asked: Any = client.get(path, headers=headers) if sent is None else client.post(path, sent, headers=headers)
        response: HttpResponse = self.handler(asked.environ, lambda status, sent: None)
        response.close()
        if response.status_code not in (200, 303):
            raise AssertionError(f"{response.status_code} for {path}")
        for name, cookie in response.cookies.items():
            cookies[name] = cookie.value
        return response.content.decode()
