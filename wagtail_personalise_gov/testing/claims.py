"""How a contract suite says that something does not hold: in plain words, under every test runner."""

from __future__ import annotations


def must(holds: bool, what: str) -> None:
    """Fail the test with these words. Not `assert`: pytest does not explain those of a package, and -O drops them."""
    if not holds:
        raise AssertionError(what)
