"""A token for a server's calls, for whoever has a shell."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...models.api_tokens import ApiToken, Scope


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ArgumentTypeError(f"{text!r} is no day. Write it as 2027-01-01.") from None


class Command(BaseCommand):
    help = "Make a token for calls from server to server, and print its secret, which can't be had again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="what it is for, such as 'Worker at the CDN'")
        parser.add_argument(
            "--scope",
            action="append",
            required=True,
            choices=Scope.values,
            help="what it is good for; may be given several times",
        )
        parser.add_argument("--expires", type=day, metavar="DAY", help="the last day on which it works: 2027-01-01")
        parser.add_argument(
            "--by", default="the command line", help="who makes it, as editors read it (default: %(default)s)"
        )

    def handle(self, *args: Any, name: str, scope: list[str], expires: date | None, by: str, **options: Any) -> None:
        try:
            token, secret = ApiToken.make(name, scope, expires, by=by)
        except ValidationError as error:
            told = [f"{field}: {' '.join(messages)}" for field, messages in error.message_dict.items()]
            raise CommandError(" ".join(told)) from None
        self.stdout.write(secret)
        until = f"until the end of {token.expires_on}" if token.expires_on else "until it is revoked"
        # On the other stream, so that a script can keep the secret alone.
        self.stderr.write(f"Made “{token.name}”, good for {', '.join(token.scopes)} {until}. Keep the secret now.")
