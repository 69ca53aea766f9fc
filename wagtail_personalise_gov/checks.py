"""System checks: what a developer should hear at start, not a visitor later.

Errors are slips that can only be mistakes. Warnings are what a site may mean, and can be silenced by their ids
(``SILENCED_SYSTEM_CHECKS``). Checks that cost time, or only matter where visitors come, run with ``check --deploy``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any

import maxminddb
from django.conf import settings as django_settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.cache import caches
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, router
from django.middleware.cache import UpdateCacheMiddleware
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from .blocks.wagtail_v3 import unguarded_streams
from .conf import NAME, SETTINGS, problems, settings
from .core.events import ABOUT_VISITORS
from .counting import statistics
from .counting.buffer import Buffer
from .counting.redis import RedisBuffer, redis_client
from .delivery.cached_templates import visitors_in_cached_parts
from .delivery.page_cache import PageCacheMiddleware
from .events.sending import send_task
from .events.webhooks import wanted
from .holding import shared_cache
from .models import IntentSignal, PagesViewedRule, PersonalisationSettings, Rule
from .models.intents import sensitive_landings
from .models.missing import rule_models
from .models.rules.here import sensitive_of
from .models.site_needs import NOBODY, OVERDUE, REVIEW_DAYS, SiteNeed, site_needs
from .plugged import plug_problem
from .portable.signing import NoKey, RulesetKey
from .visit.geo import GeoProvider, HeaderGeo, MaxMindGeo
from .visit.geo_file import DamagedDatabase, GeoFile
from .visit.middleware import PersonaliseMiddleware
from .visit.stores import DjangoSessionStore, VisitorStore

ID = "wagtail_personalise_gov"

MIDDLEWARE = f"{ID}.middleware.PersonaliseMiddleware"
OF_PAGE_CACHE = f"{ID}.middleware.PageCacheMiddleware"
# The part of a page cache that keeps responses. It must see ours as they leave: marked private, with their Vary.
PAGE_CACHES = ("django.middleware.cache.UpdateCacheMiddleware", "wagtailcache.cache.UpdateCacheMiddleware")

PLUGGED = {"GEO_PROVIDER": GeoProvider, "VISITOR_STORE": VisitorStore, "COUNTING_BUFFER": Buffer}

GEO_DATABASE_MAX_AGE = timedelta(days=30)  # GeoLite's licence asks for an update within 30 days of a new edition


@register(ID)
def check_settings(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Every key and value of the one dict of settings."""
    return [
        Error(problem, hint="Until this is mended the key's default is in force.", id=f"{ID}.E001")
        for problem in problems()
    ]


