"""For a site's own tests: be a visitor for a while.

with visiting(country="FR", first_visit=True):
    assert "Bienvenue" in client.get("/").content.decode()
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

from .compiling import compile_ruleset
from .facts import known_facts

if TYPE_CHECKING:
    from .visit.visit import Visit


@contextmanager
def visiting(**given: Any) -> Iterator[None]:
    """Every visit within the block knows just these facts; all others are unknown, whatever the request says.

    A fact is named by the end of its name: ``country`` is ``location.country``, ``referrer_kind`` is
    ``visit.referrer.kind``. Raises LookupError for an end that no fact has, or several have. Preferences, refusals and
    headers work as ever. Segments are read from the database at each visit, so that those which a test has just made
    in its transaction count.
    """
    known = {fact_ending_with(ending): value for ending, value in given.items()}

    def gather(visit: Visit, names: Iterable[str]) -> dict[str, Any]:
        return {name: known.get(name) for name in names}

    with (
        mock.patch("wagtail_personalise_gov.visit.visit.gather", gather),
        mock.patch("wagtail_personalise_gov.visit.visit.current_ruleset", compile_ruleset),
    ):
        yield


def fact_ending_with(ending: str) -> str:
    """The full name of the one fact whose name ends like this, with "_" for "."."""
    names = [name for name in known_facts() if f".{name}".replace(".", "_").endswith(f"_{ending}")]
    if len(names) == 1:
        return names[0]
    if not names:
        raise LookupError(f"No fact ends with {ending!r}. The facts are {', '.join(sorted(known_facts()))}.")
    raise LookupError(f"Several facts end with {ending!r}: {', '.join(names)}. Write more of the one you mean.")
