"""Where the links and forms of the visitor's choice lead.

Every form is a plain POST that needs no script and no session. Refusing and erasing work for everybody but another
site's page. What widens what we may use needs proof that the visitor sent it: their browser's word (`visit/origin.py`),
or else a token (`proof.py`).
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from wagtail.models import Site

from ..core.preference import Preference
from ..visit.cookies import CONFIRM
from ..visit.origin import Origin, origin_of
from ..visit.visit import Visit
from .about import about_page
from .answers import BadAnswer, place_in
from .proof import TOKEN_FIELD, brings_token, keep_token, new_token
from .register import public_register
from .returning import way_back
from .words import about_title, wording

logger = logging.getLogger("wagtail_personalise_gov")

TEMPLATES = "wagtail_personalise_gov"
REGISTER_MAX_AGE = 60  # seconds that a cache may keep the register
CONFIRMED_FIELDS = ("choice", "counting", "intent", "place", "country", "subdivision", "city", "next")
MAX_FIELD = 4096  # characters of a posted value that are carried on to the page that asks once more

ANSWERS = {str(answer): answer for answer in (Preference.ALLOWED, Preference.REFUSED)}

Action = Callable[[HttpRequest], HttpResponse]


class SeeOther(HttpResponseRedirect):
    """After a POST: go and GET that."""

    status_code = 303


def form(action: Action) -> Action:
    """A form's address: POST only, refused when another site sent it, never cached, and without a CSRF cookie."""

    @functools.wraps(action)
    def guarded(request: HttpRequest) -> HttpResponse:
        visit_of(request).consider()
        try:
            request.POST  # noqa: B018  read once here, where what can't be read gets an answer
        except (ValueError, LookupError, OSError) as error:
            logger.info("A form could not be read (%s).", type(error).__name__)
            return HttpResponseBadRequest(gettext("This form could not be read. Go back, and send it again."))
        response = _forbidden(request) if origin_of(request) is Origin.CROSS else action(request)
        response.headers["Cache-Control"] = "no-store"
        return response

    return csrf_exempt(require_POST(xframe_options_sameorigin(guarded)))


def visit_of(request: HttpRequest) -> Visit:
    visit: Visit = request.visit  # type: ignore[attr-defined]
    return visit


@form
def choice(request: HttpRequest) -> HttpResponse:
    """``choice=allowed``, ``refused``, or ``hide`` for the confirmation of the last one; ``counting`` as the first two.

    Either, or both at once. What is refused is done even where what is allowed must be asked once more.
    """
    given, counted = request.POST.get("choice"), request.POST.get("counting")
    if given not in ANSWERS and given != "hide" and (given is not None or counted is None):
        return _bad(request, gettext("Your choice did not arrive. It is one of these: allowed, refused, hide."))
    if counted not in ANSWERS and counted is not None:
        return _bad(request, gettext("Your choice about counting is none of these: allowed, refused."))
    visit, preference, counting = visit_of(request), ANSWERS.get(given or ""), ANSWERS.get(counted or "")
    said = {preference, counting}
    proven = Preference.ALLOWED not in said or _proven(request)
    if not proven:
        preference, counting = (None if part is Preference.ALLOWED else part for part in (preference, counting))
    if preference or counting:
        visit.prefer(preference, None if counting is None else counting is Preference.ALLOWED)
    elif given == "hide":
        visit.confirm()
    return _back(request) if proven else _ask_once_more(request)


@form
def forget(request: HttpRequest) -> HttpResponse:
    """Erase what is kept, but for the choice."""
    visit_of(request).forget()
    return _back(request)


@form
def intent(request: HttpRequest) -> HttpResponse:
    """``intent=<slug>``: what the visit is for; empty withdraws it."""
    if not _proven(request):
        return _ask_once_more(request)
    visit, slug = visit_of(request), request.POST.get("intent")
    if slug is None:
        return _bad(request, gettext("Choose one of the answers, or go back and skip the question."))
    visit.declare_intent(slug)
    if slug and slug not in visit.ruleset.intents.by_slug:
        # An answer that was offered when the page was made. An earlier one would no longer be what the visitor wants.
        return _bad(request, gettext("We no longer offer that answer, and have forgotten any other. Choose again."))
    return _back(request)


@form
def place(request: HttpRequest) -> HttpResponse:
    """``country``, ``subdivision`` and ``city``: where the visitor is; ``place=none``: not where we guessed."""
    if not _proven(request):
        return _ask_once_more(request)
    try:
        declared = place_in(request.POST)
    except BadAnswer as error:
        return _bad(request, str(error))
    visit_of(request).declare_place(declared)
    return _back(request)


@require_safe
@xframe_options_sameorigin
def about(request: HttpRequest) -> HttpResponse:
    """What is used and kept, where the visitor stands, and their choice."""
    visit = visit_of(request)
    visit.only_looks = True  # else what was just erased would be kept again at once
    response = render(request, f"{TEMPLATES}/about.html", about_page(request, visit))
    if request.method == "GET":
        visit.confirm()
    return response


@require_safe
def register(request: HttpRequest) -> HttpResponse:
    """The live segments, and what is counted, as data; the same for everybody."""
    response = JsonResponse(public_register(Site.find_for_request(request)), json_dumps_params={"ensure_ascii": False})
    patch_cache_control(response, public=True, max_age=REGISTER_MAX_AGE)
    return response


# Ways out


def _proven(request: HttpRequest) -> bool:
    return origin_of(request) is Origin.SAME or brings_token(
        visit_of(request).request, request.POST.get(TOKEN_FIELD, "")
    )


def _back(request: HttpRequest) -> HttpResponse:
    """To the page that the visitor was on, or to the page about personalisation where that is not told or not ours."""
    response = SeeOther(way_back(request, request.POST.get("next")) or reverse("personalise:about"))
    CONFIRM.expire(visit_of(request).request, response)
    return response


def _ask_once_more(request: HttpRequest) -> HttpResponse:
    """For browsers that don't say where a form came from: the same form again, with a token."""
    field, twin = new_token(visit_of(request).request)
    carried = [(name, request.POST[name][:MAX_FIELD]) for name in CONFIRMED_FIELDS if name in request.POST]
    context = _context(request) | {
        "carried": carried,
        "token_field": TOKEN_FIELD,
        "token": field,
        "again": TOKEN_FIELD in request.POST,
        "allows": request.POST.get("choice") == Preference.ALLOWED,
        "allows_counting": request.POST.get("counting") == Preference.ALLOWED,
        "refused": Preference.REFUSED in (request.POST.get("choice"), request.POST.get("counting")),
    }
    response = render(request, f"{TEMPLATES}/confirm.html", context, status=403)
    keep_token(response, twin)
    return response


def _forbidden(request: HttpRequest) -> HttpResponse:
    return render(request, f"{TEMPLATES}/forbidden.html", _context(request), status=403)


def _bad(request: HttpRequest, message: str) -> HttpResponse:
    back = way_back(request, request.POST.get("next"))
    return render(request, f"{TEMPLATES}/bad.html", _context(request) | {"message": message, "back": back}, status=400)


def _context(request: HttpRequest) -> dict[str, object]:
    visit = visit_of(request)
    return {
        "service": wording(visit).service_name,
        "about_title": about_title(visit),
        "about_url": reverse("personalise:about"),
        "action": request.path,
    }
