"""How personalised blocks stand in Wagtail's forms: the script and the styles that say for whom each version is.

Wherever such a block can be edited they come with it, since Wagtail collects what a form's widgets need. The script
asks a view of the admin, which is known here by its name only.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.telepath import register
from wagtail.blocks.struct_block import StructBlockAdapter

from .personalised import PersonalisedBlock

CONTROLLER = "personalise-versions"


class PersonalisedBlockAdapter(StructBlockAdapter):
    """Wagtail's own form of a StructBlock, with our controller on it."""

    def js_args(self, block: PersonalisedBlock) -> list[Any]:
        name, children, meta = super().js_args(block)
        given = meta["attrs"]
        controllers = f"{given.get('data-controller', '')} {CONTROLLER}".strip()
        meta["attrs"] = {**given, "data-controller": controllers, **values()}
        return [name, children, meta]

    @cached_property
    def media(self) -> forms.Media:
        media: forms.Media = super().media + forms.Media(
            js=[versioned_static("wagtail_personalise_gov/js/versions.js")],
            css={"all": [versioned_static("wagtail_personalise_gov/css/editor.css")]},
        )
        return media


register(PersonalisedBlockAdapter(), PersonalisedBlock)


def values() -> dict[str, str]:
    """What the controller is told: where to ask, and what to say before an answer comes."""
    words = {
        "url": reverse("personalise_versions"),
        # Translators: the heading of a version, such as “1. For Riverside or Hilltop”.
        "title": gettext("%(number)s. %(audience)s"),
        "audience": gettext("For %s"),
        "or": gettext("or"),
        "nobody": gettext("For nobody yet"),
        "moved": gettext("“%(audience)s” is now number %(number)s of %(total)s."),
        # Translators: beside the heading of a version that is closed.
        "warning": gettext("Has a warning"),
        "nothing": gettext(
            "“Others see nothing here” is ticked in this block’s settings: whoever gets no version sees nothing. What "
            "stands here is not shown."
        ),
    }
    return {f"data-{CONTROLLER}-{name}-value": value for name, value in words.items()}
