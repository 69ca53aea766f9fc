"""What an import writes: saved as an editor would save it, or only rehearsed, so that what it would do can be told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import router
from django.db.models import Model
from django.utils import timezone
from wagtail.actions.unpublish import UnpublishAction
from wagtail.log_actions import log

from ..models import Intent, IntentSignal, Rule, Segment
from ..models.examples import ExampleVisit
from .checking import EXAMPLES, LIVE, Entry
from .places import Place
from .values import content_fields


@dataclass(slots=True)
class Incoming:
    """A segment or an intent of the file. `new` is what it is to be, and never saved; `row` is its row, if it has one.

    `is_sound` says that `new` is whole, so that it can be compared with what stands on the site.
    """

    entry: Entry
    new: Any
    row: Any = None
    is_sound: bool = False
    is_new: bool = False
    asks: dict[str, Place] = field(default_factory=dict)  # slugs of other segments, and the places of the rules

    @property
    def live(self) -> bool:
        return self.entry.values.get(LIVE) is True


# As an editor would


def save(incoming: Incoming, user: Any = None) -> None:
    """Make its row what it is to be, with a history, and tell everybody who listens."""
    if isinstance(incoming.new, Intent):
        _save_intent(incoming, user)
    else:
        _save_segment(incoming, user)


def _save_intent(incoming: Incoming, user: Any) -> None:
    row = incoming.row
    copy_content(incoming.new, row)
    row.signals = list(incoming.new.signals.all())
    row.save()
    log(row, "wagtail.create" if incoming.is_new else "wagtail.edit", user=user, content_changed=True)


def _save_segment(incoming: Incoming, user: Any) -> None:
    """A draft, then published, unpublished, archived or restored as the file says."""
    new, row = incoming.new, incoming.row
    if row.archived and not new.archived:
        row.restore(user=user)
    if row.live and not incoming.live:
        UnpublishAction(row, user=user).execute(skip_permission_checks=True)
    stays_archived = row.archived
    copy_content(new, row)
    row.archived = stays_archived
    # A schedule of this site would put off what the file says, or undo it at once. An end yet to come stays.
    row.go_live_at = None
    if row.expire_at and row.expire_at <= timezone.now():
        row.expire_at = None
    rules = new.get_rules()
    if not incoming.live:
        # As in Wagtail the rows of what is not live follow its draft. An unfinished rule has no row to be in.
        give_rules(row, [rule for rule in rules if has_all(rule)])
        row.save()
    give_rules(row, rules)
    action = "wagtail.create" if incoming.is_new else "wagtail.edit"
    revision = row.save_revision(user=user, log_action=action, clean=False)
    if incoming.live:
        revision.publish(user=user, skip_permission_checks=True)
    if new.archived and not row.archived:
        Segment.objects.get(pk=row.pk).archive(user=user)


def save_examples(incoming: Incoming) -> None:
    """Its example visits, which belong to the segment, and are no content of it."""
    ExampleVisit.objects.filter(segment=incoming.row).delete()
    ExampleVisit.objects.bulk_create(_examples(incoming))


# Only to look at


def rehearse(incoming: Incoming, user: Any = None) -> None:
    """Write its content into its row by ways that send no signal, for a transaction that takes it back.

    A segment has no draft then: what there is of it stands in its row. A rule that is not finished can't stand there.
    """
    new, row = incoming.new, incoming.row
    copy_content(new, row)  # by which others point at it
    content = {field.attname: getattr(new, field.attname) for field in content_fields(type(new))}
    if isinstance(new, Intent):
        Intent._base_manager.filter(pk=row.pk).update(**content)
        _replace(IntentSignal, "intent", row, new.signals.all())
        return
    now: dict[str, Any] = {"live": incoming.live, "latest_revision": None, "has_unpublished_changes": False}
    Segment._base_manager.filter(pk=row.pk).update(**content, **now)
    rules = new.get_rules()
    for relation in Segment.rule_relations():
        model = relation.related_model
        _replace(model, "segment", row, [rule for rule in rules if type(rule) is model and has_all(rule)])


def rehearse_examples(incoming: Incoming) -> None:
    _replace(ExampleVisit, "segment", incoming.row, _examples(incoming))


def _examples(incoming: Incoming) -> list[ExampleVisit]:
    return [ExampleVisit(segment=incoming.row, **example) for example in incoming.entry.values[EXAMPLES]]


def _replace(model: type[Any], owner: str, row: Any, children: Iterable[Any]) -> None:
    """Have these in place of the rows that belong to this one. No signal is sent."""
    there = model._base_manager.filter(**{owner: row})
    there._raw_delete(router.db_for_write(model))
    copies = [_copy(child, owner, row) for child in children]
    if model._meta.parents:  # Django writes rows of two tables one by one only, and tells signals that they are raw
        for copy in copies:
            copy.save_base(raw=True)
    else:
        model._base_manager.bulk_create(copies)


def _copy(child: Any, owner: str, row: Any) -> Any:
    values = {field.attname: getattr(child, field.attname) for field in child._meta.concrete_fields}
    values[child._meta.pk.attname] = None
    copy = type(child)(**values)
    setattr(copy, owner, row)
    return copy


# For both


def copy_content(source: Model, target: Model) -> None:
    for content in content_fields(type(source)):
        setattr(target, content.name, getattr(source, content.name))


def give_rules(segment: Segment, rules: Iterable[Rule]) -> None:
    by_type: dict[type[Model], list[Rule]] = defaultdict(list)
    for rule in rules:
        by_type[type(rule)].append(rule)
    for relation in Segment.rule_relations():
        setattr(segment, relation.get_accessor_name(), by_type[relation.related_model])


def has_all(rule: Rule) -> bool:
    """Whether it can have a row: a rule that is not finished stands in a draft only."""
    return all(content.null or getattr(rule, content.attname) is not None for content in content_fields(type(rule)))
