"""What a request said as it entered is what readers are given, whatever middleware changes on the way."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, QueryDict
from django.test import RequestFactory

from wagtail_personalise_gov.visit.visit import Visit


def entered(**changes: Any) -> tuple[HttpRequest, Visit]:
    request = RequestFactory().get(
        "/services/?topic=housing",
        headers={"Cookie": "a=1; b=2", "Referer": "https://duckduckgo.com/", "User-Agent": "before"},
    )
    return request, Visit(request)


def test_cookies_query_path_and_referrer_are_those_at_the_entrance() -> None:
    request, visit = entered()
    request.COOKIES = {}
    request.META["HTTP_COOKIE"] = ""
    request.META["QUERY_STRING"] = ""
    request.GET = QueryDict("")
    request.path = request.path_info = "/elsewhere/"
    request.META["HTTP_REFERER"] = "https://evil.example/"
    assert visit.request.COOKIES == {"a": "1", "b": "2"}
    assert visit.request.GET.dict() == {"topic": "housing"}
    assert visit.request.path == "/services/"
    assert visit.request.META["HTTP_REFERER"] == "https://duckduckgo.com/"
    assert visit.request.headers["Cookie"] == "a=1; b=2"


def test_a_cookie_that_another_middleware_makes_up_is_not_the_visitors() -> None:
    request = RequestFactory().get("/")
    visit = Visit(request)
    request.META["HTTP_COOKIE"] = "a=1"
    request.META["HTTP_REFERER"] = "https://duckduckgo.com/"
    assert visit.request.COOKIES == {}
    assert "HTTP_REFERER" not in visit.request.META


def test_everything_else_is_asked_of_the_request_itself() -> None:
    request, visit = entered()
    request.user = AnonymousUser()
    request.META["HTTP_USER_AGENT"] = "after"
    request.resolver_match = "the match"  # type: ignore[assignment]
    request.something = "of the site's own"  # type: ignore[attr-defined]
    seen = visit.request
    assert seen.user is request.user
    assert seen.headers["User-Agent"] == "after"
    assert seen.resolver_match == "the match"
    assert seen.something == "of the site's own"  # type: ignore[attr-defined]
    assert seen.get_host() == "testserver"
    assert seen.is_secure() is False
    assert seen.method == "GET"
    assert getattr(seen, "nothing", None) is None


def test_a_form_is_read_as_the_request_reads_it() -> None:
    request = RequestFactory().post("/", {"topic": "housing"})
    assert Visit(request).request.POST.dict() == {"topic": "housing"}


def test_a_query_in_bare_utf_8_is_read_as_django_reads_it() -> None:
    bare = "topic=ffermdy â thŷ".encode().decode("latin-1")  # as WSGI hands it on
    request = RequestFactory().get("/", QUERY_STRING=bare)
    assert Visit(request).request.GET.dict() == request.GET.dict() == {"topic": "ffermdy â thŷ"}


def test_a_query_in_text_of_any_script_is_read() -> None:
    """ASGI hands it on as text."""
    request = RequestFactory().get("/")
    request.META["QUERY_STRING"] = "topic=住宅"
    assert Visit(request).request.GET.dict() == {"topic": "住宅"}


def test_a_query_of_more_fields_than_django_takes_says_nothing(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10
    request = RequestFactory().get("/", QUERY_STRING="topic=housing&" * 11)
    assert Visit(request).request.GET.dict() == {}
