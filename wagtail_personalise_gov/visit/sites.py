"""The sites of Wagtail that requests are for, known to the process; for pages that no query is to be made for."""

from __future__ import annotations

from django.http import HttpRequest
from wagtail.models import Site

_sites: dict[tuple[str, str], Site | None] = {}  # by the version of a ruleset, which every change of a site renews
MOST_SITES = 256


def known_site(version: str, request: HttpRequest) -> Site | None:
    """The site that a request is for, asked of the database once for each host."""
    key = (version, f"{request.get_host()}:{request.get_port()}")
    if version and key in _sites:
        return _sites.get(key)
    site = Site.find_for_request(request)
    if len(_sites) >= MOST_SITES:
        _sites.clear()
    _sites[key] = site
    return site
