"""What a developer hears at start: each slip is told with its place, its value and its remedy."""

import errno
import shutil
import sys
from pathlib import Path
from typing import Any

import maxminddb
import pytest
import time_machine
from django.core.checks import run_checks
from django.test.utils import isolate_apps
from wagtail.admin.panels import FieldPanel
from wagtail.models import Orderable

from wagtail_personalise_gov import checks
from wagtail_personalise_gov.conf import settings as personalise_settings
from wagtail_personalise_gov.core.conditions import Condition, Equals
from wagtail_personalise_gov.counting.buffer import Buffer
from wagtail_personalise_gov.models import Rule
from wagtail_personalise_gov.models.missing import rule_models
from wagtail_personalise_gov.visit import geo_file
from wagtail_personalise_gov.visit.geo import HeaderGeo

OURS = "wagtail_personalise_gov.middleware.PersonaliseMiddleware"
OF_PAGE_CACHE = "wagtail_personalise_gov.middleware.PageCacheMiddleware"
OURS_TOO = "wagtail_personalise_gov.visit.middleware.PersonaliseMiddleware"
SECURITY = "django.middleware.security.SecurityMiddleware"
UPDATE = "django.middleware.cache.UpdateCacheMiddleware"
FETCH = "django.middleware.cache.FetchFromCacheMiddleware"
WAGTAIL_UPDATE = "wagtailcache.cache.UpdateCacheMiddleware"
WAGTAIL_FETCH = "wagtailcache.cache.FetchFromCacheMiddleware"


def ids(messages: Any) -> list[str]:
    return [message.id.removeprefix("wagtail_personalise_gov.") for message in messages]


def text(messages: Any) -> str:
    return "\n".join(f"{message.msg} {message.hint}" for message in messages)


def test_a_site_that_is_set_up_hears_nothing(settings: Any) -> None:
    assert not [
        message
        for message in run_checks(include_deployment_checks=False)
        if message.id and message.id.startswith("wagtail_personalise_gov")
    ]


# Settings


def test_an_unknown_setting_is_named_with_the_nearest_known_one(configure: Any) -> None:
    configure(GEO_DATABSE="/geo.mmdb")
    messages = checks.check_settings(None)
    assert ids(messages) == ["E001"]
    assert "WAGTAIL_PERSONALISE_GOV['GEO_DATABSE']" in text(messages)
    assert "'GEO_DATABASE'" in text(messages)


@pytest.mark.parametrize(
    "key, value, remedy",
    [
        ("MODE", "optout", "'opt_out', 'opt_in', 'off'"),
        ("HONOUR_GPC", "yes", "True or False"),
        ("ALLOWED_MAX_AGE_DAYS", 401, "from 1 to 400"),
        ("MEMORY_MAX_AGE_DAYS", True, "from 1 to 395"),
        ("GEO_PROVIDER", "mysite.geo.Offce", "it could not be imported"),
        ("TRUSTED_PROXIES", ["10.0.0.0/40"], "'10.0.0.0/40' is neither a network"),
        ("TRUSTED_PROXIES", "10.0.0.0/8", "a list of networks"),
        ("GEO_HEADERS", "cloudfare", "'cloudflare'"),
        ("GEO_HEADERS", {"contry": "X-Country"}, "'contry' is no part of a place; the nearest is 'country'"),
        ("GEO_HEADERS", {"country": "X-Country", "postal_code": "X-Zip"}, "the nearest is 'postcode'"),
        ("GEO_HEADERS", {"region": "X-Region"}, "'region' is no part of a place; the parts are continent, country,"),
        ("GEO_HEADERS", {"country": 7}, "a dict of part of a place to header"),
        ("GEO_ATTRIBUTION", True, "a text, or None"),
        ("RULESET_CHECK_SECONDS", -1, "from 0 to 60"),
    ],
)
def test_a_wrong_value_is_told_with_its_key_and_a_remedy(configure: Any, key: str, value: Any, remedy: str) -> None:
    configure(**{key: value})
    messages = checks.check_settings(None)
    assert ids(messages) == ["E001"]
    assert f"WAGTAIL_PERSONALISE_GOV['{key}']: {value!r}" in text(messages)
    assert remedy in text(messages)


def test_settings_that_are_no_dict_are_told(settings: Any) -> None:
    settings.WAGTAIL_PERSONALISE_GOV = ["MODE"]
    assert ids(checks.check_settings(None)) == ["E001"]


