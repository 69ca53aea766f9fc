"""Who may do what: the permissions that segments have as snippets, given to groups in Wagtail's settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.contrib.auth import get_permission_codename
from django.utils.translation import gettext

from ..models import Intent, Segment
from ..models.locks import ArchivedLock
from ..portable import Change
from ..visit import viewing


def has_permission(user: Any, action: str, model: Any = Segment) -> bool:
    """Whether the user may do something with segments: "view", "add", "change", "delete" or "publish"."""
    return bool(user.has_perm(f"{model._meta.app_label}.{get_permission_codename(action, model._meta)}"))


def may_see_segments(user: Any) -> bool:
    """Who may do anything with segments may see them, what there is to say of them, and who is in each."""
    return viewing.may_see_segments(user)


def may_archive(user: Any, segment: Segment) -> bool:
    """Archiving a live segment takes it from visitors, so that needs the permission to publish."""
    return (
        not segment.archived
        and has_permission(user, "publish" if segment.live else "change")
        and not is_locked_for(user, segment)
    )


def may_restore(user: Any, segment: Segment) -> bool:
    """It comes back as a draft, which no visitor sees."""
    return segment.archived and has_permission(user, "change")


def may_give_up_rules(user: Any, segment: Segment) -> bool:
    """Without them it may be wider, for visitors too, at once."""
    return not segment.archived and has_permission(user, "publish") and not is_locked_for(user, segment)


def is_locked_for(user: Any, segment: Segment) -> bool:
    """Whether somebody else has locked it. One that is in the archive is not: that is no lock of anybody's."""
    lock = segment.get_lock()
    return lock is not None and not isinstance(lock, ArchivedLock) and bool(lock.for_user(user))


def may_pause(user: Any) -> bool:
    """Whoever may make segments live may also switch them all off."""
    return has_permission(user, "publish")


def may_export(user: Any) -> bool:
    """Whoever may read segments may take them away as a file."""
    return has_permission(user, "view") or has_permission(user, "change")


def may_import(user: Any) -> bool:
    """Whether they may take in a file at all; what it does is asked once it is known."""
    return has_permission(user, "add") or has_permission(user, "change")


def kept_from_importing(user: Any, changes: Sequence[Change]) -> Iterator[str]:
    """Why the user may not make these changes, a sentence for each reason; nothing where they may.

    Whatever the form of a segment would not let them do, a file can't do for them.
    """
    segments = [change for change in changes if change.kind == "segment"]
    intents = [change for change in changes if change.kind == "intent"]
    new, there = _named(segments, "new"), _named(segments, "changed")
    if new and not has_permission(user, "add"):
        yield gettext("You may not add segments, and these are new: %s.") % new
    if there and not has_permission(user, "change"):
        yield gettext("You may not change segments, and these are there already: %s.") % there
    seen = [change for change in segments if change.after.live or (change.before and change.before.live)]
    if seen and not has_permission(user, "publish"):
        yield gettext(
            "You may not publish segments, and these are live here or in the file: %s. Ask somebody who may publish."
        ) % _names(seen)
    new, there = _named(intents, "new"), _named(intents, "changed")
    if new and not has_permission(user, "add", Intent):
        yield gettext("You may not add intents, and these are new: %s.") % new
    if there and not has_permission(user, "change", Intent):
        yield gettext("You may not change intents, and these are there already: %s.") % there
    if locked := [change for change in segments if change.before and is_locked_for(user, change.before)]:
        yield gettext("These are locked, and not for you to change: %s. Ask for them to be unlocked.") % _names(locked)


def _named(changes: Iterable[Change], what: str) -> str:
    return _names([change for change in changes if change.what == what])


def _names(changes: Sequence[Change]) -> str:
    return ", ".join(f"“{change.after}”" for change in changes)
