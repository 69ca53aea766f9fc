"""What a field points at, by a name that means the same on another site.

Segments and intents by slug; pages by path; anything else by its natural key, as Django's own fixtures do, or by a
unique slug.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

from django.core.exceptions import FieldDoesNotExist, MultipleObjectsReturned, ObjectDoesNotExist, ValidationError
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.utils.translation import gettext

from ..models import Intent, Segment
from .documents import SegmentFileError, nearest, shown

PAGE = "page"


class Named(Enum):
    """By what a row is named in a file."""

    BY_SLUG = "slug"
    BY_PATH = "path"
    BY_NATURAL_KEY = "natural key"
    NOT = "not"


class BrokenElsewhere(Exception):
    """It points at something of the file that has problems of its own, which are told there."""


def named(model: type[Model]) -> Named:
    """By what rows of this model are named."""
    if issubclass(model, (Segment, Intent)):
        return Named.BY_SLUG
    if _field(model, "url_path"):  # a page, of a page model of the site's own too
        return Named.BY_PATH
    if hasattr(model, "natural_key") and hasattr(model._default_manager, "get_by_natural_key"):
        return Named.BY_NATURAL_KEY
    slug = _field(model, "slug")
    return Named.BY_SLUG if slug and slug.unique else Named.NOT


def _field(model: type[Model], name: str) -> Any:
    try:
        return model._meta.get_field(name)
    except FieldDoesNotExist:
        return None


def encode_reference(field: Any, other: Any) -> Any:
    """The name of what the field points at. Raises SegmentFileError where it has none."""
    match named(field.related_model):
        case Named.BY_SLUG:
            return other.slug
        case Named.BY_PATH:
            return {PAGE: other.url_path}
        case Named.BY_NATURAL_KEY:
            return json.loads(json.dumps(list(other.natural_key()), cls=DjangoJSONEncoder))
    raise SegmentFileError([no_name_message(field)])


def no_name_message(field: Any) -> str:
    return gettext(
        "%(field)s points at %(model)s, which has no name that another site could know. Give the model natural_key() "
        "and its manager get_by_natural_key(), or a unique slug."
    ) % {"field": f"{field.model.__name__}.{field.name}", "model": field.related_model._meta.label}


class References:
    """Finds what the names in a file mean, in the file or on this site; each is looked for once.

    `broken` are the (model, slug) of those in the file that have problems of their own.
    """

    def __init__(self, broken: set[tuple[type[Model], str]]) -> None:
        self._broken = broken
        self._by_slug: dict[type[Model], Mapping[str, Model]] = {}
        self._found: dict[tuple[type[Model], str], Model | None] = {}

    def know(self, model: type[Model], rows: Mapping[str, Model]) -> None:
        """These are all the rows of this model, by slug."""
        self._by_slug[model] = rows

    def find(self, field: Any, name: Any) -> Model:
        """The row. Raises ValidationError with a message where there is none, and BrokenElsewhere."""
        model = field.related_model
        by = named(model)
        if by is Named.NOT:
            raise ValidationError(no_name_message(field))
        _refuse_wrong_shape(by, name)
        if model in self._by_slug:
            return self._of_the_package(model, name)
        key = (model, json.dumps(name, sort_keys=True))
        if key not in self._found:
            self._found[key] = _look_up(model, by, name)
        if (row := self._found[key]) is None:
            raise ValidationError(
                gettext("This site has no %(model)s %(name)s. Make it first, or change the file.")
                % {"model": model._meta.verbose_name, "name": shown(name[PAGE] if by is Named.BY_PATH else name)}
            )
        return row

    def _of_the_package(self, model: type[Model], slug: str) -> Model:
        if (row := self._by_slug[model].get(slug)) is not None:
            return row
        if (model, slug) in self._broken:
            raise BrokenElsewhere
        raise ValidationError(
            gettext("There is no %(model)s “%(slug)s”, neither in the file nor on this site.")
            % {"model": model._meta.verbose_name, "slug": slug}
            + nearest(slug, self._by_slug[model])
        )


def _refuse_wrong_shape(by: Named, name: Any) -> None:
    match by, name:
        case (Named.BY_SLUG, str()) | (Named.BY_NATURAL_KEY, list()):
            return
        case (Named.BY_PATH, {"page": str()}) if len(name) == 1:
            return
    wanted = {
        Named.BY_SLUG: gettext("a slug"),
        Named.BY_PATH: gettext('the path of a page, such as {"page": "/home/services/"}'),
        Named.BY_NATURAL_KEY: gettext("a natural key, which is a list"),
    }
    raise ValidationError(gettext("%(value)s is not %(wanted)s.") % {"value": shown(name), "wanted": wanted[by]})


def _look_up(model: type[Model], by: Named, name: Any) -> Model | None:
    manager: Any = model._default_manager
    try:
        if by is Named.BY_PATH:
            row: Model = manager.get(url_path=name[PAGE])
        elif by is Named.BY_SLUG:
            row = manager.get(slug=name)
        else:
            row = manager.get_by_natural_key(*name)
    except (ObjectDoesNotExist, MultipleObjectsReturned, TypeError, ValueError, ValidationError):
        return None  # a natural key of the wrong length or kind is the key of nothing
    return row
