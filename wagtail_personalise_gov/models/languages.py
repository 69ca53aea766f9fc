"""Languages as browsers write them, found by what editors write: a code, or a name in English or in the language.

After ISO 639, as pycountry has it. A browser sends the shortest code that a language has (RFC 5646, section 2.2.1), so
only that one can ever match.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from django.conf.locale import LANG_INFO
from django.utils.translation import gettext

from .iso import country_code, country_name, near_word

# Names beside ISO 639's own and Django's, in small letters → tag.
NAMES = {
    "bangla": "bn",
    "cantonese": "yue",
    "castilian": "es",
    "chinese (simplified)": "zh-Hans",
    "chinese (traditional)": "zh-Hant",
    "american english": "en-US",
    "dari": "fa-AF",
    "farsi": "fa",
    "flemish": "nl-BE",
    "gaelic": "gd",
    "greek": "el",
    "irish gaelic": "ga",
    "kernewek": "kw",
    "gaelg": "gv",
    "magyar": "hu",
    "mandarin": "zh",
    "mandarin chinese": "zh",
    "norwegian": "nb",  # what browsers ask for first
    "norsk": "nb",
    "odia": "or",
    "panjabi": "pa",
    "pashto": "ps",
    "punjabi": "pa",
    "scots gaelic": "gd",
    "simplified chinese": "zh-Hans",
    "sinhalese": "si",
    "slovak": "sk",
    "slovene": "sl",
    "sorani": "ckb",
    "soomaali": "so",
    "traditional chinese": "zh-Hant",
    "ulster scots": "sco",
    "čeština": "cs",
    "slovenčina": "sk",
    "euskara": "eu",
    "中文": "zh",
    "ਪੰਜਾਬੀ": "pa",
}
# How we call languages where ISO 639 has a name that few people know.
OWN_NAMES = {
    "ckb": "Sorani Kurdish",
    "el": "Greek",
    "pa": "Punjabi",
    "ps": "Pashto",
    "ug": "Uyghur",
    "yue": "Cantonese",
}
SCRIPTS = {"Hans": "Simplified", "Hant": "Traditional"}

# ISO 3166-1 code → the language that may be meant by it, where the code or name is no language.
MEANT = {
    "AU": "en-AU", "AT": "de-AT", "BD": "bn", "CN": "zh", "CZ": "cs", "DE": "de", "DK": "da", "ES": "es", "FR": "fr",
    "GB": "en-GB", "GR": "el", "IE": "en-IE", "IR": "fa", "IT": "it", "JP": "ja", "MX": "es-MX", "NL": "nl",
    "NZ": "en-NZ", "PK": "ur", "PL": "pl", "PT": "pt", "RO": "ro", "RU": "ru", "SE": "sv", "SO": "so", "TR": "tr",
    "UA": "uk", "US": "en-US",
}  # fmt: skip

WITH_COUNTRY = re.compile(r"(?P<language>.+?) *\((?P<country>[^()]+)\)")  # "English (United Kingdom)"
SUBTAG = re.compile(r"[a-z0-9]{2,8}")  # one behind the first; those of one letter begin what no browser sends


@cache
def _codes() -> dict[str, str]:
    """Every ISO 639 code, lower case → the one that browsers write."""
    import pycountry  # reads its data files when first asked, so visits never pay for it

    found: dict[str, str] = {}
    for language in pycountry.languages:
        short = getattr(language, "alpha_2", None)
        if short or language.type == "L":  # living; of others only those that have two letters, such as Latin
            code = short or language.alpha_3
            found |= dict.fromkeys((code, language.alpha_3, getattr(language, "bibliographic", code)), code)
    return found | {"cmn": "zh"}  # Mandarin, which every browser calls Chinese


@cache
def _names() -> dict[str, str]:
    """What people call a language, lower case → its tag."""
    import pycountry

    found: dict[str, str] = {}
    # Those with two letters first: they are the larger of two languages of one name.
    for language in sorted(pycountry.languages, key=lambda language: not hasattr(language, "alpha_2")):
        if code := _codes().get(language.alpha_3):
            found.setdefault(language.name.partition(" (")[0].lower(), code)
    for code, about in LANG_INFO.items():
        if "name" in about:
            tag = _canonical(code)
            found |= {about["name"].lower(): tag, about["name_local"].lower(): tag} if tag else {}
    return found | NAMES


def language_tag(word: str) -> tuple[str | None, str]:
    """(a language as browsers write it, ""), or (None, a message) for a word that is none."""
    word = word.strip()
    if tag := _tag(word):
        return tag, ""
    if country := country_code(word)[0]:
        message = gettext("%s is a country, not a language.") % word
        hint = gettext("Did you mean %s?") % MEANT[country] if country in MEANT else ""
        return None, f"{message} {hint}".strip()
    near = near_word(word.lower(), (name for name in _names() if len(name) > 3))
    message = gettext("We do not know the language “%s”.") % word[:40]
    remedy = (
        gettext("Did you mean %s?") % language_name(_names()[near])
        if near
        else gettext("Write its English name, such as Welsh, or its code, such as cy.")
    )
    return None, f"{message} {remedy}"


def _tag(word: str) -> str | None:
    # Codes first: "hu" is Hungarian, though there is a language called Hu.
    if known := _codes().get(word.lower()) or _names().get(word.lower()):
        return known
    if (parts := WITH_COUNTRY.fullmatch(word)) and (tag := _tag(parts["language"])):
        country = country_code(parts["country"])[0]
        return f"{tag}-{country}" if country else None
    return _canonical(word)


def _canonical(word: str) -> str | None:
    """A tag with its parts in the case that RFC 5646 gives them, section 2.1.1; None where a part is unknown."""
    import pycountry

    first, *rest = word.lower().replace("_", "-").split("-")
    subtags = [_codes().get(first)]
    for part in rest:
        if not SUBTAG.fullmatch(part):
            return None
        if len(part) == 2:
            subtags.append(country_code(part)[0])  # "en-UK" is en-GB too
        elif len(part) == 4 and part.isalpha():
            subtags.append(part.title() if pycountry.scripts.get(alpha_4=part.title()) else None)
        else:
            subtags.append(part)
    known = [subtag for subtag in subtags if subtag]
    return "-".join(known) if len(known) == len(subtags) else None


def language_name(tag: str) -> str:
    """The English name of a language tag: "Welsh", "English (United Kingdom)"; the tag where it is none."""
    import pycountry

    first, *rest = tag.split("-")
    code = _codes().get(first.lower())
    if code is None:
        return tag
    found: Any = pycountry.languages.get(**{"alpha_2" if len(code) == 2 else "alpha_3": code})
    name = OWN_NAMES.get(code) or str(found.name).partition(" (")[0]
    more = ", ".join(map(_part_name, rest))
    return f"{name} ({more})" if more else name


def _part_name(subtag: str) -> str:
    import pycountry

    if len(subtag) == 2:
        return country_name(subtag)
    if subtag == "419":  # UN M.49, the one area that browsers name: es-419
        return "Latin America"
    script = pycountry.scripts.get(alpha_4=subtag.title()) if len(subtag) == 4 and subtag.isalpha() else None
    return SCRIPTS.get(subtag.title(), script.name) if script else subtag
