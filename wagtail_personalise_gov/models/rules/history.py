"""Rules about earlier visits: whether there were any, how many, and when the last one was."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel

from ...core.conditions import All, AtLeast, AtMost, Condition, ConditionError, Equals
from .base import VISITOR, FieldErrors, Rule

AT_LEAST, AT_MOST, EXACTLY = "at_least", "at_most", "exactly"
MAX_VISITS = 1000  # more than anybody makes while a memory lasts
MAX_DAYS = 395  # as long as memory may last at most (requirement of the CNIL: 13 months)


class FirstTimeVisitorRule(Rule):
    """It is the visitor's first visit: for the whole of that visit, not only its first page."""

    icon = "user"
    group = VISITOR
    description = _("People on their first visit, for the whole of that visit")
    also_called = _("new visitor, newcomer, first visit, returning, never before")
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


class VisitCountRule(Rule):
    """How many times the visitor has been here, this visit included. At most one: never before."""

    COMPARISONS = [(AT_LEAST, _("at least")), (AT_MOST, _("at most")), (EXACTLY, _("exactly"))]

    comparison = models.CharField(_("they have visited"), max_length=8, choices=COMPARISONS, default=AT_LEAST)
    visits = models.PositiveIntegerField(
        _("visits"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_VISITS)],
        help_text=_("This visit counts too: “exactly 1” means never before."),
    )

    icon = "history"
    group = VISITOR
    description = _("People who have been here often, seldom or never before")
    also_called = _("returning, repeat, frequent, often, visits, came back, new visitor")
    panels = [FieldRowPanel([FieldPanel("comparison"), FieldPanel("visits")])]

    class Meta(Rule.Meta):
        verbose_name = _("number of visits")
        verbose_name_plural = _("rules about the number of visits")

    def clean(self) -> None:
        errors = FieldErrors()
        if self.comparison == AT_LEAST and self.visits == 1:
            errors.add("visits", gettext("Everybody has visited at least once: this visit counts. Write 2 or more."))
        errors.raise_any()
        super().clean()

    def condition(self) -> Condition:
        if self.visits is None or not 1 <= self.visits <= MAX_VISITS:
            raise ConditionError(gettext("Write a number of visits from 1 to %d.") % MAX_VISITS)
        if self.comparison == EXACTLY:
            return Equals("visitor.visits", self.visits)
        return (
            AtMost("visitor.visits", self.visits)
            if self.comparison == AT_MOST
            else AtLeast("visitor.visits", self.visits)
        )

    @property
    def _never_before(self) -> bool:
        return self.visits == 1 and self.comparison != AT_LEAST

    def sentence(self) -> str:
        if self._never_before:
            return (
                gettext("We can tell they have been here before")
                if self.negated
                else gettext("They have never been here before")
            )
        words = {
            (AT_LEAST, False): gettext("They have visited at least %d times, this visit included"),
            (AT_LEAST, True): gettext("We can tell they have visited fewer than %d times, this visit included"),
            (AT_MOST, False): gettext("They have visited at most %d times, this visit included"),
            (AT_MOST, True): gettext("We can tell they have visited more than %d times, this visit included"),
            (EXACTLY, False): gettext("They have visited exactly %d times, this visit included"),
            (EXACTLY, True): gettext("We can tell they have not visited exactly %d times, this visit included"),
        }
        return words[self.comparison, self.negated] % self.visits

    def public_sentence(self) -> str:
        if self._never_before:
            return (
                gettext("People who have been here before")
                if self.negated
                else gettext("People who have never been here before")
            )
        words = {
            (AT_LEAST, False): gettext("People who have visited at least %d times"),
            (AT_LEAST, True): gettext("People who have visited fewer than %d times"),
            (AT_MOST, False): gettext("People who have visited at most %d times"),
            (AT_MOST, True): gettext("People who have visited more than %d times"),
            (EXACTLY, False): gettext("People who have visited exactly %d times"),
            (EXACTLY, True): gettext("People who have not visited exactly %d times"),
        }
        return words[self.comparison, self.negated] % self.visits


class LastVisitRule(Rule):
    """How many days ago the visitor was last here; on a first visit, no number of days ago."""

    COMPARISONS = [(AT_LEAST, _("so many days ago, or longer")), (AT_MOST, _("within so many days"))]

    comparison = models.CharField(_("their last visit was"), max_length=8, choices=COMPARISONS, default=AT_LEAST)
    days = models.PositiveIntegerField(
        _("days"),
        default=30,
        validators=[MaxValueValidator(MAX_DAYS)],
        help_text=_("By the calendar: yesterday is 1 day ago. 0 is earlier today."),
    )

    icon = "date"
    group = VISITOR
    description = _("People who come back after some days, or within some days")
    also_called = _("returning, came back, recent, days ago, lapsed, while ago")
    panels = [FieldRowPanel([FieldPanel("comparison"), FieldPanel("days")])]

    class Meta(Rule.Meta):
        verbose_name = _("last visit")
        verbose_name_plural = _("rules about the last visit")

    def clean(self) -> None:
        errors = FieldErrors()
        if self.comparison == AT_LEAST and self.days == 0:
            errors.add("days", gettext("Whoever was here before was here 0 days ago or longer. Write 1 or more."))
        errors.raise_any()
        super().clean()

    def condition(self) -> Condition:
        if self.days is None or not 0 <= self.days <= MAX_DAYS:
            raise ConditionError(gettext("Write a number of days from 0 to %d.") % MAX_DAYS)
        question = AtMost if self.comparison == AT_MOST else AtLeast
        # On a first visit there is no last one, which is known and not "can't tell".
        return All(Equals("visitor.first_visit", False), question("visitor.days_since_last_visit", self.days))

    def sentence(self) -> str:
        if self.comparison == AT_MOST:
            text = (
                ngettext(
                    "We can tell they were not here within the last %d day",
                    "We can tell they were not here within the last %d days",
                    self.days,
                )
                if self.negated
                else ngettext(
                    "They were last here at most %d day ago", "They were last here at most %d days ago", self.days
                )
            )
        else:
            text = (
                ngettext(
                    "We can tell they were here less than %d day ago, or never before",
                    "We can tell they were here less than %d days ago, or never before",
                    self.days,
                )
                if self.negated
                else ngettext(
                    "They were last here at least %d day ago", "They were last here at least %d days ago", self.days
                )
            )
        return text % self.days

    def public_sentence(self) -> str:
        if self.comparison == AT_MOST:
            text = (
                ngettext(
                    "People who were not here within the last %d day",
                    "People who were not here within the last %d days",
                    self.days,
                )
                if self.negated
                else ngettext(
                    "People who were last here at most %d day ago",
                    "People who were last here at most %d days ago",
                    self.days,
                )
            )
        else:
            text = (
                ngettext(
                    "People who were here less than %d day ago, or never before",
                    "People who were here less than %d days ago, or never before",
                    self.days,
                )
                if self.negated
                else ngettext(
                    "People who were last here at least %d day ago",
                    "People who were last here at least %d days ago",
                    self.days,
                )
            )
        return text % self.days
