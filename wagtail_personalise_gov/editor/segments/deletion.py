"""Deleting what is used is refused, with the list of its uses and the offer to archive instead.

A page that names a segment which is gone could not be saved any more, and a rule about it could not be asked.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from wagtail.admin.admin_url_finder import AdminURLFinder
from wagtail.models import DraftStateMixin, ReferenceIndex

from ...models import Intent, Segment
from ..addresses import addresses_for
from ..permissions import may_archive
from ..preview.modes import PersonalisedPreviewMixin
from .archiving import archive_address


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
    if isinstance(instance, Segment):
        found = instance.uses()
        known = {_identity(source) for source, _references in found}
        found += [(draft, []) for draft in _drafts_that_name(instance) if _identity(draft) not in known]
    else:
        found = list(ReferenceIndex.get_grouped_references_to(instance))
    return [_use(source, references, finder) for source, references in found]


def _identity(instance: Any) -> tuple[Any, Any]:
    """The same for a page and for its own kind of page, which the index and the drafts give."""
    return (instance._meta.get_parent_list() or [type(instance)])[-1], instance.pk


def _drafts_that_name(segment: Segment) -> Iterator[Any]:
    """What names the segment in its unpublished changes, which the reference index does not know.

    A page that could not be saved any more would be found out by the editor who is in the middle of it.
    """
    number = re.compile(rf"\b{segment.pk}\b")
    models: list[Any] = apps.get_models()
    for model in models:
        if not (issubclass(model, PersonalisedPreviewMixin) and issubclass(model, DraftStateMixin)):
            continue
        drafts = model._default_manager.filter(has_unpublished_changes=True, latest_revision__isnull=False)
        for draft in drafts.select_related("latest_revision"):
            # Few drafts hold the number at all, and only those are worth putting together.
            if number.search(json.dumps(draft.latest_revision.content)) and segment in (
                draft.latest_revision.as_object().segments_in_draft()
            ):
                yield draft


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
