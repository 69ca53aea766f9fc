"""A page cache that stands further in than our middleware never keeps what was made for one visitor."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.views.decorators.cache import cache_page

from tests.agency.models import AgencyPage
from wagtail_personalise_gov.core.geography import Place
from wagtail_personalise_gov.visit.geo import MaxMindGeo
from wagtail_personalise_gov.visit.middleware import PersonaliseMiddleware


def test_a_view_under_cache_page_is_asked_for_each_visitor(agency_page: AgencyPage, monkeypatch: Any) -> None:
    monkeypatch.setattr(MaxMindGeo, "place", lambda provider, request: Place(city=request.META["HTTP_X_CITY"]))

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(request.visit.includes("riverside")))

    answer = PersonaliseMiddleware(cache_page(600)(view))
    for city, said in (("Riverside", b"True"), ("Hilltop", b"False"), ("Riverside", b"True")):
        response = answer(RequestFactory().get("/flood/", headers={"X-City": city}))
        assert response.content == said
        assert "private" in response["Cache-Control"]


def test_a_plain_view_under_cache_page_is_still_kept(agency_page: AgencyPage) -> None:
    made = []
    answer = PersonaliseMiddleware(cache_page(600)(lambda request: HttpResponse(str(made.append(1)))))
    for _ in range(3):
        answer(RequestFactory().get("/plain/"))
    assert len(made) == 1
