"""Review links: a preview for somebody without an account, of one revision, as given visitors, for some days.

A link is a signed note of who made it, and it works no longer than its maker could show the page themselves: they are
active and may edit it, the revision is there, nobody has made the page private. Nothing is kept about it here, so there
is nothing to tidy up; a lower `REVIEW_LINK_DAYS` ends links that were made before, too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.contrib.auth import get_user_model
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.handlers.exception import response_for_exception
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe
from wagtail.models import Revision

from ...conf import settings
from ...models import Segment
from ...models.streams import is_page
from ...visit.editors import ADMIN_ACCESS
from ...visit.simulation import CannotSimulate, Described
from ...visit.visit import Visit
from ..visitors.words import in_words
from .viewpoints import Viewpoint

SALT = "wagtail_personalise_gov.review_link"
SECONDS_PER_DAY = 24 * 60 * 60
ACCOUNT_GROUPS = "account.groups"
MAX_LENGTH = 1800  # characters of a link's own part: an address of more is cut by some mail programs

# What a reviewer's browser, and whatever stands before it, is told of everything behind a link.
HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",  # the address is the key: it goes nowhere, not even into this site's own logs
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


class Ended(Exception):
    """A link that worked once, and does not any more."""


@dataclass(frozen=True, slots=True)
class ReviewLink:
    """What a link says: which revision, made by whom, shown as whom, and until when."""

    revision: int
    user: str
    viewpoint: Viewpoint
    until: datetime


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What a link leads to: the page as that revision has it, and what makes the visit that sees it."""

    link: ReviewLink
    revision: Revision
    page: Any
    visit_maker: Callable[[HttpRequest], Visit]


def _signer() -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=SALT)


def new_token(revision: Revision, user: Any, viewpoint: Viewpoint) -> str:
    """The part of a link that says everything. Raises ValueError where that is too long for an address."""
    token = _signer().sign_object(
        {
            "revision": revision.pk,
            "user": str(user.pk),
            "as": viewpoint.as_data(),
            "days": settings.REVIEW_LINK_DAYS,
            "made": int(time.time()),
        },
        compress=True,
    )
    if len(token) > MAX_LENGTH:
        raise ValueError("too long")
    return token


def read_token(token: str) -> ReviewLink:
    """What a link of ours says. Raises Http404 for one that is none, Ended for one whose time is over."""
    if len(token) > MAX_LENGTH:
        raise Http404
    signer = _signer()
    try:
        said = signer.unsign_object(token)
        seconds = min(said["days"], settings.REVIEW_LINK_DAYS) * SECONDS_PER_DAY
        signer.unsign_object(token, max_age=seconds)
        return ReviewLink(
            int(said["revision"]),
            str(said["user"]),
            Viewpoint.from_data(said["as"]),
            datetime.fromtimestamp(said["made"] + seconds, UTC),
        )
    except signing.SignatureExpired:
        raise Ended from None
    except CannotSimulate:
        raise Ended from None  # made by an earlier version of this package, say
    except (signing.BadSignature, ValueError, TypeError, KeyError, LookupError, OverflowError, OSError):
        raise Http404 from None


def reviewed(link: ReviewLink) -> Reviewed:
    """What the link leads to. Raises Ended where its maker could not show that any more, or it can't be seen so."""
    revision = Revision.objects.filter(pk=link.revision).first()
    if revision is None or (base := revision.content_object) is None or not is_page(type(base)):
        raise Ended
    maker = _user(link.user)
    if maker is None or not maker.has_perm(ADMIN_ACCESS) or not base.permissions_for_user(maker).can_edit():
        raise Ended
    if base.get_view_restrictions().exists():
        raise Ended  # whoever made the page private since did not mean "except by link"
    page = revision.as_object()
    if not page.is_previewable():
        raise Ended
    try:
        return Reviewed(link, revision, page, link.viewpoint.visit_maker(page))
    except CannotSimulate:
        raise Ended from None  # a segment is gone, say: the reviewer must not take what others see for it


def _user(key: str) -> Any:
    try:
        return get_user_model()._default_manager.filter(pk=key, is_active=True).first()
    except (ValueError, ValidationError):
        return None


# What a reviewer gets


def _as_nobody(request: HttpRequest) -> None:
    """The reviewer's own visit is not looked at, counted or remembered."""
    request.visit = Visit.preview(request)  # type: ignore[attr-defined]


def behind_a_link(view: Callable[[HttpRequest, str], HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view that tells nobody else of its answers, "not found" and "not allowed" too, and leaves nothing behind."""

    @wraps(view)
    def marked(request: HttpRequest, token: str) -> HttpResponseBase:
        _as_nobody(request)
        try:
            response = view(request, token)
        except Http404 as error:
            response = response_for_exception(request, error)  # the site's own page; raised, it would lack the headers
        for name, value in HEADERS.items():
            response.headers[name] = value
        response.cookies.clear()
        return response

    return marked


def _ended(request: HttpRequest) -> HttpResponseBase:
    return render(request, "wagtail_personalise_gov/editor/review/ended.html", _frame(request), status=410)


def _frame(request: HttpRequest) -> Mapping[str, Any]:
    """The name of the service: that of the site behind the link's address, else of the settings."""
    visit: Visit = request.visit  # type: ignore[attr-defined]
    words = visit.ruleset.words_of(visit.site.pk if visit.site else None).in_language(get_language() or "")
    return {"service": words.service_name or settings.SERVICE_NAME}


@behind_a_link
@require_safe
def review(request: HttpRequest, token: str) -> HttpResponseBase:
    """The page that a link leads to: what one is about to see, until when, and the way there."""
    try:
        shown = reviewed(read_token(token))
    except Ended:
        return _ended(request)
    context = {
        **_frame(request),
        "page": shown.page,
        "saved_at": shown.revision.created_at,
        "until": shown.link.until,
        "token": token,
        "groups": _groups(shown.link.viewpoint),
        "as_some": bool(shown.link.viewpoint.segments),
        "visitor": shown.link.viewpoint.described is not None,
        "visitor_words": _in_words(shown.link.viewpoint.described),
    }
    return render(request, "wagtail_personalise_gov/editor/review/cover.html", context)


@behind_a_link
@require_safe
def review_page(request: HttpRequest, token: str) -> HttpResponseBase:
    """The page itself, as a visitor of that kind sees it: without the reviewer's cookies or account."""
    try:
        shown = reviewed(read_token(token))
    except Ended:
        return _ended(request)
    response: HttpResponseBase = shown.page.make_preview_request(
        without_cookies(request), shown.page.default_preview_mode, {"personalise_preview": shown.visit_maker}
    )
    return response


def without_cookies(request: HttpRequest) -> HttpRequest:
    """A request from the same place with nothing that says who sends it."""
    bare = HttpRequest()
    bare.META = {key: value for key, value in request.META.items() if key not in ("HTTP_COOKIE", "HTTP_AUTHORIZATION")}
    return bare


def _in_words(described: Described | None) -> list[str]:
    """What is said of a described visitor, without the groups of their account, whose names are for editors."""
    if described is None:
        return []
    return in_words(replace(described, facts={**described.facts, ACCOUNT_GROUPS: None}))


def _groups(viewpoint: Viewpoint) -> list[str]:
    """The names of the groups as visitors may read them; the editors' own names are not for everybody."""
    rows = Segment.objects.filter(pk__in=viewpoint.segments).order_by("name") if viewpoint.segments else ()
    return [segment.public_name for segment in rows if segment.public_name]
