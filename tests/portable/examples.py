"""One filled-in rule of every installed type, and a site that has some of everything a file can hold."""

from collections.abc import Callable, Iterator
from datetime import date, time
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet
from wagtail.models import Page, Site

from wagtail_personalise_gov.models import Intent, IntentSignal, Rule, Segment

from ..factories import make_intent, make_segment

PACKAGE = "wagtail_personalise_gov"

# By label, so that a type which is not installed here does no harm.
EXAMPLES: dict[str, Callable[[], dict[str, Any]]] = {
    f"{PACKAGE}.AccountRule": lambda: {
        "who": "in_group",
        "user_group": Group.objects.get_or_create(name="Duty officers")[0],
    },
    f"{PACKAGE}.CampaignRule": lambda: {"source": "Neuigkeiten für alle", "name": "start-*"},
    f"{PACKAGE}.DateRangeRule": lambda: {"first_day": date(2026, 4, 1), "last_day": date(2026, 4, 18)},
    f"{PACKAGE}.DayOfWeekRule": lambda: {"days": ["monday", "friday"]},
    f"{PACKAGE}.DeviceRule": lambda: {"kinds": ["mobile", "tablet"]},
    f"{PACKAGE}.FirstTimeVisitorRule": lambda: {},
    f"{PACKAGE}.LanguageRule": lambda: {"languages": ["cy", "en-GB"]},
    f"{PACKAGE}.LastVisitRule": lambda: {},
    f"{PACKAGE}.LocationRule": lambda: {
        "countries": ["GB"],
        "cities": ["Riverside"],
        "latitude": 51.5,
        "longitude": -0.125,
        "radius_km": 20,
    },
    f"{PACKAGE}.NetworkRule": lambda: {"networks": ["192.0.2.0/24"], "name": "our offices"},
    f"{PACKAGE}.PagesViewedRule": lambda: {"what": "section", "page": home_page()},
    f"{PACKAGE}.PathRule": lambda: {"where": "section", "section": home_page()},
    f"{PACKAGE}.QueryRule": lambda: {"parameter": "topic", "values": ["housing", "bins"]},
    f"{PACKAGE}.ReferrerRule": lambda: {"kinds": ["search"], "hosts": ["*.gov.uk"]},
    f"{PACKAGE}.SegmentRule": lambda: {"other": Segment.objects.get(slug="asked-about")},
    f"{PACKAGE}.SiteRule": lambda: {"site": Site.objects.get()},
    f"{PACKAGE}.TimeOfDayRule": lambda: {"start": time(22, 0), "end": time(6, 30)},
    f"{PACKAGE}.VisitCountRule": lambda: {"visits": 3},
    f"{PACKAGE}.VisitIntentRule": lambda: {"intent": Intent.objects.get(slug="cafe"), "certainty": "said"},
    "agency.AskRule": lambda: {"question": {"fact": "location.country", "op": "in", "value": ["GB", "FR"]}},
    "example_site.WardRule": lambda: {"ward": "riverside"},
}


def home_page() -> Page:
    return Site.objects.get().root_page


def rule_types() -> list[type[Rule]]:
    return [relation.related_model for relation in Segment.rule_relations()]


def example_of(model: type[Rule], **more: Any) -> Rule:
    """A rule of this type that can be live. Needs the site of `fill`."""
    return model(**EXAMPLES[model._meta.label](), **more)


def what_rules_need() -> None:
    """What the examples point at: an intent below another one, with a signal of each shape, and a segment."""
    start = make_intent("start", IntentSignal(kind="campaign", text="start-up", confidence=0.9, sort_order=0))
    make_intent("cafe", IntentSignal(kind="page", page=home_page(), sort_order=0), parent=start, asked=False)
    make_segment("asked-about", example_of(first_time()))


def first_time() -> type[Rule]:
    return next(model for model in rule_types() if model.__name__ == "FirstTimeVisitorRule")


def fill() -> None:
    """A segment for each rule type and its negation; one of them all; a draft; one that is not finished; an archive."""
    what_rules_need()
    for model in rule_types():
        make_segment(slug_of(model), example_of(model, negated=True), example_of(model), match="any")
    make_segment(
        "everything",
        *map(example_of, rule_types()),
        purpose="Zwölf Boxkämpfer",
        public_explanation="Two\nlines",
        owner="Web team",
        review_by=date(2027, 1, 31),
    )
    make_segment("nobody")
    make_segment("a-draft", example_of(first_time()), live=False)
    make_segment("in-the-archive", example_of(first_time())).archive()
    changed = make_segment("changed", example_of(first_time()), name="As visitors get it")
    changed.name = "As an editor would have it"
    changed.save_revision()


def slug_of(model: type[Rule]) -> str:
    return model._meta.label_lower.replace(".", "-").replace("_", "-")


def empty() -> None:
    """No segment and no intent, as on a new site; pages, sites and groups stay."""
    for model in rule_types():
        model._default_manager.all().delete()
    QuerySet(Segment).delete()  # not Segment.objects, which asks what uses them
    Intent.objects.filter(parent__isnull=False).delete()
    Intent.objects.all().delete()


def what_is_asked() -> Iterator[tuple[Any, ...]]:
    """Of every segment what the package makes of it, whatever a file says: its own words and its condition."""
    for segment in Segment.objects.order_by("slug"):
        content = segment if segment.live else segment.get_latest_revision_as_object()
        yield (
            segment.slug,
            segment.live,
            segment.archived,
            content.name,
            content.public_explanation,
            content.review_by,
            content.condition().to_json(),
            content.sentences(),
        )
    for intent in Intent.objects.order_by("slug"):
        yield intent.slug, intent.label, intent.asked, str(intent.parent), [str(each) for each in intent.signals.all()]
