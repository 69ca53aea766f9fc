"""Rules about what a visit is for."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import models
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from ...core.conditions import AtLeastIn, Condition
from ...core.intents import DECLARED
from .base import VISITOR, Rule

ENOUGH = 0.5  # the confidence from which a suggestion counts: more likely than not


class VisitIntentRule(Rule):
    """What this visit is for: what the visitor told us or, if editors wish, what the landing suggests too."""

    SAID = "said"
    SUGGESTED = "suggested"
    CERTAINTIES = [
        (SAID, _("They told us")),
        (SUGGESTED, _("They told us, or the way they arrived suggests it")),
    ]
    CONFIDENCE = {SAID: DECLARED, SUGGESTED: ENOUGH}

    intent = models.ForeignKey(
        "wagtail_personalise_gov.Intent", on_delete=models.PROTECT, related_name="rules", verbose_name=_("intent")
    )
    certainty = models.CharField(_("how we know"), max_length=12, choices=CERTAINTIES, default=SUGGESTED)

    icon = "pick"
    group = VISITOR
    description = _("People who want to do a certain thing on this visit")
    also_called = _("purpose, task, reason, licence, apply, need, want, goal, why")
    panels = [FieldPanel("intent"), FieldPanel("certainty")]

    class Meta(Rule.Meta):
        verbose_name = _("visit intent")
        verbose_name_plural = _("visit intent rules")

    def condition(self) -> Condition:
        return AtLeastIn("visit.intent", {self.intent.slug: self.CONFIDENCE.get(self.certainty, DECLARED)})

    def cannot_match(self) -> str:
        if self.negated:
            return ""  # that nobody has it makes it true of everybody who can be told of
        if self.certainty == self.SAID:
            reason = gettext("nobody can say so, because “%s” is not offered as an answer.")
            return "" if self._ways[0] else reason % self.intent
        reason = gettext("“%s” is not offered as an answer, and nothing suggests it strongly enough.")
        return "" if any(self._ways) else reason % self.intent

    @cached_property
    def _ways(self) -> tuple[bool, bool]:
        """Whether anybody can say the intent, and whether anything suggests it. What is part of it counts for it."""
        return ways_to([self.intent_id])[self.intent_id]

    @classmethod
    def prepare_problems(cls, rules: Sequence[Rule]) -> None:
        own = [rule for rule in rules if isinstance(rule, cls) and rule.intent_id is not None]
        ways = ways_to([rule.intent_id for rule in own])
        for rule in own:
            rule._ways = ways.get(rule.intent_id, (True, True))

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


def ways_to(intents: Sequence[int]) -> dict[int, tuple[bool, bool]]:
    """For each of these intents: whether it, or a part of it, is asked, and whether any is suggested. One query."""
    model = VisitIntentRule._meta.get_field("intent").related_model
    signals = model._meta.get_field("signals").related_model._default_manager
    suggested = models.Exists(signals.filter(intent=models.OuterRef("pk"), confidence__gte=ENOUGH))
    wanted = set(intents)
    rows = model._default_manager.filter(models.Q(pk__in=wanted) | models.Q(parent__in=wanted))
    ways = dict.fromkeys(wanted, (False, False))
    for pk, parent, *found in rows.annotate(suggested=suggested).values_list("pk", "parent", "asked", "suggested"):
        for intent in wanted & {pk, parent}:
            ways[intent] = (ways[intent][0] or found[0], ways[intent][1] or found[1])
    return ways
