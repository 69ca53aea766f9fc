"""Where sites and pages are found: by names that conditions and other systems can hold."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from wagtail.models import Site

# Wagtail 8 lets a site swap the page model; Wagtail 7.4 knows no such setting.
PAGE_MODEL = getattr(settings, "WAGTAIL_PAGE_MODEL", "wagtailcore.Page")

USUAL_PORTS = frozenset({80, 443})


def site_name(site: Site) -> str:
    """The host name of a site, in small letters; with its port where that is none of the web's usual ones."""
    host = str(site.hostname).lower()
    return host if site.port in USUAL_PORTS else f"{host}:{site.port}"


def page_address(page: Any) -> tuple[list[str], str] | None:
    """(names of its sites as `site_name` gives them, path) of a page; None for no page, or for one of no site.

    Several sites may have the same root page, and then the same pages at the same paths. The path is as requests have
    it, decoded.
    """
    parts = page.get_url_parts() if page is not None else None
    if parts is None or parts[2] is None:
        return None
    key, root, path = parts
    roots = Site.get_site_root_paths()  # Wagtail keeps them in its cache
    own = next((place.root_path for place in roots if place.site_id == key), None)
    sites = [urlsplit(place.root_url).netloc.lower() for place in roots if own and place.root_path == own]
    return sorted({urlsplit(root).netloc.lower(), *sites}), unquote(path)
