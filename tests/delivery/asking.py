"""Ask for the fragments of a page as its script does, and read what comes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.http import HttpResponse
from django.test import Client
from wagtail.models import Page

ADDRESS = "/personalisation/fragments/"
SAME = {"HTTP_SEC_FETCH_SITE": "same-origin"}
PLACE = re.compile(
    r'<personalise-fragment class="([^"]*)" data-personalise-fragment="([^"]+)">(.*?)</personalise-fragment>', re.S
)
FRAGMENT = re.compile(r'<personalise-fragment data-personalise-fragment="([^"]+)">(.*?)</personalise-fragment>', re.S)
SCRIPT = re.compile(r'<script src="[^"]*/fragments\.js" async ([^>]*)></script>')


def ask(client: Client, of: Page, path: str = "", **told: Any) -> HttpResponse:
    """What the script of a page gets; `told` are `query`, `referrer`, and headers as the test client writes them."""
    fields = {"page": of.pk, "path": path or of.get_url_parts()[2]}
    fields |= {name: told.pop(name) for name in ("page", "query", "referrer") if name in told}
    return client.post(ADDRESS, fields, **told)


def fragments_in(response: HttpResponse) -> dict[str, str]:
    """The HTML of each fragment by its key."""
    assert response.status_code == 200
    return dict(FRAGMENT.findall(response.content.decode()))


def places_in(response: HttpResponse) -> dict[str, str]:
    """What stands at each place of a page, by its key."""
    assert response.status_code == 200
    return {key: html for _class, key, html in PLACE.findall(response.content.decode())}


def told_by(response: HttpResponse) -> dict[str, str]:
    """What the page tells its script."""
    found = SCRIPT.findall(response.content.decode())
    assert len(found) == 1
    return dict(re.findall(r'data-personalise-(\w+)="([^"]*)"', found[0]))


@contextmanager
def option(model: type[Page], name: str, **options: Any) -> Iterator[None]:
    """Options of a block in the body of a page type, as its Meta would have them."""
    block: Any = model.body.field.stream_block.child_blocks[name]  # type: ignore[attr-defined]
    before = {key: getattr(block.meta, key) for key in options}
    for key, value in options.items():
        setattr(block.meta, key, value)
    try:
        yield
    finally:
        for key, value in before.items():
            setattr(block.meta, key, value)
