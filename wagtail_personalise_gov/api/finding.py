"""Find the page that a call is about: by its id, or by its path, as a front end knows it by its own addresses."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest
from django.utils.translation import get_language_from_path, gettext
from rest_framework.exceptions import ValidationError
from wagtail.models import Site

from ..models.public_pages import public_pages

PATH = "path"


def public_page(request: HttpRequest, pk: int | None) -> Any:
    """The page with this id, or else the one at the path that the address names; as its own kind.

    Raises Http404 where this site has none that anybody may read, and ValidationError where nothing names one.
    """
    site = Site.find_for_request(request)
    if site is None:
        raise _no_page()
    key = page_key(site, request) if pk is None else pk
    page = public_pages(site).filter(pk=key).specific().first()
    if page is None:
        raise _no_page()
    return page


def _no_page() -> Http404:
    return Http404(
        gettext(
            "This site has no such page that anybody may read. Name it by its id, or by its path on this site without "
            "the query."
        )
    )


def page_key(site: Site, request: HttpRequest) -> int:
    """The primary key of the page at the path that the address names. Raises as `public_page`."""
    path = request.GET.get(PATH, "")
    if not path.startswith("/"):
        raise ValidationError({PATH: [gettext("Say which page, by its path on this site, such as “/services/”.")]})
    if "\0" in path:  # PostgreSQL can't be asked for it
        raise _no_page()
    for root, rest in _starts(site, path):
        try:
            return int(root.specific.route(request, [part for part in rest.split("/") if part])[0].pk)
        except Http404:
            continue
    raise _no_page()


def _starts(site: Site, path: str) -> list[tuple[Any, str]]:
    """(a home page, the path from there): the site's own, and where the path begins with a language, that one's."""
    starts = [(site.root_page, path)]
    language = get_language_from_path(path)
    if language:
        first, _slash, rest = path.lstrip("/").partition("/")
        roots = site.root_page.get_translations().filter(locale__language_code__in={language, first}).live()
        starts += [(root, rest) for root in roots]
        if site.root_page.locale.language_code == language:
            starts.append((site.root_page, rest))
    return starts
