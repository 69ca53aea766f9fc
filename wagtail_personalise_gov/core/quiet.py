"""Values about a visitor that say nothing about them where a program prints them.

An error report prints what stood in each frame: a repr that tells the visitor's place, or what they looked at, would
send that to an administrator's mailbox. So these values name their kind and no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any


class Quiet:
    """The base of a value about a visitor: a dataclass that is made with ``repr=False``."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def spelled_out(value: Any) -> str:
    """A value with all its parts, as the message of a test shows it. Never for a log."""
    if isinstance(value, Quiet) and is_dataclass(value):
        parts = (f"{part.name}={spelled_out(getattr(value, part.name))}" for part in fields(value))
        return f"{type(value).__name__}({', '.join(parts)})"
    if isinstance(value, tuple):
        parts = (spelled_out(part) for part in value)
        return f"({', '.join(parts)}{',' * (len(value) == 1)})"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {spelled_out(part)}" for key, part in value.items()) + "}"
    return repr(value)
