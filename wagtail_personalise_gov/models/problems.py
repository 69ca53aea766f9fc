"""What keeps a segment from having anybody in it, in words for editors.

For screens that must stand whatever a rule does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import combinations
from typing import TYPE_CHECKING

from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext

from ..conf import settings
from ..core.conditions import Condition, ConditionError
from ..core.contradictions import contradict
from ..core.facts import Fact
from ..core.preference import Mode
from ..facts import facts_named
from .words import rule_in_words

if TYPE_CHECKING:
    from .segments import Segment

# Where somebody says that they are is asked of them and kept until they leave: no history, and no part of one.
NO_HISTORY = frozenset({"place"})

MOST_PAIRS = 3  # of rules that contradict each other; whoever mends these meets the next


def problems_of(segment: Segment) -> list[str]:
    """What is wrong with a segment as it stands in this object, a sentence each. Never raises."""
    problems = []
    if missing := segment.missing_rule_types:
        problems.append(
            ngettext(
                "It has a rule of a type that is not installed any more: %s. Until its app is back, or you give the "
                "rule up, nobody is in this segment.",
                "It has rules of types that are not installed any more: %s. Until their apps are back, or you give the "
                "rules up, nobody is in this segment.",
                len(missing),
            )
            % ", ".join(missing)
        )
    asked: list[Condition] = []
    said: list[str] = []
    for rule in segment.get_rules():
        try:
            asked.append(rule.asked())
            said.append(rule_in_words(rule))
        except ConditionError as error:
            words = {"rule": capfirst(str(rule._meta.verbose_name)), "problem": error}
            problems.append(gettext("%(rule)s: %(problem)s") % words)
        except Exception:  # a rule of anybody's; the editor must be able to open it and mend it
            problems.append(gettext("%s: this rule can’t be asked.") % capfirst(str(rule._meta.verbose_name)))
    if settings.MODE is not Mode.OPT_IN and joins_account_to_memory(
        facts_named(name for condition in asked for name in condition.facts)
    ):
        problems.append(
            gettext(
                "It asks both about the visitor’s account and about what is remembered of their visits. On this site "
                "these are kept apart, because visitors are not asked first; so nobody is in this segment."
            )
        )
    if segment.match == segment.ALL and not missing:
        with suppress(Exception):  # conditions of anybody's, which may not even compare; nothing is claimed of them
            problems += list(contradictions(asked, said))
    return problems


def contradictions(asked: Sequence[Condition], said: Sequence[str]) -> Iterator[str]:
    """Which of these rules can't all be true of a visitor, as sentences for editors. `said`: the rules in words."""
    pairs = [
        (said[one], said[other])
        for one, other in combinations(range(len(asked)), 2)
        if contradict(asked[one], asked[other])
    ]
    for one, other in pairs[:MOST_PAIRS]:
        yield gettext("“%(one)s” and “%(other)s” can’t both be true, so nobody is in this segment.") % {
            "one": one,
            "other": other,
        }
    if not pairs and asked and contradict(*asked):
        yield gettext("Its rules can’t all be true of anybody, so nobody is in this segment.")


def joins_account_to_memory(facts: Iterable[Fact]) -> bool:
    """Whether these facts together join who somebody is to what is remembered of them.

    That needs visitors who were asked first (OMB M-10-22, tier 3): MODE "opt_in".
    """
    asked = list(facts)
    return any(fact.name.startswith("account.") for fact in asked) and any(
        fact.remembers - NO_HISTORY for fact in asked
    )


def asked_by(slug: str, conditions: Mapping[str, Condition]) -> list[Fact]:
    """The facts that a segment asks, through the segments inside it too."""
    names: set[str] = set()
    waiting, seen = [slug], {slug}
    while waiting:
        condition = conditions[waiting.pop()]
        names |= condition.facts
        inner = {other for other in condition.segments if other in conditions} - seen
        seen |= inner
        waiting += inner
    return facts_named(names)
