"""What a response adds to the daily totals: what the visit was shown for the first time, and the goals that it reached.

What the visit was counted for is kept in its own browser; on the server there are only totals.
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.urls import NoReverseMatch

from ..conf import settings
from ..core.counting import Counted, Tally
from ..core.preference import Mode
from .devices import is_crawler
from .visit import Visit

# How browsers say that they fetch a page before it is asked for: of today, of some years ago, and Firefox's own.
AHEAD = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ")

SENT = frozenset({302, 303})  # how a form that was taken in is answered, so that reloading does not send it again


def stands_at_a_goal(visit: Visit, response: HttpResponseBase) -> bool:
    """Whether this page, or the form that was sent, is a goal: no cache may answer for those still to be counted."""
    if not settings.COUNTING or settings.MODE is Mode.OFF or not visit.ruleset.goals:
        return False
    return bool(_goals_here(visit, response))


def tallies_of(visit: Visit, response: HttpResponseBase) -> list[Tally]:
    """The totals that grow by one with this response. What was counted is noted in the visit's memory."""
    # Looked at in this order: for a visit of which there is nothing to count, nothing of the request is read.
    if not settings.COUNTING or not visit.counts or visit.forgets:
        return []
    shown = visit.shown if visit.request.method == "GET" and 200 <= response.status_code < 300 else ()
    if not shown and visit.stored.counted is None:
        return []
    if not _somebody_looks(visit.request):
        return []
    before = visit.memory.counted
    if not shown and not before:
        return []
    arrival = visit.arrival()
    counted = before or Counted(arrival.utc_day, arrival.step)
    # Goals first: they are attributed to what the visit was shown before, and not to what it is shown with them.
    said = visit.reached if response.status_code < 400 else ()  # what failed after all has achieved nothing
    counted, achieved = counted.reaching([*said, *_goals_here(visit, response)])
    counted, exposed = counted.noting(shown)
    visit.memory = replace(visit.memory, counted=counted)
    return achieved + exposed


def _goals_here(visit: Visit, response: HttpResponseBase) -> list[str]:
    """The goals that a response reaches without any code: by its page, or by the form that was sent."""
    method, page = visit.request.method, visit.page.id if visit.page is not None else None
    here = list(visit.ruleset.goals.at(page, visit.request.path, form=method == "POST"))
    if not here or method not in ("GET", "POST"):
        return []
    return here if (_took_the_form(response) if method == "POST" else response.status_code == 200) else []


def _took_the_form(response: HttpResponseBase) -> bool:
    """Whether a form was taken in: by the answer of Wagtail's form pages, or by the redirect that forms are due."""
    if response.status_code in SENT:
        return _path_of(response.headers.get("Location", "")) != _login_path()  # sent away to sign in first
    context = getattr(response, "context_data", None) or {}
    return response.status_code == 200 and context.get("form_submission") is not None


def _login_path() -> str:
    try:
        return _path_of(resolve_url(django_settings.LOGIN_URL))
    except NoReverseMatch:  # a site without accounts of its own
        return ""


def _path_of(address: str) -> str:
    try:
        return urlsplit(address).path
    except ValueError:  # a view's own header, such as "http://["; what comes after must go on
        return ""


def _somebody_looks(request: HttpRequest) -> bool:
    """Whether a person is likely to look: no crawler, and no browser that fetches a page before it is asked for."""
    user_agent = request.META.get("HTTP_USER_AGENT", "")
    if request.method not in ("GET", "POST") or any("prefetch" in request.META.get(key, "").lower() for key in AHEAD):
        return False
    return bool(user_agent) and not is_crawler(user_agent)
