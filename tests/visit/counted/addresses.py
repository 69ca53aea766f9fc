"""The site's own addresses, for the tests that ask for them."""

from typing import Any

from tests.agency.models import AgencyPage
from wagtail_personalise_gov.goals import goal_reached


def failing(request: Any) -> Any:
    from django.template import engines

    page = AgencyPage.objects.get(slug="licence")
    engines["django"].from_string("{{ page.body }}").render({"page": page}, request)
    raise RuntimeError("after everything was rendered")


def hello(request: Any) -> Any:
    from django.http import HttpResponse

    return HttpResponse("Hello")


def form(request: Any) -> Any:
    from django.http import HttpResponse, HttpResponseRedirect

    answers = {"redirect": "/hello/", "login": "/accounts/login/?next=/form/"}
    given = request.POST.get("answer")
    return HttpResponseRedirect(answers[given]) if given in answers else HttpResponse("Fill this in")


def reaching(request: Any) -> Any:
    goal_reached(request, request.GET["goal"])
    if "then" in request.GET:
        raise RuntimeError("after it was reached")
    return hello(request)


def _urls() -> list[Any]:
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt

    from example_site.urls import urlpatterns as of_the_site

    return [
        path("failing/", failing),
        path("hello/", hello),
        path("form/", csrf_exempt(form)),
        path("reaching/", reaching),
        *of_the_site,
    ]


urlpatterns = _urls()
