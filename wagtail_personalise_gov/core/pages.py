"""Pages seen: the few that live rules ask about, so that "has looked at the licence page" can be told.

Only what is watched is noted: the very pages and sections that a rule names, or, while a rule counts pages, the latest
ones. A section is known by where it stands in the tree of pages, as a text that begins the place of everything in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .quiet import Quiet

MAX_PAGES = 20  # the latest that are remembered, so that a rule can ask for as many different pages and no more
MAX_SECTIONS = 10
MAX_ID = 2**31 - 1  # the largest key of a page (treebeard's tables count in 32 bits)
DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class ServedPage:
    """A page that was shown: its number, and its place in the tree."""

    id: int
    place: str


@dataclass(frozen=True, slots=True)
class Watched:
    """What live rules want noted: these pages, a page in one of these sections (number → place), or `every` page.

    `since` says when a page or section began to be noted, in minutes since 1970: that it was not seen can't be told of
    a memory that is older.
    """

    pages: frozenset[int] = frozenset()
    sections: Mapping[int, str] = field(default_factory=dict)
    every: bool = False
    since: Mapping[int, int] = field(default_factory=dict)
    _at: Mapping[str, int] = field(init=False, repr=False, compare=False)  # place → number of the section
    _lengths: tuple[int, ...] = field(init=False, repr=False, compare=False)  # of these places

    def __post_init__(self) -> None:
        object.__setattr__(self, "_at", {place: section for section, place in self.sections.items()})
        object.__setattr__(self, "_lengths", tuple(sorted(set(map(len, self._at)))))

    def __bool__(self) -> bool:
        return bool(self.pages or self.sections or self.every)

    def watches(self, page: ServedPage) -> bool:
        """Whether looking at this page changes what is noted."""
        return self.every or page.id in self.pages or bool(self.sections_of(page))

    def noted_since(self, began: int, grain: int) -> frozenset[int]:
        """The pages and sections that were not noted yet when a memory began, both in units of `grain` minutes.

        Within one unit it can't be told which came first, and no memory holds a finer time; it counts as noted.
        """
        return frozenset(number for number, minute in self.since.items() if minute // grain > began)

    def sections_of(self, page: ServedPage) -> tuple[int, ...]:
        """The watched sections that a page stands in, the outer ones first; its own, if it is one."""
        # By the places above the page, which are few, however many sections are watched.
        above = [page.place[:length] for length in self._lengths if length <= len(page.place)]
        return tuple([self._at[place] for place in above if place in self._at])


@dataclass(frozen=True, slots=True)
class Watching:
    """What is watched within a visit, and what over all of a visitor's visits."""

    visit: Watched = Watched()
    ever: Watched = Watched()

    def __bool__(self) -> bool:
        return bool(self.visit or self.ever)

    def watches(self, page: ServedPage) -> bool:
        return self.visit.watches(page) or self.ever.watches(page)


NOTHING_WATCHED = Watching()


@dataclass(frozen=True, slots=True, repr=False)
class PagesSeen(Quiet):
    """The numbers of pages and sections that were seen, each once, the latest last; the oldest go when it is full.

    `partial`: others were seen too, or may have been, so of what is not here it can't be told.
    """

    pages: tuple[int, ...] = ()
    sections: tuple[int, ...] = ()
    partial: bool = False

    def __post_init__(self) -> None:
        if not self.pages and not self.sections:
            return
        for part, most in (("pages", MAX_PAGES), ("sections", MAX_SECTIONS)):
            numbers = _each_once(getattr(self, part))
            object.__setattr__(self, part, numbers[-most:])
            if len(numbers) > most:
                object.__setattr__(self, "partial", True)

    @property
    def is_full(self) -> bool:
        return len(self.pages) == MAX_PAGES or len(self.sections) == MAX_SECTIONS

    def noting(self, page: ServedPage, watched: Watched) -> PagesSeen:
        """With one more page, as far as it is watched."""
        pages = (*self.pages, page.id) if watched.every or page.id in watched.pages else self.pages
        return PagesSeen(pages, (*self.sections, *watched.sections_of(page)), self.partial)

    def keeping(self, watched: Watched) -> PagesSeen:
        """Only what is still watched; itself where that is all of it."""
        if not self.pages and not self.sections:
            return self
        pages = tuple(page for page in self.pages if watched.every or page in watched.pages)
        sections = tuple(section for section in self.sections if section in watched.sections)
        return self if (pages, sections) == (self.pages, self.sections) else PagesSeen(pages, sections, self.partial)

    def to_text(self) -> str:
        """Short, because it travels with every request: "9ix.2s/c" is the pages 12345 and 100 in the section 12."""
        if not self.pages and not self.sections and not self.partial:
            return NO_NUMBERS
        numbers = "/".join(".".join(map(_in_base_36, numbers)) for numbers in (self.pages, self.sections))
        return f"{numbers}+" if self.partial else numbers

    @classmethod
    def from_text(cls, text: str) -> PagesSeen:
        """What `to_text` wrote. Raises ValueError for anything else."""
        if text == NO_NUMBERS:
            return NO_PAGES
        pages, sections = text.removesuffix("+").split("/")
        return cls(_numbers(pages), _numbers(sections), text.endswith("+"))


NO_PAGES = PagesSeen()
NO_NUMBERS = "/"  # as `to_text` writes it


def _each_once(numbers: Iterable[int]) -> tuple[int, ...]:
    # Seen again is seen later: a dict keeps the place of the first, so it is filled from the end.
    latest = dict.fromkeys(number for number in reversed(tuple(numbers)) if 0 < number <= MAX_ID)
    return tuple(reversed(list(latest)))


def _in_base_36(number: int) -> str:
    text = ""
    while number:
        number, digit = divmod(number, len(DIGITS))
        text = DIGITS[digit] + text
    return text


def _numbers(text: str) -> tuple[int, ...]:
    if not text:
        return ()
    if not set(text) <= {*DIGITS, "."} or len(text) > 400:  # int() alone would take signs, spaces and underscores
        raise ValueError("not numbers")
    return tuple(int(number, len(DIGITS)) for number in text.split("."))
