"""Rules about what a visit is for."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from ...core.conditions import AtLeastIn, Condition
from ...core.intents import DECLARED
from .base import VISITOR, Rule


class VisitIntentRule(Rule):
    """What this visit is for: what the visitor told us or, if editors wish, what the landing suggests too."""

    SAID = "said"
    SUGGESTED = "suggested"
    CERTAINTIES = [
        (SAID, _("They told us")),
        (SUGGESTED, _("They told us, or the way they arrived suggests it")),
    ]
    # A suggestion counts from here on: more likely than not.
    CONFIDENCE = {SAID: DECLARED, SUGGESTED: 0.5}

    intent = models.ForeignKey(
        "wagtail_personalise_gov.Intent", on_delete=models.PROTECT, related_name="rules", verbose_name=_("intent")
    )
    certainty = models.CharField(_("how we know"), max_length=12, choices=CERTAINTIES, default=SUGGESTED)

    icon = "pick"
    group = VISITOR
    description = _("People who want to do a certain thing on this visit")
    panels = [FieldPanel("intent"), FieldPanel("certainty")]

    class Meta(Rule.Meta):
        verbose_name = _("visit intent")
        verbose_name_plural = _("visit intent rules")

    def condition(self) -> Condition:
        return AtLeastIn("visit.intent", {self.intent.slug: self.CONFIDENCE.get(self.certainty, DECLARED)})

    def sentence(self) -> str:
        if self.certainty == self.SAID:
            text = gettext("We can tell they did not say: %s") if self.negated else gettext("They said: %s")
        else:
            text = (
                gettext("We can tell they do not seem to want: %s")
                if self.negated
                else gettext("They seem to want: %s")
            )
        return text % str(self.intent)

    def public_sentence(self) -> str:
        if self.certainty == self.SAID:
            text = gettext("People who did not tell us: %s") if self.negated else gettext("People who told us: %s")
        else:
            text = (
                gettext("People who do not seem to be here for: %s")
                if self.negated
                else gettext("People who seem to be here for: %s")
            )
        return text % str(self.intent.label)
