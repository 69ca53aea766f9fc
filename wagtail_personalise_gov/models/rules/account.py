"""Rules about the visitor's account on this site."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from ...core.conditions import Condition, ContainsAny, Equals
from .base import VISITOR, FieldErrors, Gone, Rule


class AccountRule(Rule):
    """The visitor is signed in, or is in a group."""

    SIGNED_IN, IN_GROUP = "signed_in", "in_group"

    who = models.CharField(
        _("they are"),
        max_length=9,
        choices=[(SIGNED_IN, _("signed in")), (IN_GROUP, _("signed in, and in a group"))],
        default=SIGNED_IN,
    )
    # A group that is deleted leaves a rule that can't be told; without the rule its segment would be wider.
    user_group = models.ForeignKey(
        "auth.Group", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("group")
    )

    icon = "user"
    group = VISITOR
    description = _("People who are signed in, or in a group of users")
    also_called = _("signed in, logged in, login, user, group, member, staff, account")
    panels = [FieldPanel("who"), FieldPanel("user_group")]

    class Meta(Rule.Meta):
        verbose_name = _("account")
        verbose_name_plural = _("account rules")

    def clean(self) -> None:
        errors = FieldErrors()
        if self.who == self.IN_GROUP and self.user_group is None:
            errors.add("user_group", gettext("Choose the group."))
        elif self.who == self.SIGNED_IN and self.user_group is not None:
            errors.add("user_group", gettext("Leave the group empty, or choose “signed in, and in a group”."))
        if not errors and self.user_group is not None:
            # Names are compared without regard to case, as everywhere in conditions.
            others = Group.objects.filter(name__iexact=self.user_group.name).exclude(pk=self.user_group.pk)
            if other := others.first():
                errors.add(
                    "user_group",
                    gettext("There is also a group “%s”, and the two can't be told apart. Rename one of them.") % other,
                )
        errors.raise_any()
        super().clean()

    def condition(self) -> Condition:
        if self.who == self.SIGNED_IN:
            return Equals("account.signed_in", True)
        if self.user_group is None:
            raise Gone
        return ContainsAny("account.groups", [self.user_group.name])

    def sentence(self) -> str:
        if self.who == self.SIGNED_IN:
            return gettext("They are not signed in") if self.negated else gettext("They are signed in")
        text = gettext("They are not in the group “%s”") if self.negated else gettext("They are in the group “%s”")
        return text % (self.user_group or "")

    def public_sentence(self) -> str:
        if self.who == self.SIGNED_IN:
            return gettext("People who are not signed in") if self.negated else gettext("People who are signed in")
        return (
            gettext("People whose account is not in a certain group")
            if self.negated
            else gettext("People whose account is in a certain group")
        )
