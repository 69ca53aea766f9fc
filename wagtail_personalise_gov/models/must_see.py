"""MustSeeMixin: a page or snippet of which everyone must see all, so nothing on it may suit only some visitors.

For single blocks there is `blocks.MustSeeBlock`.
"""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from .streams import personalised_of


class MustSeeMixin(models.Model):
    """A tick for editors, "Everyone must see all of this". While it is set, nothing is saved with versions in it.

    Add `must_see_panels` to the panels of the page or snippet.
    """

    must_see = models.BooleanField(
        _("everyone must see all of this"),
        default=False,
        help_text=_("For warnings, rights and deadlines. Nothing on it can then differ from visitor to visitor."),
    )

    must_see_panels = [FieldPanel("must_see", icon="warning")]

    class Meta:
        abstract = True

    def clean(self) -> None:
        """Refused with versions for some visitors in it, as a draft too: what is saved may be published by anyone."""
        super().clean()
        if self.must_see and (names := versions_in(self)):
            # Of the whole form: the tick may stand in another tab than the versions, or in none.
            raise ValidationError(
                gettext(
                    "Everyone must see all of this, but there are versions for some visitors in %(names)s. Delete "
                    "these versions, or take the tick from “Everyone must see all of this”."
                )
                % {"names": ", ".join(f"“{name}”" for name in names)},
                code="must_see",
            )


def versions_in(instance: Any) -> list[str]:
    """In which blocks of an object there are versions, in words, each once; as it stands in memory."""
    return list(dict.fromkeys(found.name for found in personalised_of(instance)))
