"""Countries and regions by their codes, and by the English names that editors write.

After ISO 3166-1 and 3166-2, as pycountry has them. Languages are in `languages`.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .fields import joined
from .iso_names import COUNTRIES_OF, COUNTRY_NAMES, REGION_NAMES, REGIONS_WITHOUT_CODE

# The codes that MaxMind's and DB-IP's files and CDNs' headers use.
CONTINENTS = [
    ("AF", _("Africa")),
    ("AN", _("Antarctica")),
    ("AS", _("Asia")),
    ("EU", _("Europe")),
    ("NA", _("North America")),
    ("OC", _("Oceania")),
    ("SA", _("South America")),
]

SUBDIVISION = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")  # ISO 3166-2

# "Wales [Cymru GB-CYM]": a name, then the same in another language, at times with a code of its own.
WITH_OTHER_NAME = re.compile(r"(?P<name>[^\[]+?) *\[(?P<other>[^\]]*?) *(?P<code>[A-Z]{2}-[A-Z0-9]{1,3})?\]")


def near_word(word: str, known: Iterable[str]) -> str | None:
    """The known word that this one misspells, both in small letters; None where none is near.

    A slip leaves four letters of five, and rarely changes the first: "London" is no slip for Ondo, in Nigeria.
    """
    near = difflib.get_close_matches(word, [name for name in known if name[:1] == word[:1]], n=1, cutoff=0.8)
    return near[0] if near else None


@cache
def _countries() -> dict[str, Any]:
    """ISO 3166-1 by code and by English name, both lower case. Read when an editor first needs it."""
    import pycountry  # reads its data files when first asked, so visits never pay for it

    found: dict[str, Any] = {}
    for country in pycountry.countries:
        for name in ("alpha_2", "name", "common_name", "official_name"):
            if text := getattr(country, name, None):
                found[text.lower()] = country
    return found | {name: found[code.lower()] for name, code in COUNTRY_NAMES.items()}


def country_code(word: str) -> tuple[str | None, str]:
    """(ISO 3166-1 alpha-2 code, ""), or (None, a message) for a word that names no country."""
    if country := _countries().get(word.lower()):
        return country.alpha_2, ""
    near = near_word(word.lower(), (name for name in _countries() if len(name) > 3))
    hint = gettext("Did you mean %s?") % country_name(_countries()[near].alpha_2) if near else ""
    message = gettext("There is no country “%s”. Use a name or a two-letter code, such as FR.") % word[:60]
    return None, f"{message} {hint}".strip()


def country_name(code: str) -> str:
    """The English name of a country by its code, or the code where there is none."""
    country = _countries().get(code.lower())
    return str(getattr(country, "common_name", None) or getattr(country, "name", code))


# English names that take an article in a sentence: "in the Netherlands".
WITH_ARTICLE = re.compile(
    r"^United |Islands?( \(|$)|^Isle of|^Holy See|Dominican Republic|Central African|Netherlands|Philippines|Bahamas"
    r"|Gambia|Maldives|Congo"
)


def country_in_a_sentence(code: str) -> str:
    """The English name of a country as it stands after "in": "France", "the United Kingdom"."""
    name = country_name(code)
    return f"the {name}" if WITH_ARTICLE.search(name) else name


def on_continents(country: str, continents: Collection[str]) -> bool:
    """Whether any table has a country on one of these continents (codes). True where we can't tell."""
    known = any(country in countries for countries in COUNTRIES_OF.values())
    return not known or any(country in COUNTRIES_OF.get(continent, ()) for continent in continents)


def continent_named(word: str) -> str | None:
    """The name of the continent that a word is, as its tick box has it, or None."""
    return next((str(name) for _code, name in CONTINENTS if str(name).lower() == word.lower()), None)


@cache
def _subdivisions() -> dict[str, str]:
    """ISO 3166-2 code → English name."""
    import pycountry

    return {subdivision.code: subdivision.name.partition(" [")[0] for subdivision in pycountry.subdivisions}


