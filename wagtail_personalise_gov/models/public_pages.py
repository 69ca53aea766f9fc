"""The pages of a site that anybody may read: published, in no closed part of it, in whatever language."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db.models import Q
from wagtail.models import Site

from .addresses import PAGE_MODEL


def public_pages(site: Site) -> Any:
    """The public pages of a site as a queryset: those below its home page, and below the translations of that."""
    pages = apps.get_model(PAGE_MODEL)._default_manager
    below = Q()
    for root in Site.get_site_root_paths():  # the site's home page, and its translations; Wagtail keeps them
        if root.site_id == site.pk:
            below |= Q(url_path__startswith=root.root_path)
    return pages.filter(below).live().public() if below else pages.none()
