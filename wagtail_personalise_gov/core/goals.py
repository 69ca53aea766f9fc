"""Goals, as a request is held against them: which are reached by the page that is shown, or by a form that was sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Goal:
    """One live goal: by `page` (a page's number) or `path` where it is reached, with a `form` or by looking at it.

    One with neither is reached when a link is followed, or when code says so.
    """

    slug: str
    page: int | None = None
    path: str = ""
    form: bool = False


@dataclass(frozen=True)
class Goals:
    """All live goals."""

    by_slug: dict[str, Goal] = field(default_factory=dict)
    by_page: dict[int, list[Goal]] = field(default_factory=dict)
    by_path: dict[str, list[Goal]] = field(default_factory=dict)

    @classmethod
    def of(cls, goals: Iterable[Goal]) -> Goals:
        made = cls()
        for goal in goals:
            made.by_slug[goal.slug] = goal
            if goal.page is not None:
                made.by_page.setdefault(goal.page, []).append(goal)
            if goal.path:
                made.by_path.setdefault(_plain(goal.path), []).append(goal)
        return made

    def __bool__(self) -> bool:
        return bool(self.by_slug)

    def at(self, page: int | None, path: str, *, form: bool) -> Iterator[str]:
        """The slugs of the goals that stand at a page or at an address: those of a form, or those of looking."""
        here = [*self.by_path.get(_plain(path), ()), *(self.by_page.get(page, ()) if page is not None else ())]
        yield from dict.fromkeys(goal.slug for goal in here if goal.form is form)


def _plain(path: str) -> str:
    """An address without the slash at its end, which people leave away."""
    return path.rstrip("/") or "/"


NO_GOALS = Goals()
