"""ApiToken: what a server shows to prove that it may make a call which no visitor's browser may make.

A token opens to servers of this organisation, and holds nothing about visitors.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from datetime import date
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DatabaseError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_variables
from wagtail.log_actions import log

from ..plugged import log_once_a_minute

PREFIX = "wpg_"  # by which secret scanners know one that was published by mistake
SECRET_BYTES = 24  # 192 random bits
SECRET = re.compile(f"{PREFIX}[0-9a-f]{{{2 * SECRET_BYTES}}}")
SHOWN_LETTERS = 4  # of its end, by which people tell tokens apart; 176 bits stay untold


class Scope(models.TextChoices):
    """What a token is good for."""

    DECISIONS = "decisions", _("Decisions: ask which segments a visit is in, for facts that the caller sends.")
    RULESET = "ruleset", _("Ruleset: read the conditions of every live segment, to decide elsewhere.")
    VARIANTS = "variants", _("Variants: read pages with all their versions, and for whom each is.")


class State(models.TextChoices):
    """Whether a token works, and why not."""

    WORKING = "working", _("Works")
    EXPIRED = "expired", _("Expired")
    REVOKED = "revoked", _("Revoked")


def hash_of(secret: str) -> str:
    """What is kept of a secret, in 64 letters.

    Plain SHA-256, with neither salt nor stretching: those make guessing dear where people choose what is guessed. Here
    it is 192 random bits, which nobody guesses at any speed, and every call pays for the hash. It is looked up by
    equality: how long that takes says nothing, since nobody can choose which hash they ask for.
    """
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


class ApiToken(models.Model):
    """One server's key. Its secret is told once, when it is made; only the hash is kept."""

    name = models.CharField(
        _("name"), max_length=120, help_text=_("What it is for, such as “Front end of the licensing service”.")
    )
    scopes = models.JSONField(_("good for"), default=list)
    expires_on = models.DateField(
        _("last day"),
        null=True,
        blank=True,
        help_text=_("After this day it no longer works. Give one: a token that is forgotten should end by itself."),
    )
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    ending = models.CharField(max_length=SHOWN_LETTERS, editable=False)
    made_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    made_by = models.CharField(_("made by"), max_length=150, blank=True, editable=False)
    last_used_on = models.DateField(_("last used"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    revoked_by = models.CharField(_("revoked by"), max_length=150, blank=True, editable=False)

    class Meta:
        verbose_name = _("API token")
        verbose_name_plural = _("API tokens")
        ordering = ["-made_at", "-pk"]
        # To change one is to revoke it: nothing else of it can be changed, and its row stays to tell what it was.
        default_permissions = ("view", "add", "change")

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.expires_on is not None and self.expires_on < timezone.localdate():
            raise ValidationError({"expires_on": gettext("This day is over. Give today or a later day.")})
        same = ApiToken.objects.filter(name=self.name, revoked_at__isnull=True).exclude(pk=self.pk)
        if self.name and same.exists():
            raise ValidationError(
                {"name": gettext("There is a token with this name. Give another name, or revoke that one first.")}
            )
        if strange := [scope for scope in self.scopes if scope not in Scope.values]:
            raise ValidationError(
                {
                    "scopes": gettext("%(strange)s is none of %(known)s.")
                    % {"strange": ", ".join(map(repr, strange)), "known": ", ".join(Scope.values)}
                }
            )

    @classmethod
    @sensitive_variables("secret")
    def make(
        cls, name: str, scopes: Iterable[str], expires_on: date | None = None, *, user: Any = None, by: str = ""
    ) -> tuple[ApiToken, str]:
        """A new token, and its secret, which can't be had again. Raises ValidationError for what it can't be."""
        secret = PREFIX + secrets.token_hex(SECRET_BYTES)
        token = cls(
            name=name,
            scopes=sorted(set(scopes)),
            expires_on=expires_on,
            secret_hash=hash_of(secret),
            ending=secret[-SHOWN_LETTERS:],
            made_by=(by or str(user or ""))[:150],
        )
        token.full_clean()
        with transaction.atomic():
            token.save()
            data = {"scopes": token.scopes, "expires_on": expires_on and expires_on.isoformat()}
            log(token, "wagtail_personalise_gov.make_token", user=user, data=data)
        return token, secret

    def revoke(self, *, user: Any = None, by: str = "") -> bool:
        """End it at once, for good. Whether it was this call that did: one that is revoked keeps its date and name."""
        at, who = timezone.now(), (by or str(user or ""))[:150]
        with transaction.atomic():
            if not ApiToken.objects.filter(pk=self.pk, revoked_at__isnull=True).update(revoked_at=at, revoked_by=who):
                return False
            log(self, "wagtail_personalise_gov.revoke_token", user=user)
        self.revoked_at, self.revoked_by = at, who
        return True

    @classmethod
    @sensitive_variables("secret")
    def with_secret(cls, secret: str) -> ApiToken | None:
        """The token with this secret, working or not; None where there is none. At most one query."""
        if SECRET.fullmatch(secret) is None:
            return None
        return cls.objects.filter(secret_hash=hash_of(secret)).first()

    @property
    def state(self) -> State:
        if self.revoked_at is not None:
            return State.REVOKED
        return (
            State.EXPIRED if self.expires_on is not None and self.expires_on < timezone.localdate() else State.WORKING
        )

    @property
    def masked(self) -> str:
        """The secret as people may see it: how it begins and how it ends."""
        return f"{PREFIX}…{self.ending}"

    @property
    def scopes_in_words(self) -> list[Any]:
        return [Scope(scope).label for scope in self.scopes if scope in Scope.values]

    def is_good_for(self, scope: Scope) -> bool:
        return scope in self.scopes

    def note_use(self) -> None:
        """Note the day on which it is used, by one write a day. A database that takes none stops no call."""
        today = timezone.localdate()
        if self.last_used_on == today:
            return
        try:
            with transaction.atomic():  # what fails within a request's transaction must not fail all of it
                ApiToken.objects.filter(pk=self.pk).exclude(last_used_on=today).update(last_used_on=today)
        except DatabaseError as error:
            log_once_a_minute(
                "ApiToken.last_used_on",
                "The day on which an API token was last used can't be noted (%s).",
                type(error).__name__,
            )
