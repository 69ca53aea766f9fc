"""Northmoor's segments, as an editor would have made them, with three that an editor should look at again:

`new-students` is a draft, `pay-council-tax` is overdue for review, and nobody can ever be in `riverside-and-hilltop`:
it is meant for people in either place, and was made with "all of the rules".
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from example_site.models import WardRule
from example_site.wards import WARDS
from wagtail_personalise_gov.models import (
    CampaignRule,
    DeviceRule,
    FirstTimeVisitorRule,
    Intent,
    LocationRule,
    ReferrerRule,
    Rule,
    Segment,
    VisitCountRule,
    VisitIntentRule,
)

WEB_TEAM = "Web team"
EMERGENCY_TEAM = "Emergency planning team"
LICENSING_TEAM = "Licensing team"
REVENUES_TEAM = "Revenues team"

HELD_BACK = 10  # percent of the one segment whose version is compared


@dataclass(frozen=True, slots=True)
class SegmentSeed:
    """One segment. `rules` makes its rules, once the intents are there. `review_in_days` counts from today."""

    slug: str
    name: str
    purpose: str
    public_name: str
    public_explanation: str
    owner: str
    rules: Callable[[], list[Rule]]
    review_in_days: int = 180
    published: bool = True
    held_back: int = 0  # percent
    learning: bool = False


def in_town(town: str, *, order: int = 0) -> LocationRule:
    return LocationRule(countries=["GB"], cities=[town], sort_order=order)


def wanting(slug: str, certainty: str = VisitIntentRule.SAID) -> Callable[[], list[Rule]]:
    """A rule for those who said that they want this or, if asked for, whose arrival suggests it."""
    return lambda: [VisitIntentRule(intent=Intent.objects.get(slug=slug), certainty=certainty, sort_order=0)]


def in_ward(slug: str, name: str) -> SegmentSeed:
    """People who told us their ward: the segments of the site's own rule."""
    return SegmentSeed(
        f"{slug}-ward",
        f"{name} ward",
        "People who told us their ward should see its councillors first.",
        f"People who told us they live in {name} ward",
        f"The councillors for {name} ward come first on the page about councillors.",
        WEB_TEAM,
        lambda: [WardRule(ward=slug, sort_order=0)],
    )


