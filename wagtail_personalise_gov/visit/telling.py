"""Tell a site's own code what a visitor chose, said or achieved: what happened, and nothing about who it was.

Nothing is looked at for a signal to which nobody listens.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.http import HttpRequest

from ..conf import settings
from ..core.counting import Tally
from ..core.events import Purpose, Route
from ..core.preference import Choice, Preference
from ..signals import goal_reached, intent_declared, preference_changed
from .devices import is_crawler
from .preference import choice_of
from .visit import Visit


def tell_choice(visit: Visit, request: HttpRequest, made: Choice) -> None:
    """Tell what of this choice, which is kept by now, is another one than the visitor's cookie says."""
    if not preference_changed.listened:
        return
    before = choice_of(visit.request)
    for purpose, preference in _parts(made):
        if (purpose, preference) not in _parts(before):
            preference_changed.tell(
                purpose=purpose,
                preference=preference,
                route=_route(request),
                may_be_counted=may_be_counted(visit),
            )


def tell_what_is_kept(visit: Visit, request: HttpRequest, tallies: Iterable[Tally]) -> None:
    """Tell the goals among what is counted with this response, each once, and what the visit was declared to be for."""
    if goal_reached.listened:
        for goal in dict.fromkeys(tally.goal for tally in tallies if tally.goal):
            goal_reached.tell(goal=goal)
    if intent_declared.listened and _keeps_what_was_said(visit):
        said, said_before = _intents_said(visit)
        if said != said_before:
            intent_declared.tell(intent=said or None, route=_route(request), may_be_counted=may_be_counted(visit))


def _keeps_what_was_said(visit: Visit) -> bool:
    """Whether this response keeps an intent that was declared with it: as in `recording.remember`."""
    if visit.only_looks or not visit.changes_memory or not visit.standing.adapts:
        return False
    return "intent" in visit.ruleset.remembers and not is_crawler(visit.request.META.get("HTTP_USER_AGENT", ""))


def _intents_said(visit: Visit) -> tuple[str, str]:
    """The slugs that this visit is declared to be for now, and was before; "" for none."""
    this_visit, before = visit.memory.visit, visit.stored.visit
    goes_on = before is not None and visit.stored.continues(visit.arrival(), settings.VISIT_TIMEOUT_MINUTES)
    return this_visit.intent if this_visit else "", before.intent if before and goes_on else ""


def may_be_counted(visit: Visit) -> bool:
    """Whether what the visitor does may be counted: as in `tallying.py`, but for requests of any method."""
    user_agent = visit.request.META.get("HTTP_USER_AGENT", "")
    return visit.counts and bool(user_agent) and not is_crawler(user_agent)


def _parts(choice: Choice | None) -> list[tuple[Purpose, Preference]]:
    return list(_said(choice)) if choice is not None else []


def _said(choice: Choice) -> Iterator[tuple[Purpose, Preference]]:
    if choice.preference is not Preference.UNDECIDED:
        yield Purpose.ADAPTING, choice.preference
    if choice.counting is not None:
        yield Purpose.COUNTING, Preference.ALLOWED if choice.counting else Preference.REFUSED


def _route(request: HttpRequest) -> Route:
    match = getattr(request, "resolver_match", None)
    return Route.API if match is not None and "personalise_api" in match.app_names else Route.HTML
