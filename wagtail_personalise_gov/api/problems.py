"""Errors as problem details (RFC 9457): what is wrong, and for each field the remedy."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django.core.exceptions import TooManyFieldsSent
from django.utils.translation import gettext
from rest_framework.exceptions import APIException, MethodNotAllowed, ParseError, UnsupportedMediaType, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

MEDIA_TYPE = "application/problem+json"
NON_FIELD_ERRORS = "non_field_errors"  # REST framework's own name for the body as a whole


class TooLarge(APIException):
    status_code = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


# As RFC 9110 has them: Python says so from 3.13 on.
RENAMED = {413: "Content Too Large", 422: "Unprocessable Content"}


def title_of(status: HTTPStatus) -> str:
    """The same words for a status, whatever Python says them."""
    return RENAMED.get(status.value, status.phrase)


def _remedy(error: Exception, context: dict[str, Any]) -> str:
    """What REST framework leaves out of its own words: what to send instead."""
    view = context.get("view")
    if isinstance(error, MethodNotAllowed) and view is not None:
        return gettext("This address takes no such method. It takes %s.") % ", ".join(view.allowed_methods)
    if isinstance(error, UnsupportedMediaType):
        return gettext("Send JSON, and say so: “Content-Type: application/json”.")
    return ""


def problem_of(error: Exception, context: dict[str, Any]) -> Response | None:
    """The problem that an exception stands for; None for one that is no answer to bad input."""
    if isinstance(error, TooManyFieldsSent):  # raised by whoever looks at the parameters first, be it a block of a page
        error = ParseError(gettext("The address has more parameters than this site reads. Leave some out."))
    response = exception_handler(error, context)
    if response is None:
        return None
    status = HTTPStatus(response.status_code)
    body: dict[str, Any] = {"type": "about:blank", "title": title_of(status), "status": status.value}
    if isinstance(error, ValidationError):
        errors = error.detail if isinstance(error.detail, dict) else {NON_FIELD_ERRORS: error.detail}
        body["detail"] = " ".join(
            str(message) if field == NON_FIELD_ERRORS else f"{field}: {message}"
            for field, messages in errors.items()
            for message in messages
        )
        body["errors"] = errors
    else:
        body["detail"] = _remedy(error, context) or str(response.data.get("detail", ""))
    response.data = body
    response.content_type = MEDIA_TYPE
    return response
