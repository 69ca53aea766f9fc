"""A page in the API's JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from rest_framework.serializers import Serializer
from wagtail.fields import StreamField

from ..delivery.representations import GRANTED, Representation
from ..plugged import log_once_a_minute

RESOLVED = {GRANTED: Representation.RESOLVED}  # for a serialiser's context

PLAIN = (str, int, float, Decimal, date, time, UUID, list, dict, type(None))  # what JSON has a form for by itself


def page_json(page: Any, request: HttpRequest, form: Mapping[str, Any] = RESOLVED) -> dict[str, Any]:
    """A page, with what its model names in ``api_fields`` of its own fields: plain ones as they are, StreamFields as
    this visitor gets them, or in another form that is granted; and as a serialiser of the site's gives them, if named.
    """
    api_fields = getattr(page, "api_fields", ())
    named = {getattr(field, "name", field): getattr(field, "serializer", None) for field in api_fields}
    fields = [field for field in page._meta.concrete_fields if field.name in named and not field.is_relation]
    context = {"request": request, **form}
    values = {field.name: _value(field, page, context) for field in fields if named[field.name] is None}
    # A form that is granted is for the page alone, and who knows what a serialiser of the site's looks at.
    given = _serialised(
        page,
        {field.name: named[field.name] for field in fields if named[field.name] is not None},
        context if form is RESOLVED else {"request": request},
    )
    told = {
        **values,
        "id": page.pk,
        "type": page._meta.label,
        "title": page.title,
        "slug": page.slug,
        "url": page.get_full_url(request),
        "locale": page.locale.language_code,
        **given,  # last: it may say another title
    }
    return {name: value for name, value in told.items() if isinstance(value, PLAIN)}


def _value(field: Any, page: Any, context: Mapping[str, Any]) -> Any:
    value = field.value_from_object(page)
    return field.stream_block.get_api_representation(value, context) if isinstance(field, StreamField) else value


def _serialised(page: Any, serializers: Mapping[str, Any], context: Mapping[str, Any]) -> Mapping[str, Any]:
    """What ``APIField(…, serializer=…)`` gives of a page, by name, as Wagtail's API runs it; but those that fail."""
    given: dict[str, Any] = {}
    for name, serializer in serializers.items():
        try:
            given |= type("PageField", (Serializer,), {name: serializer})(page, context=context).data
        except PermissionDenied:
            raise  # ours, for a version that may not be had by this way
        except Exception as error:  # anybody's, and made for another view than this
            log_once_a_minute(
                f"APIField {page._meta.label}.{name}",
                "The serializer of %s.%s fails in pages/ (%s), so the field is left out there.",
                page._meta.label,
                name,
                type(error).__name__,
            )
    return given
