"""Rules about earlier visits."""

from __future__ import annotations

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...core.conditions import Condition, Equals
from .base import VISITOR, Rule


class FirstTimeVisitorRule(Rule):
    """It is the visitor's first visit: for the whole of that visit, not only its first page."""

    icon = "user"
    group = VISITOR
    description = _("People on their first visit, for the whole of that visit")
    panels: list[object] = []

    class Meta(Rule.Meta):
        verbose_name = _("first-time visitor")
        verbose_name_plural = _("first-time visitor rules")

    def condition(self) -> Condition:
        return Equals("visitor.first_visit", True)

    def sentence(self) -> str:
        return (
            gettext("We can tell they have been here before") if self.negated else gettext("This is their first visit")
        )

    def public_sentence(self) -> str:
        return (
            gettext("People who have been here before") if self.negated else gettext("People on their first visit here")
        )
