"""A geo provider that counts, a store that is out of order, and a browser whose cookies grow old."""

import time
from typing import Any, ClassVar

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test import Client

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


class AgeingClient(Client):
    """A browser that drops its cookies when their time is over, by the clock of the test."""

    def __init__(self, **defaults: Any) -> None:
        super().__init__(**defaults)
        self._ends: dict[str, float] = {}

    def request(self, **request: Any) -> Any:
        for name, end in list(self._ends.items()):
            if time.time() >= end:
                self.cookies.pop(name, None)
                del self._ends[name]
        response = super().request(**request)
        for name, cookie in response.cookies.items():
            if cookie["max-age"] == "":
                self._ends.pop(name, None)
            else:
                self._ends[name] = time.time() + float(cookie["max-age"])
        return response
