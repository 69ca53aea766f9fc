"""RulesetState: the one row that tells every process which ruleset is current, and whether adapting is paused."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import connection, models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

ONLY = 1  # the primary key of the only row


def new_version() -> str:
    """A token that no other process draws too; it says nothing but "different"."""
    return secrets.token_hex(8)


class RulesetState(models.Model):
    """The version changes in the transaction that changes a segment, so no process reads one without the other."""

    version = models.CharField(max_length=16, default=new_version)
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True)
    paused_by = models.CharField(_("paused by"), max_length=150, blank=True)

    class Meta:
        verbose_name = _("state of personalisation")
        verbose_name_plural = _("state of personalisation")

    def __str__(self) -> str:
        return gettext("Personalisation, paused") if self.paused_at else gettext("Personalisation")

    @classmethod
    def current(cls) -> RulesetState:
        """The row; one that is not saved, with no version, before anything was ever published. It writes nothing."""
        return cls.objects.filter(pk=ONLY).first() or cls(pk=ONLY, version="")

    @classmethod
    def renew(cls, **changes: Any) -> str:
        """Give the row a new version, with other changes to it. Returns the version."""
        version = new_version()
        cls.objects.update_or_create(pk=ONLY, defaults={"version": version, **changes})
        return version

    @classmethod
    def renew_unless_locked(cls) -> bool:
        """Give the row a new version in the caller's transaction, unless another transaction holds it; whether it did.

        To wait for the other one, holding rows that it may be waiting for, is how two editors who save at once would
        lock each other out.
        """
        rows = cls.objects.filter(pk=ONLY)
        may_skip = connection.features.has_select_for_update_skip_locked and connection.in_atomic_block
        if may_skip and rows.exists() and rows.select_for_update(skip_locked=True).first() is None:
            return False
        cls.renew()
        return True
