"""Daily totals as visits would have left them."""

from collections.abc import Iterable
from copy import deepcopy
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from wagtail_personalise_gov.core.counting import Arm
from wagtail_personalise_gov.models import DailyTally, Goal

from ..factories import block_id

FIRST = block_id("variant", 0)  # the id of the first version of every block of tests/factories.py
SECOND = block_id("variant", 1)


def today() -> date:
    return datetime.now(UTC).date()


def make_goal(slug: str, **fields: Any) -> Goal:
    fields.setdefault("name", f"Name of {slug}")
    fields.setdefault("kind", Goal.CODE)
    fields.setdefault("smallest_difference", 5)
    fields.setdefault("counted_since", today() - timedelta(days=400))
    return Goal.objects.create(slug=slug, **fields)


def count(
    arm: Arm,
    visits: int,
    goals: dict[str, int] | None = None,
    *,
    variant: str = FIRST,
    segment: str = "riverside",
    share: int = 1000,
    days: Iterable[date] | None = None,
    block: str | None = None,
) -> None:
    """So many visits of an arm on each of these days (today), and of these so many that reached each goal."""
    if arm is Arm.STANDARD:
        variant, segment, share, block = "", "", 0, block or FIRST
    for day in days or [today()]:
        for goal, number in {"": visits, **(goals or {})}.items():
            DailyTally.objects.create(
                day=day,
                block=block or variant,
                variant=variant,
                segment=segment,
                arm=arm,
                share=share,
                goal=goal,
                count=number,
            )


def past_days(number: int) -> list[date]:
    """The days before today, the earliest first."""
    return [today() - timedelta(days=ago) for ago in range(number, 0, -1)]


def judged(goal: str = "applied", *, better: bool = True, **more: Any) -> None:
    """Enough visits, over a month, for a clear difference at a goal: one in five against one in ten."""
    days = past_days(30)
    count(Arm.VARIANT, 900, {goal: 180 if better else 45}, days=days, **more)
    count(Arm.HOLDOUT, 100, {goal: 10}, days=days, **more)


def apart(block: dict[str, Any], name: str) -> dict[str, Any]:
    """The same block with ids of its own, as if it had been written anew rather than copied."""
    own = deepcopy(block)
    for position, variant in enumerate(own["variants"]):
        variant["id"] = str(uuid5(NAMESPACE_URL, f"{name}/{position}"))
    return own
