"""The pause button for whoever has a shell and no admin."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone
from django.utils.formats import localize

from ...compiling import pause
from ...conf import settings
from ...models import RulesetState


class Command(BaseCommand):
    help = "Turn every page to its standard version, for every visitor, until personalise_resume."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--by", default="the command line", help="who pauses, as editors read it (default: %(default)s)"
        )

    def handle(self, *args: Any, by: str, **options: Any) -> None:
        state = RulesetState.current()
        if state.paused_at is not None:
            since = localize(timezone.localtime(state.paused_at))
            self.stdout.write(f"Nothing to do: paused since {since} by {state.paused_by or 'someone'}.")
            return
        pause(by=by)
        self.stdout.write(
            f"Personalisation is paused. Every page shows its standard version within "
            f"{settings.RULESET_CHECK_SECONDS + 1:g} seconds. Turn it on again: personalise_resume"
        )
