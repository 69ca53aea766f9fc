"""Where the public register stands: as a page, as data, and the schema of the data. The same for everybody, and cached.

It speaks the language of its address, else the site's: what a browser or a cookie asks for must not decide what a
shared cache keeps.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.cache import has_vary_header, patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from ..visit.recording import is_for_everybody
from ..visit.visit import Visit
from ..wording.speaking import asked_for
from .register import public_register, register_page, register_schema

MAX_AGE = 60  # seconds that a cache may keep the register
SCHEMA_MAX_AGE = 3600  # and its schema, which only a new version of the package changes

View = Callable[[HttpRequest], HttpResponse]


def for_everybody(view: View) -> View:
    """GET only, in the language of the address, and public: unless what the site's own frame shows is the visitor's."""

    @functools.wraps(view)
    def public(request: HttpRequest) -> HttpResponse:
        language = asked_for(request) or django_settings.LANGUAGE_CODE
        with translation.override(language):
            response = view(request)
        response.headers.setdefault("Content-Language", language)
        if _looked_at_the_visitor(request, response):
            patch_cache_control(response, private=True, no_cache=True)
        else:
            patch_cache_control(response, public=True, max_age=MAX_AGE)
        is_for_everybody(response)
        return response

    # Exempt, since whatever else is sent here is a method too many and no forgery.
    return csrf_exempt(require_safe(public))


def _looked_at_the_visitor(request: HttpRequest, response: HttpResponse) -> bool:
    """Whether something asked who this is: a site's own base template may greet who is signed in."""
    session = getattr(request, "session", None)
    return bool(
        getattr(session, "accessed", False)
        or "CSRF_COOKIE" in request.META
        or has_vary_header(response, "Cookie")
        or _visit(request).considered
    )


def _visit(request: HttpRequest) -> Visit:
    visit: Visit = request.visit  # type: ignore[attr-defined]
    return visit


@for_everybody
def page(request: HttpRequest) -> HttpResponse:
    """The register for people."""
    return render(request, "wagtail_personalise_gov/register.html", register_page(request, _visit(request)))


@for_everybody
def data(request: HttpRequest) -> HttpResponse:
    """The register as data."""
    return JsonResponse(public_register(request, _visit(request)), json_dumps_params={"ensure_ascii": False})


@csrf_exempt
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """What the data looks like, as JSON Schema 2020-12."""
    response = JsonResponse(
        register_schema(),
        json_dumps_params={"ensure_ascii": False, "indent": 2},
        content_type="application/schema+json; charset=utf-8",
    )
    patch_cache_control(response, public=True, max_age=SCHEMA_MAX_AGE)
    is_for_everybody(response)
    return response
