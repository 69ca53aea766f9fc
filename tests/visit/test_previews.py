"""A preview of any page, also of one that knows nothing of ours, is nobody's visit."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from tests.agency.models import AgencyPage
from wagtail_personalise_gov.core.geography import Place
from wagtail_personalise_gov.visit.geo import MaxMindGeo
from wagtail_personalise_gov.visit.middleware import PersonaliseMiddleware, visit_for


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


def test_a_preview_reads_nothing_of_what_is_kept_of_the_editor(full_visit: Client) -> None:
    """Else the editor's own answers would stand in a page that is shown as somebody else sees it."""
    cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in full_visit.cookies.items())
    request = RequestFactory().get("/welcome/", HTTP_COOKIE=cookies)
    assert visit_for(request).stored  # it is there to be read
    request = RequestFactory().get("/welcome/", HTTP_COOKIE=cookies)
    request.is_dummy = True
    assert not visit_for(request).stored
    assert visit_for(request).memory.visits in (None, 1)


@pytest.fixture
def full_visit(welcome: AgencyPage) -> Client:
    """A browser in which something is kept."""
    browser = Client()
    browser.get("/welcome/")
    return browser
