"""The other half of personalise_pause."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.formats import localize

from ...compiling import resume
from ...models import RulesetState


class Command(BaseCommand):
    help = "End a pause: each visitor sees the versions that are meant for them again."

    def handle(self, *args: Any, **options: Any) -> None:
        state = RulesetState.current()
        if state.paused_at is None:
            self.stdout.write("Nothing to do: personalisation is not paused.")
            return
        since, who = localize(timezone.localtime(state.paused_at)), state.paused_by or "someone"
        resume()
        self.stdout.write(f"Personalisation is on again. It had been paused since {since} by {who}.")
