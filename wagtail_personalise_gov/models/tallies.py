"""Daily totals of what was shown and what was achieved. Nothing here says who: no visitor, address, browser or time."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from ..core.counting import Arm


class DailyTally(models.Model):
    """How many visits, on one UTC day, were shown this; and how many of those reached this goal afterwards.

    `block` is the id of the block's first version and `variant` that of the version in question, as they stand in the
    content; copies of a page share them. `segment` is a slug. `share` is how many of 10,000 lots were held back when
    it was counted, so that what was counted under another share is never mixed in.
    """

    day = models.DateField(_("day"))
    block = models.CharField(_("block"), max_length=36)
    variant = models.CharField(_("version"), max_length=36, blank=True)  # "": the standard version
    segment = models.CharField(_("segment"), max_length=50, blank=True)
    arm = models.CharField(_("arm"), max_length=8, choices=[(arm.value, arm.value) for arm in Arm])
    share = models.PositiveSmallIntegerField(_("share held back"), default=0)
    goal = models.CharField(_("goal"), max_length=50, blank=True)  # "": shown
    count = models.PositiveBigIntegerField(_("count"), default=0)

    KEY = ("day", "block", "variant", "segment", "arm", "share", "goal")

    class Meta:
        verbose_name = _("daily tally")
        verbose_name_plural = _("daily tallies")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["day", "block", "variant", "segment", "arm", "share", "goal"],
                name="personalise_one_tally_a_day",
            )
        ]
        indexes = [
            models.Index(fields=["block"], name="personalise_tally_block"),
            models.Index(fields=["variant"], name="personalise_tally_variant"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.block} {self.variant or '-'} {self.arm} {self.goal or '-'}: {self.count}"


class TallyBatch(models.Model):
    """A batch of increments that was added to the tallies, so that after a crash it is not added twice."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    added_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("batch of tallies")
        verbose_name_plural = _("batches of tallies")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.id)
