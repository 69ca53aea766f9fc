"""Countries, regions and languages by their codes, and by the English names that editors write.

After ISO 3166-1, 3166-2 and 639, as pycountry has them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection
from functools import cache
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .fields import joined

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


@cache
def _countries() -> dict[str, Any]:
    """ISO 3166-1 by code and by English name, both lower case. Read when an editor first needs it."""
    import pycountry  # reads its data files when first asked, so visits never pay for it

    found: dict[str, Any] = {}
    for country in pycountry.countries:
        for name in ("alpha_2", "name", "common_name", "official_name"):
            if text := getattr(country, name, None):
                found[text.lower()] = country
    # What people in the United Kingdom write.
    found.update({"uk": found["gb"], "great britain": found["gb"], "usa": found["us"]})
    return found


def country_code(word: str) -> tuple[str | None, str]:
    """(ISO 3166-1 alpha-2 code, ""), or (None, a message) for a word that names no country."""
    if country := _countries().get(word.lower()):
        return country.alpha_2, ""
    near = difflib.get_close_matches(word.lower(), [name for name in _countries() if len(name) > 2], n=1)
    hint = gettext("Did you mean %s?") % country_name(_countries()[near[0]].alpha_2) if near else ""
    message = gettext("There is no country “%s”. Use a name or a two-letter code, such as FR.") % word[:60]
    return None, f"{message} {hint}".strip()


def country_name(code: str) -> str:
    """The English name of a country by its code, or the code where there is none."""
    country = _countries().get(code.lower())
    return str(getattr(country, "common_name", None) or getattr(country, "name", code))


# English names that take an article in a sentence: "in the Netherlands".
WITH_ARTICLE = re.compile(
    r"^United |Islands?$|Dominican Republic|Central African|Netherlands|Philippines|Bahamas|Gambia|Maldives|Congo"
)


def country_in_a_sentence(code: str) -> str:
    """The English name of a country as it stands after "in": "France", "the United Kingdom"."""
    name = country_name(code)
    return f"the {name}" if WITH_ARTICLE.search(name) else name


@cache
def _subdivisions() -> dict[str, str]:
    """ISO 3166-2 code → English name."""
    import pycountry

    # Some names carry their code in another language: "Wales [Cymru GB-CYM]".
    return {subdivision.code: subdivision.name.partition(" [")[0] for subdivision in pycountry.subdivisions}


def subdivision_code(word: str, countries: Collection[str] = ()) -> tuple[str | None, str]:
    """(ISO 3166-2 code, ""), or (None, a message) for a word that is neither a code nor the name of one region.

    `countries` (codes) tell regions of the same name apart. A message of "" says that the word resembles no region's
    name, in these countries if any are given.
    """
    code = word.upper().replace(" ", "")
    if code in _subdivisions():
        return code, ""
    here = {
        code: name for code, name in _subdivisions().items() if not countries or code.partition("-")[0] in countries
    }
    named = [code for code, name in here.items() if name.lower() == word.lower()]
    if len(named) == 1:
        return named[0], ""
    if named:
        message = gettext("There is more than one “%(name)s”. Write %(codes)s.")
        return None, message % {"name": word[:60], "codes": joined(named[:5], gettext("or"))}
    near = difflib.get_close_matches(word.lower(), [name.lower() for name in here.values()], n=1, cutoff=0.8)
    if not near and countries and not SUBDIVISION.fullmatch(code):
        return None, ""
    named = [code for code, name in here.items() if near and name.lower() == near[0]]
    hint = gettext("Did you mean %s?") % joined(named[:3], gettext("or")) if named else ""
    message = gettext("There is no region “%s”. Use an ISO 3166-2 code, such as GB-WLS.") % word[:60]
    return None, f"{message} {hint}".strip()


def subdivision_name(code: str) -> str:
    """The English name of a subdivision by its code, or the code where there is none."""
    return _subdivisions().get(code, code)


@cache
def _languages() -> dict[str, str]:
    """English name, lower case → ISO 639 code, two letters where there are two; as browsers write them."""
    import pycountry

    found: dict[str, str] = {}
    for language in pycountry.languages:
        if code := getattr(language, "alpha_2", None):
            found[language.name.partition(" (")[0].lower()] = code
    return found


def language_tag(word: str) -> str:
    """A language as browsers write it: the code of a language's English name, or the word as it is."""
    return _languages().get(word.strip().lower(), word.strip())


def language_name(tag: str) -> str:
    """The English name of a language tag: "Welsh", "English (GB)"; the tag where it is none."""
    import pycountry

    code, _hyphen, rest = tag.partition("-")
    language = pycountry.languages.get(alpha_2=code.lower()) or pycountry.languages.get(alpha_3=code.lower())
    if language is None:
        return tag
    name = str(language.name.partition(" (")[0])
    return f"{name} ({rest})" if rest else name
