"""In which form an API gives a personalised block: as one visitor gets it, whole, or as an editor may write it back.

What is whole tells of versions that are meant for others. So it is given only where a view of ours has granted it, or
Wagtail's API v3 has an editor before it; and never to a cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _
from wagtail.permission_policies.pages import PagePermissionPolicy

from ..visit.asked import query_of
from ..visit.editors import ADMIN_ACCESS, may_edit
from ..visit.grounds import BEYOND
from ..visit.visit import Visit

PARAMETER, ALL = "variants", "all"  # ?variants=all asks for every version
GRANTED = "personalise_representation"  # in a serialiser's context: the form that the view has granted
OWNER = "personalise_owner"  # in a serialiser's context: the page or object whose stream it is, where that is known
SETTLED = "_personalise_representation"  # on a request: the form that was settled for all its blocks

OF_V3 = "wagtailapi_v3"  # the namespace of its addresses, wherever a site includes them
EDITING = frozenset({"add", "change", "publish"})  # as Wagtail's API v3 has it of those who may read what is not live


class Representation(StrEnum):
    """A form of a personalised block in JSON."""

    RESOLVED = "resolved"  # what this visitor gets: {"variant", "content"}
    PORTABLE = "portable"  # every version, and for which segments, by their slugs: for who decides elsewhere
    WRITABLE = "writable"  # every version as it is stored, which Wagtail's API v3 takes back


def representation_for(context: Mapping[str, Any] | None) -> Representation:
    """The form in which the blocks of a serialiser's context are given.

    Raises PermissionDenied where the address asks for every version and nobody has granted it.
    """
    context = context or {}
    if (granted := context.get(GRANTED)) is not None:
        return Representation(granted)
    request = context.get("request")
    if request is None:
        return Representation.RESOLVED
    whole: HttpRequest = getattr(request, "_request", request)  # REST framework has Django's inside of its own
    settled: Representation | None = getattr(whole, SETTLED, None)
    if settled is None:
        settled = _settle(request, whole)
        setattr(whole, SETTLED, settled)
    owner = context.get(OWNER)
    if settled is not Representation.RESOLVED and owner is not None and not may_edit(request.user, owner):
        return Representation.RESOLVED  # what a page leads to is not for whoever may edit the page
    return settled


def _settle(request: Any, whole: HttpRequest) -> Representation:
    asks_for_all = query_of(whole).get(PARAMETER) == ALL
    if is_of_v3(request):
        keep_from_page_caches(whole)
    if not is_editor_by_token(request):
        if asks_for_all:
            raise PermissionDenied(
                _(
                    "“variants=all” is for those who may edit this, and here nobody has shown that they may. What "
                    "belongs to another page or object does not come along: ask for each by itself."
                )
            )
        return Representation.RESOLVED
    keep_from_others(whole)
    return Representation.PORTABLE if asks_for_all else Representation.WRITABLE


def is_of_v3(request: Any) -> bool:
    """Whether this is a call of Wagtail's API v3: by its addresses, and whom Django Ninja notes that it let in."""
    # A site may have other APIs by Django Ninja. REST framework notes it too, but its request is of another kind.
    if not isinstance(request, HttpRequest) or getattr(request, "auth", None) is None:
        return False
    return request.resolver_match is not None and OF_V3 in request.resolver_match.namespaces


def is_editor_by_token(request: Any) -> bool:
    """Whether this is a call of Wagtail's API v3 by an editor: it proves who calls by a token, and takes writes.

    Its pages are only those that the editor may change. A session is no token, so no page in a browser is one.
    """
    user = getattr(request, "user", None) if is_of_v3(request) else None
    if user is None or not user.is_authenticated:
        return False
    return bool(user.has_perm(ADMIN_ACCESS) or _edits_pages(user))


def _edits_pages(user: Any) -> bool:
    return bool(PagePermissionPolicy().user_has_any_permission(user, EDITING))


def keep_from_others(request: HttpRequest) -> None:
    """Make the response private, without looking at who asks: an editor's reading is nobody's visit."""
    visit = Visit.preview(request)
    visit.consider()
    request.visit = visit  # type: ignore[attr-defined]


def keep_from_page_caches(request: HttpRequest) -> None:
    """Let no page cache of the site's own keep the response: whoever shows a token must not get a visitor's copy."""
    visit = getattr(request, "visit", None) or Visit.preview(request)
    visit.grounds.others.add(BEYOND)
    visit.let_no_cache_keep()
