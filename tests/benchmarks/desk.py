"""What the editors' reports cost on a large site: queries and seconds of each. ``python -m tests.benchmarks.desk``

500 segments of 12 rules, and 5,000 pages with three blocks that adapt; ``--segments`` and ``--pages`` change that.
Rows are written past Wagtail's own saving, which would take minutes: pages, their streams and the reference index.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from typing import Any

import django
from django.test import Client
from django.test.runner import DiscoverRunner
from django.test.utils import CaptureQueriesContext, setup_test_environment

BLOCKS, CHILDREN = 3, 100
SAVED_DRAFTS = 20  # every 20th page has unpublished changes


def segments(number: int) -> list[Any]:
    """Live segments of 12 rules each, of 12 types; every tenth overdue, every 25th contradicts itself."""
    from django.utils import timezone

    from wagtail_personalise_gov.models import (
        CampaignRule,
        DayOfWeekRule,
        DeviceRule,
        FirstTimeVisitorRule,
        LanguageRule,
        LocationRule,
        PathRule,
        QueryRule,
        ReferrerRule,
        RulesetState,
        Segment,
        TimeOfDayRule,
        VisitCountRule,
    )

    now = timezone.now()
    made = Segment.objects.bulk_create(
        Segment(
            name=f"Segment {position}",
            slug=f"segment-{position}",
            live=True,
            first_published_at=now,
            owner="Digital" if position % 5 else "",
            review_by="2020-01-01" if position % 10 == 0 else None,
        )
        for position in range(number)
    )
    rules: list[Callable[[int], Any]] = [
        lambda position: LocationRule(cities=[f"Town {position}"]),
        lambda position: ReferrerRule(kinds=["search"]),
        lambda position: CampaignRule(name=f"campaign-{position}"),
        lambda position: DayOfWeekRule(days=["monday", "tuesday", "wednesday"]),
        lambda position: DayOfWeekRule(days=["saturday"] if position % 25 == 0 else ["monday", "wednesday"]),
        lambda position: DeviceRule(kinds=["mobile"]),
        lambda position: FirstTimeVisitorRule(),
        lambda position: LanguageRule(languages=["cy"]),
        lambda position: PathRule(where="paths", paths=[f"/section-{position}/*"]),
        lambda position: QueryRule(parameter="topic", values=[f"topic-{position}"]),
        lambda position: TimeOfDayRule(start="09:00", end="17:00", time_zone="Europe/London"),
        lambda position: VisitCountRule(visits=3),
    ]
    for make in rules:
        rows = [make(position) for position in range(number)]
        for row, segment in zip(rows, made, strict=True):
            row.segment = segment
        type(rows[0]).objects.bulk_create(rows)
    RulesetState.renew()  # as after a publication
    return made


def pages(number: int, made: list[Any]) -> None:
    """Live pages in sections, each with three blocks of one or two versions, and a warning for everybody on some."""
    from django.contrib.contenttypes.models import ContentType
    from django.db import connection
    from django.utils import timezone
    from wagtail.models import Page, ReferenceIndex, Revision, Site

    from tests.agency.models import AgencyPage
    from tests.editor.counted import apart
    from tests.factories import hero, make_page, personalised, raw_stream

    Page.objects.filter(depth__gt=1).delete()
    Site.objects.all().delete()
    home = make_page("Agency", parent=Page.objects.get(depth=1), slug="agency")
    Site.objects.create(hostname="testserver", root_page=home, is_default_site=True)
    kind, page_kind = ContentType.objects.get_for_model(AgencyPage), ContentType.objects.get_for_model(Page)
    segment_kind = ContentType.objects.get_for_model(type(made[0]))
    now = timezone.now()
    rows, bodies = [], []
    sections = -(-number // CHILDREN)
    for section in range(sections):
        path = home.path + Page._int2str(section + 1).rjust(Page.steplen, "0")
        inside = min(CHILDREN, number - section * CHILDREN) - 1
        for position in range(inside + 1):
            own = path + Page._int2str(position).rjust(Page.steplen, "0") if position else path
            index = section * CHILDREN + position
            title = f"Page {index:05}"
            rows.append(
                Page(
                    title=title,
                    draft_title=title,
                    slug=f"page-{index}",
                    path=own,
                    depth=len(own) // Page.steplen,
                    numchild=0 if position else inside,
                    url_path=f"{home.url_path}section-{section}/{'' if not position else f'page-{index}/'}",
                    content_type=kind,
                    locale=home.locale,
                    first_published_at=now,
                    has_unpublished_changes=index % SAVED_DRAFTS == 0,
                )
            )
            blocks = []
            for block in range(BLOCKS):
                who = [made[(index * BLOCKS + block + version) % len(made)] for version in range(1 + block % 2)]
                offer = personalised(hero("For everyone else"), *((segment, hero("x" * 500)) for segment in who))
                blocks.append(("offer", apart(offer, f"{index}/{block}")))
            bodies.append(raw_stream(*blocks, ("hero", hero("y" * 2000, everyone=index % 50 == 0))))
    made_pages = Page.objects.bulk_create(rows, batch_size=500)
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO agency_agencypage (page_ptr_id, body) VALUES (%s, %s)",
            [(page.pk, json.dumps(body)) for page, body in zip(made_pages, bodies, strict=True)],
        )
    Page.objects.filter(pk=home.pk).update(numchild=sections)
    references, revisions = [], []
    for page, body in zip(made_pages, bodies, strict=True):
        for child in body[:BLOCKS]:
            for variant in child["value"]["variants"]:
                place = f"body.{child['id']}.variants.{variant['id']}.segments"
                for item in variant["value"]["segments"]:
                    references.append(
                        ReferenceIndex(
                            content_type=kind,
                            base_content_type=page_kind,
                            object_id=str(page.pk),
                            to_content_type=segment_kind,
                            to_object_id=str(item["value"]),
                            model_path="body.offer.variants.variant.segments.item",
                            content_path=f"{place}.{item['id']}",
                            content_path_hash=ReferenceIndex._get_content_path_hash(f"{place}.{item['id']}"),
                        )
                    )
        if page.has_unpublished_changes:
            revisions.append(
                Revision(
                    content_type=kind,
                    base_content_type=page_kind,
                    object_id=str(page.pk),
                    created_at=now,
                    object_str=page.title,
                    content={"pk": page.pk, "title": page.title, "body": json.dumps(body)},
                )
            )
    ReferenceIndex.objects.bulk_create(references, batch_size=1000)
    for revision in Revision.objects.bulk_create(revisions, batch_size=200):
        Page.objects.filter(pk=revision.object_id).update(latest_revision=revision)


def report(name: str, what: Callable[[], Any]) -> None:
    """One line: queries, and seconds of CPU the second time, when all is warm. SQLite works in this process."""
    from django.db import connection

    what()
    start = time.process_time()
    what()
    seconds = time.process_time() - start
    with CaptureQueriesContext(connection) as captured:
        what()
    print(f"{name:44} {len(captured):5} queries {seconds:8.3f} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--segments", type=int, default=500)
    parser.add_argument("--pages", type=int, default=5_000)
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from django.contrib.auth.models import User
    from django.core.cache import cache
    from django.urls import reverse

    from wagtail_personalise_gov.models import RulesetState

    setup_test_environment()
    runner = DiscoverRunner(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        start = time.perf_counter()
        pages(options.pages, segments(options.segments))
        print(f"{options.segments} segments, {options.pages} pages, made in {time.perf_counter() - start:.0f} s")
        client = Client()
        client.force_login(User.objects.create_superuser("admin"))

        def get(address: str) -> Callable[[], Any]:
            def fetch() -> None:
                response = client.get(address)
                assert response.status_code == 200, address
                if response.streaming:
                    b"".join(response.streaming_content)

            return fetch

        for name, view, query in ADDRESSES:
            report(name, get(reverse(view) + query))
        home = get(reverse("wagtailadmin_home"))
        report("home page of the admin", home)

        def after_a_publication() -> None:
            RulesetState.renew()
            home()

        def with_an_empty_cache() -> None:
            cache.clear()
            home()

        report("home page, first time after a publication", after_a_publication)
        report("home page, with an empty cache", with_an_empty_cache)
    finally:
        runner.teardown_databases(databases)


ADDRESSES = [
    ("results", "personalise_results:index", ""),
    ("personalised content", "personalise_reports:content", ""),
    ("personalised content, last page", "personalise_reports:content", "?p=9999"),
    ("personalised content of a segment", "personalise_reports:content", "?segment=7"),
    ("personalised content, a search", "personalise_reports:content", "?q=page+0123"),
    ("personalised content, unpublished changes", "personalise_reports:content", "?content=draft"),
    ("personalised content, CSV", "personalise_reports:content", "?export=csv"),
    ("personalised content, XLSX", "personalise_reports:content", "?export=xlsx"),
    ("segments to look after", "personalise_reports:segments", ""),
    ("segments to look after, broken", "personalise_reports:segments", "?reason=broken"),
    ("segments to look after, CSV", "personalise_reports:segments", "?export=csv"),
    ("everyone must see", "personalise_reports:must_see", ""),
    ("everyone must see, CSV", "personalise_reports:must_see", "?export=csv"),
]


if __name__ == "__main__":
    main()
