"""What every test may ask for, and the account of what was not run.

A test that needs something which a machine may lack (Chromium, Node, PostgreSQL, Redis, MaxMind's test files) is
skipped with its reason, and the reasons stand at the end of the run. REQUIRE_BROWSER=1, REQUIRE_NODE=1,
REQUIRE_POSTGRES=1, REQUIRE_REDIS=1 and REQUIRE_DATA=1 turn a lack into a failure.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import django
import pytest
import wagtail
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection
from django.test import override_settings

pytest_plugins = ["tests.chromium", "tests.fixtures", "tests.northmoor"]

ROOT = Path(__file__).resolve().parent.parent
MMDB_FOLDER = ROOT.parent / "shared" / "data" / "mmdb"  # MaxMind's public test files; the project ships none


def browser_lacks() -> str | None:
    from tests.chromium import browser_lacks  # not above: pytest rewrites the asserts of a plugin that it imports first

    return browser_lacks()


def node_lacks() -> str | None:
    from tests.evaluator.node import node_lacks

    return node_lacks()


def postgres_lacks() -> str | None:
    if connection.vendor == "postgresql":
        return None
    return f"the database is {connection.display_name}; DATABASE_URL=postgres://… puts the tests on PostgreSQL"


def redis_lacks() -> str | None:
    if "redis" in django_settings.CACHES["default"]["BACKEND"]:
        return None
    return "the cache is this process's memory; CACHE_URL=redis://… puts the tests on Redis"


RESTORED = "django_db_serialized_rollback"  # the fixture of pytest-django that puts the rows of migrations back
LACKS = {"browser": browser_lacks, "node": node_lacks, "postgres": postgres_lacks, "redis": redis_lacks}


def skip_or_fail(what: str, reason: str) -> None:
    """Skip with `reason`; fail with it where REQUIRE_<WHAT> says that this run must have it."""
    if os.environ.get(f"REQUIRE_{what.upper()}", "") not in {"", "0"}:
        pytest.fail(f"REQUIRE_{what.upper()} is set, but {reason}.", pytrace=False)
    pytest.skip(reason)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for a page as a browser test, and put those last; give the rows of migrations back where they go.

    While Playwright runs, its event loop counts as running in this thread, which other tests must not meet.
    A test that really commits empties every table at its end, Wagtail's root page and the content types too. All such
    tests restore them: one that did not would leave the next with content types under other numbers.
    """
    for item in items:
        names = getattr(item, "fixturenames", [])
        if "chromium" in names:
            item.add_marker("browser")
        database = item.get_closest_marker("django_db")
        commits = {"transactional_db", "live_server"} & set(names) or (database and database.kwargs.get("transaction"))
        if commits and RESTORED not in names:
            names.append(RESTORED)
        if commits and database:
            # Where there is a mark, pytest-django looks at nothing else.
            database.kwargs["serialized_rollback"] = True
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for what, lacks in LACKS.items():
        if item.get_closest_marker(what) and (reason := lacks()):
            skip_or_fail(what, reason)


WAITING = pytest.StashKey[set[str]]()  # the tests that were found and have not run yet


def pytest_collection_finish(session: pytest.Session) -> None:
    session.config.stash[WAITING] = {item.nodeid for item in session.items}


def pytest_runtest_teardown(item: pytest.Item) -> None:
    item.config.stash[WAITING].discard(item.nodeid)


def pytest_report_header() -> str:
    versions = f"Wagtail {wagtail.__version__}, Django {django.get_version()}"
    return f"on {versions}, {connection.display_name}, cache {django_settings.CACHES['default']['BACKEND']}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say plainly what was not run, and why."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.getreports("skipped"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason.removeprefix("Skipped: ")] += 1
    if left_out := len(terminalreporter.getreports("deselected")):
        reasons["left out by -k, -m or --deselect"] = left_out
    if waiting := len(terminalreporter.config.stash.get(WAITING, ())):
        reasons["the run ended before their turn"] = waiting
    terminalreporter.section("not run, and why")
    for reason, count in reasons.most_common():
        terminalreporter.line(f"{count} {'test' if count == 1 else 'tests'}: {reason}")
    if not reasons:
        terminalreporter.line("Nothing: every test that was found was run.")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """The agency's home page in the place of Wagtail's, once for all tests: `home` gives it."""
    with django_db_blocker.unblock():
        found_home()
        if hasattr(connection, "_test_serialized_contents"):  # what tests that really commit are given back
            connection._test_serialized_contents = connection.creation.serialize_db_to_string()


def found_home() -> None:
    from wagtail.models import Locale, Page, Site  # not above: see browser_lacks

    from wagtail_personalise_gov.models.state import RulesetState

    from .factories import make_page

    Site.objects.all().delete()
    Page.objects.filter(depth__gt=1).delete()
    locale = Locale.objects.get_or_create(language_code="en")[0]
    # Wagtail's migrations make it, and without migrations nobody does.
    root = Page.get_first_root_node() or Page.add_root(instance=Page(title="Root", slug="root", locale=locale))
    page = make_page("Agency", parent=Page.objects.get(pk=root.pk), slug="agency")
    Site.objects.create(hostname="testserver", root_page=page, is_default_site=True, site_name="Agency")
    RulesetState.objects.all().delete()  # nothing was ever published


@pytest.fixture(scope="session", autouse=True)
def media_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Uploads of this run go to a folder of their own."""
    folder = tmp_path_factory.mktemp("media")
    with override_settings(MEDIA_ROOT=folder):
        yield folder


@pytest.fixture(autouse=True)
def clean_cache() -> Iterator[None]:
    """Nothing cached goes from one test to the next: the database is rolled back, the cache would not be."""
    cache.clear()
    yield
    cache.clear()


class MmdbFolder:
    """MaxMind's test databases, by file name; some are broken on purpose."""

    def __truediv__(self, name: str) -> Path:
        path = MMDB_FOLDER / name
        if not path.exists():
            skip_or_fail("data", f"MaxMind's test file {name} is not in {os.path.relpath(MMDB_FOLDER, ROOT)}/")
        return path


@pytest.fixture(scope="session")
def mmdb_folder() -> MmdbFolder:
    """``mmdb_folder / "GeoLite2-Country-Test.mmdb"``: the path of that file, or a skip that says what is missing."""
    return MmdbFolder()


@pytest.fixture(scope="session")
def mmdb(mmdb_folder: MmdbFolder) -> Path:
    """A City database: 2.125.160.216 is in Boxford (GB-ENG), 81.2.69.142 in London, 89.160.20.112 in Linköping (SE)."""
    return mmdb_folder / "GeoLite2-City-Test.mmdb"
