"""The example site's own two forms: who to be in the demonstration, and the ward that a reader lives in.

Neither form carries a CSRF token: the token's cookie would make every page that shows the demo bar private. What a
forged request could do here is change one answer in the reader's own browser, and it is refused all the same.
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from wagtail_personalise_gov.visit.stores import visitor_store

from .demo_bar import ARRIVING_COOKIE, BY_SLUG, PERSONA_COOKIE, PERSONAS, YOURSELF, persona_of
from .wards import WARD_COOKIE, WARD_COOKIE_DAYS, WARDS


class SeeOther(HttpResponseRedirect):
    status_code = 303


def comes_from_another_site(request: HttpRequest) -> bool:
    """Whether a browser says that a page of another site sent this request."""
    return request.headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}


@csrf_exempt
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def demo(request: HttpRequest) -> HttpResponse:
    """Say who the reader is now (GET), or make them somebody else, whose visit has not begun (POST)."""
    if request.method != "POST":
        context = {"now": persona_of(request) or YOURSELF, "people": PERSONAS}
        return render(request, "example_site/pages/demo.html", context)
    if comes_from_another_site(request):
        return HttpResponseForbidden("This form works from this site only.")
    persona = BY_SLUG.get(request.POST.get("persona", ""), YOURSELF)
    response = SeeOther(request.path)
    visitor_store().forget(request, response)  # somebody else has not been here yet
    response.set_cookie(PERSONA_COOKIE, persona.slug, httponly=True, samesite="Lax")
    response.set_cookie(ARRIVING_COOKIE, "1", httponly=True, samesite="Lax")
    return response


@csrf_exempt
@require_POST
def ward(request: HttpRequest) -> HttpResponse:
    """Keep the reader's ward in their own browser, or forget it, and go back to the page they were on."""
    if comes_from_another_site(request):
        return HttpResponseForbidden("This form works from this site only.")
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = "/"
    response = SeeOther(back)
    answer = request.POST.get("ward", "")
    if "forget" in request.POST:
        response.delete_cookie(WARD_COOKIE)
    elif answer in dict(WARDS):
        age = WARD_COOKIE_DAYS * 24 * 60 * 60  # seconds
        response.set_cookie(WARD_COOKIE, answer, max_age=age, httponly=True, samesite="Lax")
    return response
