"""What a browser would post from the form of a segment."""

from datetime import date, timedelta
from typing import Any

from wagtail.test.utils.form_data import inline_formset, nested_form_data

from wagtail_personalise_gov.models import Rule, Segment

# A rule as its card posts it, beside its type: (LocationRule, {"countries": "FR"}).
Card = tuple[type[Rule], dict[str, Any]]


# What a segment must say of itself before it is published.
READY = {
    "purpose": "To welcome them.",
    "owner": "Digital",
    "review_by": str(date.today() + timedelta(days=365)),
    "public_name": "People with a new baby",
    "public_explanation": "The first steps stand first.",
}


def relation_of(rule: type[Rule]) -> str:
    """The name of the segment's relation to a rule type, which its fields begin with."""
    relations = (relation for relation in Segment.rule_relations() if relation.related_model is rule)
    return str(next(relations).get_accessor_name())


def segment_form(*cards: Card, **fields: Any) -> dict[str, Any]:
    """A form with these cards, ready to be published. Those of rules that are saved already hold their ids, and come
    first.
    """
    data: dict[str, Any] = {"name": "New parents", "slug": "new-parents", "match": "all", **READY, **fields}
    for relation in Segment.rule_relations():
        own = [card for rule, card in cards if rule is relation.related_model]
        items = [
            {"id": "", "negated": "False", "ORDER": str(position), **chosen(relation.related_model), **card}
            for position, card in enumerate(own, start=1)
        ]
        data[relation.get_accessor_name()] = inline_formset(items, initial=sum("id" in card for card in own))
    form: dict[str, Any] = nested_form_data(data)
    return form


def chosen(rule: type[Rule]) -> dict[str, Any]:
    """What a new card has chosen from its lists, before anybody touches it."""
    return {field.name: field.default for field in rule._meta.concrete_fields if field.choices and field.has_default()}


def saved_cards(segment: Segment) -> list[Card]:
    """The cards of the rules that a segment has, as the form shows them when it is opened."""
    cards: list[Card] = []
    for rule in segment.get_rules():
        fields = {
            field.name: field.value_from_object(rule)
            for field in rule._meta.concrete_fields
            if field.name not in {"id", "segment", "sort_order"}
        }
        posted = {name: ", ".join(value) if isinstance(value, list) else value for name, value in fields.items()}
        given = {name: str(value) for name, value in posted.items() if value not in (None, False, "")}
        cards.append((type(rule), {"id": str(rule.pk), "negated": str(rule.negated), **given}))
    return cards
