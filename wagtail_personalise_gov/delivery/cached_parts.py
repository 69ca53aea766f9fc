"""Parts of templates that are cached, by ``{% personalise_cache %}``: a copy for each outcome, as of a page.

Django's own ``{% cache %}`` would show everybody what the first visitor was shown.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from django.core.cache import BaseCache, InvalidCacheBackendError, caches
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from ..core.counting import Arm, Exposure
from ..plugged import log_once_a_minute
from ..visit.grounds import ADDRESS, Grounds
from ..visit.visit import Visit
from .outcomes import Asked, asked_by, outcome

PREFIX = "wagtail_personalise_gov.part.1"  # the number is that of the form of what is kept
CACHES = ("template_fragments", "default")  # as `{% cache %}` has it


def cached_part(visit: Visit | None, name: str, seconds: int, render: Callable[[], str]) -> SafeString:
    """What `render` gives, kept for all visits to whom the same is answered; for those of others just rendered.

    `name` tells it from all other parts, of whatever pages. A cache that is away keeps nothing.
    """
    if type(visit) is not Visit or seconds <= 0:
        return mark_safe(render())  # noqa: S308  what a template rendered
    part = _Part(visit, name, seconds)
    html = part.kept()
    return mark_safe(part.made(render) if html is None else html)  # noqa: S308


class _Part:
    def __init__(self, visit: Visit, name: str, seconds: int) -> None:
        digest = blake2b(f"{get_language()}\n{name}".encode(errors="replace"), digest_size=16).hexdigest()
        self.visit, self.seconds = visit, seconds
        self.key = f"{PREFIX}.{digest}"
        self.asks: Asked | None = None  # what its last copy asked

    def kept(self) -> str | None:
        """The copy for this visit, of which is noted what was noted when it was made; None where there is none."""
        try:
            asks = _cache().get(self.key)
            self.asks = asks if isinstance(asks, Asked) else None
            answer = outcome(self.visit, self.asks) if self.asks is not None else None
            found = None if self.asks is None or answer is None else _cache().get(self._key_of(self.asks, answer))
            if found is None:
                return None
            html, made = found
            self._note(made)
            return str(html)
        except Exception as error:  # a cache that is away; a copy of another release
            self._log(error)
            return None

    def made(self, render: Callable[[], str]) -> str:
        """A copy that is made now, and kept if it can be."""
        visit, grounds = self.visit, self.visit.grounds
        before = (visit.choice_to_keep, dict(visit.fragments))
        considered, visit.considered = visit.considered, False
        shown, visit.shown = visit.shown, {}
        reached, visit.reached = visit.reached, {}
        visit.grounds = Grounds()
        try:
            html = render()
            made = {
                "grounds": visit.grounds,
                "considered": visit.considered,
                "shown": [(one.block, str(one.arm), one.variant, one.segment, one.share) for one in visit.shown],
                "reached": list(visit.reached),
            }
            # A confirmation is shown once; and of places for fragments the page has to know.
            if (visit.choice_to_keep, visit.fragments) == before:
                self._keep(html, made)
        finally:
            visit.considered |= considered
            visit.shown = {**shown, **visit.shown}
            visit.reached = {**reached, **visit.reached}
            grounds.take_in(visit.grounds)
            visit.grounds = grounds
        return html

    def _keep(self, html: str, made: dict[str, Any]) -> None:
        asked = asked_by(made["grounds"], self.visit)
        if asked is None:
            return
        if ADDRESS in made["grounds"].others:
            return  # a form in it leads back to this very page, and to nobody else's
        if self.asks is not None:
            asked |= self.asks.in_force(self.visit.ruleset)
        answer = None if asked.too_much else outcome(self.visit, asked)
        if answer is None:
            return
        try:
            _cache().set(self._key_of(asked, answer), (html, made), self.seconds)
            _cache().set(self.key, asked, self.seconds)
        except Exception as error:
            self._log(error)

    def _note(self, made: dict[str, Any]) -> None:
        visit = self.visit
        shown = [
            Exposure(block, Arm(arm), variant, segment, share) for block, arm, variant, segment, share in made["shown"]
        ]
        visit.grounds.take_in(made["grounds"])
        if made["considered"]:
            visit.make_private()
        visit.note_shown(shown)
        visit.reached.update(dict.fromkeys(made["reached"]))

    def _key_of(self, asked: Asked, answer: str) -> str:
        digest = blake2b(f"{asked.header}\n{answer}".encode(errors="replace"), digest_size=16).hexdigest()
        return f"{self.key}.{digest}"

    @staticmethod
    def _log(error: Exception) -> None:
        log_once_a_minute("part", "Parts of templates can't be cached (%s).", type(error).__name__)


def _cache() -> BaseCache:
    for alias in CACHES:
        try:
            return caches[alias]
        except InvalidCacheBackendError:
            continue
    return caches["default"]
