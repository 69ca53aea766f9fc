"""Which segments have something wrong with them, remembered.

To find out, a segment's rules are read and tried against each other: with hundreds of segments, seconds. So the answers
are kept, and where time matters only some segments are looked at anew: first those that changed since, then the others,
around which something did.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

from django.core.cache import cache
from django.utils import timezone

from ...conf import settings
from ...models import RulesetState, Segment
from ...models.inner import in_bulk, look_inside
from ...models.problems import found_in

KEPT = 24 * 60 * 60  # seconds
SOME = 50  # segments that may be looked at where time matters


class Answer(NamedTuple):
    """Whether a segment is broken, as of which of its revisions, and as of which state of all that is around it."""

    stamp: str
    state: str
    broken: bool


Answers = dict[int, Answer]  # by primary key; what was looked at longest ago stands first


def broken_segments() -> frozenset[int]:
    """The primary keys of segments outside the archive in which nobody can be.

    A query while nothing has changed since it was asked last; else some for all segments, and the time that takes.
    """
    state = _state()
    kept_state, answers = _kept()
    if not state or kept_state != state:
        answers = _looked_at(_stamps(), state)
        _keep(state, answers)
    return _broken(answers)


def broken_segments_at_a_glance() -> frozenset[int]:
    """The same, as far as it is known or found out at once: of many segments that changed, some at each time.

    An answer is as old as the last change to its segment, and no older than today. What changed around that, such as a
    page that its rules ask about, is found when it is looked at again: after every change all are, some at each time.
    """
    state = _state()
    kept_state, answers = _kept()
    if state and kept_state == state:
        return _broken(answers)
    stamps = _stamps()
    answers = {key: answer for key, answer in answers.items() if key in stamps}
    changed = dict.fromkeys(key for key in stamps if key not in answers or answers[key].stamp != stamps[key])
    waiting = [*changed, *(key for key, answer in answers.items() if answer.state != state and key not in changed)]
    found = _looked_at({key: stamps[key] for key in waiting[:SOME]}, state)
    answers = {key: answer for key, answer in answers.items() if key not in found} | found
    _keep(state if len(waiting) <= SOME else "", answers)  # of no state: there is more to look at
    return _broken(answers)


def _state() -> str:
    """Another one after every change to segments or their rules, and every day: dates pass. "" before any change."""
    version = RulesetState.current().version
    return f"{version}/{timezone.localdate()}" if version else ""


def _stamps() -> dict[int, str]:
    """By which it is seen that an editor changed a segment, or that the day is another."""
    rows = Segment.objects.filter(archived=False).order_by("pk").values_list("pk", "latest_revision", "live_revision")
    today = timezone.localdate()
    return {key: f"{latest}/{live}/{today}" for key, latest, live in rows}


def _looked_at(stamps: dict[int, str], state: str) -> Answers:
    segments = in_bulk(stamps) if stamps else {}
    look_inside(segments.values())
    return {key: Answer(stamps[key], state, bool(problems_with(segment))) for key, segment in segments.items()}


def problems_with(segment: Segment) -> list[str]:
    """Why nobody is in it, a sentence each. A draft without rules is only not finished."""
    return [found.text for found in found_in(segment) if found.nobody and (segment.live or not found.unfinished)]


def _broken(answers: Answers) -> frozenset[int]:
    return frozenset(key for key, answer in answers.items() if answer.broken)


def _key() -> str:
    return f"wagtail_personalise_gov.broken_segments.{settings.MODE}"  # what may be asked together depends on the mode


def _kept() -> tuple[str, Answers]:
    with suppress(Exception):  # a cache that is down costs time, and no report
        kept: Any = cache.get(_key())
        if kept:
            return kept["state"], kept["answers"]
    return "", {}


def _keep(state: str, answers: Answers) -> None:
    with suppress(Exception):
        cache.set(_key(), {"state": state, "answers": answers}, KEPT)
