"""Goals that a site's own code reaches."""

from __future__ import annotations

from django.http import HttpRequest

from .visit import Visit


def goal_reached(request: HttpRequest, slug: str) -> None:
    """Say that this visit has reached a goal. It is counted at most once a visit, for what the visit was shown before.

    Never raises. Nothing is counted of visitors who turned counting off, nor for a slug of no live goal, which the log
    names. The response becomes private, so that no cache answers for the visits that are still to be counted.
    """
    visit = getattr(request, "visit", None)
    if isinstance(visit, Visit):
        visit.reach(slug)
