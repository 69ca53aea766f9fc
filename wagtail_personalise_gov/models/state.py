"""RulesetState: the one row that tells every process which ruleset is current, and whether adapting is paused."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from typing import Any

from django.db import connection, models, router, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

ONLY = 1  # the primary key of the only row
STEPS_KEPT = (
    100  # changes of which the row tells; a publication makes one for each rule, and processes look once a second
)
MOST_READ_APART = 200  # segments that changed; where there are more, all are read, by not many more queries


def new_version() -> str:
    """A token that no other process draws too; it says nothing but "different"."""
    return secrets.token_hex(8)


class RulesetState(models.Model):
    """The version changes in the transaction that changes a segment, so no process reads one without the other.

    `latest` tells which segments the latest changes were about, so that a process which holds one of the versions
    before can compile just these: `steps`, each the version before a change and the primary keys of segments, and the
    version that they lead `to`. A change by anything that knows nothing of this leaves it behind.
    """

    version = models.CharField(max_length=16, default=new_version)
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True)
    paused_by = models.CharField(_("paused by"), max_length=150, blank=True)
    latest = models.JSONField(_("latest changes"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("state of personalisation")
        verbose_name_plural = _("state of personalisation")

    def __str__(self) -> str:
        return gettext("Personalisation, paused") if self.paused_at else gettext("Personalisation")

    @classmethod
    def current(cls) -> RulesetState:
        """The row; one that is not saved, with no version, before anything was ever published. It writes nothing."""
        return cls.objects.filter(pk=ONLY).first() or cls(pk=ONLY, version="")

    def changed_since(self, version: str) -> frozenset[int] | None:
        """The keys of the segments that changed since a version; None where it can't be told: any may have."""
        if version == self.version:
            return frozenset()
        steps = self._steps
        before = [step[0] for step in steps]
        if version not in before:
            return None
        return frozenset(key for _before, keys in steps[before.index(version) :] for key in keys)

    @property
    def _steps(self) -> list[tuple[str, list[int]]]:
        """The latest changes, where they lead to the version of now; else none."""
        latest = self.latest or {}
        return latest["steps"] if latest.get("to") == self.version else []

    @classmethod
    def renew(cls, segments: Collection[int] | None = None, **changes: Any) -> str:
        """Give the row a new version, with other changes to it. Returns the version.

        `segments` are the keys of those that the change is about, where it is about nothing else that is compiled.
        """
        using = router.db_for_write(cls)
        with transaction.atomic(using=using):
            # The row is held until the end, so that no other's step is lost.
            rows = cls.objects.using(using).select_for_update()
            state, _made = rows.get_or_create(pk=ONLY, defaults={"version": ""})
            keys = None if segments is None else sorted({int(key) for key in segments})
            apart = keys is not None and len(keys) <= MOST_READ_APART
            steps = [*state._steps, (state.version, keys)][-STEPS_KEPT:] if apart else []
            state.version = new_version()
            state.latest = {"steps": steps, "to": state.version}
            for name, value in changes.items():
                setattr(state, name, value)
            state.save(using=using)
            return state.version

    @classmethod
    def renew_unless_locked(cls, segments: Collection[int] | None = None) -> bool:
        """`renew` in the caller's transaction, unless another transaction holds the row; whether it did.

        To wait for the other one, holding rows that it may be waiting for, is how two editors who save at once would
        lock each other out.
        """
        rows = cls.objects.filter(pk=ONLY)
        may_skip = connection.features.has_select_for_update_skip_locked and connection.in_atomic_block
        if may_skip and rows.exists() and rows.select_for_update(skip_locked=True).first() is None:
            return False
        cls.renew(segments)
        return True
