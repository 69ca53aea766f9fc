"""Who may do what: the permissions that segments have as snippets, given to groups in Wagtail's settings."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_permission_codename

from ..models import Segment


def has_permission(user: Any, action: str) -> bool:
    """Whether the user may do something with segments: "view", "add", "change", "delete" or "publish"."""
    return bool(user.has_perm(f"{Segment._meta.app_label}.{get_permission_codename(action, Segment._meta)}"))


def may_archive(user: Any, segment: Segment) -> bool:
    """Archiving a live segment takes it from visitors, so that needs the permission to publish."""
    return not segment.archived and has_permission(user, "publish" if segment.live else "change")


def may_restore(user: Any, segment: Segment) -> bool:
    """It comes back as a draft, which no visitor sees."""
    return segment.archived and has_permission(user, "change")


def may_give_up_rules(user: Any, segment: Segment) -> bool:
    """Without them it may be wider, for visitors too, at once."""
    return not segment.archived and has_permission(user, "publish")


def may_pause(user: Any) -> bool:
    """Whoever may make segments live may also switch them all off."""
    return has_permission(user, "publish")
