"""Example visits: what an editor expects of a segment, kept with it, so that a change that breaks it is noticed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

MOST_EXAMPLES = 20  # of a segment: more say nothing new, and each is run when the segment is published


class ExampleVisit(models.Model):
    """A visit that must, or must not, be in a segment.

    It belongs to the segment and not to one of its revisions: what is expected stays while the rules change.
    """

    segment = models.ForeignKey(
        "wagtail_personalise_gov.Segment", on_delete=models.CASCADE, related_name="examples", verbose_name=_("segment")
    )
    name = models.CharField(_("name"), max_length=120, help_text=_("Such as “From Riverside, by a search engine”."))
    must_match = models.BooleanField(
        _("what is expected"),
        choices=[(True, _("This visitor must be in the segment")), (False, _("This visitor must not be in it"))],
        default=True,
    )
    # As `visit.simulation.Described.as_data` gives it.
    visit = models.JSONField(_("visit"), default=dict, editable=False)

    class Meta:
        verbose_name = _("example visit")
        verbose_name_plural = _("example visits")
        ordering: ClassVar[list[str]] = ["pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["segment", "name"], name="personalise_example_name_once")
        ]
        default_permissions = ()  # whoever may change the segment may change its examples

    def __str__(self) -> str:
        return self.name
