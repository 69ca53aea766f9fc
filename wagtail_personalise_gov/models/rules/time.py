"""Rules about when it is. They are the same for everybody, so they go on working for those who turned adapting off."""

from __future__ import annotations

import datetime
from typing import Any

from django import forms
from django.db import models
from django.utils.dates import WEEKDAYS
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel

from ...core.conditions import Between, Condition, ConditionError, OnWeekday
from ...core.questions.ranges import WEEKDAYS as WEEKDAY_NAMES
from ..fields import TimeZoneField, WordsField, joined
from .base import TIME, FieldErrors, Rule

# The browser's own fields: Wagtail's pickers turn what they can't read ("5pm", "31 May") into another time or day.
TIME_INPUT = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
DATE_INPUT = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class TimeOfDayRule(Rule):
    """Between two times of day, over midnight too, by a clock on the wall of the site or of another place."""

    start = models.TimeField(_("from"), help_text=_("24-hour clock, such as 17:30"))
    end = models.TimeField(
        _("until"),
        help_text=_(
            "The rule stops at this time. If it is earlier than “from”, it goes on past midnight. 00:00 is midnight."
        ),
    )
    time_zone = TimeZoneField(_("by the clock of"), help_text=_("Summer time is taken care of."))

    icon = "time"
    group = TIME
    description = _("A time of day, for everybody")
    also_called = _("hour, clock, morning, evening, night, opening hours")
    panels = [
        FieldRowPanel([FieldPanel("start", widget=TIME_INPUT), FieldPanel("end", widget=TIME_INPUT)]),
        FieldPanel("time_zone"),
    ]

    class Meta(Rule.Meta):
        verbose_name = _("time of day")
        verbose_name_plural = _("rules about the time of day")

    def clean(self) -> None:
        errors = FieldErrors()
        for field in ("start", "end"):
            time: datetime.time | None = getattr(self, field)
            if time is not None and (time.second or time.microsecond):
                errors.add(field, gettext("Write hours and minutes only, such as 09:30."))
        if self.start is not None and self.start == self.end:
            errors.add("end", gettext("It ends when it starts. For the whole day, no rule is needed."))
        errors.raise_any()
        super().clean()

    def condition(self) -> Condition:
        if self.start is None or self.end is None:
            raise ConditionError(gettext("Give the time from which, and the time until which."))
        ends: list[Any] = [f"{self.start:%H:%M}", f"{self.end:%H:%M}"]
        return Between("clock.local", [*ends, self.time_zone] if self.time_zone else ends)

    def _when(self) -> str:
        words = {"start": time_format(self.start, "H:i"), "end": time_format(self.end, "H:i")}
        when = (
            gettext("between %(start)s and %(end)s the next day")
            if self.end < self.start and self.end != datetime.time(0)
            else gettext("between %(start)s and %(end)s")
        ) % words
        if not self.time_zone:
            return when
        return gettext("%(when)s by the clock of %(place)s") % {
            "when": when,
            "place": self.time_zone.replace("_", " "),
        }

    def sentence(self) -> str:
        return (gettext("It is not %s") if self.negated else gettext("It is %s")) % self._when()

    def public_sentence(self) -> str:
        text = gettext("Everybody, unless it is %s") if self.negated else gettext("Everybody, %s")
        return text % self._when()


