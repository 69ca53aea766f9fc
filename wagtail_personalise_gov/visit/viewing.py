"""View as: an editor looks at the live site as the visitors of some segments, and at nothing else than that.

A signed cookie says as which segments, and until when. It counts only while the very user who asked for it is signed in
and may see segments, which is looked at when something is decided: a visitor without the cookie costs nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from ..core.decision import NOTHING_DECIDED, Decision, Reason
from ..core.quiet import Quiet
from ..core.ruleset import KeyedVariants, NamedVariants, namer
from ..models import Segment
from ..plugged import log_once_a_minute
from .cookies import SESSION, VIEW_AS
from .editors import ADMIN_ACCESS
from .visit import Visit

SALT = "wagtail_personalise_gov.view_as"
MOST_SEGMENTS = 50  # that one may view as at once
SEEING = ("view", "add", "change", "publish")  # who may do one of these with segments may see them


@dataclass(frozen=True, slots=True, repr=False)
class Asked(Quiet):
    """What a cookie of ours says: who asked to view as which segments, by primary keys, and until when."""

    user: str
    segments: tuple[int, ...]
    until: datetime


@dataclass(frozen=True, slots=True)
class Viewing:
    """As which segments somebody views the site; none: as nobody in particular, who sees the standard versions."""

    segments: tuple[Segment, ...]
    until: datetime


def may_see_segments(user: Any) -> bool:
    """Whether somebody is signed in who may use the admin and see segments there."""
    if not (user.is_authenticated and user.is_active and user.has_perm(ADMIN_ACCESS)):
        return False
    return any(user.has_perm(f"{Segment._meta.app_label}.{action}_segment") for action in SEEING)


def begin(response: HttpResponseBase, user: Any, segments: Iterable[int]) -> None:
    """Let this user's browser view the site as these segments, from its next request on."""
    until = timezone.now() + timedelta(minutes=VIEW_AS.minutes)
    said = {"user": str(user.pk), "segments": list(segments)[:MOST_SEGMENTS], "until": int(until.timestamp())}
    VIEW_AS.write(response, signing.Signer(salt=SALT).sign_object(said), max_age=VIEW_AS.minutes * 60)


def end(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let it be an ordinary browser again."""
    VIEW_AS.expire(request, response)


def asked_in(request: HttpRequest) -> Asked | None:
    """What the request's cookie says, if it is one of ours and its time is not over. Asks nobody's account."""
    if VIEW_AS.name not in request.META.get("HTTP_COOKIE", ""):  # not COOKIES, which would be read for everybody
        return None
    value = VIEW_AS.read(request)
    if value is None:
        return None
    try:
        said = signing.Signer(salt=SALT).unsign_object(value)
        asked = Asked(str(said["user"]), tuple(map(int, said["segments"])), datetime.fromtimestamp(said["until"], UTC))
    except (signing.BadSignature, ValueError, TypeError, KeyError, OverflowError, OSError):
        return None
    now = timezone.now()
    return asked if now < asked.until <= now + timedelta(minutes=VIEW_AS.minutes) else None


def viewing_of(request: HttpRequest) -> Viewing | None:
    """As whom the user of a request views the site now; None where they are themselves."""
    asked = asked_in(request)
    return settled(request, asked) if asked else None


def settled(request: HttpRequest, asked: Asked) -> Viewing | None:
    """What was asked, if the very user who asked is signed in and may. One query, and that for the account."""
    user = getattr(request, "user", None) if SESSION.sent_by(request) else None
    if user is None or not user.is_authenticated or str(user.pk) != asked.user or not may_see_segments(user):
        return None
    found = Segment.objects.in_bulk(asked.segments) if asked.segments else {}
    segments = tuple(found[key] for key in asked.segments if key in found)
    # A segment that is gone must not turn into "nobody in particular".
    return Viewing(segments, asked.until) if segments or not asked.segments else None


class ViewingVisit(Visit):
    """The visit of a browser that asked to view as others; an ordinary one where that may not be."""

    def __init__(self, request: HttpRequest, asked: Asked) -> None:
        super().__init__(request)
        self._asked = asked
        # As `consider` does: no page cache further in may keep what this browser is shown.
        request._cache_update_cache = False  # type: ignore[attr-defined]
        request._wagtailcache_skip = True  # type: ignore[attr-defined]

    @cached_property
    def viewing(self) -> Viewing | None:
        try:
            return settled(self._request, self._asked)
        except Exception as error:  # accounts are away; or asked from where no database may be
            log_once_a_minute("view as", "It can't be told as whom an editor looks (%s).", type(error).__name__)
            return None

    def _decision(self, slugs: Iterable[str]) -> Decision:
        if self.viewing is None:
            return super()._decision(slugs)
        if self.closed:
            return NOTHING_DECIDED
        self.make_private()
        shown = set(self.segments)
        return Decision({slug: Reason.PREVIEW if slug in shown else Reason.NOT_MATCHED for slug in slugs})

    @property
    def segments(self) -> tuple[str, ...]:
        return super().segments if self.viewing is None else tuple(segment.slug for segment in self.viewing.segments)

    def _named(self, blocks: tuple[KeyedVariants, ...]) -> NamedVariants:
        if self.viewing is None:
            return super()._named(blocks)
        return namer({segment.pk: segment.slug for segment in self.viewing.segments})(blocks)

    @property
    def counts(self) -> bool:
        return self.viewing is None and super().counts


def viewing_visit(request: HttpRequest) -> ViewingVisit | None:
    """The visit of a request that asks to view as others; None for every other request."""
    asked = asked_in(request)
    return ViewingVisit(request, asked) if asked else None


def views_as_others(visit: Visit) -> bool:
    """Whether somebody sees the site through this visit as others do."""
    return isinstance(visit, ViewingVisit) and visit.viewing is not None
