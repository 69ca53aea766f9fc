"""Signals that a site's own code may listen to: docs/reference/signals.md.

The sender of each is None. Nothing is made ready for a signal to which nobody listens.
"""

from __future__ import annotations

from typing import Any

from django.dispatch import Signal

from .plugged import log_once_a_minute

# Sent after a new ruleset has been announced; `version` is its token. Sender: None.
ruleset_retired = Signal()


class SafeSignal(Signal):
    """A signal whose receivers break nothing: one that fails is a line in the log, by the kind of its error alone."""

    @property
    def listened(self) -> bool:
        """Whether anybody listens."""
        return bool(self.receivers)

    def tell(self, **arguments: Any) -> None:
        """Send it. Never raises."""
        if self.listened:
            self.send_robust(sender=None, **arguments)

    def _log_robust_failure(self, receiver: Any, err: Exception) -> None:
        """In the stead of Django's own line, which repeats the message: that may hold whatever a receiver knows."""
        name = f"{getattr(receiver, '__module__', '')}.{getattr(receiver, '__qualname__', type(receiver).__name__)}"
        log_once_a_minute(name, "The receiver %s of a signal fails (%s).", name, type(err).__name__)


# A segment was published, unpublished, archived, restored or deleted, or its learning mode began or ended; once that is
# committed. `segment`: its slug; `change`: a `core.events.SegmentChange`. Who did it stands in Wagtail's log.
segment_changed = SafeSignal()

# A visitor chose otherwise than before. `purpose`: a `core.events.Purpose`; `preference`: ALLOWED or REFUSED, of
# `core.preference.Preference`; `route`: a `core.events.Route`; `may_be_counted`: whether their visits may be counted.
preference_changed = SafeSignal()

# A visitor said what the visit is for, and it is kept. `intent`: the slug, or None where it was withdrawn; `route` and
# `may_be_counted` as above.
intent_declared = SafeSignal()

# A goal was counted for a visit. `goal`: its slug.
goal_reached = SafeSignal()