# Middleware


@pytest.mark.parametrize(
    "middleware, expected",
    [
        ([OURS, SECURITY], []),
        ([OURS_TOO, SECURITY], []),  # the same class by its other name
        ([UPDATE, OURS, SECURITY, FETCH], []),
        ([SECURITY, UPDATE, OURS, FETCH], []),
        ([WAGTAIL_UPDATE, OURS, SECURITY, WAGTAIL_FETCH], []),
        ([SECURITY], ["W001"]),
        ([], ["W001"]),
        ([SECURITY, OURS], ["W002"]),
        ([OURS, UPDATE, FETCH], ["W002"]),  # the cache would keep what is not yet marked as private
        ([UPDATE, FETCH, OURS], ["W002"]),  # the cache would answer before us; wagtail-cache takes our cookies away
        ([UPDATE, SECURITY, OURS, FETCH], ["W002"]),
        ([WAGTAIL_UPDATE, WAGTAIL_FETCH, SECURITY, OURS], ["W002"]),
        ([OURS, SECURITY, OURS], ["E002"]),
        ([OURS, SECURITY, OURS_TOO], ["E002"]),
        (["not.installed.Middleware", OURS], ["W002"]),
    ],
)
def test_the_middleware_has_one_place(settings: Any, middleware: list[str], expected: list[str]) -> None:
    settings.MIDDLEWARE = middleware
    assert ids(checks.check_middleware(None)) == expected


def test_the_remedy_for_a_misplaced_middleware_names_its_place(settings: Any) -> None:
    settings.MIDDLEWARE = [UPDATE, FETCH, OURS]
    (message,) = checks.check_middleware(None)
    assert "is number 3 in MIDDLEWARE" in message.msg
    assert message.hint == f"Move it: directly after {UPDATE!r}."


@pytest.mark.parametrize(
    "source, found",
    [
        ("{% cache 600 'x' %}{% segment 'riverside' %}In{% endsegment %}{% endcache %}", "{% segment 'riverside' %}"),
        ("{% cache 600 x %}a{% endcache %}{% cache 9 y %}{{ request.visit.segments }}{% endcache %}", "request.visit"),
        ("{% segment 'riverside' %}{% cache 600 'x' %}a{% endcache %}{% endsegment %}", None),
        ("{% personalise_cache 600 'x' %}{% segment 'riverside' %}{% endsegment %}{% endpersonalise_cache %}", None),
        ("{% cache 600 'x' %}a{% endcache %}{% segment 'riverside' %}{% endsegment %}", None),
    ],
)
def test_a_cached_part_of_a_template_asks_nothing_about_visitors(
    settings: Any, tmp_path: Path, source: str, found: str | None
) -> None:
    assert not checks.check_cached_templates(None)  # of the example site and the package
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "part.html").write_text("{% load cache personalise %}" + source)
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}]
    messages = checks.check_cached_templates(None)
    assert ids(messages) == (["W072"] if found else [])
    if found:
        assert str(tmp_path / "own" / "part.html") in text(messages)
        assert found in text(messages)
        assert "{% personalise_cache %}" in text(messages)


def test_a_cdn_that_decides_is_believed_from_somewhere(configure: Any) -> None:
    assert not checks.check_edge(None)
    configure(EDGE_ANSWERS={"riverside": "X-Edge-Riverside"})
    messages = checks.check_edge(None)
    assert ids(messages) == ["W071"]
    assert "X-Edge-Riverside" in text(messages)
    configure(TRUSTED_PROXIES=["192.0.2.0/24"])
    assert not checks.check_edge(None)


@pytest.mark.parametrize(
    "middleware, expected",
    [
        ([UPDATE, OURS, FETCH], []),
        ([OF_PAGE_CACHE, UPDATE, OURS, SECURITY, FETCH], []),
        ([OF_PAGE_CACHE, WAGTAIL_UPDATE, OURS, SECURITY, WAGTAIL_FETCH], []),
        ([OF_PAGE_CACHE, OURS], ["W070"]),
        ([OF_PAGE_CACHE, SECURITY, UPDATE, OURS, FETCH], ["W070"]),
        ([SECURITY, OF_PAGE_CACHE, UPDATE, OURS, FETCH], []),
        ([UPDATE, OF_PAGE_CACHE, OURS, FETCH], ["W070"]),
        ([OF_PAGE_CACHE, OF_PAGE_CACHE, UPDATE, OURS, FETCH], ["W070"]),
    ],
)
def test_the_middleware_for_page_caches_stands_directly_before_one(
    settings: Any, middleware: list[str], expected: list[str]
) -> None:
    settings.MIDDLEWARE = middleware
    messages = checks.check_page_cache(None)
    assert ids(messages) == expected
    if expected:
        assert repr(OF_PAGE_CACHE) in text(messages)
        assert "MIDDLEWARE" in text(messages)
    elif OF_PAGE_CACHE in middleware:
        assert not checks.check_middleware(None)  # and the other one is content with its place