@cache
def _regions() -> dict[str, tuple[str, ...]]:
    """What people write for a region, lower case → its code, or codes where several countries have one of that name."""
    import pycountry

    found: dict[str, dict[str, None]] = {}
    for subdivision in pycountry.subdivisions:
        name, names = subdivision.name, [subdivision.code]
        if both := WITH_OTHER_NAME.fullmatch(name):
            name, names = both["name"], [*names, both["other"], both["code"] or ""]
        first, comma, last = name.partition(", ")
        names += [name, f"{last} {first}" if comma else ""]  # "Bristol, City of"
        for each in filter(None, names):
            found.setdefault(each.lower(), {})[subdivision.code] = None
    for each, code in REGION_NAMES.items():
        found.setdefault(each, {})[code] = None
    return {name: tuple(codes) for name, codes in found.items()}


def regions_named(word: str, countries: Collection[str] = ()) -> tuple[str, ...]:
    """The ISO 3166-2 codes of the regions of this name or code, in these countries (codes) if any are given."""
    named = _regions().get(word.lower()) or _regions().get(word.lower().replace(" ", ""), ())
    return tuple(code for code in named if not countries or code.partition("-")[0] in countries)


def is_region_without_code(word: str) -> bool:
    """Whether it is the name of a region of the United Kingdom that ISO 3166-2 has no one code for."""
    return word.lower() in REGIONS_WITHOUT_CODE


def subdivision_code(word: str, countries: Collection[str] = ()) -> tuple[str | None, str]:
    """(ISO 3166-2 code, ""), or (None, a message) for a word that is neither a code nor the name of one region.

    `countries` (codes) tell regions of the same name apart. A message of "" says that the word resembles no region's
    name, in these countries if any are given.
    """
    code = word.upper().replace(" ", "")
    if code in _subdivisions():
        return code, ""
    named = regions_named(word, countries)
    if len(named) == 1:
        return named[0], ""
    if named:
        message = gettext("There is more than one “%(name)s”. Write %(codes)s.")
        return None, message % {"name": word[:60], "codes": joined(named[:5], gettext("or"))}
    hint = ""
    if not (is_region_without_code(word) or SUBDIVISION.fullmatch(code)):
        near = near_word(word.lower(), (name for name in _regions() if regions_named(name, countries)))
        meant = [region_in_a_hint(code, countries) for code in regions_named(near, countries)[:3]] if near else []
        hint = gettext("Did you mean %s?") % joined(meant, gettext("or")) if meant else ""
    if not hint and countries and not SUBDIVISION.fullmatch(code):
        return None, ""
    message = gettext("There is no region “%s”. Use an ISO 3166-2 code, such as GB-WLS.") % word[:60]
    return None, f"{message} {hint}".strip()


def region_in_a_hint(code: str, countries: Collection[str] = ()) -> str:
    """A region by name and code, and its country unless that was said: "Wales (GB-WLS)"."""
    country = code.partition("-")[0]
    home = "" if countries else f", {country_name(country)}"
    return f"{subdivision_name(code)}{home} ({code})"


def subdivision_name(code: str) -> str:
    """The English name of a subdivision by its code, or the code where there is none."""
    return _subdivisions().get(code, code)


def subdivision_and_above(code: str) -> list[str]:
    """The codes of a subdivision and of those that it lies in, the widest first: ["GB-WLS", "GB-CRF"]."""
    codes: list[str] = []
    waiting: str | None = code
    while waiting and waiting not in codes:
        codes.insert(0, waiting)
        waiting = _parents().get(waiting)
    return codes


def subdivisions_below(code: str) -> list[str]:
    """The codes of the subdivisions that lie in this one, however deep; none for one that is not divided."""
    below: list[str] = []
    waiting = [code]
    while waiting:
        new = [inner for inner in _children().get(waiting.pop(), ()) if inner not in below]
        below += new
        waiting += new
    return below


@cache
def _children() -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    for code, parent in _parents().items():
        children.setdefault(parent, []).append(code)
    return children


@cache
def _parents() -> dict[str, str]:
    import pycountry

    return {
        subdivision.code: subdivision.parent_code
        for subdivision in pycountry.subdivisions
        if getattr(subdivision, "parent_code", None)
    }
