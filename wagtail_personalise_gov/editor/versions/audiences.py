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

from ...visit.viewing import may_see_segments
from .said import SaidOfVersion, said_for

MOST_BYTES = 100_000  # of a request
MOST_VERSIONS = 1_000  # in a request
MOST_CHOSEN = 1_500  # segments of all versions together
MOST_FOR_OTHERS = 200  # versions, and segments, where who asks may not see segments: no page of theirs has so many
LARGEST_KEY = 2**63 - 1  # that a database takes

TEMPLATE = "wagtail_personalise_gov/editor/versions/said.html"

Blocks = list[list[list[int]]]


@never_cache
@require_POST
def audiences(request: HttpRequest) -> JsonResponse:
    """``{"blocks": [[[1, 2], [3]]]}``, the segments of each version of each block, is answered in the same shape.

    What a segment asks is told to those who may see segments.
    """
    blocks = read(request)
    if isinstance(blocks, str):
        return JsonResponse({"problem": blocks}, status=400)
    template = get_template(TEMPLATE)

    def said(version: SaidOfVersion) -> dict[str, Any]:
        html = template.render({"version": version})
        return {"title": version.title, "html": html.strip(), "serious": any(w.is_serious for w in version.warnings)}

    return JsonResponse({"blocks": [[said(version) for version in block] for block in said_for(request.user, blocks)]})


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
    is_editor_of_segments = may_see_segments(request.user)
    versions, chosen = (MOST_VERSIONS, MOST_CHOSEN) if is_editor_of_segments else (MOST_FOR_OTHERS, MOST_FOR_OTHERS)
    if sum(map(len, blocks)) > versions or len(blocks) > versions:
        return gettext("Too much: at most %d versions can be asked about at once.") % versions
    if sum(len(version) for block in blocks for version in block) > chosen:
        return gettext("Too much: at most %d segments can be asked about at once.") % chosen
    return blocks


def _is_version(version: Any) -> bool:
    return isinstance(version, list) and all(
        isinstance(key, int) and not isinstance(key, bool) and 0 < key <= LARGEST_KEY for key in version
    )


urlpatterns: list[URLPattern] = [path("personalisation/versions/", audiences, name="personalise_versions")]
