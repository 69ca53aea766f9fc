"""The demo's geo provider: the package's own, and the address of whoever the reader chose to be."""

from __future__ import annotations

from ipaddress import ip_address

from django.http import HttpRequest

from wagtail_personalise_gov.core.geography import Place
from wagtail_personalise_gov.visit.geo import MaxMindGeo

from .demo_bar import persona_of


class DemoGeo(MaxMindGeo):
    """Looks a persona's address up on the demo's map. Everybody else is where MaxMindGeo says."""

    @property
    def varies_on(self) -> frozenset[str]:  # type: ignore[override]
        return super().varies_on | {"Cookie"}

    def place(self, request: HttpRequest) -> Place | None:
        persona = persona_of(request)
        if persona is None or persona.address is None:
            return super().place(request)
        return self.place_at(ip_address(persona.address))
