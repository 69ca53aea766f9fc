"""The pages of the measured site, and its segments in growing numbers.

Rows are written past Wagtail's own saving, which would take minutes for thousands.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone
from wagtail.models import Locale, Page, Site

SIZES = {"three": 3, "simple": 3, "thirty": 30, "plain": 0, "three-banner": 3, "thirty-banner": 30}
VERSIONS = 2  # of each block, beside the standard one
# The segments that the pages themselves name, by their positions; all others are only there.
OWN = tuple(range(6))
SIMPLE = (12, 9, 21)  # ask for a device and a language; a time and a date; a network and an address
SIBLINGS = 50  # pages that rules about what was looked at ask for; nobody measures them
TEXT = "<p>{} Read what it costs, how long it takes and what you need.</p><p>You can <a href='/'>begin again</a>.</p>"


def prepare() -> None:
    """Tables and pages in an empty database; nothing where they stand already."""
    if "bench_site_benchpage" in connection.introspection.table_names():
        return
    call_command("migrate", verbosity=0, interactive=False, run_syncdb=True)
    Locale.objects.create(language_code=settings.LANGUAGE_CODE)
    home = add_page(Page.add_root(title="Root", slug="root"), "home", [])
    Site.objects.create(hostname="localhost", root_page=home, is_default_site=True, site_name="Benchmark")
    for number in range(SIBLINGS):
        add_page(home, f"news-{number}", [])
    for slug, blocks in SIZES.items():
        add_page(home, slug, body(blocks, home.pk))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def add_page(parent: Page, slug: str, stream: list[Any]) -> Page:
    from .models import BenchPage

    page = BenchPage(title=slug.capitalize(), slug=slug, body=json.dumps(stream))
    parent.add_child(instance=page)
    return page


def child(kind: str, value: Any, *place: object) -> dict[str, Any]:
    return {"type": kind, "value": value, "id": str(uuid5(NAMESPACE_URL, "/".join(map(str, (kind, *place)))))}


def body(blocks: int, link: int, own: Sequence[int] = (), each: int = VERSIONS) -> list[Any]:
    """A text, blocks, a text. The plain page has three blocks that never adapt.

    `own`: keys of segments, if there are any; a block has versions for `each` of them, its neighbour for the next.
    """
    stream = [child("text", TEXT.format("Welcome."), "first")]
    for number in range(blocks or 3):
        standard = hero(f"Offer {number}", link)
        if not blocks:
            stream.append(child("plain", standard, number))
            continue
        keys = [own[(each * number + version) % len(own)] for version in range(each)] if own else []
        versions = [(key, hero(f"Offer {number} for {key}", link)) for key in keys]
        stream += AS_BLOCKS[settings.SUBJECT](standard, versions, number)
    return [*stream, child("text", TEXT.format("Goodbye."), "last")]


def hero(heading: str, link: int) -> dict[str, Any]:
    return {"heading": heading, "text": TEXT.format(heading), "page": link}


def plain(standard: Any, versions: list[Any], number: int) -> list[Any]:
    return [child("hero", standard, number)]


def ours(standard: Any, versions: list[Any], number: int) -> list[Any]:
    variants = [
        child("variant", {"segments": [child("item", key, number)], "content": content}, number, key)
        for key, content in versions
    ]
    return [child("hero", {"variants": variants, "default": standard, "nothing_for_others": False}, number)]


def peers(standard: Any, versions: list[Any], number: int) -> list[Any]:
    """The peer has no "else": each version is a block of its own, and the standard one is shown to everybody."""
    rows = [("-1", standard), *((str(key), content) for key, content in versions)]
    return [child("hero", {"segment": key, **content}, number, key) for key, content in rows]


AS_BLOCKS = {"floor": plain, "ours": ours, "peer": peers}


def grow(number: int) -> None:
    """Have this many live segments; there may not be more. Nothing to do for the floor."""
    if settings.SUBJECT == "floor":
        return
    if settings.SUBJECT == "ours":
        from wagtail_personalise_gov.models import Segment
    else:
        from wagtail_personalisation.models import Segment
    there = Segment.objects.count()
    assert there <= number, f"{there} segments are there already"
    if there < number:
        with transaction.atomic():
            (our_segments if settings.SUBJECT == "ours" else peers_segments)(range(there, number))
            if there <= max(SIMPLE):
                use(list(Segment.objects.order_by("pk").values_list("pk", flat=True)[: max(SIMPLE) + 1]))
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
    if settings.SUBJECT == "ours":
        from wagtail_personalise_gov.compiling import retire

        retire()


def use(keys: list[int]) -> None:
    """Let the pages have versions for those of these segments that they name, as far as they are there."""
    home = Page.objects.get(slug="home")
    for slug, blocks in SIZES.items():
        page, simple = Page.objects.get(slug=slug), slug == "simple"
        own = [keys[position] for position in (SIMPLE if simple else OWN) if position < len(keys)]
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE bench_site_benchpage SET body = %s WHERE page_ptr_id = %s",
                [json.dumps(body(blocks, home.pk, own, 1 if simple else VERSIONS)), page.pk],
            )


WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
DEVICES = ["mobile", "tablet", "desktop"]


def our_segments(positions: range) -> None:
    """Segments of two to four rules, of every type, each with values of its own; every second asks for any of them."""
    from datetime import date, time, timedelta

    from wagtail_personalise_gov import models

    intent, _created = models.Intent.objects.get_or_create(
        slug="apply", defaults={"name": "Apply for something", "asked": True}
    )
    site = Site.objects.get()
    news = list(Page.objects.filter(slug__startswith="news-").order_by("pk"))
    now = timezone.now()
    made = models.Segment.objects.bulk_create(
        [
            models.Segment(
                name=f"Segment {position}",
                slug=f"segment-{position}",
                public_name=f"People {position}",
                match="any" if position % 2 else "all",
                live=True,
                first_published_at=now,
            )
            for position in positions
        ],
        batch_size=500,
    )
    first = models.Segment.objects.order_by("pk").first()
    # In this order a rule about accounts never meets, in one segment, one about what is remembered.
    types: list[Any] = [
        lambda p: models.QueryRule(parameter="topic", values=[f"topic-{p}"]),
        lambda p: models.ReferrerRule(kinds=["search"], hosts=[f"www.host-{p}.example"]),
        lambda p: models.CampaignRule(name=f"campaign-{p}"),
        lambda p: models.DeviceRule(kinds=[DEVICES[p % 3]]),
        lambda p: models.LanguageRule(languages=[["cy", "fr", "pl", "de", "pa"][p % 5]]),
        lambda p: models.DayOfWeekRule(days=[WEEKDAYS[p % 7], WEEKDAYS[(p + 1 + p // 7 % 5) % 7]]),
        lambda p: models.AccountRule(),
        lambda p: models.TimeOfDayRule(start=time(p % 24, p // 24 % 60), end=time((p + 7) % 24, p // 24 % 60)),
        lambda p: models.DateRangeRule(first_day=date(2020, 1, 1) + timedelta(days=p)),
        lambda p: models.LocationRule(cities=[f"Town {p}"]),
        lambda p: models.NetworkRule(networks=[f"10.{p // 250 % 250}.{p % 250}.0/24"], name=f"office {p}"),
        lambda p: models.PathRule(where="paths", paths=[f"/section-{p}/*"]),
        lambda p: models.SiteRule(site=site, negated=bool(p % 2)),
        lambda p: models.PagesViewedRule(what="page", page=news[p % SIBLINGS], scope=["visit", "ever"][p % 2]),
        lambda p: models.FirstTimeVisitorRule(negated=bool(p % 2)),
        lambda p: models.VisitCountRule(visits=2 + p % 900),
        lambda p: models.LastVisitRule(days=1 + p % 300),
        lambda p: models.VisitIntentRule(intent=intent, negated=bool(p % 2)),
        lambda p: models.SegmentRule(other=first, negated=bool(p % 2)),
    ]
    rows: dict[Any, list[Any]] = {}
    for position, segment in zip(positions, made, strict=True):
        for turn in range(2 + position % 3):
            rule = types[(position * 5 + turn) % len(types)](position)
            rule.segment, rule.sort_order = segment, turn
            rows.setdefault(type(rule), []).append(rule)
    for model, rules in rows.items():
        model.objects.bulk_create(rules, batch_size=500)


def peers_segments(positions: range) -> None:
    """The same number of segments and rules, of the peer's types; its first one is met by the same visitor."""
    from datetime import time

    from wagtail_personalisation import models, rules

    home = Page.objects.get(slug="home")
    made = models.Segment.objects.bulk_create(
        [models.Segment(name=f"Segment {position}", match_any=bool(position % 2)) for position in positions]
    )
    types: list[Any] = [
        lambda p: rules.QueryRule(parameter="topic", value=f"topic-{p}"),
        lambda p: rules.ReferralRule(regex_string=f"www.google.com|www.host-{p}.example"),
        lambda p: rules.DeviceRule(mobile=p % 3 == 2, tablet=p % 3 == 1, desktop=p % 3 == 0),
        lambda p: rules.DayRule(**{WEEKDAYS[p % 7][:3]: True}),
        lambda p: rules.TimeRule(start_time=time(p % 24, p // 24 % 60), end_time=time(23, 59)),
        lambda p: rules.OriginCountryRule(country=["fr", "de", "pl", "ie"][p % 4]),
        lambda p: rules.VisitCountRule(operator="more_than", count=2 + p, counted_page=home),
        lambda p: rules.UserIsLoggedInRule(is_logged_in=True),
    ]
    rows: dict[Any, list[Any]] = {}
    for position, segment in zip(positions, made, strict=True):
        for turn in range(2 + position % 3):
            rule = types[(position * 5 + turn) % len(types)](position)
            rule.segment = segment
            rows.setdefault(type(rule), []).append(rule)
    for model, rule_rows in rows.items():
        model.objects.bulk_create(rule_rows)
