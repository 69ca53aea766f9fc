"""Entries of a file as rows that are not saved yet, checked by the models' own rules."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model
from django.utils.translation import gettext

from ..models import Intent, Segment
from .checking import Entry
from .documents import Problems
from .references import BrokenElsewhere, References
from .values import content_fields, decode, key_of


class Reader:
    """Fills rows from entries. What is wrong goes to `problems`, with its place."""

    def __init__(self, references: References, problems: Problems) -> None:
        self._references = references
        self._problems = problems

    def head(self, row: Model, entry: Entry, *, finished: bool = True) -> bool:
        """Fill what asks about no other segment or intent; whether all of it is in order, so that it can be saved."""
        wrong = self._fill(row, entry, links=False)
        return self._check(row, entry, wrong, finished=finished, whole=False)

    def links(self, row: Model, entry: Entry) -> bool:
        """Fill the rest, once all of the file's segments and intents can be found."""
        return not self._fill(row, entry, links=True)

    def part(self, entry: Entry, owner: Any, *, finished: bool = True) -> Any:
        """The rule of a segment or the signal of an intent; None where it has problems. `owner` is not saved either.

        So a rule about another segment can't look for circles, which would go by what stands in the database now.
        """
        row = entry.model(**{_owner_of(entry.model): owner})
        wrong = self._fill(row, entry, links=False) | self._fill(row, entry, links=True)
        whole = entry.understood and not wrong
        return row if self._check(row, entry, wrong, finished=finished, whole=whole) else None

    def _fill(self, row: Model, entry: Entry, *, links: bool) -> set[str]:
        """Set the fields that the entry names; the names of those that it can't set."""
        wrong = set()
        for field, value in entry.says():
            if is_link(field) is not links:
                continue
            try:
                setattr(row, field.name, decode(field, value, self._references))
            except BrokenElsewhere:
                wrong.add(field.name)
            except ValidationError as error:
                wrong.add(field.name)
                self._report(entry, {field.name: error.messages})
        return wrong

    def _check(self, row: Model, entry: Entry, wrong: set[str], *, finished: bool, whole: bool) -> bool:
        """Whether the model finds nothing wrong. What is not `whole` is looked at field by field only."""
        content = content_fields(entry.model)
        left_out = wrong | {field.name for field in row._meta.concrete_fields if field not in content}
        if not whole:
            left_out |= {field.name for field in content if is_link(field)}
        if not finished:
            left_out |= _not_filled_in(row)
        try:
            row.clean_fields(exclude=left_out)
            if whole:  # clean() may expect what the fields promise
                row.clean()
                row.validate_unique(exclude=left_out)
                row.validate_constraints(exclude=left_out)
        except ValidationError as error:
            self._report(
                entry, error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
            )
            return False
        except Exception as error:  # a rule of anybody's, which may expect what only its form guarantees
            self._report(
                entry, {NON_FIELD_ERRORS: [gettext("It can't be checked: %s") % f"{type(error).__name__}: {error}"]}
            )
            return False
        return not wrong

    def _report(self, entry: Entry, messages: dict[str, list[str]]) -> None:
        keys = {field.name: key_of(field) for field in content_fields(entry.model)}
        for name, texts in messages.items():
            place = entry.place if name == NON_FIELD_ERRORS else entry.place.at(keys.get(name, name))
            for text in texts:
                self._problems.add(place, text)


def is_link(field: Any) -> bool:
    """Whether it points at what the file may hold itself."""
    return bool(field.is_relation and issubclass(field.related_model, (Segment, Intent)))


def _owner_of(model: type[Model]) -> str:
    return "segment" if any(field.name == "segment" for field in model._meta.fields) else "intent"


def _not_filled_in(row: Model) -> set[str]:
    """What a draft may lack: as in Wagtail, whatever must be filled in before it is published."""
    return {
        field.name
        for field in content_fields(type(row))
        if not field.blank and field.value_from_object(row) in field.empty_values
    }
