"""`visiting`: a visitor for one test, of whom just so much is known."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from unittest import mock

from django.test.utils import TestContextDecorator

from ..compiling import compile_ruleset
from ..core.decision import Decision, Reason
from ..core.facts import kind_problem
from ..facts import known_facts
from ..visit.visit import Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    Decide = Callable[[Visit, Iterable[str]], Decision]


def visiting(*, segments: Iterable[str] | None = None, **given: Any) -> Visiting:
    """Every visit knows just these facts; all others are unknown, whatever the request says.

    Stands around a block (``with visiting(country="FR"):``), or over a test function, sync or async, or a test case.

    A fact is named by the end of its name: ``country`` is ``location.country``, ``referrer_kind`` is
    ``visit.referrer.kind``. With `segments`, visitors are in the live segments with these slugs and in no others,
    whatever their rules say.

    Raises TypeError for a value that is not of its fact's kind.
    Raises LookupError, as soon as the visit begins, for an end that no fact has, or several have; and when a page asks
    for its visitor, for a slug of no live segment. Preferences, refusals and headers work as ever: whoever refused is
    in none of the segments. Segments are read from the database at each visit, so that those which a test has just made
    in its transaction count.
    """
    named = [segments] if isinstance(segments, str) else segments
    return Visiting(None if named is None else frozenset(named), given)


class Visiting(TestContextDecorator):
    """What `visiting` gives: a context manager, and a decorator of functions, coroutines and test cases."""

    def __init__(self, segments: frozenset[str] | None, given: dict[str, Any]) -> None:
        super().__init__()
        self._segments = segments
        self._given = given
        self._stacks: list[ExitStack] = []  # one may stand within itself

    def enable(self) -> None:
        known = {fact_ending_with(ending): value for ending, value in self._given.items()}
        for name, value in known.items():
            if problem := kind_problem(known_facts()[name], value):
                raise TypeError(problem)  # else it would be unknown, and a test that expects nothing would pass

        def read(visit: Visit, name: str) -> Any:
            return known.get(name)

        with ExitStack() as stack:
            stack.enter_context(mock.patch("wagtail_personalise_gov.visit.gathering.read", read))
            stack.enter_context(mock.patch("wagtail_personalise_gov.visit.arriving.current_ruleset", compile_ruleset))
            if self._segments is not None:
                stack.enter_context(mock.patch.object(Visit, "_decision", deciding(self._segments, Visit._decision)))
            self._stacks.append(stack.pop_all())

    def disable(self) -> None:
        self._stacks.pop().close()


def deciding(segments: frozenset[str], decide: Decide) -> Decide:
    """`Visit.decide` for those in just these segments. Facts are asked as ever, so Vary and memory are true."""

    def decide_so(visit: Visit, slugs: Iterable[str]) -> Decision:
        live = visit.ruleset.segments
        if visit.ruleset.paused:
            return decide(visit, slugs)
        if missing := sorted(segments - live.keys()):
            raise LookupError(
                f"No live segment has the slug {missing[0]!r}. Those of now are {', '.join(live) or 'none'}."
            )
        decided = decide(visit, slugs)
        if not decided or not visit.may_ask:
            return decided
        return Decision({slug: Reason.MATCHED if slug in segments else Reason.NOT_MATCHED for slug in decided})

    return decide_so


def fact_ending_with(ending: str) -> str:
    """The full name of the one fact whose name ends like this, with "_" for "."."""
    names = [name for name in known_facts() if f".{name}".replace(".", "_").endswith(f"_{ending}")]
    if len(names) == 1:
        return names[0]
    if not names:
        raise LookupError(f"No fact ends with {ending!r}. The facts are {', '.join(sorted(known_facts()))}.")
    raise LookupError(f"Several facts end with {ending!r}: {', '.join(names)}. Write more of the one you mean.")
