"""The demo's store: the package's own signed cookies, and an earlier visit for whoever chose to be on their second."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from wagtail_personalise_gov.core.memory import Past, VisitorMemory
from wagtail_personalise_gov.visit.stores import SignedCookieStore

from .demo_bar import ARRIVING_COOKIE, persona_of

SECONDS_PER_DAY = 24 * 60 * 60


class DemoStore(SignedCookieStore):
    """Remembers a first visit, three days ago, that never was. From the persona's arrival on, what is kept is real."""

    def load(self, request: HttpRequest) -> VisitorMemory:
        memory = super().load(request)
        persona = persona_of(request)
        if persona is None or not persona.visited_before or ARRIVING_COOKIE not in request.COOKIES:
            return memory
        first_day = int(timezone.now().timestamp()) // SECONDS_PER_DAY - 3
        return replace(memory, past=Past(began=first_day, visits=1, this_day=first_day))

    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        super().save(request, response, memory)
        if ARRIVING_COOKIE in request.COOKIES:
            response.delete_cookie(ARRIVING_COOKIE)  # the visit has begun, and is remembered
