"""What is set for each site in the admin (Wagtail's site settings)."""

from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.contrib.settings.models import BaseSiteSetting

from ..core.counting import LOTS

MAX_HOLDOUT = 50  # percent; more could be learnt no faster, and most visitors would go without
LOTS_PER_PERCENT = LOTS // 100


class PersonalisationSettings(BaseSiteSetting):
    """One row per site, made when it is first saved."""

    holdout_percent = models.PositiveSmallIntegerField(
        _("share of visitors held back"),
        default=0,
        validators=[MaxValueValidator(MAX_HOLDOUT)],
        help_text=_(
            "In percent. These visitors see the standard version everywhere, so that you can tell what all the other "
            "versions together achieve; only what depends on nothing but the time, the date or the page goes on "
            "changing for them. Who they are is drawn by lot, never among visitors who turned counting off. At most "
            "50. Changing it ends every comparison that is running on this site, and begins it anew."
        ),
    )

    class Meta:
        verbose_name = _("Personalisation")

    @property
    def holdout_share(self) -> int:
        """How many of the 10,000 lots are held back from everything on this site."""
        return self.holdout_percent * LOTS_PER_PERCENT
