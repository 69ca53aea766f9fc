"""Why nothing is counted at the moment, for the pages that show what was counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...conf import settings
from ...core.preference import Mode
from ...models import RulesetState
from ..pausing import paused_state
from ..permissions import may_pause


@dataclass(frozen=True, slots=True)
class Stopped:
    """All that keeps visits from being counted; true where anything does."""

    counting_off: bool
    mode_off: bool
    paused: RulesetState | None
    may_resume: bool

    def __bool__(self) -> bool:
        return self.counting_off or self.mode_off or self.paused is not None


def stopped_for(user: Any) -> Stopped:
    """As this user is to be told of it. One query."""
    paused = paused_state()
    return Stopped(
        counting_off=not settings.COUNTING,
        mode_off=settings.MODE is Mode.OFF,
        paused=paused,
        may_resume=paused is not None and may_pause(user),
    )
