"""The facts that a site registered itself, as an editor says them of a visitor: a field of its kind for each."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...core.facts import Fact, kind_problem
from ...facts import known_facts, readers
from ...models.fields import WordsFormField, split_words
from ...visit.simulation import CannotSimulate, moment_of
from .sayings import as_local

MAX_TEXT = 255  # characters


def own_facts() -> list[Fact]:
    """The facts that the site registered itself, by name."""
    return [known_facts()[name] for name in sorted(readers())]


def own_name(fact: Fact) -> str:
    """The name of the field for such a fact."""
    return f"fact_{fact.name}"


def own_field(fact: Fact) -> forms.Field:
    """The field in which it is said; left empty, the site's own reader is asked."""
    common: dict[str, Any] = {"label": capfirst(str(fact.meaning)), "required": False}
    if fact.kind == "bool":
        choices = [("", _("As this site reads it")), ("yes", _("Yes")), ("no", _("No"))]
        return forms.ChoiceField(choices=choices, **common)
    if fact.kind == "int":
        return forms.IntegerField(**common)
    if fact.kind in ("texts", "pages"):
        return WordsFormField(max_length=MAX_TEXT, help_text=_("Separated by commas."), **common)
    return forms.CharField(max_length=MAX_TEXT, **common)


def _bool(words: Any) -> bool:
    return bool(words == "yes")


def _weights(words: Any) -> dict[str, float]:
    pairs = [word.rpartition(":") for word in split_words(words)]
    return {name.strip(): float(weight) for name, _colon, weight in pairs}


def _point(words: Any) -> list[Any]:
    latitude, longitude = (float(number) for number in words.split(","))
    if not (abs(latitude) <= 90 and abs(longitude) <= 180):
        raise ValueError
    return [latitude, longitude, None]


def _moment(words: Any) -> str:
    return as_local(moment_of(words))


def _mapping(words: Any) -> dict[str, str]:
    pairs = [word.partition("=") for word in split_words(words)]
    if not all(key.strip() and sign for key, sign, _value in pairs):
        raise ValueError
    return {key.strip(): value.strip() for key, _sign, value in pairs}


FROM_WORDS: dict[str, Callable[[Any], Any]] = {
    "bool": _bool,
    "weights": _weights,
    "point": _point,
    "moment": _moment,
    "address": lambda words: str(ip_address(words.strip())),
    "mapping": _mapping,
    "pages": lambda words: [int(word) for word in words],
}
INTO_WORDS: dict[str, Callable[[Any], Any]] = {
    "bool": lambda value: "yes" if value else "no",
    "texts": lambda value: ", ".join(value),
    "weights": lambda value: ", ".join(f"{name}: {weight}" for name, weight in value.items()),
    "point": lambda value: f"{value[0]}, {value[1]}",
    "mapping": lambda value: ", ".join(f"{key}={text}" for key, text in value.items()),
    "pages": lambda value: ", ".join(map(str, value)),
}
EXAMPLES = {
    "weights": "moving-house: 0.8",
    "point": "51.48, -3.18",
    "moment": "2026-04-18T22:30",
    "address": "192.0.2.7",
    "mapping": "topic=housing",
    "pages": "12, 15",
}


def fact_from_words(fact: Fact, words: Any) -> Any:
    """The value of a fact of the site's own, as JSON holds it. Raises ValidationError for what is none of its kind."""
    try:
        value = FROM_WORDS.get(fact.kind, lambda same: same)(words)
    except CannotSimulate as error:
        raise ValidationError(str(error)) from None
    except (ValueError, AttributeError):
        value = None
    # Moments and points are read from what JSON has for them only when the visit is made.
    if value is None or (fact.kind not in ("moment", "point") and kind_problem(fact, value)):
        raise ValidationError(
            gettext("“%(words)s” can’t be read. Write it as %(example)s.")
            % {"words": str(words)[:80], "example": EXAMPLES.get(fact.kind, "text")}
        )
    return value


def fact_in_words(fact: Fact, value: Any) -> Any:
    """What `fact_from_words` read."""
    return INTO_WORDS.get(fact.kind, str)(value)
