"""What a setting names: an object of a site's own class, or one of ours that does nothing where that can't be had.

A system check says so when the server starts; pages must go on all the same.
"""

from __future__ import annotations

import logging
import time
from typing import TypeVar

from django.utils.module_loading import import_string

logger = logging.getLogger("wagtail_personalise_gov")

SECONDS_BETWEEN_LOGS = 60  # of one kind in one process
_logged_at: dict[str, float] = {}

Plugged = TypeVar("Plugged")


def plugged(setting: str, path: str, otherwise: Plugged) -> Plugged:
    """An object of the class at this dotted path, if it is of the same kind as `otherwise`; else that. Never raises.

    The kind is the abstract class that `otherwise` extends.
    """
    problem = plug_problem(path, type(otherwise).__base__ or object)
    if problem is None:
        made: Plugged = import_string(path)()
        return made
    log_once_a_minute(setting, "%s %s %s. Until that is mended nothing is told or kept by it.", setting, path, problem)
    return otherwise


def plug_problem(path: str, base: type) -> str | None:
    """Why no object of the class at this path can be had; None where it can."""
    try:
        found = import_string(path)
        if not (isinstance(found, type) and issubclass(found, base)):
            return f"is no subclass of {base.__module__}.{base.__qualname__}"
        found()
    except Exception as error:  # anybody's module, anybody's constructor
        return f"can't be made ({type(error).__name__}: {error})"
    return None


def log_once_a_minute(what: str, message: str, *arguments: object) -> None:
    """An error line, at most once in a minute for each `what`. It must hold nothing about a visitor."""
    now = time.monotonic()
    if now - _logged_at.get(what, float("-inf")) >= SECONDS_BETWEEN_LOGS:
        _logged_at[what] = now
        logger.error(message, *arguments)
