"""Rules about where a visitor seems to be, or said that they are, on the map or in a network."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel

from ...core.conditions import All, Condition, ConditionError, ContainsAny, Equals, InNetwork, Matches, OneOf, Within
from ...core.conditions import Any as AnyOf
from ...core.geography import COUNTRY, in_european_union
from ..fields import WordsField, joined
from ..iso import (
    CONTINENTS,
    SUBDIVISION,
    continent_named,
    country_code,
    country_in_a_sentence,
    is_region_without_code,
    on_continents,
    regions_named,
    subdivision_code,
    subdivision_name,
)
from ..iso_names import EUROPEAN_UNION
from ..names import country_after_in, region_in_words
from ..networks import network_messages
from ..postcodes import is_beginning_of_a_postcode, postcode_patterns
from .base import PLACE, FieldErrors, Rule

MAX_CITY = 50  # characters; longer than any town's name in the databases, and what memory keeps of a declared one
MAX_WORDS = 500  # on one line of a rule
MAX_HINTS = 5  # looking for what a word may have meant takes a few milliseconds each


class LocationRule(Rule):
    """A place, or several: a continent, countries, regions, towns, postcodes, what is near a point.

    The lines that are filled in narrow one another (Springfield, in the United States), or are places of their own
    (Wales, or the town of Chester).
    """

    NARROW, EITHER = "narrow", "either"

    lines = models.CharField(
        _("if you fill in several of these"),
        max_length=6,
        choices=[
            (NARROW, _("the visitor must be in all of them: each narrows the place")),
            (EITHER, _("any of them will do: each is a place of its own")),
        ],
        default=NARROW,
    )
    continents = WordsField(_("continents"), options=CONTINENTS)
    countries = WordsField(
        _("countries"), help_text=_("Names or two-letter codes, separated by commas: United Kingdom, FR")
    )
    subdivisions = WordsField(
        _("nations, regions or counties"),
        help_text=_(
            "ISO 3166-2 codes or English names, separated by commas: GB-WLS, Northern Ireland. A name that has no code "
            "needs its country on the line above."
        ),
    )
    cities = WordsField(_("towns or cities"), help_text=_("English names, separated by commas"))
    postcodes = WordsField(
        _("postcodes"),
        help_text=_(
            "Beginnings of postcodes, separated by commas. OX takes in OX1 and OX49; OX1 does not take in OX10. "
            "* stands for anything: OX1*"
        ),
    )
    in_eu = models.BooleanField(_("in the European Union"), default=False)
    latitude = models.FloatField(
        _("latitude"), null=True, blank=True, validators=[MinValueValidator(-90), MaxValueValidator(90)]
    )
    longitude = models.FloatField(
        _("longitude"), null=True, blank=True, validators=[MinValueValidator(-180), MaxValueValidator(180)]
    )
    radius_km = models.FloatField(
        _("within this many kilometres"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(20000)],
        help_text=_("Places are guessed from internet addresses, often only to tens of kilometres."),
    )

    icon = "site"
    group = PLACE
    description = _("People who seem to be in a country, region or town, or near a point")
    also_called = _(
        "place, country, region, nation, county, town, city, postcode, geography, wales, scotland, "
        "northern ireland, england, abroad, near"
    )
    panels = [
        FieldPanel("lines"),
        FieldPanel("continents"),
        FieldPanel("countries"),
        FieldPanel("subdivisions"),
        FieldPanel("cities"),
        FieldPanel("postcodes"),
        FieldPanel("in_eu"),
        FieldRowPanel([FieldPanel("latitude"), FieldPanel("longitude"), FieldPanel("radius_km")]),
    ]

    class Meta(Rule.Meta):
        verbose_name = _("location")
        verbose_name_plural = _("location rules")

    def clean(self) -> None:
        errors = FieldErrors()
        self.countries = self._coded("countries", country_written, errors)
        self.subdivisions = self._coded("subdivisions", self._subdivision, errors)
        if not errors and self.lines == self.NARROW:
            self._clean_what_nobody_is_in(errors)
        for city in self.cities:
            if len(city) > MAX_CITY:
                errors.add("cities", gettext("“%s…” is too long for a town. Separate towns by commas.") % city[:40])
        self._clean_postcodes(errors)
        self._clean_point(errors)
        if not errors and not self._is_filled_in():
            errors.add("countries", nothing_given())
        errors.raise_any()
        super().clean()

    def _is_filled_in(self) -> bool:
        lines = (self.continents, self.countries, self.subdivisions, self.cities, self.postcodes, self.in_eu)
        return any(lines) or None not in (self.latitude, self.longitude, self.radius_km)

    def _coded(self, field: str, code_of: Any, errors: FieldErrors) -> list[str]:
        """The codes of what was written; what has none is kept as it is, with a message where that is wrong."""
        words, codes, wrong = getattr(self, field), [], 0
        if len(words) > MAX_WORDS:
            errors.add(
                field, gettext("That is more than %d. Make several segments, or name larger places.") % MAX_WORDS
            )
            return list(words)
        for word in words:
            code, message = code_of(word) if wrong < MAX_HINTS else (None, "")
            if message:
                wrong += 1
                errors.add(field, message)
            codes.append(code or word)
        return list(dict.fromkeys(codes))

    def _subdivision(self, word: str) -> tuple[str | None, str]:
        countries = [code for code in self.countries if COUNTRY.fullmatch(code)]
        code, message = subdivision_code(word, countries)
        if code is None and countries and not is_region_without_code(word):
            elsewhere = regions_named(word)
            if len(elsewhere) == 1:
                return elsewhere[0], ""  # whether another country will do is told of the lines together
            if elsewhere:
                homes = dict.fromkeys(each.partition("-")[0] for each in elsewhere)
                return None, subdivision_code(word)[1] if self.lines == self.EITHER else self._not_here(word, homes)
        if code is None and not message and len(word) > MAX_CITY:
            message = gettext("“%s…” is too long for a region. Separate regions by commas.") % word[:40]
        if message and is_region_without_code(word):
            message = gettext("“%s” has no code of its own. Write its country too, on the line above.") % word
        return code, message

    def _not_here(self, region: str, homes: Iterable[str]) -> str:
        return gettext("%(region)s is in %(homes)s, not in %(countries)s. Remove one of them.") % {
            "region": region[:60],
            "homes": joined(map(country_in_a_sentence, homes), gettext("or")),
            "countries": joined(map(country_in_a_sentence, self.countries), gettext("or")),
        }

    def _clean_what_nobody_is_in(self, errors: FieldErrors) -> None:
        """Refuse lines that shut one another out: a region of another country, a country of another continent."""
        regions = {code: code.partition("-")[0] for code in self.subdivisions if SUBDIVISION.fullmatch(code)}
        for code, country in regions.items():
            if self.countries and country not in self.countries:
                errors.add("subdivisions", self._not_here(subdivision_name(code), [country]))
        field, homes = "countries", self.countries
        if not homes and len(regions) == len(self.subdivisions):
            field, homes = "subdivisions", list(dict.fromkeys(regions.values()))
        for country in homes:
            where = None
            if self.continents and not on_continents(country, self.continents):
                where = joined(self._continent_names(), gettext("or"))
            elif self.in_eu and not in_european_union(country):
                where = gettext("the European Union")
            if where:
                errors.add(
                    field,
                    gettext("%(country)s is not in %(place)s. Remove one of them.")
                    % {"country": capfirst(country_in_a_sentence(country)), "place": where},
                )

    def _clean_postcodes(self, errors: FieldErrors) -> None:
        self.postcodes = [" ".join(word.upper().split()) for word in self.postcodes]
        for word in self.postcodes:
            if not is_beginning_of_a_postcode(word):
                errors.add("postcodes", gettext("“%s” is no beginning of a postcode, such as OX1.") % word[:40])

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
        if self.continents:
            asked.append(OneOf("location.continent", self.continents))
        if self.countries:
            asked.append(OneOf("location.country", self.countries))
        if self.subdivisions:
            asked.append(in_regions(self.subdivisions, self.countries))
        if self.cities:
            asked.append(OneOf("location.city", self.cities))
        if self.postcodes:
            patterns = [pattern for word in self.postcodes for pattern in postcode_patterns(word)]
            asked.append(Matches("location.postcode", patterns))
        if self.in_eu:
            asked.append(Equals("location.eu", True))
        if None not in (self.latitude, self.longitude, self.radius_km):
            asked.append(Within("location.point", {"lat": self.latitude, "lng": self.longitude, "km": self.radius_km}))
        return asked

    def condition(self) -> Condition:
        asked = self._given()
        if not asked:
            raise ConditionError(nothing_given())
        if len(asked) == 1:
            return asked[0]
        return AnyOf(*asked) if self.lines == self.EITHER else All(*asked)

    def _continent_names(self) -> list[str]:
        names = {code: str(name) for code, name in CONTINENTS}
        return [names.get(code, code) for code in self.continents]

    def _named(self) -> list[list[str]]:
        """What has a name of its own, line by line, the smallest first."""
        return [
            self.cities,
            [region_in_words(code) for code in self.subdivisions],
            [country_after_in(code) for code in self.countries],
            self._continent_names(),
        ]

    def _described(self) -> list[list[str]]:
        """What has no name, line by line. Postcodes come last, so that they can end a list."""
        union, points = [gettext("the European Union")] if self.in_eu else [], []
        if None not in (self.latitude, self.longitude, self.radius_km):
            points.append(
                gettext("a place within %(km)g km of %(latitude)g, %(longitude)g")
                % {"km": self.radius_km, "latitude": self.latitude, "longitude": self.longitude}
            )
        like = [word for word in self.postcodes if "*" in word]
        begin = [word for word in self.postcodes if "*" not in word]
        if like:
            like[0] = gettext("postcodes like %s") % like[0]
        if begin:
            begin[0] = gettext("postcodes that begin with %s") % begin[0]
        return [union, points, like + begin]

    def place(self) -> str:
        """The place in words: "Lyon, France, and also in postcodes that begin with 690", "Chester, Kent or Wales"."""
        last = gettext("or")
        if self.lines == self.EITHER:
            return joined((word for line in self._named() + self._described() for word in line), last)
        named = ", ".join(joined(line, last) for line in self._named() if line)
        parts = [named] if named else []
        parts += [joined(line, last) for line in self._described() if line]
        return gettext(", and also in ").join(parts)

    def sentence(self) -> str:
        text = gettext("We can tell they are not in %s") if self.negated else gettext("They seem to be in %s")
        return text % self.place()

    def public_sentence(self) -> str:
        if self.negated:
            return gettext("People who seem to be somewhere other than %s") % self.place()
        return gettext("People who seem to be in %s") % self.place()


def nothing_given() -> str:
    return gettext("Give at least one country, continent, region, town, postcode or point.")


def country_written(word: str) -> tuple[str | None, str]:
    """(ISO 3166-1 code, ""), or (None, a message) that says on which line of the form a place belongs."""
    if word.lower() in EUROPEAN_UNION:
        return None, gettext("“%s” is no country. Tick “in the European Union”.") % word
    code, message = country_code(word)
    if code is None and (continent := continent_named(word)):
        message = gettext("%s is no country. Tick it under “continents”.") % continent
    elif code is None and (regions_named(word) or is_region_without_code(word)):
        message = gettext("%s is no country in our list. Write it under “nations, regions or counties”.") % word
    return code, message


def in_regions(words: list[str], countries: list[str]) -> Condition:
    """Whether a visitor is in one of these regions: by their codes, or by name where a database has no codes.

    Regions of two countries may share a name, so a name counts only in its own country.
    """
    codes = [word for word in words if SUBDIVISION.fullmatch(word)]
    names: dict[tuple[str, ...], list[str]] = {}
    for code in codes:
        names.setdefault((code.partition("-")[0],), []).append(subdivision_name(code))
    if others := [word for word in words if word not in codes]:
        if not countries:
            raise ConditionError(gettext("A region without a code needs its country."))
        names.setdefault(tuple(countries), []).extend(others)
    asked: list[Condition] = [ContainsAny("location.subdivisions", codes)] if codes else []
    asked += [
        All(OneOf("location.country", there), ContainsAny("location.subdivisions", named))
        for there, named in names.items()
    ]
    return asked[0] if len(asked) == 1 else AnyOf(*asked)


class NetworkRule(Rule):
    """The network that the visit comes from: our own offices, a library, a school."""

    networks = WordsField(
        _("networks"),
        blank=False,
        help_text=_("Ranges of internet addresses, separated by commas: 192.0.2.0/24, 2001:db8::/32"),
    )
    name = models.CharField(
        _("whose network it is"),
        max_length=100,
        help_text=_("As visitors read it: “our offices”, “a public library”. They never read the addresses."),
    )

    icon = "globe"
    group = PLACE
    description = _("People in certain networks, such as those of your own offices")
    also_called = _("ip address, internet address, office, school, library, intranet, vpn")
    panels = [FieldPanel("name"), FieldPanel("networks")]

    class Meta(Rule.Meta):
        verbose_name = _("network")
        verbose_name_plural = _("network rules")

    def clean(self) -> None:
        errors = FieldErrors()
        for message in network_messages(self.networks):
            errors.add("networks", message)
        if not self.networks:
            errors.add("networks", gettext("Name at least one network."))
        errors.raise_any()
        super().clean()

    def condition(self) -> Condition:
        if not self.networks:
            raise ConditionError(gettext("Name at least one network."))
        return InNetwork("network.ip", self.networks)

    def sentence(self) -> str:
        text = gettext("We can tell they are not in %s") if self.negated else gettext("They are in %s")
        return (
            text
            % gettext("the network of %(name)s (%(networks)s)")
            % {
                "name": self.name,
                "networks": joined(self.networks[:3], gettext("or")) + (" …" if len(self.networks) > 3 else ""),
            }
        )

    def public_sentence(self) -> str:
        if self.negated:
            return gettext("People who do not use the network of %s") % self.name
        return gettext("People who use the network of %s") % self.name
