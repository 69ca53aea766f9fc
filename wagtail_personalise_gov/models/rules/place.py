"""Rules about where a visitor seems to be, or said that they are."""

from __future__ import annotations

import difflib
import re
from functools import cache
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel

from ...core.conditions import All, Condition, ConditionError, ContainsAny, Equals, OneOf, Within
from ..fields import WordsField
from .base import PLACE, FieldErrors, Rule, joined

MAX_CITY = 50  # characters; longer than any town's name in the databases, and what memory keeps of a declared one
MAX_WORDS = 500  # on one line of a rule
MAX_HINTS = 5  # looking for what a word may have meant takes a few milliseconds each


class LocationRule(Rule):
    """A place. Each line that is filled in narrows it: Springfield, in the United States, within 20 km of a point."""

    countries = WordsField(
        _("countries"), help_text=_("Names or two-letter codes, separated by commas: United Kingdom, FR")
    )
    subdivisions = WordsField(
        _("nations, regions or counties"),
        help_text=_("ISO 3166-2 codes, separated by commas: GB-WLS, GB-NIR"),
    )
    cities = WordsField(_("towns or cities"), help_text=_("English names, separated by commas"))
    in_eu = models.BooleanField(_("in the European Union"), default=False)
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    radius_km = models.FloatField(
        _("within kilometres of it"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(20000)],
        help_text=_("Places are guessed from internet addresses, often only to tens of kilometres."),
    )

    icon = "site"
    group = PLACE
    description = _("People who seem to be in a country, region or town, or near a point")
    panels = [
        FieldPanel("countries"),
        FieldPanel("subdivisions"),
        FieldPanel("cities"),
        FieldPanel("in_eu"),
        FieldRowPanel([FieldPanel("latitude"), FieldPanel("longitude"), FieldPanel("radius_km")]),
    ]

    class Meta(Rule.Meta):
        verbose_name = _("location")
        verbose_name_plural = _("location rules")

    def clean(self) -> None:
        errors = FieldErrors()
        self.countries = self._coded("countries", country_code, errors)
        self.subdivisions = self._coded("subdivisions", subdivision_code, errors)
        for code in self.subdivisions:
            if self.countries and "-" in code and code.split("-")[0] not in self.countries:
                errors.add(
                    "subdivisions",
                    gettext("%(code)s is not in %(countries)s, so nobody could be in both. Remove one of them.")
                    % {"code": code, "countries": joined(map(country_name, self.countries), gettext("or"))},
                )
        for city in self.cities:
            if len(city) > MAX_CITY:
                errors.add("cities", gettext("“%s…” is too long for a town. Separate towns by commas.") % city[:40])
        self._clean_point(errors)
        point = (self.latitude, self.longitude)
        if not (errors or self.countries or self.subdivisions or self.cities or self.in_eu or point != (None, None)):
            errors.add("countries", gettext("Give at least one country, region, town or point."))
        errors.raise_any()
        super().clean()

    def _coded(self, field: str, code_of: Any, errors: FieldErrors) -> list[str]:
        """The codes of what was written; what has none is kept as it is, with a message."""
        words, codes, wrong = getattr(self, field), [], 0
        if len(words) > MAX_WORDS:
            errors.add(
                field, gettext("That is more than %d. Make several segments, or name larger places.") % MAX_WORDS
            )
            return list(words)
        for word in words:
            code, hint = code_of(word) if wrong < MAX_HINTS else (None, "")
            if code is None:
                wrong += 1
                if hint:
                    errors.add(field, hint)
            codes.append(code or word)
        return list(dict.fromkeys(codes))

    def _clean_point(self, errors: FieldErrors) -> None:
        point = (self.latitude, self.longitude)
        if self.radius_km is not None and point == (None, None):
            errors.add("latitude", gettext("Kilometres of what? Give the latitude and longitude of a point too."))
        elif None in point and point != (None, None):
            missing = "latitude" if self.latitude is None else "longitude"
            errors.add(missing, gettext("A point has both a latitude and a longitude."))
        elif point != (None, None) and self.radius_km is None:
            errors.add("radius_km", gettext("How near to the point? Give a distance in kilometres."))

    def _given(self) -> list[Condition]:
        asked: list[Condition] = []
        if self.countries:
            asked.append(OneOf("location.country", self.countries))
        if self.subdivisions:
            asked.append(ContainsAny("location.subdivisions", self.subdivisions))
        if self.cities:
            asked.append(OneOf("location.city", self.cities))
        if self.in_eu:
            asked.append(Equals("location.eu", True))
        if None not in (self.latitude, self.longitude, self.radius_km):
            asked.append(Within("location.point", {"lat": self.latitude, "lng": self.longitude, "km": self.radius_km}))
        return asked

    def condition(self) -> Condition:
        asked = self._given()
        if not asked:
            raise ConditionError(gettext("Give at least one country, region, town or point."))
        return asked[0] if len(asked) == 1 else All(*asked)

    def place(self) -> str:
        """The place in words: "Springfield, in the European Union, within 20 km of 51.5, -0.1"."""
        parts = []
        if self.cities:
            parts.append(joined(self.cities, gettext("or")))
        if self.subdivisions:
            parts.append(joined(map(subdivision_name, self.subdivisions), gettext("or")))
        if self.countries:
            parts.append(joined(map(country_in_a_sentence, self.countries), gettext("or")))
        if self.in_eu:
            parts.append(gettext("the European Union"))
        if None not in (self.latitude, self.longitude, self.radius_km):
            parts.append(
                gettext("within %(km)g km of %(latitude)g, %(longitude)g")
                % {"km": self.radius_km, "latitude": self.latitude, "longitude": self.longitude}
            )
        return ", ".join(parts)

    def sentence(self) -> str:
        text = gettext("We can tell they are not in %s") if self.negated else gettext("They seem to be in %s")
        return text % self.place()

    def public_sentence(self) -> str:
        if self.negated:
            return gettext("People who seem to be somewhere other than %s") % self.place()
        return gettext("People who seem to be in %s") % self.place()


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


def subdivision_code(word: str) -> tuple[str | None, str]:
    """(ISO 3166-2 code, ""), or (None, a message) for a word that is none."""
    code = word.upper().replace(" ", "")
    if code in _subdivisions():
        return code, ""
    near = difflib.get_close_matches(word.lower(), [name.lower() for name in _subdivisions().values()], n=1, cutoff=0.8)
    named = [code for code, name in _subdivisions().items() if near and name.lower() == near[0]]
    hint = gettext("Did you mean %s?") % joined(named[:3], gettext("or")) if named else ""
    message = gettext("There is no region “%s”. Use an ISO 3166-2 code, such as GB-WLS.") % word[:60]
    return None, f"{message} {hint}".strip()


def subdivision_name(code: str) -> str:
    """The English name of a subdivision by its code, or the code where there is none."""
    return _subdivisions().get(code, code)
