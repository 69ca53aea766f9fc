"""What a site has counted and how it shows it, in a line or two."""

from contextlib import AbstractContextManager
from datetime import date, timedelta
from uuid import NAMESPACE_URL, uuid5

from django.test import override_settings

from wagtail_personalise_gov.core.counting import Arm
from wagtail_personalise_gov.counting.looks import Plan
from wagtail_personalise_gov.models import DailyTally


def publishing(smallest: int = 11, rounded_to: int = 1, **more: object) -> AbstractContextManager[None]:
    """A site that shows no count under `smallest`, and rounds the others."""
    return override_settings(
        WAGTAIL_PERSONALISE_GOV={"SMALLEST_COUNT": smallest, "ROUND_COUNTS_TO": rounded_to, **more}
    )


def version_id(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def counted(day: date, variant: str, arm: Arm, visits: int, *, block: str = "", segment: str = "parents",
            share: int = 0, **reached: int) -> None:  # fmt: skip
    """On this day so many visits of an arm were counted, of which so many reached each goal."""
    standard = arm == Arm.STANDARD
    for goal, count in {"": visits, **reached}.items():
        DailyTally.objects.create(
            day=day,
            block=block or variant,
            variant="" if standard else variant,
            segment="" if standard else segment,
            arm=arm,
            share=share,
            goal=goal,
            count=count,
        )


def compared(since: date, days: int, variant: str, visits: tuple[int, int], reached: tuple[int, int], *,
             share: int = 1000, goal: str = "applied", segment: str = "parents") -> None:  # fmt: skip
    """On each of so many days (of the version, held back) visits were counted, and reached the goal."""
    for offset in range(days):
        day = since + timedelta(offset)
        for arm, count, hits in zip((Arm.VARIANT, Arm.HOLDOUT), visits, reached, strict=True):
            counted(day, variant, arm, count, segment=segment, share=share, **{goal: hits})


def plan(goal: str, worth_knowing: float = 0.06, counted_from: date = date.min, place: str = "") -> Plan:
    """Of a goal that was there before anything was counted, and at a place of its own."""
    return Plan(goal, worth_knowing, counted_from, place or goal)
