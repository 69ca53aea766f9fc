"""A model field for short lists of words, such as country codes or host names, edited as one line of text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.db import models
from django.utils.text import capfirst


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


class WordsField(models.JSONField):
    """A list of texts. With `options`, editors tick some of these; otherwise they write words on one line.

    `options` are (word, label) pairs. They are no part of the database, so they stay out of migrations.
    """

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


def split_words(line: str) -> list[str]:
    """The words of a line, in order, each once."""
    for separator in (";", "\n"):
        line = line.replace(separator, ",")
    return list(dict.fromkeys(word for part in line.split(",") if (word := part.strip())))
