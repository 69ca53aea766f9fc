"""In which form an API gives a personalised block: as one visitor gets it, whole, or as an editor may write it back.

What is whole tells of versions that are meant for others. So it is given only where a view of ours has granted it, or
Wagtail's API v3 has an editor before it; and never to a cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _

from ..visit.asked import query_of
from ..visit.editors import may_edit
from ..visit.grounds import BEYOND
from ..visit.visit import Visit

PARAMETER, ALL = "variants", "all"  # ?variants=all asks for every version
GRANTED = "personalise_representation"  # in a serialiser's context: the form that the view has granted
OWNER = "personalise_owner"  # in a serialiser's context: the page or object whose stream it is, where that is known
ASKER = "_personalise_asker"  # on a request: who it comes from

OF_V3 = "wagtailapi_v3"  # the namespace of its addresses, wherever a site includes them


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
    asker: Asker | None = getattr(whole, ASKER, None)
    if asker is None:
        asker = Asker.of(request, whole)
        setattr(whole, ASKER, asker)
    if asker.may_edit(context.get(OWNER)):
        return Representation.PORTABLE if asker.asks_for_all else Representation.WRITABLE
    if asker.asks_for_all:
        raise PermissionDenied(
            _(
                "“variants=all” is for those who may edit this, and here nobody has shown that they may. What "
                "belongs to another page or object does not come along: ask for each by itself."
            )
        )
    return Representation.RESOLVED


@dataclass(slots=True)
class Asker:
    """Who a call comes from, and what it asks for: settled once for all blocks of its answer."""

    asks_for_all: bool
    user: Any  # who shows a token of Wagtail's API v3; None for everybody else
    _may_edit: dict[Any, bool] = field(default_factory=dict)

    @classmethod
    def of(cls, request: Any, whole: HttpRequest) -> Asker:
        user = None
        if is_of_v3(request):
            keep_from_page_caches(whole)
            if request.user.is_authenticated:
                user = request.user
                keep_from_others(whole)  # whoever proves who they are by a token is no visitor
        return cls(query_of(whole).get(PARAMETER) == ALL, user)

    def may_edit(self, owner: Any) -> bool:
        """Whether they may edit the page or object whose stream it is. Not where nobody says whose that is."""
        if self.user is None or owner is None:
            return False
        key = (type(owner), owner.pk)
        if key not in self._may_edit:
            self._may_edit[key] = may_edit(self.user, owner)
        return self._may_edit[key]


def is_of_v3(request: Any) -> bool:
    """Whether this is a call of Wagtail's API v3: by its addresses, and whom Django Ninja notes that it let in."""
    # A site may have other APIs by Django Ninja. REST framework notes it too, but its request is of another kind.
    if not isinstance(request, HttpRequest) or getattr(request, "auth", None) is None:
        return False
    return request.resolver_match is not None and OF_V3 in request.resolver_match.namespaces


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
