"""Outcomes: the answers on which the content of a page depends, so that a page cache may keep a copy for each.

What a page asks stands in the name of a request header, what is answered to a visitor in its value. Neither is ever
sent: a page cache finds the name in the `Vary` of what it keeps, and looks for the value where it looks for those of
real headers. Segments are named by their numbers, since `a-b` and `a_b` would be one header.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import lru_cache

from ..conf import settings
from ..core.decision import MATCHING, Reason
from ..core.pages import ServedPage
from ..core.preference import Because
from ..core.ruleset import NO_RULES, Ruleset
from ..visit.grounds import ADAPTS, ADDRESS, BANNER, INTENT, PLACE, STANDING, Grounds
from ..visit.visit import ABOUT_PAGES_SEEN, Visit

HEADER = "X-Personalise-"
META = "HTTP_X_PERSONALISE_"  # how its name begins among a request's headers

PAGE = re.compile(r"P([0-9]{1,19})X([0-9A-Z]{1,255})")  # its number, and its place in the tree

MOST_ASKED = 200  # segments of which the copies of one page may be told apart

# How an answer is written. What looks alike is told apart only where a page asks why.
ANSWERS = {**dict.fromkeys(MATCHING, "y"), Reason.HOLDOUT: "h", Reason.LEARNING: "l"}
LETTERS = {BANNER: "b", ADAPTS: "a", STANDING: "s", INTENT: "i", PLACE: "p"}
GROUNDS = {letter: ground for ground, letter in LETTERS.items()}


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page asks about its visitors: `others` as in `Grounds`; segments by their numbers, in order."""

    others: tuple[str, ...] = ()
    segments: tuple[int, ...] = ()
    reasons: tuple[int, ...] = ()
    page: tuple[int, str] | None = None  # itself, if it asks which pages were seen: it is one of them

    @property
    def header(self) -> str:
        """The name of the header that stands for it."""
        parts = [
            "v",  # the version of the ruleset, always
            *(LETTERS[ground] for ground in self.others),
            *(f"y{number}" for number in self.segments),
            *(f"r{number}" for number in self.reasons),
            *([] if self.page is None else [f"p{self.page[0]}x{self.page[1]}"]),
        ]
        return HEADER + "-".join(parts)

    def __or__(self, other: Asked) -> Asked:
        return Asked(
            tuple(sorted({*self.others, *other.others})),
            tuple(sorted({*self.segments, *other.segments})),
            tuple(sorted({*self.reasons, *other.reasons})),
            self.page or other.page,
        )

    @property
    def too_much(self) -> bool:
        return len(self.segments) + len(self.reasons) > MOST_ASKED

    def in_force(self, ruleset: Ruleset) -> Asked:
        """Without the segments that are not live any more: nobody can be in them."""
        return Asked(
            self.others,
            tuple(number for number in self.segments if number in ruleset.keys),
            tuple(number for number in self.reasons if number in ruleset.keys),
            self.page,
        )


def asked_by(grounds: Grounds, visit: Visit) -> Asked | None:
    """What a response asked that was made from these grounds; None where they are beyond what can be told apart."""
    if grounds.beyond:
        return None
    ruleset, shows = visit.ruleset, visit.shows
    asks_pages = ruleset.only(grounds.segments | grounds.reasons).needs & ABOUT_PAGES_SEEN if shows else None
    try:
        return Asked(
            tuple(sorted(grounds.others - {ADDRESS})),
            tuple(sorted(ruleset.numbers[slug] for slug in grounds.segments)),
            tuple(sorted(ruleset.numbers[slug] for slug in grounds.reasons)),
            (shows.id, shows.place) if shows and asks_pages else None,
        )
    except KeyError:  # a segment of no number: of a visit that asks another ruleset
        return None


@lru_cache(maxsize=4096)
def asked_in(key: str) -> Asked | None:
    """What a header stands for, by its name among a request's headers; None for one that is none of ours."""
    others: list[str] = []
    page = None
    numbers: dict[str, list[int]] = {"Y": [], "R": []}
    version, *parts = key.removeprefix(META).split("_")
    if version != "V":
        return None
    for part in parts:
        if found := PAGE.fullmatch(part):
            page = int(found[1]), found[2]
        elif part.lower() in GROUNDS:
            others.append(GROUNDS[part.lower()])
        elif part[:1] in numbers and part[1:].isdecimal() and len(part) < 20:
            numbers[part[0]].append(int(part[1:]))
        else:
            return None
    return Asked(tuple(others), tuple(numbers["Y"]), tuple(numbers["R"]), page)


def outcome(visit: Visit, asked: Asked) -> str | None:
    """What is answered to a visit; None for a visitor whose page is theirs alone. Reads just what the page would."""
    ruleset = visit.ruleset
    if type(visit) is not Visit or ruleset is NO_RULES:
        return None  # an editor's look at a page; or the segments can't be loaded, which may be over in a moment
    # The settings too: they say what the banner does, and of whom anything is asked.
    answers = [f"{ruleset.version}.{settings.fingerprint}"]
    with visit.looking_ahead():
        if asked.page is not None and visit.shows is None:
            visit.note_page(ServedPage(*asked.page))  # as it will be once it is served
        for ground in asked.others:
            answer = TELLING[ground](visit)
            if answer is None:
                return None
            answers.append(answer)
        if asked.segments:
            decision = visit.matching(ruleset.slugs(asked.segments))
            answers += [ANSWERS.get(decision.get(ruleset.keys.get(key, "")), "n") for key in asked.segments]
        if asked.reasons:
            decision = visit.decide(ruleset.slugs(asked.reasons))
            answers += [str(decision.get(ruleset.keys.get(key, ""), "-")) for key in asked.reasons]
    return ".".join(answers)


def _banner(visit: Visit) -> str | None:
    """Whether the banner asks, and in which words: see `privacy/banner.py`."""
    standing = visit.standing
    choice = standing.choice
    if choice is not None and choice.new and standing.because is Because.CHOICE:
        return None  # their choice is confirmed to them, once
    if standing.because is not Because.DEFAULT:
        return "-"
    if choice is None:
        return "asks"
    lapsed = choice.accepts and choice.policy_version < settings.POLICY_VERSION
    return f"asks,{'again' if lapsed else ''},{'uncounted' if choice.counting is False else ''}"


def _standing(visit: Visit) -> str:
    standing, choice = visit.standing, visit.standing.choice
    said: tuple[object, ...] = (
        standing.preference,
        standing.because,
        standing.adapts,
        standing.counts,
        standing.counts_because,
    )
    if choice is not None:
        said += tuple(getattr(choice, part.name) for part in fields(choice))
    return ",".join(map(str, said))


TELLING: dict[str, Callable[[Visit], str | None]] = {
    BANNER: _banner,
    ADAPTS: lambda visit: "1" if visit.may_ask else "0",
    STANDING: _standing,
    INTENT: lambda visit: visit.declared_intent or "-",
    # A place may be any: what is told to one of few would hardly be asked for twice, and says who came.
    PLACE: lambda visit: "-" if visit.declared_place is None else None,
}