SEGMENTS = (
    SegmentSeed(
        "first-time-visitors",
        "First-time visitors",
        "People who do not know the council yet should find the way in at once.",
        "People on their first visit",
        "On your first visit, the home page begins with three places to start. The same links are on the services "
        "page.",
        WEB_TEAM,
        lambda: [FirstTimeVisitorRule(sort_order=0)],
    ),
    SegmentSeed(
        "riverside",
        "Riverside",
        "People beside the river need flood advice for their streets first.",
        "People who seem to be in Riverside",
        "In a flood, advice for Riverside comes first after the warning, and the home page has news from Riverside. "
        "The warning and all of the advice are on the flood page for everybody.",
        EMERGENCY_TEAM,
        lambda: [in_town("Riverside")],
        review_in_days=90,
    ),
    SegmentSeed(
        "hilltop",
        "Hilltop",
        "People above the river need to know that they can stay where they are, and what to leave free.",
        "People who seem to be in Hilltop",
        "In a flood, advice for Hilltop comes first after the warning, and the home page has news from Hilltop. The "
        "warning and all of the advice are on the flood page for everybody.",
        EMERGENCY_TEAM,
        lambda: [in_town("Hilltop")],
        review_in_days=90,
    ),
    SegmentSeed(
        "abroad",
        "Abroad",
        "People outside the UK need our number with the country code, and our opening hours in UK time.",
        "People who seem to be outside the UK",
        "The home page shows how to reach us from another country. If we cannot tell where you are, you see the "
        "usual contact details.",
        WEB_TEAM,
        lambda: [LocationRule(countries=["GB"], negated=True, sort_order=0)],
    ),
    SegmentSeed(
        "from-licensing-portal",
        "From the licensing portal",
        "People whom the national portal sends to us have read the general part already.",
        "People who came from the licensing portal",
        "The licence page goes straight to the part that the portal does not cover. The full guide is below it.",
        LICENSING_TEAM,
        lambda: [ReferrerRule(hosts=["licensing.example.gov"], sort_order=0)],
    ),
    SegmentSeed(
        "from-search",
        "From a search engine",
        "People who searched may have wanted another council, or another kind of licence.",
        "People who came from a search engine",
        "The licence page begins with how to check that this is the licence you need.",
        LICENSING_TEAM,
        lambda: [ReferrerRule(kinds=["search"], sort_order=0)],
    ),
    SegmentSeed(
        "starting-a-business",
        "Starting a business",
        "People who start a business need four services in a certain order.",
        "People who seem to be here to start a business",
        "The next steps on the home page and on business pages are those for a new business. All of them are on the "
        "services page too.",
        LICENSING_TEAM,
        wanting("starting-a-business", VisitIntentRule.SUGGESTED),
    ),
    SegmentSeed(
        "restaurant",
        "Opening a restaurant, café or takeaway",
        "Food businesses have to register 28 days before they open, which many find out too late.",
        "People who told us they want to open a restaurant, café or takeaway",
        "The next steps on the home page and on business pages begin with registering a food business.",
        LICENSING_TEAM,
        wanting("restaurant"),
    ),
    SegmentSeed(
        "daycare",
        "Opening a nursery, or childminding",
        "People who look after children have to register and be checked before they begin.",
        "People who told us they want to open a nursery or work as a childminder",
        "The next steps on the home page and on business pages begin with registering to look after children.",
        LICENSING_TEAM,
        wanting("daycare"),
    ),
    SegmentSeed(
        "report-a-problem",
        "Reporting a problem",
        "People who came to report something should be able to do so at once.",
        "People who told us they want to report a problem",
        "The next steps on the home page are the things that you can report.",
        WEB_TEAM,
        wanting("report-a-problem"),
    ),
    SegmentSeed(
        "pay-council-tax",
        "Paying council tax",
        "People who came to pay should be able to do so at once.",
        "People who told us they want to pay council tax",
        "The next steps on the home page are the ways to pay, and what to do if you cannot.",
        REVENUES_TEAM,
        wanting("pay-council-tax"),
        review_in_days=-45,
    ),
    *(in_ward(slug, str(name)) for slug, name in WARDS),
    SegmentSeed(
        "on-a-phone",
        "On a phone",
        "People on a phone should not have to scroll to what most of them come for.",
        "People who use a phone",
        "The page about garden waste begins with the link to the form. The same link is on the usual page.",
        WEB_TEAM,
        lambda: [DeviceRule(kinds=["mobile"], sort_order=0)],
        held_back=HELD_BACK,
    ),
    SegmentSeed(
        "came-back",
        "Came back",
        "We want to know how many people come back before we write a version for them.",
        "People who have been here before",
        "",
        WEB_TEAM,
        lambda: [VisitCountRule(visits=2, sort_order=0)],
        learning=True,
    ),
    SegmentSeed(
        "riverside-and-hilltop",
        "Riverside and Hilltop",
        "People in either place need to know which roads are closed.",
        "People who seem to be in Riverside and in Hilltop",
        "Nothing changes for these people yet.",
        EMERGENCY_TEAM,
        lambda: [in_town("Riverside"), in_town("Hilltop", order=1)],
    ),
    SegmentSeed(
        "new-students",
        "New students",
        "Students who arrive in autumn need to know about council tax and bins.",
        "People who followed a link in the college’s welcome pack",
        "The home page shows what new students need in their first week.",
        WEB_TEAM,
        lambda: [CampaignRule(source="northmoor-college", name="welcome-pack", sort_order=0)],
        published=False,
    ),
)


def create_segments() -> None:
    """Make and publish the segments as an editor does, so that each has a history."""
    today = timezone.localdate()
    for seed in SEGMENTS:
        segment = Segment(
            slug=seed.slug,
            name=seed.name,
            purpose=seed.purpose,
            public_name=seed.public_name,
            public_explanation=seed.public_explanation,
            owner=seed.owner,
            review_by=today + timedelta(days=seed.review_in_days),
            holdout_percent=seed.held_back,
            learning=seed.learning,
            live=False,
        )
        for rule in seed.rules():
            rule.segment = segment
            rule.full_clean(exclude=["segment"])
            getattr(segment, rule_relation(rule)).add(rule)
        segment.full_clean()
        segment.save()
        revision = segment.save_revision()
        if seed.published:
            revision.publish()


def rule_relation(rule: Rule) -> str:
    """The name under which a segment holds rules of this type."""
    name: str = type(rule)._meta.get_field("segment").remote_field.get_accessor_name()
    return name
