"""Countries, regions and languages by name, in the language that is spoken now.

`iso` and `languages` know English names, which are data: an editor's words and a database's are compared with them.
These here are for reading only. They are pycountry's translations (iso-codes), and Django's own names of languages
where that has none; what neither has keeps its English name.
"""

from __future__ import annotations

import gettext as catalogs
from functools import lru_cache
from typing import Any

from django.utils import translation
from django.utils.translation import get_language, to_locale
from django.utils.translation import gettext_lazy as _

from .iso import country_in_a_sentence, country_name, subdivision_name
from .languages import language_name

COUNTRIES, REGIONS, LANGUAGES, SCRIPTS = "iso3166-1", "iso3166-2", "iso639-3", "iso15924"  # iso-codes' own names

# What iso-codes leaves in English in most languages, and many visitors of a British body read.
NATIONS = {
    "GB-ENG": _("England"),
    "GB-NIR": _("Northern Ireland"),
    "GB-SCT": _("Scotland"),
    "GB-WLS": _("Wales"),
}
PARTS = {"Hans": _("Simplified"), "Hant": _("Traditional"), "419": _("Latin America")}


def country_in_words(code: str) -> str:
    """ "France", "Ffrainc"; the code where there is no such country."""
    return _country(code) or country_name(code)


def country_after_in(code: str) -> str:
    """The country as it stands after "in": "the United Kingdom". Other languages than English do without."""
    return _country(code) or country_in_a_sentence(code)


def region_in_words(code: str) -> str:
    """ "Wales", "Cymru"; what was given where that is no code, since some sources tell a region by its name."""
    import pycountry  # reads its data files when first asked, so visits never pay for it

    if code in NATIONS:
        return str(NATIONS[code])
    subdivisions: Any = pycountry.subdivisions
    found = subdivisions.get(code=code.upper())
    english = subdivision_name(code)
    return (_translated(REGIONS, found.name) or _translated(REGIONS, english) if found else "") or english


def language_in_words(tag: str) -> str:
    """ "Welsh", "Portuguese (Brazil)"; the tag where it is none."""
    import pycountry

    english = language_name(tag)
    first, *rest = tag.split("-")
    if english == tag or _speaks_english():
        return english
    name = language_name(first)
    found: Any = pycountry.languages.get(**{"alpha_2" if len(first) == 2 else "alpha_3": first.lower()})
    told = _translated(LANGUAGES, name) or (_translated(LANGUAGES, found.name) if found else "")
    name = told or translation.gettext(name)
    more = ", ".join(_part(first, part) for part in rest)
    return f"{name} ({more})" if more else name


def _part(language: str, part: str) -> str:
    """A country or a script of a language; an area, as English has it, in brackets behind the language."""
    if len(part) == 2:
        return country_in_words(part)
    if part in PARTS:
        return str(PARTS[part])
    english = language_name(f"{language}-{part}").rpartition(" (")[2].removesuffix(")")
    return _translated(SCRIPTS, english) or english


def _country(code: str) -> str:
    """Its name in a language that is not English; "" where that is not known."""
    import pycountry

    country: Any = pycountry.countries.get(alpha_2=code.upper())
    names = [getattr(country, name, "") for name in ("common_name", "name")] if country else []
    return next(filter(None, (_translated(COUNTRIES, name) for name in names)), "")


def _speaks_english() -> bool:
    return (get_language() or "en").partition("-")[0] == "en"


def _translated(catalog: str, name: str) -> str:
    """What a catalog has for a name; "" for nothing, and in English."""
    if not name or _speaks_english():
        return ""
    told = _catalog(catalog, get_language() or "en").gettext(name)
    return "" if told == name else told.partition(" [")[0]


@lru_cache(maxsize=64)
def _catalog(domain: str, language: str) -> catalogs.NullTranslations:
    import pycountry

    wanted = [to_locale(language), language.partition("-")[0]]
    return catalogs.translation(domain, pycountry.LOCALES_DIR, languages=wanted, fallback=True)
