"""The ruleset for other runtimes: what `export_ruleset` writes, kept up to date by an ETag."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from rest_framework.request import Request

from ..compiling import current_ruleset
from ..conf import settings
from ..core.ruleset import Ruleset
from ..plugged import log_once_a_minute
from ..portable.rulesets import as_bytes, ruleset_document
from ..portable.signing import NoKey, RulesetKey
from ..visit.cookies import CHOICE
from ..visit.gathering import headers_of
from .decisions import VERSION_HEADER
from .tokens import Scope, TokenView, needs_scope

SIGNATURE_HEADER = "Personalise-Signature"


@dataclass(frozen=True, slots=True)
class WrittenRuleset:
    """A ruleset's bytes, their ETag, and their signature; "" where the site has no key."""

    content: bytes
    etag: str
    signature: str


class LastWritten:
    """The ruleset that was asked for last, as it was written: an edge asks again and again, and little changes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._of: tuple[Ruleset, str] | None = None
        self._written: WrittenRuleset | None = None

    def get(self, ruleset: Ruleset) -> WrittenRuleset:
        """The bytes of this very ruleset under the settings of now."""
        with self._lock:
            of, written = self._of, self._written
        if written is not None and of is not None and of[0] is ruleset and of[1] == settings.fingerprint:
            return written
        written = write(ruleset)
        if written.signature or settings.RULESET_KEY is None:  # else the key is asked again, until it is there
            with self._lock:
                self._of, self._written = (ruleset, settings.fingerprint), written
        return written


def write(ruleset: Ruleset) -> WrittenRuleset:
    """A ruleset's bytes. Where the key can't be had they go unsigned, which whoever verifies will refuse."""
    content = as_bytes(ruleset_document(ruleset, choice_cookie=CHOICE.name, headers_of=headers_of))
    signature = ""
    if settings.RULESET_KEY is not None:
        try:
            signature = RulesetKey.from_file(settings.RULESET_KEY).sign(content)
        except NoKey as error:
            log_once_a_minute("RULESET_KEY", "Rulesets are not signed. %s", error)
    digest = sha256(content + signature.encode()).hexdigest()[:16]
    return WrittenRuleset(content, f'"{ruleset.version}.{digest}"', signature)


last_written = LastWritten()


class RulesetView(TokenView):
    """GET every live segment as a condition; 304 for who has it already."""

    permission_classes = (needs_scope(Scope.RULESET),)
    http_method_names = ("get", "head")

    def get(self, request: Request) -> HttpResponseBase:
        ruleset = current_ruleset()
        written = last_written.get(ruleset)
        answer: Any = get_conditional_response(request._request, etag=written.etag)
        if answer is None:
            answer = HttpResponse(written.content, content_type="application/json")
        answer.headers["ETag"] = written.etag
        # Kept by who asked, and asked about each time; caches in between keep nothing that came with a token.
        answer.headers["Cache-Control"] = "private, no-cache"
        if ruleset.version:
            answer.headers[VERSION_HEADER] = ruleset.version
        if written.signature:
            answer.headers[SIGNATURE_HEADER] = written.signature
        found: HttpResponseBase = answer
        return found
