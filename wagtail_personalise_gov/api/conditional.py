"""An ETag on what is the same at each asking until somebody edits it, and 304 for who has it already."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

from django.http import HttpRequest
from django.utils.cache import get_conditional_response
from rest_framework.response import Response

from ..visit.recording import is_for_everybody

CROSS_ORIGIN = "access-control-"  # how the headers begin without which a browser keeps the answer from its script


def tag(request: HttpRequest, response: Response) -> None:
    """Give a response the ETag of its own body, once that is rendered; then a 304 stands in its place where it may."""

    def answer(rendered: Any) -> Any:
        etag = f'"{sha256(rendered.content).hexdigest()[:32]}"'
        rendered.headers["ETag"] = etag
        found = get_conditional_response(request, etag=etag, response=rendered) or rendered
        if found is not rendered:  # Django's 304 takes over what caches need, and no more
            for name, value in rendered.headers.items():
                if name.lower().startswith(CROSS_ORIGIN):
                    found.headers[name] = value
            if getattr(rendered, "for_everybody", False):
                is_for_everybody(found)
            if (visit := getattr(request, "visit", None)) is not None:
                visit.let_no_cache_keep()  # wagtail-cache would hand it to who has no copy
        return found

    response.add_post_render_callback(answer)
