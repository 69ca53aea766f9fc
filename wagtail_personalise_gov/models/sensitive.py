"""SensitivePageMixin: a page that nobody may be known to have looked at.

That somebody read about a clinic, a debt or an asylum claim says something about them. What is marked so is never noted
in any visitor's memory, rules and intents that ask who looked at it are refused, and those from before its mark are
stopped. A kind of page that is sensitive throughout says so by ``sensitive = True`` on its class.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.apps import apps
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.models import get_page_models

from ..core.conditions import Condition, questions_in
from .addresses import PAGE_MODEL

MARK = "sensitive"

SCOPES = ("visit", "visitor")  # of the facts about pages seen


class SensitivePageMixin(models.Model):
    """A tick for editors, "Looking at this page is sensitive". Add `sensitive_panels` to the panels of the page.

    Marking always works: what asks about the page is stopped within seconds, and says why to its editors.
    """

    sensitive = models.BooleanField(
        _("looking at this page is sensitive"),
        default=False,
        help_text=_(
            "For pages about health, beliefs, debt and the like: that somebody looked at this page is then never "
            "remembered, and no segment can ask it. It says nothing about the pages below; tick it there too."
        ),
    )

    sensitive_panels = [FieldPanel("sensitive", icon="lock")]

    class Meta:
        abstract = True


def is_sensitive(page: Any) -> bool:
    """Whether a page, given as its own kind, is marked. No query."""
    return getattr(page, MARK, False) is True


def sensitive_models() -> list[type[Any]]:
    """The kinds of pages that may be marked, or are throughout."""
    return [model for model in get_page_models() if _throughout(model) or _has_tick(model)]


def sensitive_titles(pages: Iterable[int], sections: Iterable[int]) -> tuple[dict[int, str], dict[int, str]]:
    """Of these pages and sections, by primary key, those that are marked, or hold a page that is: to its title.

    A query for each kind of page that may be marked, and one for the sections; none where no kind may be.
    """
    models_to_ask = sensitive_models()
    wanted, within = set(pages), set(sections)
    if not models_to_ask or not (wanted or within):
        return {}, {}
    places: Mapping[int, str] = {}
    if within:
        places = dict(apps.get_model(PAGE_MODEL)._default_manager.filter(pk__in=within).values_list("pk", "path"))
    asked = models.Q(pk__in=wanted)
    for path in places.values():
        asked |= models.Q(path__startswith=path)
    of_pages: dict[int, str] = {}
    of_sections: dict[int, str] = {}
    for model in models_to_ask:
        found = model._default_manager.filter(asked)
        if not _throughout(model):
            found = found.filter(**{MARK: True})
        for pk, path, title in found.order_by("path").values_list("pk", "path", "title"):
            if pk in wanted:
                of_pages[pk] = title
            for section, place in places.items():
                if path.startswith(place):
                    of_sections.setdefault(section, title)
    return of_pages, of_sections


def sensitive_page_asked(conditions: Sequence[Condition]) -> list[str]:
    """For each of these conditions, the title of a sensitive page that it asks about; "" for none."""
    if not sensitive_models():
        return [""] * len(conditions)
    asked = [_pages_in(condition) for condition in conditions]
    of_pages, of_sections = sensitive_titles(
        (page for pages, _sections in asked for page in pages),
        (section for _pages, sections in asked for section in sections),
    )
    return [
        next((of_pages[page] for page in pages if page in of_pages), "")
        or next((of_sections[section] for section in sections if section in of_sections), "")
        for pages, sections in asked
    ]


def _pages_in(condition: Condition) -> tuple[list[int], list[int]]:
    """The pages and the sections of which a condition asks whether they were looked at."""
    pages: list[int] = []
    sections: list[int] = []
    for question in questions_in(condition):
        scope, _dot, part = question.fact.partition(".")
        if scope in SCOPES and part in ("pages", "sections"):
            (pages if part == "pages" else sections).extend(key for key in question.value if isinstance(key, int))
    return pages, sections


def _throughout(model: type[Any]) -> bool:
    return getattr(model, MARK, False) is True


def _has_tick(model: type[Any]) -> bool:
    return any(isinstance(field, models.BooleanField) and field.name == MARK for field in model._meta.fields)