@register(ID)
def check_middleware(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The middleware is there, once, and where a page cache can't leak what it marks."""
    installed = [str(path) for path in django_settings.MIDDLEWARE]
    ours = [position for position, path in enumerate(installed) if _is(path, PersonaliseMiddleware)]
    page_cache = max((position for position, path in enumerate(installed) if _is_page_cache(path)), default=None)
    if page_cache is None:
        place, due = "first, before all others", 0
    else:
        place, due = f"directly after {installed[page_cache]!r}", page_cache + 1
    if not ours:
        return [
            Warning(
                "The middleware of personalisation is missing from MIDDLEWARE: every page shows its standard version.",
                hint=f'Add "{MIDDLEWARE}" to MIDDLEWARE: {place}.',
                id=f"{ID}.W001",
            )
        ]
    if len(ours) > 1:
        lines = " and ".join(f"{installed[position]!r} (number {position + 1})" for position in ours)
        return [
            Error(
                f"The middleware of personalisation is listed {len(ours)} times in MIDDLEWARE: {lines}.",
                hint=f"Keep one of them: {place}.",
                id=f"{ID}.E002",
            )
        ]
    if ours[0] == due:
        return []
    danger = (
        f"Behind it, {installed[page_cache]!r} may keep one visitor's page and show it to another."
        if page_cache is not None
        else "What stands before it may change cookies or addresses that it has to see as they came."
    )
    return [
        Warning(
            f"{installed[ours[0]]!r} is number {ours[0] + 1} in MIDDLEWARE. {danger}",
            hint=f"Move it: {place}.",
            id=f"{ID}.W002",
        )
    ]


@register(ID)
def check_page_cache(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The middleware that lets a page cache keep pages which adapt stands where it can."""
    installed = [str(path) for path in django_settings.MIDDLEWARE]
    ours = [position for position, path in enumerate(installed) if _is(path, PageCacheMiddleware)]
    if not ours:
        return []
    page_cache = next((position for position, path in enumerate(installed) if _is_page_cache(path)), None)
    name = installed[ours[0]]
    if page_cache is None:
        problem = f"{name!r} is in MIDDLEWARE, and there is no page cache, so it does nothing but cost time."
        hint = "Remove it, or add the update and fetch middlewares of a page cache."
    elif len(ours) > 1:
        problem = f"{name!r} is listed {len(ours)} times in MIDDLEWARE."
        hint = f"Keep one of them: directly before {installed[page_cache]!r}."
    elif ours[0] + 1 != page_cache:
        problem = (
            f"{name!r} is number {ours[0] + 1} in MIDDLEWARE, and {installed[page_cache]!r} number {page_cache + 1}: "
            "pages that adapt are not kept."
        )
        hint = f"Put the first directly before the second, and {MIDDLEWARE!r} directly after that."
    else:
        return []
    return [Warning(problem, hint=hint, id=f"{ID}.W070")]


@register(ID)
def check_geo_database(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The geo database is whole. A site without one is fine: places can't be told there."""
    path = settings.GEO_DATABASE
    if path is None or not _is(settings.GEO_PROVIDER, MaxMindGeo):
        return []
    what = f"{NAME}['GEO_DATABASE']: {str(path)!r}"
    if not os.path.isfile(path):
        problem, hint = "is not there", "Put an .mmdb file there, or correct the path."
    else:
        again = "Download it again, and rename it into its place."
        try:
            GeoFile(str(path)).try_out()
            return []
        except OSError as error:
            problem, hint = f"can't be read ({error.strerror})", "Let the server's user read it."
        except DamagedDatabase as error:
            problem, hint = f"is damaged inside ({error})", again
        except Exception as error:  # whatever a reader makes of bytes that are no database
            problem, hint = f"is no geo database ({error})", again
    return [Warning(f"{what} {problem}. Until then no visitor's place can be told.", hint=hint, id=f"{ID}.W003")]


@register(ID, deploy=True)
def check_cached_templates(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """No part of a template that Django's own tag caches says what only one visitor is to see."""
    return [
        Warning(
            f"{path}: {{% cache %}} holds {found}, so everybody is shown what the first visitor was.",
            hint="Use {% personalise_cache %} there, which keeps a copy for each outcome; or move it out of the part.",
            id=f"{ID}.W072",
        )
        for path, found in visitors_in_cached_parts()
    ]


@register(ID)
def check_edge(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A CDN that decides about segments is believed from somewhere."""
    if settings.TRUSTED_PROXIES or not settings.EDGE_ANSWERS:
        return []
    return [
        Warning(
            f"{NAME}['TRUSTED_PROXIES'] is empty, so what a CDN says in {', '.join(settings.EDGE_ANSWERS.values())} is "
            "believed from nobody. Its segments are decided here, and pages that ask them are private.",
            hint='Name the networks from which your CDN reaches you, such as ["192.0.2.0/24"], or "unix" for a socket.',
            id=f"{ID}.W071",
        )
    ]


@register(ID)
def check_geo_headers(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Headers that tell places are believed from somebody."""
    if settings.TRUSTED_PROXIES or not _is(settings.GEO_PROVIDER, HeaderGeo):
        return []
    return [
        Warning(
            f"{NAME}['TRUSTED_PROXIES'] is empty, so the headers that {settings.GEO_PROVIDER!r} reads are believed "
            "from nobody. No visitor's place can be told.",
            hint='Name the networks from which your CDN reaches you, such as ["192.0.2.0/24"], or "unix" for a socket.',
            id=f"{ID}.W009",
        )
    ]


@register(ID)
def check_ruleset_key(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Rulesets can be signed, where the site says that they are."""
    if settings.RULESET_KEY is None:
        return []
    try:
        RulesetKey.from_file(settings.RULESET_KEY)
        return []
    except NoKey as error:
        return [
            Error(
                f"{NAME}['RULESET_KEY']: {error}",
                hint="Until this is mended rulesets go unsigned, and whoever verifies them refuses them.",
                id=f"{ID}.E005",
            )
        ]


@register(ID, deploy=True)
def check_proxy_of_limited_forms(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Where the site says that a proxy stands before it, the proxy is named: else all visitors share one limit."""
    signs = ("SECURE_PROXY_SSL_HEADER", "USE_X_FORWARDED_HOST", "USE_X_FORWARDED_PORT")
    told = [name for name in signs if getattr(django_settings, name, None)]
    if not told or settings.TRUSTED_PROXIES or not settings.FORMS_PER_MINUTE:
        return []
    return [
        Warning(
            f"{told[0]} says that a proxy stands before this site, but {NAME}['TRUSTED_PROXIES'] is empty. To us all "
            f"visitors have the proxy's address, so together they may send {settings.FORMS_PER_MINUTE} forms a minute.",
            hint='Name the proxy, such as ["10.0.0.0/8"], or "unix" for a socket; or set FORMS_PER_MINUTE to 0, and '
            "limit forms at the proxy.",
            id=f"{ID}.W011",
        )
    ]


@register(ID, deploy=True)
def check_age_of_geo_database(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The geo database is not out of date: addresses move, and licences ask for updates."""
    if settings.GEO_DATABASE is None or check_geo_database(app_configs):
        return []
    if not _is(settings.GEO_PROVIDER, MaxMindGeo):
        return []
    with maxminddb.open_database(str(settings.GEO_DATABASE)) as reader:
        built = datetime.fromtimestamp(reader.metadata().build_epoch, UTC)
    if datetime.now(UTC) - built <= GEO_DATABASE_MAX_AGE:
        return []
    return [
        Warning(
            f"{NAME}['GEO_DATABASE']: {str(settings.GEO_DATABASE)!r} was built on {built:%Y-%m-%d}, "
            f"more than {GEO_DATABASE_MAX_AGE.days} days ago.",
            hint="Replace it with a newer edition, by renaming the new file over the old one.",
            id=f"{ID}.W004",
        )
    ]


@register(ID)
def check_plugged(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What settings name is what it is to be, and can be made."""
    return [
        Error(
            f"{NAME}[{key!r}]: {getattr(settings, key)!r} {problem}.",
            hint=_plug_hint(key, base),
            id=f"{ID}.E004",
        )
        for key, base in PLUGGED.items()
        if (problem := plug_problem(getattr(settings, key), base)) is not None
    ]


def _plug_hint(key: str, base: type) -> str:
    """What to do about a class that can't be had."""
    path = getattr(settings, key)
    if not _is(path, base):
        return f"Name a class that extends {base.__name__} and can be made without arguments."
    if not _is(path, RedisBuffer):
        return f"Let {path.rpartition('.')[2]} be made without arguments and without an error."
    otherwise = f"or leave {key!r} out: then {SETTINGS[key].default!r} counts."
    try:
        import_module("redis")
    except ImportError:
        return f"Install it, {otherwise}"
    return f"Write the address of your Redis into {NAME}['COUNTING_REDIS'], {otherwise}"


@register(ID)
def check_store(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The session store finds a session."""
    sessions = "django.contrib.sessions.middleware.SessionMiddleware"
    if not _is(settings.VISITOR_STORE, DjangoSessionStore) or any(
        _is(path, SessionMiddleware) for path in django_settings.MIDDLEWARE
    ):
        return []
    return [
        Warning(
            f"{NAME}['VISITOR_STORE'] keeps memory in Django's session, and no session middleware is in MIDDLEWARE: "
            "nothing is remembered of anybody.",
            hint=f'Add "{sessions}" to MIDDLEWARE, behind the middleware of personalisation.',
            id=f"{ID}.W010",
        )
    ]


@register(ID, deploy=True)
def check_redis_of_counting(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The Redis in which counts are gathered answers, and keeps them until they are fetched."""
    if not settings.COUNTING or not _is(settings.COUNTING_BUFFER, RedisBuffer):
        return []
    try:
        with redis_client() as client:
            memory = client.info("memory")
    except ImproperlyConfigured:
        return []  # said by check_plugged
    except Exception as error:  # whatever the client raises
        return [
            Warning(
                f"{NAME}['COUNTING_BUFFER']: its Redis can't be asked ({type(error).__name__}: {error}). Until it can, "
                "each process gathers counts for itself, and loses up to 1,000 of them when it is killed.",
                hint=f"Start it, or correct {NAME}['COUNTING_REDIS'].",
                id=f"{ID}.W040",
            )
        ]
    policy = str(memory.get("maxmemory_policy", ""))
    if not memory.get("maxmemory") or not policy.startswith("allkeys"):
        return []
    return [
        Warning(
            f"{NAME}['COUNTING_BUFFER']: its Redis may evict any key when it is full (maxmemory-policy {policy}), and "
            "with it what was counted in the last seconds.",
            hint=f"Name one in {NAME}['COUNTING_REDIS'] that evicts nothing, or only what expires (volatile-lru).",
            id=f"{ID}.W041",
        )
    ]


@register(ID, deploy=True)
def check_statistics(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What is counted can be judged."""
    if not settings.COUNTING or statistics.available():
        return []
    return [
        Warning(
            f"{NAME}['COUNTING'] is on, and scipy is not installed. The report shows counts and judges nothing.",
            hint="Install the extra: pip install 'wagtail-personalise-gov[statistics]'.",
            id=f"{ID}.W042",
        )
    ]


@register(ID)
def check_events_about_visitors(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """What webhooks shall be told of visitors is counted at all."""
    asked = sorted(wanted() & ABOUT_VISITORS)
    if settings.COUNTING or not asked:
        return []
    return [
        Warning(
            f"{NAME}['WEBHOOKS'] asks for {', '.join(asked)}, of which webhooks are told only counts, and "
            f"{NAME}['COUNTING'] is off. Nothing of it is sent.",
            hint="Switch counting on, or leave these events out.",
            id=f"{ID}.W080",
        )
    ]


@register(ID, deploy=True)
def check_queue_of_webhooks(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A message to a webhook that does not arrive can be sent again."""
    if not wanted() or send_task.get_backend().supports_defer:
        return []
    return [
        Warning(
            f"{NAME}['WEBHOOKS']: the backend in TASKS can't hold tasks back. So what a webhook does not take at the "
            "first try is lost; where tasks are run at once, an editor who publishes waits for that try.",
            hint="Use a backend with a queue of its own that supports run_after.",
            id=f"{ID}.W081",
        )
    ]


@register(ID, deploy=True)
def check_cache(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Whether processes can tell each other that a segment was published, or have to ask the database."""
    if shared_cache():
        return []
    backend = f"{type(caches['default']).__module__}.{type(caches['default']).__qualname__}"
    return [
        Warning(
            f"CACHES['default'] is {backend!r}, which no other process sees. So each process asks the database every "
            f"{settings.RULESET_CHECK_SECONDS} s whether a segment was published.",
            hint=f"Use a shared cache, such as Redis or Memcached, or raise {NAME}['RULESET_CHECK_SECONDS'].",
            id=f"{ID}.W005",
        )
    ]


@register(ID)
def check_urls(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """The visitor's choice has an address."""
    if not getattr(django_settings, "ROOT_URLCONF", None):
        return []
    try:
        reverse("personalise:about")
    except NoReverseMatch:
        return [
            Warning(
                f"The addresses of personalisation are not in {django_settings.ROOT_URLCONF!r}, so visitors have no "
                "way to turn it off, and no banner is shown.",
                hint=f'Add path("personalisation/", include("{ID}.urls")) to urlpatterns, before those of Wagtail.',
                id=f"{ID}.W006",
            )
        ]
    return []


@register(ID, Tags.database)
def check_sites(app_configs: Any, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Somebody answers for what adapts on each site, and went through it within a year. Asks the database, if let."""
    if not databases or router.db_for_read(PersonalisationSettings) not in databases:
        return []
    try:
        return [_site_warning(need) for need in site_needs()]
    except DatabaseError:  # not migrated yet
        return []


def _site_warning(need: SiteNeed) -> CheckMessage:
    where = "Settings, Personalisation, in the admin"
    if need.what == NOBODY:
        return Warning(
            f"Site {str(need.site)!r}: segments are live, and visitors are not told who answers for them, or whom to "
            "ask.",
            hint=f"Say who is responsible, and give an e-mail address or a form for questions: {where}.",
            id=f"{ID}.W050",
        )
    if need.what == OVERDUE:
        said = f"what adapts was last reviewed on {need.since}, more than {REVIEW_DAYS} days ago"
    else:
        said = f"segments have been live since {need.since}, and no review was ever noted"
    return Warning(
        f"Site {str(need.site)!r}: {said}.",
        hint=f"Go through its segments, and give the day on which you did: {where}.",
        id=f"{ID}.W051",
    )


@register(ID)
def check_api_v3(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """A write of Wagtail's API that leaves versions out must not delete them."""
    return [
        Error(
            f"{stream} is an api_field of Wagtail's API v3, which was made ready before {ID}. So editors read it as "
            "visitors do, and a write without its versions would delete them.",
            hint=f"Put {ID!r} in INSTALLED_APPS above Wagtail's apps, and above those that import wagtail.api.v3.",
            id=f"{ID}.E006",
        )
        for stream in unguarded_streams()
    ]


@register(ID)
def check_rules(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Each installed rule type can be edited. Those of a site's own apps are written by others."""
    return [message for model in rule_models() for message in rule_problems(model)]


@register(Tags.database)
def check_sensitive_pages(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """No live segment, and no intent, asks who looked at a page that was marked as sensitive."""
    if not databases:
        return []
    try:
        asking = list(asking_about_sensitive_pages())
    except DatabaseError:  # before the first migration
        return []
    return [
        Warning(
            f"{what} asks who looked at {title!r}, which is marked as sensitive. It is stopped: nobody matches by it.",
            hint="Delete that rule or signal, or let it ask something else.",
            id=f"{ID}.W060",
        )
        for what, title in asking
    ]


def asking_about_sensitive_pages() -> Iterable[tuple[str, str]]:
    """(what asks, the title of the page that it asks about), as it is live."""
    rules = list(PagesViewedRule.objects.filter(segment__live=True, segment__archived=False).select_related("segment"))
    for rule, title in zip(rules, sensitive_of(rules), strict=True):
        if title:
            yield f"Segment {rule.segment.slug!r}", title
    signals = list(IntentSignal.objects.select_related("intent"))
    for signal, title in zip(signals, sensitive_landings(signals), strict=True):
        if title:
            yield f"A signal of intent {signal.intent.slug!r}", title


def rule_problems(model: type[Rule]) -> Iterable[CheckMessage]:
    """What is wrong with a rule type."""
    if "sort_order" not in model._meta.ordering:
        yield Warning(
            f"{model._meta.label}: its Meta does not inherit Rule.Meta, so its ordering, "
            f"{list(model._meta.ordering)!r}, is not the editor's.",
            hint=f"Write `class Meta(Rule.Meta):` in {model.__name__}.",
            obj=model,
            id=f"{ID}.W007",
        )
    if not hasattr(model, "panels") and not hasattr(model, "edit_handler"):
        yield Warning(
            f"{model._meta.label}: it has no panels, so editors would be shown every field that it has.",
            hint=f'Name its fields in {model.__name__}: panels = [FieldPanel("…")], or [] where it has none.',
            obj=model,
            id=f"{ID}.W008",
        )
    if model.condition is Rule.condition:
        yield Error(
            f"{model._meta.label}: it has no condition(), so nobody could ever match it.",
            hint=f"Write a method condition() in {model.__name__} that says what it asks, such as OneOf(fact, values).",
            obj=model,
            id=f"{ID}.E003",
        )


def _is(path: Any, base: type) -> bool:
    """Whether a dotted path names this class or one that extends it. What can't be imported, others complain about."""
    try:
        found: Callable[..., Any] = import_string(path)
    except (ImportError, TypeError, AttributeError):
        return False
    return isinstance(found, type) and issubclass(found, base)


def _is_page_cache(path: str) -> bool:
    if path in PAGE_CACHES or _is(path, UpdateCacheMiddleware):
        return True
    try:
        bases = import_string(path).__mro__
    except (ImportError, TypeError, AttributeError):
        return False
    return any(f"{base.__module__}.{base.__qualname__}" in PAGE_CACHES for base in bases)
