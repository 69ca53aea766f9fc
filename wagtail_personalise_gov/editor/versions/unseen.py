"""What an editor hears when a page or snippet goes live with a version that nobody will ever see.

It is published all the same: nothing is lost by it, and visitors see another version or the standard one.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext, ngettext
from wagtail.admin import messages
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import DraftStateMixin

from ...models.streams import FoundContent, personalised_of
from .said import Kind, SaidOfVersion, said_for

MOST_TOLD = 3  # versions in one message; whoever mends these meets the next


def warn_of_unseen_in_page(request: HttpRequest, page: Any) -> None:
    """Wagtail's hook after a page was published."""
    warn_of_unseen(request, page)


def warn_of_unseen_in_snippet(request: HttpRequest, instance: Any) -> None:
    """Wagtail's hooks after a snippet was made or changed. One without drafts is live once it is saved."""
    if "action-publish" in request.POST or not isinstance(instance, DraftStateMixin):
        warn_of_unseen(request, instance)


def warn_of_unseen(request: HttpRequest, instance: Any) -> None:
    """One message that names the versions, with the way to the first of them; none where all can be seen."""
    unseen = unseen_in(request, instance)
    if not unseen:
        return
    told = [_told(found, version) for found, version in unseen[:MOST_TOLD]]
    if more := len(unseen) - len(told):
        told.append(ngettext("And %d more version.", "And %d more versions.", more) % more)
    buttons = []
    if url := AdminURLFinder(request.user).get_edit_url(instance):
        place = unseen[0][0].place
        buttons.append(messages.button(f"{url}#:w:contentpath={place}" if place else url, gettext("Look at it")))
    messages.warning(request, gettext("“%(page)s”: %(told)s") % {"page": instance, "told": " ".join(told)}, buttons)


def unseen_in(request: HttpRequest, instance: Any) -> list[tuple[FoundContent, SaidOfVersion]]:
    """The versions in an object, as it stands in memory, that can't be seen by all whom they are for."""
    blocks = [found for found in personalised_of(instance) if found.content.versions]
    if not blocks:
        return []
    said = said_for(request.user, [[version.segments for version in found.content.versions] for found in blocks])
    return [(found, version) for found, block in zip(blocks, said, strict=True) for version in block if _why(version)]


def _told(found: FoundContent, version: SaidOfVersion) -> str:
    return gettext("%(block)s, version %(number)d (%(title)s): %(warnings)s") % {
        "block": found.name,
        "number": version.number,
        "title": version.title,
        "warnings": " ".join(_why(version)),
    }


def _why(version: SaidOfVersion) -> list[str]:
    """Why not all of its visitors see it now. Learning mode and a review that is due are somebody's own decision."""
    return [warning.text for warning in version.warnings if warning.kind not in (Kind.LEARNING, Kind.OVERDUE)]
