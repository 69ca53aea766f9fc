"""Two processes under load, and what they stand on goes away: Redis, PostgreSQL, one of the two. Pages keep coming."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from tests.agency.models import AgencyPage
from tests.counting.processes import DATABASE, REDIS, total
from tests.factories import hero, make_page, make_segment, personalised
from tests.served.servers import Answer, Gate, OwnRedis, Server, Visitors, wait_until
from wagtail_personalise_gov.models import LocationRule, Segment

pytest.importorskip("gunicorn", reason="gunicorn is not installed")
pytestmark = [pytest.mark.postgres, pytest.mark.redis]

WORDS = {"Riverside": "Sandbags in Riverside", "Hilltop": "Roads closed", "Elsewhere": "Be ready"}
CLIENTS_TIMEOUT = 0.5  # seconds, in tests/served/settings.py
BUSY = 2.5  # seconds that a request may take beside that, on a machine that has others to do


@pytest.fixture
def redis(settings: Any) -> Iterator[OwnRedis]:
    own = OwnRedis()
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": own.url}}
    yield own
    own.thaw()
    own.kill()


@pytest.fixture
def town(transactional_db: None, redis: OwnRedis, home: AgencyPage) -> AgencyPage:
    riverside = make_segment("riverside", LocationRule(cities=["Riverside"]))
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    offer = personalised(hero("Be ready"), (riverside, hero("Sandbags in Riverside")), (hilltop, hero("Roads closed")))
    return make_page("Flood", ("offer", offer), parent=home, slug="flood")


@pytest.fixture
def gate() -> Iterator[Gate]:
    given = connection.settings_dict
    made = Gate(given["HOST"] or "127.0.0.1", int(given["PORT"] or 5432))
    yield made
    made.close()


@pytest.fixture
def serve(tmp_path: Path, town: AgencyPage, redis: OwnRedis) -> Iterator[Callable[..., Server]]:
    started: list[Server] = []

    def start(**served: Any) -> Server:
        started.append(server := Server(tmp_path, redis, **served))
        for city, words in WORDS.items():
            assert all(words in answer.text for answer in server.each("/flood/", city=city).values())
        return server

    yield start
    for server in started:
        server.stop()


def personal(answers: list[Answer]) -> None:
    """Each came, and with the version of its own town."""
    assert answers
    assert Counter(answer.status for answer in answers) == {200: len(answers)}
    first = answers[0].began
    wrong = [
        (round(answer.began - first, 2), answer.process, answer.city, shown)
        for answer in answers
        if (shown := [words for words in WORDS.values() if words in answer.text]) != [WORDS[answer.city]]
    ]
    assert not wrong, (len(wrong), len(answers), wrong[:5])


def lines_of_each(server: Server, containing: str) -> list[int]:
    counted = Counter(process for process, line in server.logged() if containing in line)
    return sorted(counted.values())


def test_a_publication_reaches_both_and_a_killed_worker_stops_nobody_else(serve: Any) -> None:
    server = serve()
    segment = Segment.objects.get(slug="riverside")
    rule = segment.get_rules()[0]
    rule.cities = ["Hilltop"]
    rule.save()
    published = time.monotonic()
    reached: dict[str, float] = {}
    while len(reached) < 2:
        answer = server.get(city="Hilltop")
        if "Sandbags in Riverside" in answer.text:
            reached.setdefault(answer.process, answer.began - published)
        assert time.monotonic() - published < 10
    assert max(reached.values()) < 2
    rule.cities = ["Riverside"]
    rule.save()
    time.sleep(1.5)
    server.each("/flood/")  # a process that nobody asks hears of nothing

    with Visitors(server, list(WORDS)).coming() as visitors:
        wait_until(lambda: len(visitors.answers) > 20, 20, "visitors")
        victim, other = server.workers
        os.kill(victim, signal.SIGKILL)
        killed = time.monotonic()
        wait_until(lambda: {victim} != set(server.workers) - {other} and len(server.workers) == 2, 20, "a new one")
        wait_until(
            lambda: len({answer.process for answer in visitors.since(killed) if answer.status == 200}) == 2, 60, "both"
        )
    lost = [answer for answer in visitors.answers if not answer.status]
    assert len(lost) <= 8  # of those that the victim was at, or had taken: its four threads, and four behind these
    personal([answer for answer in visitors.answers if answer.status])


def test_redis_freezes_and_dies_and_pages_and_counts_go_on(serve: Any, redis: OwnRedis) -> None:
    server = serve(options={"COUNTING": True, "COUNTING_BUFFER": REDIS})
    server.flush()
    before = total()
    with Visitors(server, list(WORDS)).coming() as visitors:
        wait_until(lambda: len(visitors.answers) > 20, 20, "visitors")
        redis.freeze()
        frozen = time.monotonic()
        time.sleep(4)
        during = visitors.since(frozen)
        redis.thaw()
        time.sleep(6)  # 5 s long Redis is not asked again
    personal(visitors.answers)
    assert max(answer.took for answer in during) < 2 * CLIENTS_TIMEOUT + BUSY
    assert lines_of_each(server, "can't be loaded") == [1, 1]
    assert lines_of_each(server, "Redis takes no counts") == [1, 1]
    server.flush()
    assert total() - before == len(visitors.answers)  # none is lost, and none is counted twice

    with Visitors(server, list(WORDS)).coming() as visitors:
        wait_until(lambda: len(visitors.answers) > 20, 20, "visitors")
        redis.kill()
        killed = time.monotonic()
        time.sleep(2)
        segment = Segment.objects.get(slug="hilltop")
        segment.unpublish()  # without Redis the row in the database tells
        wait_until(
            lambda: any(one.city == "Hilltop" and WORDS["Elsewhere"] in one.text for one in visitors.since(killed)),
            10,
            "unpublished",
        )
        time.sleep(2)
        settled = time.monotonic()
        time.sleep(1)
        redis.start()
        time.sleep(6)
    assert Counter(answer.status for answer in visitors.answers) == {200: len(visitors.answers)}
    assert all(
        WORDS["Elsewhere" if answer.city == "Hilltop" else answer.city] in answer.text
        for answer in visitors.since(settled)
    )
    assert lines_of_each(server, "can't be loaded") == [1, 1]
    server.flush()
    assert lines_of_each(server, "Redis takes no counts") == [1, 1]


def test_postgresql_goes_and_pages_that_are_kept_go_on_personalised(serve: Any, gate: Gate) -> None:
    server = serve(gate=gate, page_cache=True, options={"COUNTING": True, "COUNTING_BUFFER": DATABASE})
    server.flush()
    before = total()
    with Visitors(server, list(WORDS)).coming() as visitors:
        wait_until(lambda: len(visitors.answers) > 20, 20, "visitors")
        gate.shut()
        shut = time.monotonic()
        time.sleep(4)
        assert server.get("/").status == 500  # nobody kept this one, and Wagtail finds no page without its database
        during = visitors.since(shut)
        gate.open()
        wait_until(lambda: server.get("/").status == 200, 10, "the home page")
        time.sleep(1)
    personal(visitors.answers)
    assert len(during) > 20
    assert len({answer.process for answer in during}) == 2
    server.flush()
    assert total() - before == len(visitors.answers)
    assert (
        max(Counter(server.logged()).values(), default=0) <= 1
    )  # while Redis tells the version, there is little to say
    assert len(server.logged()) <= 2 * 2, server.logged()
