"""JSON in, JSON out, and nothing else: whatever the site's own REST framework is set to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import IO, Any

from django.http import HttpRequest
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.utils.mediatypes import media_type_matches

from ..core.questions.question import shown
from ..visit.limits import is_too_large
from .problems import TooLarge

MAX_BODY = 4096  # bytes; the longest thing that there is to say is a slug
MAX_MEDIA_TYPE = 256  # characters of a Content-Type; as REST framework itself has it


class ShallowJSONParser(JSONParser):
    """JSON as deep as this Python reads it, and no key said twice: of two answers nobody knows which was meant."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return json.loads(stream.read(), object_pairs_hook=_said_once, parse_constant=_no_number)
        except RecursionError as error:
            raise ParseError(_("The JSON is nested too deep. Nothing here takes more than five levels.")) from error
        except ValueError as error:  # that it is no UTF-8 too
            raise ParseError(_("This is not JSON: %s") % error) from error


def _said_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for name, value in pairs:
        if name in given:
            raise ParseError(_("The JSON says %s twice. Say each key once.") % shown(name))
        given[name] = value
    return given


def _no_number(name: str) -> Any:
    # Python reads them, and no other reader of JSON does (RFC 8259, 6).
    raise ParseError(_("%s is no number of JSON. Leave it out, or send null.") % name)


class OnlyJSON(BaseContentNegotiation):
    """Answers are JSON, whatever a client says it would rather have (RFC 9110, 12.5.1 allows it)."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        given = request.content_type or "application/json"
        if len(given) > MAX_MEDIA_TYPE:
            return None
        return next((parser for parser in parsers if media_type_matches(parser.media_type or "", given)), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        only = next(iter(renderers))
        return only, only.media_type or ""


def refuse_large(request: HttpRequest) -> None:
    """Raise TooLarge before anything of a body is read that is larger than any that makes sense."""
    if is_too_large(request, MAX_BODY):
        raise TooLarge(_("The body has more than %d bytes. Send only the field that this address takes.") % MAX_BODY)
