from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.dispatch import Signal
from django.test import Client

from tests.agency.models import AgencyPage, PlainPage
from tests.factories import committed, hero, make_intent, make_page, make_segment, personalised
from wagtail_personalise_gov import plugged
from wagtail_personalise_gov.events import sending
from wagtail_personalise_gov.events.gathering import gathered
from wagtail_personalise_gov.models import Goal, ReferrerRule, VisitIntentRule

from .receiver import Queue, Receiver
from .visitors import browser

Heard = list[dict[str, Any]]


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setattr(sending, "_away_until", {})
    monkeypatch.setattr(plugged, "_logged_at", {})
    server = Receiver()
    yield server
    gathered.close()
    server.close()


@pytest.fixture
def queue(settings: Any) -> Queue:
    settings.TASKS = {"default": {"BACKEND": "tests.events.receiver.Queue"}}
    backend: Queue = sending.send_task.get_backend()
    return backend


@pytest.fixture
def listen(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Signal], Heard]]:
    """``heard = listen(signal)``: the arguments of each time that it is sent, while the test runs."""
    monkeypatch.setattr(plugged, "_logged_at", {})
    connected = []

    def begin(signal: Signal) -> Heard:
        heard: Heard = []

        def hear(sender: Any, signal: Any, **arguments: Any) -> None:
            assert sender is None
            heard.append(arguments)

        signal.connect(hear, weak=False)
        connected.append((signal, hear))
        return heard

    yield begin
    for signal, hear in connected:
        signal.disconnect(hear)


@pytest.fixture
def visitor(db: None) -> Client:
    return browser()


@pytest.fixture
def moving(home: AgencyPage) -> None:
    """At /moving/: a page for those who say that they are moving; "garden" is another thing to say."""
    moving = make_intent("moving")
    make_intent("garden")
    segment = make_segment("movers", VisitIntentRule(intent=moving))
    make_page("Moving", ("offer", personalised(hero("Stay"), (segment, hero("Move")))), parent=home, slug="moving")


@pytest.fixture
def licence(home: AgencyPage, plain_page: PlainPage) -> AgencyPage:
    """At /licence/ a page that adapts; /plain/ is a goal."""
    search = make_segment("from-search", ReferrerRule(kinds=["search"]))
    with committed():
        Goal.objects.create(name="Applied", slug="applied", page=plain_page)
    offer = personalised(hero("Apply here"), (search, hero("You searched")))
    return make_page("Licence", ("offer", offer), parent=home, slug="licence")
