"""Real segments, intents and pages in one line each.

make_segment("riverside", LocationRule(cities=["Riverside"]))
make_segment("abroad", LocationRule(countries=["GB"], negated=True), SegmentRule(other=riverside), match="any")
"""

from collections.abc import Sequence
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction
from django.db.models import Model
from django.test import TestCase
from django.utils import timezone
from wagtail.models import Page, ReferenceIndex
from wagtail.search.backends import get_search_backends
from wagtail.signal_handlers import disable_reference_index_auto_update

from wagtail_personalise_gov.compiling import retire
from wagtail_personalise_gov.models import Intent, IntentSignal, Rule, RuleTypeInUse, Segment

from .agency.models import AgencyPage, PlainPage


def committed() -> Any:
    """For what changes a ruleset within a test: inside its transaction nothing is committed, so no process is told."""
    return TestCase.captureOnCommitCallbacks(execute=True)


def make_segment(slug: str, *rules: Rule, live: bool = True, by_editor: bool = False, **fields: Any) -> Segment:
    """A segment with these rules, live and known to this process; a draft with `live=False`.

    Its rows are written as publishing leaves them, for a tenth of the time. `by_editor` saves and publishes it as the
    admin does, for tests about that, or about what only that leaves behind: a revision, and an entry in the history.
    """
    fields.setdefault("name", f"Name of {slug}")
    fields.setdefault("public_name", f"Public name of {slug}")
    # Inside a test's transaction nothing is ever committed, so what waits for the commit is done here. And each save
    # would note anew what the segment refers to, by a query for each rule type: that is done once, where there is any.
    with TestCase.captureOnCommitCallbacks(execute=True), disable_reference_index_auto_update():
        segment = (save_and_publish if by_editor else write)(Segment(slug=slug, **fields), rules, live)
    segment = Segment.objects.get(pk=segment.pk)
    for backend in get_search_backends(with_auto_update=True):  # for a test that asks for `searchable`
        backend.add(segment)
    if any(refers_to_something(rule) for rule in rules):
        ReferenceIndex.create_or_update_for_object(segment)
    return segment


def save_and_publish(segment: Segment, rules: Sequence[Rule], live: bool) -> Segment:
    segment.live = False
    segment.save()
    for position, rule in enumerate(rules):
        rule.segment, rule.sort_order = segment, position
        rule.clean()
        rule.save()
    segment = Segment.objects.get(pk=segment.pk)  # its rules are children that it reads once
    if live:
        segment.save_revision().publish()
    return segment


def write(segment: Segment, rules: Sequence[Rule], live: bool) -> Segment:
    """The same rows without signals, and at the end what these would have told: tests/test_factories.py compares."""
    segment.live = live
    if live:
        segment.full_clean(validate_unique=False)  # the database sees to that
        segment.first_published_at = segment.last_published_at = timezone.now()
    with transaction.atomic():
        Segment.objects.bulk_create([segment])
        for position, rule in enumerate(rules):
            rule.segment, rule.sort_order = segment, position
            rule.clean()
            if type(rule).save is Model.save:
                type(rule)._default_manager.bulk_create([rule])
            else:
                rule.save()
        RuleTypeInUse.objects.bulk_create(
            [
                RuleTypeInUse(segment=segment, rule_type=model._meta.label, table=model._meta.db_table)
                for model in dict.fromkeys(map(type, rules))
            ],
            ignore_conflicts=True,  # a rule that was saved is noted already
        )
        retire([segment.pk])
    return segment


def refers_to_something(rule: Rule) -> bool:
    return any(field.many_to_one and field.name != "segment" for field in rule._meta.concrete_fields)


def make_intent(slug: str, *signals: IntentSignal, **fields: Any) -> Intent:
    """An intent with these signals."""
    fields.setdefault("name", slug.replace("-", " ").capitalize())
    with TestCase.captureOnCommitCallbacks(execute=True):
        intent = Intent.objects.create(slug=slug, **fields)
        for signal in signals:
            signal.intent = intent
            signal.clean()
            signal.save()
    return intent


def make_page(
    title: str, *blocks: tuple[str, Any], parent: Page, model: type[Page] = AgencyPage, **fields: Any
) -> Page:
    """A live page below `parent`; `blocks` are (type, value as in the database) of its body."""
    page = model(title=title, body=raw_stream(*blocks), **fields)
    parent.add_child(instance=page)
    return model.objects.get(pk=page.pk)


def make_plain_page(title: str, *blocks: tuple[str, Any], parent: Page) -> Page:
    return make_page(title, *blocks, parent=parent, model=PlainPage)


def raw_stream(*blocks: tuple[str, Any]) -> list[dict[str, Any]]:
    """A stream as it stands in the database."""
    return [
        {"type": name, "value": value, "id": block_id(name, position)} for position, (name, value) in enumerate(blocks)
    ]


def hero(heading: str, **more: Any) -> dict[str, Any]:
    """A hero as it stands in the database."""
    return {"heading": heading, "text": "", "page": None, "everyone": False, **more}


def personalised(
    default: Any, *variants: tuple[Segment | list[Segment | int] | int, Any], nothing_for_others: bool = False
) -> dict[str, Any]:
    """A personalised block as it stands in the database; each variant is (a segment or several, its content)."""
    return {
        "variants": [
            {
                "type": "variant",
                "id": block_id("variant", position),
                "value": {"segments": listed(who), "content": content},
            }
            for position, (who, content) in enumerate(variants)
        ],
        "default": default,
        "nothing_for_others": nothing_for_others,
    }


def listed(who: Any) -> list[dict[str, Any]]:
    keys = [
        segment.pk if isinstance(segment, Segment) else segment for segment in (who if isinstance(who, list) else [who])
    ]
    return [{"type": "item", "value": key, "id": block_id("item", key)} for key in keys]


def block_id(name: str, position: int) -> str:
    """An id that is the same at each run."""
    return str(uuid5(NAMESPACE_URL, f"{name}/{position}"))
