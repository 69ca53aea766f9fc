"""Deleting what is used is refused, with the list of its uses and the offer to archive instead.

A page that names a segment which is gone could not be saved any more, and a rule about it could not be asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import ReferenceIndex

from ..models import Intent, Segment
from .addresses import addresses_for
from .archiving import archive_address
from .permissions import may_archive


@dataclass(frozen=True, slots=True)
class Use:
    """Something that uses a segment or an intent: what it is called, what it is, where in it, and where to edit it."""

    name: str
    kind: str
    places: tuple[tuple[str, str], ...]  # (a field or block in words, its address)
    address: str | None


@dataclass(frozen=True, slots=True)
class Used:
    """What may not be deleted, and by what it is used."""

    instance: Any
    uses: list[Use] = field(default_factory=list)


def refuse_deletion_of_used(request: HttpRequest, instances: Iterable[Any]) -> TemplateResponse | None:
    """The page that says so, where any of the instances is used; for the hook that runs before every deletion."""
    instances = [instance for instance in instances if isinstance(instance, Segment | Intent)]
    used = [Used(instance, uses) for instance in instances if (uses := uses_of(instance, request.user))]
    if not used:
        return None
    model = type(used[0].instance)
    blocked = {entry.instance.pk for entry in used}
    segments = [entry.instance for entry in used if isinstance(entry.instance, Segment)]
    archivable = [segment for segment in segments if may_archive(request.user, segment)]
    title = ngettext("In use, so it can't be deleted", "In use, so they can't be deleted", len(used))
    return TemplateResponse(
        request,
        "wagtail_personalise_gov/editor/deletion_refused.html",
        {
            "header_title": title,
            "page_title": title,
            "header_icon": "warning",
            "breadcrumbs_items": [
                {"url": reverse("wagtailadmin_home"), "label": gettext("Home")},
                {"url": addresses_for("list", model), "label": capfirst(model._meta.verbose_name_plural)},
                {"url": "", "label": title},
            ],
            "used": used,
            "archivable": archivable,
            "are_segments": bool(segments),
            "already_archived": all(segment.archived for segment in segments),
            "archive_url": archive_address("archive", archivable) if archivable else "",
            "rest": (rest := [instance for instance in instances if instance.pk not in blocked]),
            "rest_url": _deletion_address(rest) if rest else "",
            "list_url": addresses_for("list", model),
        },
    )


def uses_of(instance: Any, user: Any) -> list[Use]:
    """By what it is used, with links for what the user may edit."""
    finder = AdminURLFinder(user)
    found = instance.uses() if isinstance(instance, Segment) else _uses_of_intent(instance)
    return [_use(source, references, finder) for source, references in found]


def _uses_of_intent(intent: Intent) -> list[tuple[Any, list[Any]]]:
    return list(ReferenceIndex.get_grouped_references_to(intent))


def _use(source: Any, references: Sequence[Any], finder: AdminURLFinder) -> Use:
    address = finder.get_edit_url(source)
    kind = capfirst(references[0].model_name if references else source._meta.verbose_name)
    if address is None:
        return Use(gettext("Something that you may not edit"), kind, (), None)
    places = tuple(
        (reference.describe_source_field(), f"{address}#:w:contentpath={reference.content_path}")
        for reference in references
    )
    return Use(str(source), kind, places or ((gettext("in its unpublished changes"), address),), address)


def _deletion_address(instances: Sequence[Any]) -> str:
    meta = instances[0]._meta
    keys = urlencode([("id", instance.pk) for instance in instances])
    return f"{reverse('wagtail_bulk_action', args=[meta.app_label, meta.model_name, 'delete'])}?{keys}"
