"""What a visit to Northmoor may be for, and what on a landing suggests it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wagtail_personalise_gov.models import Intent, IntentSignal


@dataclass(frozen=True, slots=True)
class IntentSeed:
    slug: str
    name: str
    answer: str
    parent: str = ""


INTENTS = (
    IntentSeed("starting-a-business", "Starting a business", "Start a business"),
    IntentSeed("restaurant", "Restaurant, café or takeaway", "A restaurant, café or takeaway", "starting-a-business"),
    IntentSeed("daycare", "Nursery or childminder", "A nursery, or childminding", "starting-a-business"),
    IntentSeed("other-business", "Another kind of business", "Another kind of business", "starting-a-business"),
    IntentSeed("report-a-problem", "Reporting a problem", "Report a problem"),
    IntentSeed("pay-council-tax", "Paying council tax", "Pay council tax"),
    IntentSeed("just-looking", "Just looking", "I’m just looking"),
)

LIKELY = 0.6  # one of the strengths that an editor can choose; enough for a segment that takes suggestions


def create_intents() -> None:
    """The intents, each after its parent."""
    made: dict[str, Intent] = {}
    for order, seed in enumerate(INTENTS):
        made[seed.slug] = Intent.objects.create(
            slug=seed.slug,
            name=seed.name,
            question_label=seed.answer,
            parent=made.get(seed.parent),
            sort_order=order * 10,
        )


def create_signals(pages: Mapping[str, int]) -> None:
    """What suggests that somebody starts a business: a campaign's link, or landing in the licence section."""
    business = Intent.objects.get(slug="starting-a-business")
    IntentSignal.objects.create(
        intent=business, kind=IntentSignal.CAMPAIGN, text="start-up-week", confidence=LIKELY, sort_order=0
    )
    IntentSignal.objects.create(
        intent=business,
        kind=IntentSignal.SECTION,
        page_id=pages["services/business-licence"],
        confidence=LIKELY,
        sort_order=1,
    )
