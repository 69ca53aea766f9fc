"""Where the links and forms of the visitor's choice lead.

Every form is a plain POST that needs no script and no session. Refusing and erasing work for everybody but another
site's page. What widens what we may use needs proof that the visitor sent it: their browser's word (`visit/origin.py`),
or else a token (`proof.py`).
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Callable
from http import HTTPStatus

from django.core.exceptions import BadRequest, SuspiciousOperation
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from ..core.preference import Preference
from ..visit.answers import BadAnswer, place_in
from ..visit.cookies import CONFIRM
from ..visit.limits import is_too_large, seconds_to_wait, too_often
from ..visit.origin import Origin, origin_of
from ..visit.visit import Visit
from ..wording.speaking import address_of
from ..wording.words import about_title, wording
from .about import about_page
from .banner import render_confirmation
from .download import own_data
from .proof import TOKEN_FIELD, brings_token, keep_token, new_token
from .returning import way_back

logger = logging.getLogger("wagtail_personalise_gov")

TEMPLATES = "wagtail_personalise_gov"
DOWNLOAD_NAME = "what-this-site-knows-of-me.json"
CONFIRMED_FIELDS = ("choice", "counting", "intent", "place", "country", "subdivision", "city", "next")
CONFIRMATION = "text/vnd.personalise.confirmation+html"  # what choice.js accepts: no page, only the confirmation
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
            if is_too_large(request):
                return _too_large(request)
            request.POST  # noqa: B018  read once here, where what can't be read gets an answer
        except (ValueError, LookupError, OSError, BadRequest, SuspiciousOperation, MultiPartParserError) as error:
            logger.info("A form could not be read (%s).", type(error).__name__)
            return _unreadable(request)
        response = _forbidden(request) if origin_of(request) is Origin.CROSS else action(request)
        response.headers["Cache-Control"] = "no-store"
        return response

    # Where something fails all the same, no error report may hold what was sent.
    return csrf_exempt(
        require_POST(sensitive_post_parameters(*CONFIRMED_FIELDS, TOKEN_FIELD)(xframe_options_sameorigin(guarded)))
    )


def visit_of(request: HttpRequest) -> Visit:
    visit: Visit = request.visit  # type: ignore[attr-defined]
    return visit


@form
def choice(request: HttpRequest) -> HttpResponse:
    """``choice=allowed``, ``refused``, or ``hide`` for the confirmation of the last one; ``counting`` as the first two.

    Either, or both at once. What is refused is done even where what is allowed must be asked once more. A script that
    accepts `CONFIRMATION` gets just that, and the choice counts as confirmed.
    """
    given, counted = request.POST.get("choice"), request.POST.get("counting")
    if given not in ANSWERS and given != "hide" and (given is not None or counted is None):
        return _bad(request, gettext("Your choice did not arrive. It is one of these: allowed, refused, hide."))
    if counted not in ANSWERS and counted is not None:
        return _bad(request, gettext("Your choice about counting is none of these: allowed, refused."))
    visit, preference, counting = visit_of(request), ANSWERS.get(given or ""), ANSWERS.get(counted or "")
    said = {preference, counting}
    accepts = Preference.ALLOWED in said
    proven = not accepts or _proven(request)
    waits = accepts and proven and too_often(visit, accepts=True)
    if waits or not proven:
        preference, counting = (None if part is Preference.ALLOWED else part for part in (preference, counting))
    if preference or counting:
        visit.prefer(preference, None if counting is None else counting is Preference.ALLOWED)
    elif given == "hide":
        visit.confirm()
    if waits:
        return _too_often(request)
    if not proven:
        return _ask_once_more(request)
    if preference is not None and CONFIRMATION in request.META.get("HTTP_ACCEPT", ""):
        return _confirmation(request)
    return _back(request)


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
    if slug and too_often(visit):
        return _too_often(request)
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
    if declared is not None and declared.says_where and too_often(visit_of(request)):
        return _too_often(request)
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
def download(request: HttpRequest) -> HttpResponse:
    """What is known and kept of the visitor, as a file for them alone."""
    visit = visit_of(request)
    visit.only_looks = True
    response = JsonResponse(own_data(request, visit), json_dumps_params={"ensure_ascii": False, "indent": 2})
    response.headers["Content-Disposition"] = f'attachment; filename="{DOWNLOAD_NAME}"'
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"  # no other site's page may take it in
    response.headers["X-Robots-Tag"] = "noindex"
    return response


# Ways out


def _proven(request: HttpRequest) -> bool:
    return origin_of(request) is Origin.SAME or brings_token(
        visit_of(request).request, request.POST.get(TOKEN_FIELD, "")
    )


def _back(request: HttpRequest) -> HttpResponse:
    """To the page that the visitor was on, or to the page about personalisation where that is not told or not ours."""
    response = SeeOther(way_back(request, request.POST.get("next")) or address_of("about"))
    CONFIRM.expire(visit_of(request).request, response)
    return response


def _confirmation(request: HttpRequest) -> HttpResponse:
    """For a page that stays as it is: a script puts this in the place of the question, so the next page need not."""
    visit = visit_of(request)
    visit.confirm()
    page = way_back(request, request.POST.get("next"))
    response = HttpResponse(render_confirmation(visit, page, request.POST.get("page_was")))
    CONFIRM.expire(visit.request, response)
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


def _too_often(request: HttpRequest) -> HttpResponse:
    """Wait a little: what was refused with this very form is done all the same."""
    response = _bad(
        request,
        gettext("A great many forms were sent from your part of the internet. Wait a minute, then send yours again."),
        HTTPStatus.TOO_MANY_REQUESTS,
    )
    response.headers["Retry-After"] = str(seconds_to_wait())
    return response


def _too_large(request: HttpRequest) -> HttpResponse:
    """An answer for which nothing of the body is read."""
    message = gettext("This form is larger than any of ours. Go back, and send only what it asks for.")
    context = _context(request) | {"message": message, "back": None}
    response = render(request, f"{TEMPLATES}/bad.html", context, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    response.headers["Cache-Control"] = "no-store"
    return response


def _unreadable(request: HttpRequest) -> HttpResponse:
    """An answer to a form of which nothing could be read, not even what it refuses."""
    request._mark_post_parse_error()  # type: ignore[attr-defined]  # else whoever asks for the form next fails again
    message = gettext("This form could not be read. Go back, and send it again.")
    context = _context(request) | {"message": message, "back": None}
    response = render(request, f"{TEMPLATES}/bad.html", context, status=HTTPStatus.BAD_REQUEST)
    response.headers["Cache-Control"] = "no-store"
    return response


def _forbidden(request: HttpRequest) -> HttpResponse:
    return render(request, f"{TEMPLATES}/forbidden.html", _context(request), status=403)


def _bad(request: HttpRequest, message: str, status: int = HTTPStatus.BAD_REQUEST) -> HttpResponse:
    back = way_back(request, request.POST.get("next"))
    return render(
        request, f"{TEMPLATES}/bad.html", _context(request) | {"message": message, "back": back}, status=status
    )


def _context(request: HttpRequest) -> dict[str, object]:
    visit = visit_of(request)
    return {
        "service": wording(visit).service_name,
        "about_title": about_title(visit),
        "about_url": address_of("about"),
        "action": request.get_full_path(),
    }
