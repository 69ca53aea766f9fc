"""The form of a segment."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from wagtail.admin.forms import WagtailAdminModelForm


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
        share = self.fields.get("holdout_percent")
        if share is not None:
            share.required = False  # nothing written means that nobody is held back

    def clean_holdout_percent(self) -> int:
        return self.cleaned_data.get("holdout_percent") or 0
