"""The end of a token, for whoever has a shell."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...core.facts_json import nearest_name
from ...models.api_tokens import ApiToken


class Command(BaseCommand):
    help = "Revoke a token: from the next call on it does not work, and never will again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("token", metavar="NAME|ID", help="the name of the token, or its number")
        parser.add_argument(
            "--by", default="the command line", help="who revokes it, as editors read it (default: %(default)s)"
        )

    def handle(self, *args: Any, token: str, by: str, **options: Any) -> None:
        found = found_token(token)
        if found.revoke(by=by):
            self.stdout.write(f"Revoked “{found.name}” ({found.masked}).")
        else:
            self.stdout.write(f"Nothing to do: “{found.name}” ({found.masked}) is revoked already.")


def found_token(said: str) -> ApiToken:
    """The token of this name, else of this number; of several with one name, the one that is not revoked."""
    named = sorted(ApiToken.objects.filter(name=said), key=lambda token: token.revoked_at is not None)
    if named:
        return named[0]
    if said.isascii() and said.isdecimal() and len(said) < 19:
        numbered = ApiToken.objects.filter(pk=int(said)).first()
        if numbered is not None:
            return numbered
    names = list(ApiToken.objects.filter(revoked_at__isnull=True).values_list("name", flat=True))
    near = nearest_name(said, names)
    hint = f"Did you mean {near!r}?" if near else f"The tokens are: {', '.join(names) or 'none'}."
    raise CommandError(f"There is no token {said!r}. {hint}")
