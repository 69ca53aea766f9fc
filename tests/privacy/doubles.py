"""A geo provider for tests."""

from typing import ClassVar

from django.http import HttpRequest

from wagtail_personalise_gov.core.geography import Place
from wagtail_personalise_gov.visit.geo import GeoProvider


class CountingGeo(GeoProvider):
    """Everybody is in Riverside. Counts how often it is asked."""

    asked: ClassVar[int] = 0

    def place(self, request: HttpRequest) -> Place | None:
        type(self).asked += 1
        return Place(country="GB", city="Riverside")
