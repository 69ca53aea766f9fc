"""What an editor writes of a visitor, and what a visit is made of: each way from the one to the other.

What can't be read raises ValidationError, with the value and what to write instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation.trans_real import parse_accept_lang_header
from wagtail.models import Site

from ...core.geography import in_european_union
from ...models.addresses import site_name
from ...models.fields import joined
from ...models.iso import (
    country_code,
    country_name,
    regions_named,
    subdivision_and_above,
    subdivision_code,
    subdivision_name,
)
from ...models.iso_names import COUNTRIES_OF
from ...models.languages import language_tag
from ...visit.referrers import source_of

MAX_LANGUAGES = 9  # browsers weigh them in tenths

# How a visitor is placed, by the facts that follow from a country, a region and a town.
COUNTRY, CONTINENT, EU = "location.country", "location.continent", "location.eu"
SUBDIVISIONS, CITY = "location.subdivisions", "location.city"


def referrer_address(words: str) -> str:
    """The address of the page that somebody comes from: "google.com" is enough for an editor."""
    words = words.strip()
    if not words:
        return ""
    address = words if "://" in words else f"https://{words.lstrip('/')}"
    host = "" if any(character.isspace() for character in address) else source_of(address, "").host
    if not host or not ("." in host or ":" in host or address.startswith("android-app:")):
        raise ValidationError(
            gettext("“%s” is no website. Write its name, such as www.nhs.uk, or the address of a page.") % words[:80]
        )
    return address if "/" in address.partition("://")[2] else f"{address}/"


def link_parts(words: str) -> dict[str, str]:
    """`host`, `path` and `query` of the page that is opened; a host only where it isn't the default site's."""
    words = words.strip()
    if not words:
        return {}
    if any(character.isspace() for character in words):
        raise ValidationError(gettext("“%s” holds a space. Copy the address as your browser shows it.") % words[:80])
    try:
        parts = urlsplit(words)
        if not parts.scheme and not words.startswith(("/", "?")):
            parts = urlsplit(f"//{words}" if "." in words.partition("/")[0] else f"/{words}")
        host = (parts.hostname or "").lower() + (f":{parts.port}" if parts.port else "")
    except ValueError:
        raise ValidationError(gettext("“%s” is no address. Write it as /licences/.") % words[:80]) from None
    if parts.scheme not in ("", "http", "https"):
        raise ValidationError(gettext("“%s” is no address of a page. Write it as /licences/.") % words[:80])
    site = _site_named(host) if host else ""
    said = {"host": site, "path": parts.path or "/", "query": parts.query}
    return {name: text for name, text in said.items() if text and text != "/"}


def _site_named(host: str) -> str:
    """The name of the site, "" for the default one. A port is left out where only the name is known."""
    sites = {site_name(site): site for site in Site.objects.all()}
    name = host if host in sites else host.partition(":")[0]
    if name not in sites:
        name = next((known for known in sites if known.partition(":")[0] == name), "")
    if not name:
        known = joined(sorted(sites)[:5], gettext("or")) or gettext("none")
        raise ValidationError(
            gettext("There is no site “%(host)s”. The sites are: %(sites)s. Or write only what follows, from / on.")
            % {"host": host[:80], "sites": known}
        )
    return "" if sites[name].is_default_site else name


def whole_link(host: str, path: str, query: str) -> str:
    """What `link_parts` read."""
    link = (path if path != "/" or host else "") + (f"?{query}" if query else "")
    return f"https://{host}{link}" if host else link


def accept_language(words: Iterable[str]) -> str:
    """The header of a browser that is set to these languages, best first."""
    tags = []
    for word in words:
        tag, message = language_tag(word)
        if tag is None:
            raise ValidationError(message)
        tags.append(tag)
    if len(tags) > MAX_LANGUAGES:
        raise ValidationError(gettext("Write at most %d languages.") % MAX_LANGUAGES)
    return ", ".join(f"{tag};q=0.{10 - rank}" if rank else tag for rank, tag in enumerate(dict.fromkeys(tags)))


def languages_in(header: str) -> list[str]:
    """The languages of such a header, best first, as browsers write them."""
    known = (language_tag(tag)[0] for tag, _quality in parse_accept_lang_header(header))
    return [tag for tag in known if tag]


def as_local(moment: datetime) -> str:
    """A moment by the site's clock, to the minute, as the field for it has it."""
    return timezone.localtime(moment, timezone.get_default_timezone()).strftime("%Y-%m-%dT%H:%M")


def place_facts(country: str, region: str, town: str) -> tuple[dict[str, Any], dict[str, str]]:
    """(the facts of a place as far as they follow, what is wrong by field)."""
    facts: dict[str, Any] = {}
    code, problem = country_code(country) if country else (None, "")
    if problem:
        if regions_named(country):
            problem = gettext("“%s” is a region. Write it in the next field, and leave this one empty.") % country[:60]
        return {}, {"country": problem}
    if region:
        countries = [code] if code else []
        named, problem = subdivision_code(region, countries)
        if named is not None and code and not named.startswith(f"{code}-"):
            named, problem = None, ""
        if named is None:
            there = gettext("There is no region “%(region)s” in %(country)s. Use an ISO 3166-2 code, such as GB-WLS.")
            return {}, {
                "region": problem or there % {"region": region[:60], "country": country_name(code) if code else "?"}
            }
        facts[SUBDIVISIONS] = subdivision_and_above(named)
        code = code or named.partition("-")[0]
    if code:
        facts[COUNTRY] = code
        facts[EU] = in_european_union(code)
        continents = [continent for continent, countries in COUNTRIES_OF.items() if code in countries]
        if len(continents) == 1:  # tables differ about a few
            facts[CONTINENT] = continents[0]
    if town:
        facts[CITY] = town
    return facts, {}


def place_in_words(facts: dict[str, Any]) -> dict[str, str]:
    """What `place_facts` read."""
    country = str(facts.get(COUNTRY) or "")
    code = str((facts.get(SUBDIVISIONS) or [""])[-1])
    name = subdivision_name(code) if code else ""
    return {
        "country": country_name(country) if country else "",
        "region": name if code and subdivision_code(name, [country] if country else [])[0] == code else code,
        "town": str(facts.get(CITY) or ""),
    }
