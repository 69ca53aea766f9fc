"""Where sites and pages are found: by names that conditions and other systems can hold."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from wagtail.models import Site

# Wagtail 8 lets a site swap the page model; Wagtail 7.4 knows no such setting.
PAGE_MODEL = getattr(settings, "WAGTAIL_PAGE_MODEL", "wagtailcore.Page")

USUAL_PORTS = frozenset({80, 443})


def site_name(site: Site) -> str:
    """The host name of a site, in small letters; with its port where that is none of the web's usual ones."""
    host = str(site.hostname).lower()
    return host if site.port in USUAL_PORTS else f"{host}:{site.port}"


def page_address(page: Any) -> tuple[str, str] | None:
    """(name of its site as `site_name` gives it, path) of a page; None for no page, or for one of no site."""
    parts = page.get_url_parts() if page is not None else None
    if parts is None or parts[2] is None:
        return None
    _key, root, path = parts
    return urlsplit(root).netloc.lower(), path
