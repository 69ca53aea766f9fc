"""What counting adds to a page that adapts: CPU time with it and without. ``python -m tests.benchmarks.counting``

Pairs are taken in turns, and the median of their ratios is shown: 1.00 costs nothing.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

import django
from django.test import Client, override_settings
from django.test.runner import DiscoverRunner
from django.test.utils import setup_test_environment

PAIRS, TIMES, BLOCKS = 9, 60, 3
SEARCH = {"referer": "https://www.google.com/"}


def page_for_searchers() -> None:
    """At /licence/: three blocks that adapt, of a segment of which a tenth is held back."""
    from wagtail.models import Page, Site

    from tests.factories import hero, make_page, make_segment, personalised
    from wagtail_personalise_gov.models import ReferrerRule

    Page.objects.filter(depth__gt=1).delete()
    Site.objects.all().delete()
    home = make_page("Agency", parent=Page.objects.get(depth=1), slug="agency")
    Site.objects.create(hostname="testserver", root_page=home, is_default_site=True)
    segment = make_segment("from-search", ReferrerRule(kinds=["search"]), holdout_percent=10)
    blocks = [("offer", personalised(hero("Apply"), (segment, hero("You searched")))) for _ in range(BLOCKS)]
    make_page("Licence", *blocks, parent=home, slug="licence")


def cost(visit: Callable[[], object]) -> float:
    """CPU seconds of one visit, on average."""
    start = time.process_time()
    for _ in range(TIMES):
        visit()
    return (time.process_time() - start) / TIMES


def new_visitor() -> Callable[[], object]:
    from tests.counting.gathered import BROWSER

    return lambda: Client(headers={"user-agent": BROWSER}).get("/licence/", headers=SEARCH)


def known_visitor() -> Callable[[], object]:
    from tests.counting.gathered import BROWSER

    client = Client(headers={"user-agent": BROWSER})
    client.get("/licence/", headers=SEARCH)
    return lambda: client.get("/licence/", headers=SEARCH)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from tests.counting.gathered import PATH

    setup_test_environment()
    runner = DiscoverRunner(verbosity=0, interactive=False)
    databases = runner.setup_databases()
    try:
        page_for_searchers()
        without = override_settings(WAGTAIL_PERSONALISE_GOV={})
        counting = override_settings(WAGTAIL_PERSONALISE_GOV={"COUNTING": True, "COUNTING_BUFFER": PATH})
        for name, visitor in (("a first page", new_visitor), ("a further page", known_visitor)):
            ratios = []
            for _ in range(PAIRS):
                with without:
                    plain = cost(visitor())
                with counting:
                    ratios.append(cost(visitor()) / plain)
            print(f"{name:15} with counting / without: {statistics.median(ratios):.2f}")
    finally:
        runner.teardown_databases(databases)


if __name__ == "__main__":
    main()