class DayOfWeekRule(Rule):
    """On some days of the week, by the calendar of the site."""

    OPTIONS = [(name, WEEKDAYS[number]) for number, name in enumerate(WEEKDAY_NAMES)]

    days = WordsField(_("it is a"), options=OPTIONS)

    icon = "calendar-alt"
    group = TIME
    description = _("Days of the week, for everybody")
    also_called = _("weekday, weekend, monday, tuesday, wednesday, thursday, friday, saturday, sunday")
    panels = [FieldPanel("days")]

    class Meta(Rule.Meta):
        verbose_name = _("day of the week")
        verbose_name_plural = _("rules about the day of the week")

    def clean(self) -> None:
        errors = FieldErrors()
        if not self.days:
            errors.add("days", gettext("Tick at least one day."))
        elif len(set(self.days)) == len(WEEKDAY_NAMES):
            errors.add("days", gettext("That is every day. Untick one, or delete the rule."))
        errors.raise_any()
        super().clean()

    def condition(self) -> Condition:
        if not self.days:
            raise ConditionError(gettext("Tick at least one day."))
        return OnWeekday("clock.local", self.days)

    def _days(self) -> str:
        labels = dict(self.OPTIONS)
        return joined((labels.get(day, day) for day in self.days), gettext("or"))

    def sentence(self) -> str:
        return (gettext("It is not a %s") if self.negated else gettext("It is a %s")) % self._days()

    def public_sentence(self) -> str:
        text = gettext("Everybody, unless it is a %s") if self.negated else gettext("Everybody, on a %s")
        return text % self._days()


class DateRangeRule(Rule):
    """From one day to another, both included and either may be open; in one year, or in every year."""

    first_day = models.DateField(_("first day"), null=True, blank=True, help_text=_("Leave empty for no start."))
    last_day = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("The rule still holds on this day. Leave empty for no end.")
    )
    every_year = models.BooleanField(
        _("every year"),
        default=False,
        help_text=_("The year that you write is ignored then. 20 December to 6 January goes over New Year."),
    )

    icon = "date"
    group = TIME
    description = _("From one day to another, for everybody: once, or every year")
    also_called = _("date, deadline, season, year, month, period, holiday, from, until")
    panels = [
        FieldRowPanel([FieldPanel("first_day", widget=DATE_INPUT), FieldPanel("last_day", widget=DATE_INPUT)]),
        FieldPanel("every_year"),
    ]

    class Meta(Rule.Meta):
        verbose_name = _("dates")
        verbose_name_plural = _("rules about dates")

    def clean(self) -> None:
        errors = FieldErrors()
        if self.first_day is None and self.last_day is None:
            errors.add("first_day", gettext("Give a first day, a last day or both."))
        elif self.every_year and (self.first_day is None or self.last_day is None):
            missing = "first_day" if self.first_day is None else "last_day"
            errors.add(missing, gettext("Give a first and a last day to what comes again every year."))
        elif self.every_year and self._is_the_whole_year():
            errors.add("last_day", gettext("That is every day of the year. Choose other days, or delete the rule."))
        elif not self.every_year and self.first_day and self.last_day and self.first_day > self.last_day:
            errors.add("last_day", gettext("It ends before it starts."))
        errors.raise_any()
        super().clean()

    def condition(self) -> Condition:
        if self.first_day is None and self.last_day is None:
            raise ConditionError(gettext("Give a first day, a last day or both."))
        shape = "%m-%d" if self.every_year else "%Y-%m-%d"
        return Between("clock.local", [day and f"{day:{shape}}" for day in (self.first_day, self.last_day)])

    def _is_the_whole_year(self) -> bool:
        return bool(
            self.first_day
            and self.last_day
            and (self.first_day.month, self.first_day.day, self.last_day.month, self.last_day.day) == (1, 1, 12, 31)
        )

    def _when(self) -> str:
        shape = "MONTH_DAY_FORMAT" if self.every_year else "DATE_FORMAT"
        first, last = (day and date_format(day, shape) for day in (self.first_day, self.last_day))
        if self.every_year:
            return gettext("from %(first)s to %(last)s, every year") % {"first": first, "last": last}
        if first and first == last:
            return pgettext("a day", "on %s") % first
        if first and last:
            return gettext("from %(first)s to %(last)s") % {"first": first, "last": last}
        return gettext("from %s on") % first if first else gettext("until %s") % last

    def sentence(self) -> str:
        text = gettext("Today is not one of the days %s") if self.negated else gettext("Today is one of the days %s")
        return text % self._when()

    def public_sentence(self) -> str:
        text = gettext("Everybody, except %s") if self.negated else gettext("Everybody, %s")
        return text % self._when()
