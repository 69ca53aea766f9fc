"""A segment as its form stands, before anything is saved: whoever fills it in can try it at once."""

from __future__ import annotations

from typing import Any, NoReturn

from django.utils.translation import gettext

from ...core.conditions import ConditionError
from ...models import Rule, Segment
from .in_words import cards_of


def segment_of(form: Any) -> Segment:
    """The segment of a bound form whose `is_valid` was asked, valid or not. Nothing is saved.

    A rule whose card is not finished, or has an error, can't be told. A segment that was never saved has no slug yet,
    so that it is taken for none of the others.
    """
    segment: Segment = form.instance
    segment.slug = str(form.initial.get("slug") or "") if segment.pk else ""
    by_relation: dict[str, list[Rule]] = {relation.get_accessor_name(): [] for relation in Segment.rule_relations()}
    for card in cards_of(form):
        if not card.finished:
            card.rule.condition = _not_finished  # type: ignore[method-assign]
        relation = card.rule._meta.get_field("segment").remote_field.get_accessor_name()
        by_relation[relation].append(card.rule)
    for relation, rules in by_relation.items():
        getattr(segment, relation).set(rules)  # in memory, as modelcluster keeps children until they are saved
    segment.__dict__.pop("inner", None)
    return segment


def _not_finished() -> NoReturn:
    raise ConditionError(gettext("Its card is not finished, or something in it is wrong."))
