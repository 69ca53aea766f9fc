"""Where in a file something is wrong: in the words of the file, and step by step for whoever says it in others."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Model


@dataclass(frozen=True, slots=True)
class Step:
    """From an object of the file into one of its values. `position` is that in a list, counted from 0.

    `slug` and `model` are those of what stands there, as far as they are known.
    """

    key: str
    position: int | None = None
    slug: str = ""
    model: type[Model] | None = None

    def __str__(self) -> str:
        text = self.key if self.position is None else f"{self.key}[{self.position}]"
        if self.slug:
            return f'{text} "{self.slug}"'
        return f"{text} ({self.model.__name__})" if self.model else text


@dataclass(frozen=True, slots=True)
class Place:
    """``segments[0] "riverside", rules[1] (LocationRule), cities``."""

    steps: tuple[Step, ...] = ()

    def at(self, key: str, position: int | None = None, *, slug: str = "", model: type[Model] | None = None) -> Place:
        return Place((*self.steps, Step(key, position, slug, model)))

    def __str__(self) -> str:
        return ", ".join(map(str, self.steps))


class Problem(str):
    """A sentence with its place first. `place` is None where it is about no place in a file."""

    place: Place | None
    message: str

    __slots__ = ("message", "place")

    def __new__(cls, place: Place | str, message: object) -> Problem:
        problem = super().__new__(cls, f"{place}: {message}")
        problem.place = place if isinstance(place, Place) else None
        problem.message = str(message)
        return problem
