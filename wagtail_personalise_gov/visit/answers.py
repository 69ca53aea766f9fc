"""Read what a visitor says of their place, in a form or a call, and refuse what is no place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_variables

from ..core.memory import DeclaredPlace
from ..models.iso import country_code, subdivision_code
from ..models.rules.place import MAX_CITY

# The shapes are looked at first: anybody may post here, and looking for a near word in a long text takes its time.
COUNTRY = re.compile(r"[A-Za-z]{2}")
SUBDIVISION = re.compile(r"[A-Za-z]{2}-[A-Za-z0-9]{1,3}")


class BadAnswer(ValueError):
    """An answer that is none; the message is for the visitor. `field` is where it was given."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


@sensitive_variables()
def place_in(posted: Mapping[str, str]) -> DeclaredPlace | None:
    """The place that a form names; one without parts for ``place=none``; None for nothing. Raises BadAnswer."""
    if which := posted.get("place", ""):
        if which != "none":
            raise BadAnswer("place", gettext("The place did not arrive. Choose one of the answers."))
        return DeclaredPlace()
    country, subdivision = posted.get("country", "").strip(), posted.get("subdivision", "").strip()
    declared = DeclaredPlace(_country(country), _subdivision(subdivision), _city(posted.get("city", "")))
    if declared.country and declared.subdivision and not declared.subdivision.startswith(f"{declared.country}-"):
        raise BadAnswer(
            "subdivision", gettext("That region is not in that country. Give one of the two, or two that fit.")
        )
    return declared if declared.says_where else None


@sensitive_variables()
def _country(word: str) -> str:
    code = country_code(word)[0] if COUNTRY.fullmatch(word) else None
    if word and code is None:
        raise BadAnswer("country", gettext("There is no such country. Use a two-letter code, such as FR."))
    return code or ""


@sensitive_variables()
def _subdivision(word: str) -> str:
    code = subdivision_code(word)[0] if SUBDIVISION.fullmatch(word) else None
    if word and code is None:
        raise BadAnswer("subdivision", gettext("There is no such region. Use an ISO 3166-2 code, such as GB-WLS."))
    return code or ""


@sensitive_variables()
def _city(text: str) -> str:
    text = text.strip()
    if len(text) > MAX_CITY:
        raise BadAnswer(
            "city", gettext("That is too long for a town. Use at most %(count)d letters.") % {"count": MAX_CITY}
        )
    if any(unicodedata.category(letter).startswith("C") for letter in text):
        raise BadAnswer("city", gettext("That is no name of a town. Use letters only."))
    return text
