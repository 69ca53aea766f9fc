"""The document that `schema/` answers: the calls of our own addresses, and of no others of the site."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.utils.translation import override
from drf_spectacular.generators import EndpointEnumerator

from ...core.facts import Fact
from ...facts import known_facts
from ..addresses import VERSION
from .answers import security_schemes
from .building import Piece
from .describing import call_at
from .operations import TAGS, operations
from .schemas import schemas

LANGUAGE = "en"
ABOUT = """\
What a Django template gets, for a front end in any language: which of a site's visitors are in which segments, pages as
each visitor gets them, and the visitor's own choice.

Every answer that depends on the visitor is `Cache-Control: private, no-store`. Errors are problem details (RFC 9457),
which name the field and the remedy. A method that an address does not take is a 405 that names those in `Allow`;
whatever is no address of ours is a 404."""


@lru_cache(maxsize=1)
def own_document() -> Piece:
    """The document of this site, but for where it serves the API."""
    return document(known_facts().values())


def document(facts: Iterable[Fact]) -> Piece:
    """The document, when these facts can be asked. In English, as all that developers read."""
    endpoints: Any = EndpointEnumerator(urlconf="wagtail_personalise_gov.api.urls")
    calls = operations()
    paths: dict[str, Piece] = {}
    # Past the hooks that the site may have for its own document: they leave out, or rename, what they mean there.
    for path, _regex, method, _callback in endpoints._get_api_endpoints(None, ""):
        path = path.replace("{pk}", "{id}")
        if (call := call_at(path, method, calls)) is not None:
            paths.setdefault(path, {})[method.lower()] = call
    with override(LANGUAGE):
        components = {"schemas": schemas(facts), "securitySchemes": security_schemes()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Personalisation", "version": str(VERSION), "description": ABOUT},
        "tags": [{"name": name, "description": description} for name, description in TAGS.items()],
        "paths": paths,
        "components": components,
    }
