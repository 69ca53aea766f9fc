"""What is wrong with a file, for editors: a segment by its name, a rule by its place, a field as the form calls it.

The commands say it in the words of the file, for whoever mends it there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.db.models import Model
from django.utils.text import capfirst
from django.utils.translation import gettext

from ...models import Intent, IntentSignal, Segment
from ...models.examples import ExampleVisit
from ...portable import SegmentFileError
from ...portable.places import Problem, Step
from ...portable.values import key_of

MODELS: dict[str, type[Model]] = {"intents": Intent, "segments": Segment}  # in the order of a file
PARTS: dict[str, type[Model]] = {"signals": IntentSignal, "examples": ExampleVisit}

# A text as the file has it. In lists and objects the file's own quotation marks tell what is meant.
QUOTED = re.compile(r'"([^"\\\[\]{}]*)"')


def in_words(error: SegmentFileError, document: Any = None) -> list[str]:
    """The problems of a file, in its order. `document`: what the file says, as far as it could be read."""
    if error.is_other_file:
        return [gettext("This is not a file made by “Export as a file”.")]
    placed = sorted(error.problems, key=_order)  # stable: those of one place stay in their order
    return [_said(problem, document) for problem in placed]


def _order(problem: str) -> tuple[Any, ...]:
    place = problem.place if isinstance(problem, Problem) else None
    if place is None:
        return (1,)
    steps = [(list(MODELS).index(step.key) if step.key in MODELS else 0, step.position or 0) for step in place.steps]
    return (0, steps[0], [position for _key, position in steps[1:]])


def _said(problem: str, document: Any) -> str:
    if not isinstance(problem, Problem) or problem.place is None:
        return problem
    where = ", ".join(_places(problem.place.steps, document))
    message = problem.message if re.search(r"[\[{]", problem.message) else QUOTED.sub("“\\1”", problem.message)
    return gettext("%(place)s: %(problem)s") % {"place": where, "problem": message}


def _places(steps: tuple[Step, ...], document: Any) -> Iterator[str]:
    model: type[Model] | None = None
    for step in steps:
        if model is None:
            model = MODELS.get(step.key)
            yield _entry(step, document)
        elif step.position is not None:
            model = step.model or PARTS.get(step.key)
            yield _part(step)
        else:
            yield _field(model, step.key)


def _entry(step: Step, document: Any) -> str:
    if step.position is None:
        return gettext("Segments") if step.key == "segments" else gettext("Intents")
    name = _name_in(document, step) or step.slug
    if step.key == "segments":
        return gettext("Segment “%s”") % name if name else gettext("Segment %d") % (step.position + 1)
    return gettext("Intent “%s”") % name if name else gettext("Intent %d") % (step.position + 1)


def _name_in(document: Any, step: Step) -> str:
    try:
        name = document[step.key][step.position]["name"]
    except (LookupError, TypeError):
        return ""
    return name.strip() if isinstance(name, str) else ""


def _part(step: Step) -> str:
    number = (step.position or 0) + 1
    if step.key == "rules":
        said = gettext("rule %d") % number
        return f"{said} ({capfirst(str(step.model._meta.verbose_name))})" if step.model else said
    return (gettext("signal %d") if step.key == "signals" else gettext("example visit %d")) % number


def _field(model: type[Model] | None, key: str) -> str:
    """As the form calls it; what no form has is called as in the file."""
    lists = {"rules": gettext("rules"), "signals": gettext("signals"), "examples": gettext("example visits")}
    if key in lists:
        return lists[key]
    for field in model._meta.concrete_fields if model else ():
        if key_of(field) == key:
            return str(field.verbose_name)
    return f"“{key}”"
