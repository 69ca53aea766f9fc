"""Settings: one dict, ``WAGTAIL_PERSONALISE_GOV``, every key optional. This table is their reference.

Read them as ``from wagtail_personalise_gov.conf import settings`` and ``settings.MODE``. A wrong key or value is a
system check (`problems`), and until it is mended the default is in force (a wrong MODE: off): a slip in settings must
not take pages down, nor switch on what a visitor was to be asked for.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.core.signals import setting_changed
from django.utils.module_loading import import_string

from .core.geography import GEO_PRESETS, PARTS
from .core.preference import Mode
from .core.webhooks import webhooks_problem

NAME = "WAGTAIL_PERSONALISE_GOV"

# A header that no server or proxy gives a meaning of its own, nor we: `delivery/outcomes.py` has names that begin with
# X-Personalise-. Of "_" and "-" servers make one.
HEADER_NAME = re.compile(r"X-(?!Forwarded-|Personalise-)[A-Za-z0-9]+(-[A-Za-z0-9]+)*", re.IGNORECASE)

# A host as browsers write it in an origin: small letters, other scripts in Punycode.
HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})  # of a developer's own machine

Problem = str | None


def _one_of(*words: str) -> Callable[[Any], Problem]:
    return lambda value: None if value in words else f"use one of {', '.join(map(repr, words))}"


def _yes_or_no(value: Any) -> Problem:
    return None if isinstance(value, bool) else "use True or False"


def _whole(low: int, high: int) -> Callable[[Any], Problem]:
    def check(value: Any) -> Problem:
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return None if fits else f"use a whole number from {low} to {high}"

    return check


def _seconds(value: Any) -> Problem:
    fits = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 60
    return None if fits else "use a number of seconds from 0 to 60"


def _dotted_path(value: Any) -> Problem:
    if not isinstance(value, str):
        return 'use a dotted path, such as "mysite.geo.OfficeGeo"'
    try:
        import_string(value)
    except ImportError as error:
        return f"it could not be imported: {error}"
    return None


def _path_or_none(value: Any) -> Problem:
    return None if value is None or isinstance(value, str) or hasattr(value, "__fspath__") else "use a path, or None"


def _headers(value: Any) -> Problem:
    if isinstance(value, str):
        return None if value in GEO_PRESETS else f"use a dict, or one of {', '.join(map(repr, GEO_PRESETS))}"
    if not (isinstance(value, Mapping) and all(isinstance(text, str) for item in value.items() for text in item)):
        return 'use a dict of part of a place to header, such as {"country": "CF-IPCountry"}'
    for part in value:
        if part not in PARTS:
            near = difflib.get_close_matches(part.lower(), PARTS, n=1, cutoff=0.5)
            hint = f"the nearest is {near[0]!r}" if near else f"the parts are {', '.join(PARTS)}"
            return f"{part!r} is no part of a place; {hint}"
    return None


def _edge_answers(value: Any) -> Problem:
    if not (isinstance(value, Mapping) and all(isinstance(text, str) for item in value.items() for text in item)):
        return 'use a dict of segment to header, such as {"riverside": "X-Edge-Riverside"}'
    for header in value.values():
        if not HEADER_NAME.fullmatch(header):
            return f"{header!r} is no name of a header of your own; use letters, digits and hyphens, after X-"
    if len({header.lower() for header in value.values()}) < len(value):
        return "two segments have the same header"
    return None


def _networks(value: Any) -> Problem:
    if not isinstance(value, list | tuple):
        return 'use a list of networks, such as ["10.0.0.0/8"]'
    for item in value:
        if item == "unix":
            continue
        try:
            ip_network(item)
        except ValueError as error:
            return f'{item!r} is neither a network nor "unix": {error}'
    return None


def _origins(value: Any) -> Problem:
    if not isinstance(value, list | tuple):
        return 'use a list of origins, such as ["https://app.example.gov"]'
    for item in value:
        if not (isinstance(item, str) and _is_origin(item)):
            return f'{item!r} is no origin; write scheme and host in small letters, such as "https://app.example.gov"'
        if item.startswith("http:") and urlsplit(item).hostname not in LOCAL_HOSTS:
            return f"{item!r} is not encrypted, so anybody on the way could speak for it; use https"
    return None


def _is_origin(text: str) -> bool:
    """Whether a text is an origin as browsers write it: no path, no default port, and no "*" for any host."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    default = {"https": 443, "http": 80}.get(parts.scheme)
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host
    named = bool(HOST.fullmatch(host)) or ":" in host
    return named and default not in (None, port) and text == f"{parts.scheme}://{name}{f':{port}' if port else ''}"


