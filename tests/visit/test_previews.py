"""A preview of any page, also of one that knows nothing of ours, is nobody's visit."""

from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from tests.agency.models import AgencyPage
from wagtail_personalise_gov.core.geography import Place
from wagtail_personalise_gov.visit.geo import MaxMindGeo
from wagtail_personalise_gov.visit.middleware import PersonaliseMiddleware


def test_a_preview_that_wagtail_asks_for_shows_the_standard_version(agency_page: AgencyPage, monkeypatch) -> None:
    """Else an editor in Riverside would take Riverside's version for what everybody sees."""
    monkeypatch.setattr(MaxMindGeo, "place", lambda provider, request: Place(city="Riverside"))

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(request.visit.includes("riverside")))

    request = RequestFactory().get("/flood/")
    response = PersonaliseMiddleware(view)(request)
    assert response.content == b"True"

    request = RequestFactory().get("/flood/")
    request.is_dummy = True  # as wagtail.models.PreviewableMixin.make_preview_request marks it
    response = PersonaliseMiddleware(view)(request)
    assert response.content == b"False"
    assert not response.cookies
