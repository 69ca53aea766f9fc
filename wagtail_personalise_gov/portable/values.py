"""The content of one row as JSON values and back, whatever its model: other people's rule types have no table here."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.contrib.contenttypes.fields import GenericForeignKey
from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from modelcluster.fields import ParentalKey
from modelcluster.models import get_all_child_relations
from wagtail.models import DraftStateMixin, LockableMixin, Orderable, RevisionMixin

from ..models import Intent, Segment
from ..models.fields import WordsField
from .documents import SegmentFileError, shown
from .references import References, encode_reference

# What Wagtail keeps of a row's life on this site: live or not is said apart, the rest is not content.
STATE = frozenset(
    field.name for mixin in (RevisionMixin, DraftStateMixin, LockableMixin) for field in mixin._meta.local_fields
)
FIRST = ("slug", "negated")
TYPE = "type"


def content_fields(model: type[models.Model]) -> tuple[Any, ...]:
    """The fields that hold content, in the order of a file. Raises SegmentFileError for what can't stand in one."""
    if too_much := _what_no_file_holds(model):
        raise SegmentFileError(
            [
                gettext("%(model)s.%(field)s can't stand in a file of segments, which holds foreign keys only.")
                % {"model": model.__name__, "field": too_much[0]}
            ]
        )
    fields = [field for field in model._meta.concrete_fields if _is_content(model, field)]
    return tuple(sorted(fields, key=lambda field: field.name not in FIRST))


def _what_no_file_holds(model: type[models.Model]) -> list[str]:
    """The names of relations to more than one row, or to one of any model. Left out, they would be lost in silence."""
    fields: list[Any] = [*model._meta.many_to_many, *model._meta.private_fields]
    names = [field.name for field in fields if field.many_to_many or isinstance(field, GenericForeignKey)]
    if not issubclass(model, (Segment, Intent)):
        names += [relation.get_accessor_name() for relation in get_all_child_relations(model)]
    return names


def _is_content(model: type[models.Model], field: Any) -> bool:
    if field.primary_key or isinstance(field, ParentalKey) or not field.serialize:
        return False
    if getattr(field, "generated", False) or getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False):
        return False  # the database's doing, or the clock's
    if issubclass(model, Orderable) and field.name == "sort_order":
        return False  # the place in the file says it
    return not (issubclass(model, DraftStateMixin) and field.name in STATE)


def key_of(field: Any) -> str:
    """The key of a field in a file: its name. "type" says what a rule is, so a field of that name is "type_"."""
    return f"{TYPE}_" if field.name == TYPE else str(field.name)


def content_of(row: models.Model) -> dict[str, Any]:
    """The content of a row, children left out. Raises SegmentFileError, with the field, for what has no name."""
    return {key_of(field): encode(field, row) for field in content_fields(type(row))}


def encode(field: Any, row: Any) -> Any:
    """The value of a field as JSON, the same for the same content on every database."""
    if field.is_relation:
        other = getattr(row, field.name) if getattr(row, field.attname) is not None else None
        return None if other is None else encode_reference(field, other)
    value = field.value_from_object(row)
    if value is None:
        return None
    if isinstance(field, models.JSONField):
        # PostgreSQL forgets the order of keys, so here they have one.
        return json.loads(json.dumps(value, cls=field.encoder, sort_keys=True, allow_nan=False))
    match value:
        case bool():
            return value
        case int():
            return int(value)  # a member of IntegerChoices is one too
        case float() if math.isfinite(value):
            return float(value)
        case str():
            return str(value)
        case Decimal() if getattr(field, "decimal_places", None) is not None and value.is_finite():
            return f"{value:.{field.decimal_places}f}"
        case datetime() if timezone.is_aware(value):
            return value.astimezone(UTC).isoformat()
    return field.value_to_string(row)


def decode(field: Any, value: Any, references: References) -> Any:
    """What a JSON value means for a field. Raises ValidationError for what it can't mean, and BrokenElsewhere."""
    if value is None:
        return None
    if field.is_relation:
        return references.find(field, value)
    if isinstance(field, WordsField) and not (isinstance(value, list) and all(isinstance(word, str) for word in value)):
        raise ValidationError(_is_not(value, gettext("a list of texts")))
    if isinstance(field, models.BooleanField) and not isinstance(value, bool):
        raise ValidationError(_is_not(value, gettext("true or false")))
    try:
        if isinstance(field, models.JSONField):
            return json.loads(json.dumps(value, allow_nan=False), cls=field.decoder)
        decoded = field.to_python(value)
        again = encode(field, SimpleNamespace(**{field.attname: decoded}))
    except (ArithmeticError, AttributeError, TypeError, ValueError) as error:
        raise ValidationError(_is_not(value, gettext("a value that this field takes"))) from error
    # Django takes 5 for "5", true for 1 and 5.7 for 5. A file that says so has a slip.
    if isinstance(again, bool) is not isinstance(value, bool) or isinstance(again, str) is not isinstance(value, str):
        raise ValidationError(_is_not(value, gettext("a text") if isinstance(again, str) else gettext("a number")))
    if not isinstance(again, str) and again != value:
        raise ValidationError(gettext("%(value)s would become %(again)s.") % {"value": value, "again": again})
    return decoded


def _is_not(value: Any, wanted: str) -> str:
    return gettext("%(value)s is not %(wanted)s.") % {"value": shown(value), "wanted": wanted}
