"""What the pages about counting promise: who is counted, which pages become private, and what their tables say."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from django.test import Client, override_settings

from tests.docs.samples import DOCS
from tests.docs.stories.common import AT_ONCE, SETTING, a_home_page_for_newcomers
from wagtail_personalise_gov.core.counting import Arm, Counted, Exposure, share_held_back

COUNT = DOCS / "how-to" / "count.md"


def _counting(**settings: Any) -> Any:
    return override_settings(**{SETTING: {**AT_ONCE, "COUNTING": True, **settings}})


def who_answered_before_it_was_switched_on() -> None:
    """Whether pages adapt, the banner asks, and the visit is counted, of somebody who said yes to policy 1."""
    a_home_page_for_newcomers()
    for mode, policy, adapts, asks, counts in (
        ("opt_out", 1, True, False, True),
        ("opt_out", 2, True, True, True),
        ("opt_in", 1, True, False, False),
        ("opt_in", 2, False, True, False),
    ):
        with _counting(MODE=mode, POLICY_VERSION=policy):
            visitor = Client(headers={"user-agent": "Mozilla/5.0"})
            visitor.cookies.load({"personalise_choice": "allowed.1"})
            response = visitor.get("/")
            page = response.content.decode()
            assert ("New here?" in page) is adapts, (mode, policy)
            assert ('role="region"' in page) is asks, (mode, policy)
            assert response.wsgi_request.visit.counts is counts, (mode, policy)  # type: ignore[attr-defined]


def what_the_page_of_a_goal_is_to_caches() -> None:
    from home.models import HomePage

    from wagtail_personalise_gov.models import Goal

    assert "Cache-Control" not in Client().get("/")
    with _counting():
        assert "Cache-Control" not in Client().get("/")
        Goal.objects.create(name="Home", slug="home", page=HomePage.objects.get())
        assert Client().get("/")["Cache-Control"] == "private, no-cache"
    with _counting(MODE="off"):
        assert "Cache-Control" not in Client().get("/")
    assert "Cache-Control" not in Client().get("/")


def how_many_visits_it_takes() -> None:
    """The table is not far from what the plan says, for a goal that 10 in 100 reach."""
    from wagtail_personalise_gov.counting.statistics import visits_needed

    rows = re.findall(r"^\| ([\d.]+) points? \| about ([\d,]+) \| ([\d,]+) \| ([\d,]+) \|$", COUNT.read_text(), re.M)
    assert len(rows) == 3
    for points, *told in rows:
        for share, visits in zip((1_000, 2_000, 5_000), told, strict=True):
            planned = visits_needed(0.1, float(points) / 100, share, 11)
            assert 0.98 < int(visits.replace(",", "")) / planned < 1.08, (points, share, planned)


def what_fits_into_the_cookie() -> None:
    def most(make: Any) -> int:
        return len(Counted(day=20_600, step=2_960_000).noting(make(str(uuid4())) for _ in range(99))[1])

    assert 40 <= most(lambda block: Exposure(block, Arm.STANDARD)) < 50
    short = most(lambda block: Exposure(block, Arm.VARIANT, block, "riverside"))
    long = most(lambda block: Exposure(block, Arm.VARIANT, str(uuid4()), "s" * 50, 1_000))
    assert 10 <= long < short <= 30


def what_two_shares_hold_back_together() -> None:
    assert 1_400 < share_held_back("riverside", 500, 1_000) < 1_500
    assert "hold back about 14.5 percent" in COUNT.read_text()
