"""Model fields of rules: short lists of words, edited as one line of text, and whether a rule is negated."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.db import models
from django.db.models.query_utils import DeferredAttribute
from django.utils.text import capfirst, format_lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from ..core.conjunctions import fitting


class WordsFormField(forms.CharField):
    """Words separated by commas, semicolons or line ends ↔ a list of texts."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        if isinstance(value, list):
            return value
        return split_words(super().to_python(value) or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(initial) != self.to_python(data))


class WordsAttribute(DeferredAttribute):
    """Takes a line of words for the list that it is: a text left as it is would be a list of letters."""

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = split_words(value) if isinstance(value, str) else value


class WordsField(models.JSONField):
    """A list of texts. With `options`, editors tick some of these; otherwise they write words on one line.

    `options` are (word, label) pairs. They are no part of the database, so they stay out of migrations.
    """

    descriptor_class = WordsAttribute

    def __init__(self, *args: Any, options: Iterable[tuple[str, Any]] = (), **kwargs: Any) -> None:
        self.options = list(options)
        kwargs.setdefault("default", list)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        for key in ("encoder", "decoder"):
            kwargs.pop(key, None)
        common = {"required": not self.blank, "label": capfirst(self.verbose_name), "help_text": self.help_text}
        if self.options:
            kwargs.setdefault("widget", forms.CheckboxSelectMultiple)
            return forms.MultipleChoiceField(choices=self.options, **{**common, **kwargs})
        return WordsFormField(**{**common, **kwargs})

    def value_to_string(self, obj: Any) -> Any:
        return self.value_from_object(obj)


class TimeZoneField(models.CharField):  # type: ignore[type-arg]
    """The name of a time zone, chosen from a list; "" for the site's own.

    The list is this machine's, and another's may differ, so it stays out of migrations and of what is checked on save.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 64)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        own = (("", format_lazy("{} ({})", _("the site itself"), settings.TIME_ZONE.replace("_", " "))),)
        kwargs.pop("max_length", None)
        return forms.ChoiceField(
            choices=lambda: [*own, *((name, name.replace("_", " ")) for name in time_zones())],
            required=False,
            label=capfirst(self.verbose_name),
            help_text=self.help_text,
            initial=self.get_default(),
            **{key: kwargs[key] for key in ("widget", "localize") if key in kwargs},
        )


@cache
def time_zones() -> tuple[str, ...]:
    """The names of the places that time zones are called after. It looks at some hundred files, once."""
    return (
        "UTC",
        *sorted(
            name for name in available_timezones() if name.partition("/")[0] in CONTINENTS and name not in OLD_NAMES
        ),
    )


# What the tz database files places under; what else it has are old names and offsets (its "backward" and "etcetera").
CONTINENTS = frozenset(
    {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)
# Second names that editors would stumble over, beside the first (tz database, file "backward", 2025b).
OLD_NAMES = frozenset(
    {
        "Asia/Calcutta", "Asia/Katmandu", "Asia/Rangoon", "Asia/Saigon", "Asia/Dacca", "Asia/Macao",
        "Asia/Ujung_Pandang", "Asia/Ulan_Bator", "Asia/Thimbu", "Asia/Ashkhabad", "Asia/Chungking",
        "Europe/Kiev", "Europe/Belfast", "Europe/Nicosia", "Europe/Tiraspol", "Europe/Uzhgorod",
        "Europe/Zaporozhye", "America/Buenos_Aires", "America/Godthab", "America/Indianapolis",
        "America/Louisville", "America/Catamarca", "America/Cordoba", "America/Jujuy", "America/Mendoza",
        "America/Rosario", "America/Ensenada", "America/Fort_Wayne", "America/Knox_IN", "America/Porto_Acre",
        "America/Virgin", "America/Atka", "Atlantic/Faeroe", "Atlantic/Jan_Mayen", "Australia/ACT",
        "Australia/Canberra", "Australia/LHI", "Australia/NSW", "Australia/North", "Australia/Queensland",
        "Australia/South", "Australia/Tasmania", "Australia/Victoria", "Australia/West",
        "Australia/Yancowinna", "Pacific/Samoa", "Pacific/Yap", "Pacific/Truk", "Pacific/Ponape",
        "Africa/Asmera", "Africa/Timbuktu",
    }
)  # fmt: skip


class NegatedField(models.BooleanField):  # type: ignore[type-arg]
    """Whether a rule is to be true or not true of a visitor.

    Every rule has it, other people's too. In their migrations it is a stock field without our words, so that changing
    a word asks nobody for a migration.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("verbose_name", _("is or is not"))
        kwargs.setdefault("choices", [(False, _("is")), (True, _("is not"))])
        kwargs.setdefault("default", False)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, _path, _args, _kwargs = super().deconstruct()
        return name, "django.db.models.BooleanField", [], {"default": False}


def joined(words: Iterable[Any], last: str) -> str:
    """Words as a list in a sentence: "a", "a or b", "a, b or c". `last` is the word before the last one."""
    *first, final = [str(word) for word in words] or [""]
    return f"{', '.join(first)} {fitting(last, final, get_language() or '')} {final}" if first else final


def split_words(line: str) -> list[str]:
    """The words of a line, in order, each once."""
    for separator in (";", "\n"):
        line = line.replace(separator, ",")
    return list(dict.fromkeys(word for part in line.split(",") if (word := part.strip())))