def test_a_subclass_of_the_middleware_counts(settings: Any) -> None:
    settings.MIDDLEWARE = [f"{__name__}.OwnMiddleware", SECURITY]
    assert checks.check_middleware(None) == []


class OwnMiddleware(checks.PersonaliseMiddleware):
    pass


# Geo database


def test_no_geo_database_is_a_choice(configure: Any) -> None:
    configure(GEO_DATABASE=None)
    assert checks.check_geo_database(None) == []


def test_a_missing_geo_database_is_told(configure: Any, tmp_path: Path) -> None:
    configure(GEO_DATABASE=str(tmp_path / "nowhere.mmdb"))
    messages = checks.check_geo_database(None)
    assert ids(messages) == ["W003"]
    assert "nowhere.mmdb' is not there" in text(messages)


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\0" * 4096])
def test_a_file_that_is_no_geo_database_is_told(configure: Any, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "geo.mmdb"
    path.write_bytes(content)
    configure(GEO_DATABASE=path)
    messages = checks.check_geo_database(None)
    assert ids(messages) == ["W003"]
    assert "is no geo database" in text(messages)


def test_an_unreadable_geo_database_is_told(configure: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> None:  # the tests may run as root, who may read every file
        raise PermissionError(errno.EACCES, "Permission denied", path)

    path = tmp_path / "geo.mmdb"
    path.touch()
    configure(GEO_DATABASE=path)
    monkeypatch.setattr(maxminddb, "open_database", refuse)
    messages = checks.check_geo_database(None)
    assert ids(messages) == ["W003"]
    assert "can't be read (Permission denied)" in text(messages)


def test_a_sound_geo_database_is_not_told(configure: Any, mmdb: Path) -> None:
    configure(GEO_DATABASE=mmdb)
    assert checks.check_geo_database(None) == []


@pytest.mark.parametrize(
    "name",
    [
        "GeoIP2-City-Test-Broken-Double-Format.mmdb",  # a number that is none
        "MaxMind-DB-test-broken-pointers-24.mmdb",
        "MaxMind-DB-test-broken-search-tree-24.mmdb",
    ],
)
def test_a_geo_database_that_opens_but_is_damaged_inside_is_told(configure: Any, mmdb_folder: Any, name: str) -> None:
    configure(GEO_DATABASE=mmdb_folder / name)
    messages = checks.check_geo_database(None)
    assert ids(messages) == ["W003"]
    assert f"{name}' is damaged inside" in text(messages)
    assert "Download it again" in text(messages)


def test_damage_far_from_the_first_networks_is_found_by_looking_up(
    configure: Any, mmdb_folder: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(GEO_DATABASE=mmdb_folder / "MaxMind-DB-test-broken-search-tree-24.mmdb")
    monkeypatch.setattr(geo_file, "NETWORKS_TRIED", 0)
    assert ids(checks.check_geo_database(None)) == ["W003"]


@pytest.mark.parametrize("name", ["GeoIP2-City-Test.mmdb", "GeoLite2-Country-Test.mmdb"])
def test_other_sound_geo_databases_are_not_told(configure: Any, mmdb_folder: Any, name: str) -> None:
    configure(GEO_DATABASE=mmdb_folder / name)
    assert checks.check_geo_database(None) == []


def test_the_geo_database_is_not_asked_for_where_another_provider_is_in_force(configure: Any, tmp_path: Path) -> None:
    configure(GEO_DATABASE=tmp_path / "nowhere.mmdb", GEO_PROVIDER="wagtail_personalise_gov.visit.geo.HeaderGeo")
    assert checks.check_geo_database(None) == []
    assert checks.check_age_of_geo_database(None) == []


def test_an_old_geo_database_is_told_before_a_deployment(configure: Any, mmdb: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(mmdb, tmp_path))
    configure(GEO_DATABASE=path)
    with time_machine.travel("2026-02-10T12:00:00Z"):  # it was built on 4 February 2026
        assert checks.check_age_of_geo_database(None) == []
    with time_machine.travel("2026-03-10T12:00:00Z"):
        messages = checks.check_age_of_geo_database(None)
    assert ids(messages) == ["W004"]
    assert "was built on 2026-02-04" in text(messages)


def test_the_age_of_no_geo_database_is_not_told(configure: Any, tmp_path: Path) -> None:
    configure(GEO_DATABASE=None)
    assert checks.check_age_of_geo_database(None) == []
    configure(GEO_DATABASE=tmp_path / "nowhere.mmdb")
    assert checks.check_age_of_geo_database(None) == []


# Geo headers


@pytest.mark.parametrize("provider", ["wagtail_personalise_gov.visit.geo.HeaderGeo", f"{__name__}.OwnHeaderGeo"])
def test_headers_that_are_believed_from_nobody_are_told(configure: Any, provider: str) -> None:
    configure(GEO_PROVIDER=provider, GEO_HEADERS="cloudflare")
    messages = checks.check_geo_headers(None)
    assert ids(messages) == ["W009"]
    assert "['TRUSTED_PROXIES'] is empty" in text(messages)
    assert provider in text(messages)
    assert '["192.0.2.0/24"]' in text(messages)


class OwnHeaderGeo(HeaderGeo):
    pass


@pytest.mark.parametrize("proxies", [["192.0.2.0/24"], ["unix"]])
def test_headers_that_are_believed_from_somebody_are_not_told(configure: Any, proxies: list[str]) -> None:
    configure(GEO_PROVIDER="wagtail_personalise_gov.visit.geo.HeaderGeo", TRUSTED_PROXIES=proxies)
    assert checks.check_geo_headers(None) == []


def test_where_no_headers_are_read_nobody_has_to_be_trusted(configure: Any, mmdb: Path) -> None:
    configure(GEO_DATABASE=mmdb)
    assert checks.check_geo_headers(None) == []


# Forms


@pytest.mark.parametrize(
    "sign, value",
    [
        ("SECURE_PROXY_SSL_HEADER", ("HTTP_X_FORWARDED_PROTO", "https")),
        ("USE_X_FORWARDED_HOST", True),
        ("USE_X_FORWARDED_PORT", True),
    ],
)
def test_a_proxy_that_is_not_named_makes_all_visitors_one(configure: Any, settings: Any, sign: str, value: Any) -> None:
    setattr(settings, sign, value)
    messages = checks.check_proxy_of_limited_forms(None)
    assert ids(messages) == ["W011"]
    assert sign in text(messages)
    assert "600 forms a minute" in text(messages)
    for mended in ({"TRUSTED_PROXIES": ["unix"]}, {"TRUSTED_PROXIES": [], "FORMS_PER_MINUTE": 0}):
        configure(**mended)
        assert checks.check_proxy_of_limited_forms(None) == []


def test_without_a_sign_of_a_proxy_nothing_is_said(configure: Any) -> None:
    assert checks.check_proxy_of_limited_forms(None) == []


# Cache


@pytest.mark.parametrize(
    "backend, expected",
    [
        ("django.core.cache.backends.locmem.LocMemCache", ["W005"]),
        ("django.core.cache.backends.dummy.DummyCache", ["W005"]),
        ("django.core.cache.backends.filebased.FileBasedCache", []),
    ],
)
def test_a_cache_of_one_process_is_told_before_a_deployment(
    settings: Any, tmp_path: Path, backend: str, expected: list[str]
) -> None:
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": str(tmp_path)}}
    messages = checks.check_cache(None)
    assert ids(messages) == expected
    assert all(backend in message.msg for message in messages)


# Addresses


def test_addresses_that_are_not_included_are_told(settings: Any) -> None:
    assert checks.check_urls(None) == []
    settings.ROOT_URLCONF = "tests.agency.urls_without_choice"
    messages = checks.check_urls(None)
    assert ids(messages) == ["W006"]
    assert "'tests.agency.urls_without_choice'" in text(messages)
    assert 'include("wagtail_personalise_gov.urls")' in text(messages)


# Visitor store


def test_memory_in_a_session_needs_one(settings: Any, configure: Any) -> None:
    sessions = "django.contrib.sessions.middleware.SessionMiddleware"
    assert sessions in settings.MIDDLEWARE
    configure(VISITOR_STORE="wagtail_personalise_gov.visit.stores.DjangoSessionStore")
    assert checks.check_store(None) == []
    settings.MIDDLEWARE = [path for path in settings.MIDDLEWARE if path != sessions]
    messages = checks.check_store(None)
    assert ids(messages) == ["W010"]
    assert sessions in text(messages)
    configure(VISITOR_STORE="wagtail_personalise_gov.visit.stores.SignedCookieStore")
    assert checks.check_store(None) == []


# Rules


def test_the_rules_that_are_shipped_are_sound() -> None:
    assert rule_models()
    assert checks.check_rules(None) == []


@isolate_apps("tests.agency")
def test_a_rule_whose_meta_stands_alone_is_told() -> None:
    class CouncilRule(Rule):
        panels: list[object] = []

        class Meta:
            app_label = "agency"

        def condition(self) -> Condition:
            return Equals("account.signed_in", True)

    messages = list(checks.rule_problems(CouncilRule))
    assert ids(messages) == ["W007"]
    assert "agency.CouncilRule" in text(messages)
    assert "class Meta(Rule.Meta):" in text(messages)


@isolate_apps("tests.agency")
def test_a_rule_without_panels_or_condition_is_told() -> None:
    class CouncilRule(Rule):
        class Meta(Rule.Meta):
            app_label = "agency"

    assert ids(checks.rule_problems(CouncilRule)) == ["W008", "E003"]


@isolate_apps("tests.agency")
def test_a_sound_rule_is_not_told() -> None:
    class CouncilRule(Rule):
        panels = [FieldPanel("negated")]

        class Meta(Rule.Meta):
            app_label = "agency"

        def condition(self) -> Condition:
            return Equals("account.signed_in", True)

    assert list(checks.rule_problems(CouncilRule)) == []
    assert issubclass(CouncilRule, Orderable)


def test_a_mistyped_mode_switches_off_rather_than_on(settings: Any) -> None:
    settings.WAGTAIL_PERSONALISE_GOV = {"MODE": "optin"}
    assert str(personalise_settings.MODE) == "off"


# What settings name


class NotWithoutACloud(Buffer):
    """Somebody's buffer that has to be told where to count."""

    def __init__(self, cloud: str) -> None: ...

    def add(self, tallies: Any) -> None: ...

    def flush(self) -> int:
        return 0


REDIS = "wagtail_personalise_gov.counting.redis.RedisBuffer"


@pytest.mark.parametrize(
    "given, hint",
    [
        ({"COUNTING_BUFFER": f"{__name__}.ids"}, "Name a class that extends Buffer"),
        ({"COUNTING_BUFFER": f"{__name__}.NotWithoutACloud"}, "Let NotWithoutACloud be made without arguments"),
        ({"GEO_PROVIDER": f"{__name__}.NotWithoutACloud"}, "Name a class that extends GeoProvider"),
        ({"COUNTING_BUFFER": REDIS}, "Write the address of your Redis into WAGTAIL_PERSONALISE_GOV['COUNTING_REDIS']"),
        ({"COUNTING_BUFFER": REDIS, "COUNTING_REDIS": "http://a"}, "Write the address of your Redis into"),
    ],
    ids=str,
)
def test_what_settings_name_and_cannot_be_had_is_told_with_a_remedy_that_fits(
    configure: Any, settings: Any, given: dict[str, str], hint: str
) -> None:
    pytest.importorskip("redis")
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    configure(**given)
    (message,) = checks.check_plugged(None)
    assert ids([message]) == ["E004"]
    assert message.hint
    assert message.hint.startswith(hint)


def test_without_redis_py_the_remedy_is_to_install_it(configure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)  # as if it were not there
    configure(COUNTING_BUFFER=REDIS, COUNTING_REDIS="redis://a")
    (message,) = checks.check_plugged(None)
    assert message.hint
    assert message.hint.startswith("Install it, or leave 'COUNTING_BUFFER' out")


def test_what_would_judge_the_results_is_missed_where_something_is_counted(
    configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(COUNTING=True)
    assert checks.check_statistics(None) == []
    monkeypatch.setattr(checks.statistics, "available", lambda: False)
    assert ids(checks.check_statistics(None)) == ["W042"]
    assert "wagtail-personalise-gov[statistics]" in text(checks.check_statistics(None))
    configure(COUNTING=False)
    assert checks.check_statistics(None) == []
