"""The form of a segment: what it asks for, when it is published above all."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.forms import WagtailAdminModelForm

# What is asked for before a segment is published or submitted, and what is said where it is missing.
WANTED = {
    "purpose": _("Say why these visitors are treated apart. Visitors have a right to read it."),
    "owner": _("Say who answers for it, so that somebody can be asked."),
    "review_by": _("Choose a day to look whether it is still needed. Segments outlive what they were made for."),
    "public_name": _("Say what visitors read: the page about how this site adapts names every segment."),
    "public_explanation": _(
        "Say what changes for these visitors and why. The page about how this site adapts tells it."
    ),
}


class SegmentForm(WagtailAdminModelForm):
    """Once a segment has been published its slug stands fast, and the form says why."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        slug = self.fields.get("slug")
        if slug is not None and self.instance.pk and self.instance.first_published_at:
            slug.disabled = True  # Django then keeps the value, whatever is sent
            slug.help_text = gettext(
                "It can't change any more: templates and other systems may use it since the segment was published. For "
                "another slug, make a copy of the segment."
            )
        self._require_before_publication()
        share = self.fields.get("holdout_percent")
        if share is not None:
            share.required = False  # nothing written means that nobody is held back

    def _require_before_publication(self) -> None:
        """Drafts may lack these, and Wagtail asks for them only where the segment is published or submitted."""
        for name, why in WANTED.items():
            if (field := self.fields.get(name)) is not None:
                field.required = True
                field.error_messages["required"] = str(why)

    def clean_review_by(self) -> date | None:
        day: date | None = self.cleaned_data.get("review_by")
        if day is not None and day < timezone.localdate() and not self.is_deferred_validation:
            raise ValidationError(
                gettext("The %s is past. Look whether the segment is still right, then choose the next day to do so.")
                % date_format(day, "DATE_FORMAT")
            )
        return day

    def clean_holdout_percent(self) -> int:
        return self.cleaned_data.get("holdout_percent") or 0
