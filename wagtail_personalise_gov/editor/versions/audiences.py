"""What the page editor asks while somebody writes: for whom each version is, and what to warn of.

The script of the blocks (static/…/js/versions.js) sends the segments of all blocks that changed in one request. Nothing
is stored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, JsonResponse
from django.template.loader import get_template
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from wagtail.permission_policies import ModelPermissionPolicy

from ...models import Segment
from .said import Kind, SaidOfVersion, VersionWarning, said_of_blocks

MOST_BYTES = 100_000  # of a request
MOST_VERSIONS = 1_000  # in a request
MOST_SEGMENTS = 50  # of a version
MOST_CHOSEN = 1_500  # segments of all versions together
LARGEST_KEY = 2**63 - 1  # that a database takes

TEMPLATE = "wagtail_personalise_gov/editor/versions/said.html"
ACTIONS = ("view", "add", "change", "delete", "publish")  # who may do one of these may read what segments ask

Blocks = list[list[list[int]]]


@never_cache
@require_POST
def audiences(request: HttpRequest) -> JsonResponse:
    """``{"blocks": [[[1, 2], [3]]]}``, the segments of each version of each block, is answered in the same shape.

    Whoever may enter the admin may choose segments, and reads here what the chooser says. What a segment asks is told
    to those who may see segments.
    """
    blocks = read(request)
    if isinstance(blocks, str):
        return JsonResponse({"problem": blocks}, status=400)
    sees_rules = may_read_rules(request.user)
    template = get_template(TEMPLATE)

    def said(version: SaidOfVersion) -> dict[str, Any]:
        html = template.render(
            {"version": version, "sees_rules": sees_rules, "warnings": warnings(version, sees_rules)}
        )
        return {"title": version.title, "html": html.strip(), "serious": any(w.is_serious for w in version.warnings)}

    return JsonResponse({"blocks": [[said(version) for version in block] for block in said_of_blocks(blocks)]})


def warnings(version: SaidOfVersion, sees_rules: bool) -> list[VersionWarning]:
    """The version's warnings; what is wrong with a segment quotes its rules, which not everybody may read."""
    if sees_rules:
        return list(version.warnings)
    names = {audience.key: audience.name for audience in version.audiences}
    return [
        VersionWarning(warning.kind, gettext("Nobody can be in “%s” as it stands.") % names[warning.segment])
        if warning.kind is Kind.NOBODY and warning.segment is not None
        else warning
        for warning in version.warnings
    ]


def may_read_rules(user: Any) -> bool:
    return bool(ModelPermissionPolicy(Segment).user_has_any_permission(user, ACTIONS))


def read(request: HttpRequest) -> Blocks | str:
    """The blocks that are asked about, or a sentence that says what is wrong with the question."""
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > MOST_BYTES:
        return gettext("Too long: at most %d bytes can be asked at once.") % MOST_BYTES
    try:
        asked = json.loads(request.body)
    except (ValueError, RecursionError):
        return gettext("This is no JSON.")
    blocks = asked.get("blocks") if isinstance(asked, Mapping) else None
    if not isinstance(blocks, list) or not all(
        isinstance(block, list) and all(map(_is_version, block)) for block in blocks
    ):
        return gettext("“blocks” must be a list of blocks: lists of versions, which are lists of segments’ numbers.")
    if sum(map(len, blocks)) > MOST_VERSIONS or len(blocks) > MOST_VERSIONS:
        return gettext("Too much: at most %d versions can be asked about at once.") % MOST_VERSIONS
    if sum(len(version) for block in blocks for version in block) > MOST_CHOSEN:
        return gettext("Too much: at most %d segments can be asked about at once.") % MOST_CHOSEN
    return blocks


def _is_version(version: Any) -> bool:
    return (
        isinstance(version, list)
        and len(version) <= MOST_SEGMENTS
        and all(isinstance(key, int) and not isinstance(key, bool) and 0 < key <= LARGEST_KEY for key in version)
    )


urlpatterns: list[URLPattern] = [path("personalisation/versions/", audiences, name="personalise_versions")]
