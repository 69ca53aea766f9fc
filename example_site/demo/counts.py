"""What Northmoor counts: two goals, and the totals of the eight weeks before today.

The totals are drawn, by the same draw each time: of people on a phone, 18 in 100 open the form where the page begins
with it, and 12 in 100 of those who see the standard version. Who reads the report should find that out from it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from example_site.models import ServicePage
from wagtail_personalise_gov.core.contents import PersonalisedContent, personalised_in
from wagtail_personalise_gov.core.counting import Arm
from wagtail_personalise_gov.models import DailyTally, Goal

from .segments import HELD_BACK

DAYS = 56
STARTED, OTHER_BINS = "garden-waste-form", "other-bins"
SHARE = HELD_BACK * 100  # of 10,000 lots

# arm: how many visits a day at most, and how likely each goal is after it
A_DAY: Mapping[Arm, tuple[int, Mapping[str, float]]] = {
    Arm.VARIANT: (270, {STARTED: 0.18, OTHER_BINS: 0.05}),
    Arm.HOLDOUT: (30, {STARTED: 0.12, OTHER_BINS: 0.05}),
    Arm.LEARNING: (60, {STARTED: 0.15, OTHER_BINS: 0.04}),
    Arm.STANDARD: (200, {STARTED: 0.10, OTHER_BINS: 0.06}),
}


def create_goals(pages: Mapping[str, int]) -> None:
    counted_since = datetime.now(UTC).date() - timedelta(days=DAYS + 1)
    Goal.objects.create(
        slug=STARTED,
        name="Garden waste form opened",
        kind=Goal.LINK,
        link="https://forms.northmoor.example.gov/garden-waste",
        counted_since=counted_since,
        smallest_difference=Decimal("5"),
        public_name="how many visits go on to the form for garden waste",
    )
    Goal.objects.create(
        slug=OTHER_BINS,
        name="Other bins looked up",
        kind=Goal.PAGE,
        page_id=pages["services/bins-and-recycling"],
        counted_since=counted_since,
        smallest_difference=Decimal("2"),
        public_name="how many visits go on to the page about bins and recycling",
    )


def create_totals(pages: Mapping[str, int]) -> None:
    page = ServicePage.objects.get(pk=pages["services/garden-waste"])
    (content,) = personalised_in(list(page.body.raw_data))
    DailyTally.objects.bulk_create(totals_of(content))


def totals_of(content: PersonalisedContent) -> Iterator[DailyTally]:
    phone, came_back = content.versions
    draw = random.Random(7)  # noqa: S311  figures of a town that does not exist
    today = datetime.now(UTC).date()
    for days_ago in range(DAYS, 0, -1):
        day = today - timedelta(days=days_ago)
        for arm, (most, likely) in A_DAY.items():
            version = {Arm.LEARNING: (came_back.id, "came-back"), Arm.STANDARD: ("", "")}.get(
                arm, (phone.id, "on-a-phone")
            )
            key = {
                "day": day,
                "block": phone.id,
                "variant": version[0],
                "segment": version[1],
                "arm": arm,
                "share": SHARE if arm in (Arm.VARIANT, Arm.HOLDOUT) else 0,
            }
            shown = sum(draw.random() < 0.9 for _visit in range(most))
            yield DailyTally(**key, count=shown)
            for goal, chance in likely.items():
                if reached := sum(draw.random() < chance for _visit in range(shown)):
                    yield DailyTally(**key, goal=goal, count=reached)
