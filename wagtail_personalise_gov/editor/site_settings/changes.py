"""What the history says was changed in a site's settings: which parts, and nobody's words themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.log_actions import LogFormatter, log

from ...models import PersonalisationSettings, SiteWording
from ...models.site_settings import languages

ACTION = "wagtail_personalise_gov.change_site"


class ChangedParts(LogFormatter):
    """Names the parts in the language of whoever reads the history."""

    label = _("Change what a site says of itself")

    def format_message(self, log_entry: Any) -> str:
        parts = log_entry.data.get("parts", []) if isinstance(log_entry.data, dict) else []
        return gettext("Changed what the site says of itself: %s") % (", ".join(_named(parts)) or "–")


def parts_changed(form: Any) -> list[str]:
    """The names of the fields that a posted form changes; of words in a language, with it: "banner_heading@cy"."""
    formset = form.formsets["wordings"]
    parts = list(form.changed_data)
    for child in formset.forms:
        language = child.instance.language
        if formset._should_delete_form(child):
            parts += [f"@{language}"] if child.instance.pk else []
        else:
            parts += [f"{name}@{language}" for name in child.changed_data if name in WORDING]
    return parts


WORDING = {field.name for field in SiteWording._meta.get_fields()} - {"id", "settings", "language", "sort_order"}


def log_parts(request: HttpRequest, instance: Any) -> None:
    """After Wagtail's own entry, which says that the settings were edited, one that says what in them."""
    parts = getattr(instance, "parts_changed", None)
    if isinstance(instance, PersonalisationSettings) and parts:
        log(instance, ACTION, user=request.user, data={"parts": parts})


def _named(parts: Iterable[str]) -> Iterator[str]:
    names = dict(languages())
    for part in parts:
        name, _at, language = str(part).partition("@")
        in_language = str(names.get(language, language))
        try:
            label = str(PersonalisationSettings._meta.get_field(name).verbose_name) if name else ""  # type: ignore[union-attr]
        except FieldDoesNotExist:
            label = name
        if not label:
            yield gettext("all words in %s") % in_language
        else:
            yield f"{capfirst(label)} ({in_language})" if language else str(capfirst(label))
