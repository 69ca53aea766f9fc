"""An alias of `visit.goals`: ``from wagtail_personalise_gov.goals import goal_reached``."""

from .visit.goals import goal_reached

__all__ = ["goal_reached"]
