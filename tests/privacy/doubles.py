"""A geo provider that counts, and a store that is out of order."""

from typing import ClassVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from wagtail_personalise_gov.core.geography import Place
from wagtail_personalise_gov.core.memory import VisitorMemory
from wagtail_personalise_gov.visit.geo import GeoProvider
from wagtail_personalise_gov.visit.stores import VisitorStore


class CountingGeo(GeoProvider):
    """Everybody is in Riverside. Counts how often it is asked."""

    asked: ClassVar[int] = 0

    def place(self, request: HttpRequest) -> Place | None:
        type(self).asked += 1
        return Place(country="GB", city="Riverside")


class BrokenStore(VisitorStore):
    """Keeps nothing, and fails when it is asked to forget."""

    def load(self, request: HttpRequest) -> VisitorMemory:
        return VisitorMemory()

    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        pass

    def forget(self, request: HttpRequest, response: HttpResponseBase) -> None:
        raise OSError("the store is away")
