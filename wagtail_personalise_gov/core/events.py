"""Events: what a site's own code and other systems may hear of. None of them says anything about who a visitor is."""

from __future__ import annotations

from enum import StrEnum


class Event(StrEnum):
    SEGMENT_CHANGED = "segment_changed"
    PREFERENCE_CHANGED = "preference_changed"
    INTENT_DECLARED = "intent_declared"
    GOAL_REACHED = "goal_reached"


ABOUT_VISITORS = frozenset(Event) - {Event.SEGMENT_CHANGED}


class SegmentChange(StrEnum):
    """What happened to a segment."""

    PUBLISHED = "published"  # for the first time, or anew
    UNPUBLISHED = "unpublished"
    ARCHIVED = "archived"
    RESTORED = "restored"  # from the archive, as a draft
    DELETED = "deleted"
    LEARNING_BEGAN = "learning_began"
    LEARNING_ENDED = "learning_ended"


class Purpose(StrEnum):
    """What a visitor's choice is about."""

    ADAPTING = "adapting"
    COUNTING = "counting"


class Route(StrEnum):
    """How a visitor said something."""

    HTML = "html"
    API = "api"