def _optional_yes_or_no(value: Any) -> Problem:
    return None if value is None or isinstance(value, bool) else "use True, False, or None"


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: what holds when it is absent, how a value is checked, and what it means, with its unit."""

    default: Any
    check: Callable[[Any], Problem]
    meaning: str
    secret: bool = False  # no message repeats its value


SETTINGS: dict[str, Setting] = {
    "MODE": Setting(
        "opt_out",
        _one_of(*map(str, Mode)),
        "`opt_out`: on until refused. `opt_in`: the standard version and no cookie until allowed. `off`: never.",
    ),
    "HONOUR_GPC": Setting(True, _yes_or_no, "`Sec-GPC: 1` counts as refused until the visitor chooses otherwise."),
    "HONOUR_DNT": Setting(True, _yes_or_no, "The same for `DNT: 1`."),
    "POLICY_VERSION": Setting(
        1,
        _whole(1, 999_999),
        "Raise it when visitors' data is put to a new use: older acceptances end and are asked again; refusals stand.",
    ),
    "ALLOWED_MAX_AGE_DAYS": Setting(
        183,
        _whole(1, 400),
        "Days until an acceptance is asked again, of adapting or of counting, whatever was refused besides.",
    ),
    "REFUSED_MAX_AGE_DAYS": Setting(365, _whole(1, 400), "Days that a refusal is kept, whatever was allowed besides."),
    "MEMORY_MAX_AGE_DAYS": Setting(
        180, _whole(1, 395), "Days that the memory cookie is kept, counted from the day it began and not renewed."
    ),
    "VISIT_TIMEOUT_MINUTES": Setting(
        30, _whole(10, 240), "Minutes of silence after which a visit ends, in steps of ten; up to ten more are given."
    ),
    "REMEMBER_LANDING": Setting(
        "adapting_pages",
        _one_of("adapting_pages", "everywhere"),
        "Where the beginning of a visit may be remembered: on pages that adapt, or on any page it begins with.",
    ),
    "BANNER": Setting(
        "where_used",
        _one_of("where_used", "everywhere", "by_script"),
        "Which pages carry the banner: those that adapt; all (`everywhere`, which makes all of them private); or all, "
        "where a script shows it on the others, which stay public (`by_script`).",
    ),
    "SAY_WHY": Setting(
        False,
        _yes_or_no,
        "Whether a version for some visitors is followed by “Why am I seeing this?”; a block says otherwise by its own "
        "`say_why`.",
    ),
    "DELIVERY": Setting(
        "page",
        _one_of("page", "fragment"),
        "How personalised blocks and questions reach visitors where neither they nor their page says so: with their "
        "`page`, which is then private; or each as a `fragment` that a script asks for, on a page that is the same for "
        "everybody.",
    ),
    "COUNTING": Setting(
        False,
        _yes_or_no,
        "Whether it is counted what was shown and which goals were reached, as daily totals. A purpose of its own: "
        "with `opt_out` on until a visitor turns it off, with `opt_in` off until they turn it on.",
    ),
    "COUNTING_BUFFER": Setting(
        "wagtail_personalise_gov.counting.database.DatabaseBuffer",
        _dotted_path,
        "Dotted path of what gathers counts until they are added to the database. "
        "`wagtail_personalise_gov.counting.redis.RedisBuffer` loses none when a process is killed.",
    ),
    "COUNTING_REDIS": Setting(
        None,
        lambda value: None if value is None or isinstance(value, str) else "use an address such as redis://127.0.0.1/2",
        "For `RedisBuffer`: the address of Redis. Best is a database of its own, since clearing a cache empties all of "
        "its database. None: that of the default cache.",
    ),
    "TALLIES_MAX_AGE_DAYS": Setting(
        365, _whole(1, 760), "Days that daily totals are kept: `prune_tallies` deletes older ones. At most 25 months."
    ),
    "SMALLEST_COUNT": Setting(  # at least 3: "fewer than 2", where 0 is shown, could only be 1
        11,
        _whole(3, 1000),
        "Counts from 1 to below this are shown as “fewer than” it, and so that none can be derived.",
    ),
    "ROUND_COUNTS_TO": Setting(
        1, _whole(1, 100), "Counts are shown rounded to a multiple of this, such as 5. 1: as they are."
    ),
    "FORMS_PER_MINUTE": Setting(
        600,
        _whole(0, 1_000_000),
        "How many forms, answers and counted links one network (/24, of IPv6 /48) may send in a minute to one process; "
        "0: no limit. Refusing and erasing are never limited. Behind a proxy that `TRUSTED_PROXIES` does not name, all "
        "visitors are one network.",
    ),
    "TOKEN_CALLS_PER_MINUTE": Setting(
        600,
        _whole(0, 1_000_000),
        "How many calls one token of the API may make in a minute to one process; 0: no limit.",
    ),
    "OUTCOMES_PER_PAGE": Setting(
        64,
        _whole(1, 10_000),
        "Behind a page cache: of how many outcomes a copy of one page is kept at once. What comes beyond is made for "
        "each visitor, as without a cache.",
    ),
    "GEO_PROVIDER": Setting(
        "wagtail_personalise_gov.visit.geo.MaxMindGeo",
        _dotted_path,
        "Dotted path of what knows places. `wagtail_personalise_gov.visit.geo.HeaderGeo` reads a CDN's headers.",
    ),
    "GEO_DATABASE": Setting(
        None, _path_or_none, "Path of an `.mmdb` (GeoLite2/GeoIP2, DB-IP Lite), read again when the file is replaced."
    ),
    "GEO_HEADERS": Setting(
        {},
        _headers,
        'For `HeaderGeo`: part of a place to header, such as `{"country": "CF-IPCountry"}`, or the name of a preset: '
        "`cloudflare`, `cloudfront`, `appengine`, `vercel`.",
    ),
    "GEO_ATTRIBUTION": Setting(
        None,
        lambda value: None if value is None or isinstance(value, str) else "use a text, or None",
        "The credit for places on the page about personalisation, while a live rule asks for a place. "
        'None: what the database\'s licence asks for, where that is known. `""`: no credit.',
    ),
    "TRUSTED_PROXIES": Setting(
        [],
        _networks,
        "Networks whose `X-Forwarded-For` is believed, walked right to left; `unix` trusts a socket. "
        "Empty: the connection's own address only.",
    ),
    "EDGE_ANSWERS": Setting(
        {},
        _edge_answers,
        "Segments that your CDN decides: slug to the request header in which it says `1` or `0`, such as "
        '`{"riverside": "X-Edge-Riverside"}`. Believed only from `TRUSTED_PROXIES`.',
    ),
    "VISITOR_STORE": Setting(
        "wagtail_personalise_gov.visit.stores.SignedCookieStore",
        _dotted_path,
        "Dotted path of what keeps memory. `wagtail_personalise_gov.visit.stores.DjangoSessionStore` keeps it in "
        "Django's session.",
    ),
    "RULESET_CHECK_SECONDS": Setting(
        1, _seconds, "Seconds after which a process asks again whether a segment was published."
    ),
    "API_ORIGINS": Setting(
        [],
        _origins,
        "Front ends in a browser that may use the API from another host (CORS), and are believed as your own pages "
        'are: exact origins, such as `"https://app.example.gov"`; http only for localhost.',
    ),
    "COOKIE_SECURE": Setting(
        None,
        _optional_yes_or_no,
        "Cookies over https only, with the `__Host-` prefix. None: as `SESSION_COOKIE_SECURE`.",
    ),
    "RULESET_KEY": Setting(
        None,
        _path_or_none,
        "Path of a private key (Ed25519, PEM) with which rulesets for other runtimes are signed. None: they are not. "
        "Needs the extra `edge`.",
    ),
    "WEBHOOKS": Setting(
        [],
        webhooks_problem,
        "Other systems that hear of events: a list of dicts with `url`, `secret` and `events`. Each message is signed. "
        "Of visitors they are told only counts, and only of those whose visits are counted.",
        secret=True,
    ),
    "REVIEW_LINK_DAYS": Setting(
        7,
        _whole(1, 90),
        "Days that a link to a preview works for people without an account. A lower number ends older links too.",
    ),
    "SERVICE_NAME": Setting(
        "",
        lambda value: None if isinstance(value, str) else "use a text",
        "The name of the site in the banner. Empty: `WAGTAIL_SITE_NAME`.",
    ),
}


class PersonaliseSettings:
    """The settings in force, as attributes. Follows Django's ``override_settings``."""

    def __init__(self) -> None:
        setting_changed.connect(self._forget, weak=False)

    def _forget(self, *, setting: str, **kwargs: Any) -> None:
        if setting in (NAME, "SESSION_COOKIE_SECURE", "WAGTAIL_SITE_NAME"):
            self.__dict__.clear()

    @cached_property
    def _given(self) -> Mapping[str, Any]:
        given = getattr(django_settings, NAME, {})
        return given if isinstance(given, Mapping) else {}

    @cached_property
    def fingerprint(self) -> str:
        """A short text that is another one where the settings are."""
        return blake2b(repr(sorted(self._given.items(), key=str)).encode(), digest_size=6).hexdigest()

    def __getattr__(self, key: str) -> Any:
        if key not in SETTINGS:
            raise AttributeError(f"{NAME} has no key {key!r}")
        row = SETTINGS[key]
        value = self._given.get(key, row.default)
        if value is not row.default and row.check(value) is not None:
            # A slip in the mode must not switch on what a site may have meant to ask for first.
            value = Mode.OFF if key == "MODE" else row.default
        if value is None and key == "COOKIE_SECURE":
            value = bool(django_settings.SESSION_COOKIE_SECURE)
        if not value and key == "SERVICE_NAME":
            value = getattr(django_settings, "WAGTAIL_SITE_NAME", "")
        if key == "MODE":
            value = Mode(value)
        self.__dict__[key] = value  # found here from now on, without this method
        return value


settings = PersonaliseSettings()


def problems() -> Iterator[str]:
    """What is wrong with the settings as they are written, a sentence each, for the system check."""
    given = getattr(django_settings, NAME, {})
    if not isinstance(given, Mapping):
        yield f"{NAME} is {type(given).__name__}. Make it a dict."
        return
    for key, value in given.items():
        if key not in SETTINGS:
            near = difflib.get_close_matches(str(key), SETTINGS, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]!r}?" if near else f" The keys are {', '.join(SETTINGS)}."
            yield f"{NAME}[{key!r}]: there is no such key.{hint}"
        elif (problem := SETTINGS[key].check(value)) is not None:
            yield f"{NAME}[{key!r}]: {'it' if SETTINGS[key].secret else repr(value)} will not do; {problem}."
