"""What the daily totals tell, and how a browser comes to add to them."""

from collections import Counter
from typing import Any

from django.core import signing
from django.test import Client

from tests.counting.gathered import BROWSER
from tests.factories import block_id, committed
from wagtail_personalise_gov.core.counting import Arm, Exposure, Tally
from wagtail_personalise_gov.models import (
    Goal,
    Segment,
)

SEARCH = {"headers": {"referer": "https://www.google.com/"}}
FIRST, SECOND = block_id("variant", 0), block_id("variant", 1)
STANDARD = Exposure(FIRST, Arm.STANDARD)


def browser(**headers: str) -> Client:
    return Client(headers={"user-agent": BROWSER, **headers})


def make_goal(slug: str, **fields: Any) -> Goal:
    goal = Goal(name=slug, slug=slug, **fields)
    goal.full_clean()
    with committed():
        goal.save()
    return goal


def hold_back(segment: Segment, percent: int) -> None:
    segment.holdout_percent = percent
    with committed():
        segment.save_revision().publish()


def shown(totals: Counter[Tally]) -> Counter[Exposure]:
    return Counter({tally.exposure: count for tally, count in totals.items() if not tally.goal})


def achieved(totals: Counter[Tally]) -> Counter[tuple[str, Exposure]]:
    return Counter({(tally.goal, tally.exposure): count for tally, count in totals.items() if tally.goal})


def in_cookie(client: Client) -> Any:
    """What the cookie for counting holds; None where there is none."""
    cookie = client.cookies.get("personalise_count")
    if cookie is None or not cookie.value:
        return None
    signer = signing.TimestampSigner(salt="wagtail_personalise_gov.personalise_count")
    return signer.unsign_object(cookie.value)


SEEN = Exposure(FIRST, Arm.VARIANT, FIRST, "from-search")
