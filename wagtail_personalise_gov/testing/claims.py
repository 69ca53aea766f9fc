"""How a contract suite says that something does not hold: in plain words, under every test runner."""

from __future__ import annotations

from typing import Any


def must(holds: bool, what: str) -> None:
    """Fail the test with these words. Not `assert`: pytest does not explain those of a package, and -O drops them."""
    if not holds:
        raise AssertionError(what)


class NotNamed:
    """In the place of what a suite is to try, until the test case names it: says so to whoever asks anything of it."""

    def __init__(self, what: str, example: str) -> None:
        self._words = f"Name your {what} in the test case, an object and not its class: {what} = {example}"

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(self._words)
