"""Listen to what changes a ruleset, and retire it; and purge the pages that this changes from caches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.apps import apps
from django.db.models import Model
from django.db.models.signals import post_delete, post_save, pre_delete, pre_save
from wagtail.models import ModelLogEntry, Site
from wagtail.signals import page_slug_changed, post_page_move, published, unpublished

from .compiling import retire
from .delivery.purging import purge_before_deletion, purge_for_all_segments, purge_for_segments
from .events.segments import (
    note_learning,
    tell_deleted,
    tell_learning,
    tell_logged,
    tell_published,
    tell_unpublished,
)
from .events.webhooks import listen
from .models import (
    Goal,
    Intent,
    IntentSignal,
    PagesViewedRule,
    PersonalisationSettings,
    Rule,
    RuleTypeInUse,
    Segment,
    SegmentRule,
    SiteWording,
)
from .models.addresses import PAGE_MODEL
from .models.missing import rule_models
from .models.sensitive import is_sensitive, sensitive_models
from .privacy.changes import note_name


def retire_ruleset(sender: Any, **kwargs: Any) -> None:
    retire()


def retire_segment(sender: Any, instance: Segment, **kwargs: Any) -> None:
    """Saving a draft of a live segment touches the segment's own row too: once too often is safe."""
    _retire_segment(instance.pk)


def retire_segment_of(sender: Any, instance: Rule | RuleTypeInUse, **kwargs: Any) -> None:
    _retire_segment(instance.segment_id)


def _retire_segment(key: int) -> None:
    # What other people's rules ask of another segment, nobody knows.
    asked_by_others = any(model._default_manager.exists() for model in OTHERS_ABOUT_SEGMENTS)
    retire(None if asked_by_others else [key])


def retire_for_pages(sender: Any, instance: Model, **kwargs: Any) -> None:
    """A page that moved has another address and place, which intents and rules may ask about.

    Which rules ask about one that is sensitive is only known once they are compiled: any may.
    """
    page = apps.get_model(PAGE_MODEL)
    about_pages = IntentSignal.objects.filter(kind__in=IntentSignal.ABOUT_PAGES).exists()
    asked = about_pages or any(model._default_manager.exists() for model in RULES_ABOUT.get(page, ()))
    if asked or is_sensitive(instance):
        retire()


def note_rule_type(sender: Any, instance: Rule, **kwargs: Any) -> None:
    """So that a rule whose app is removed some day is missed."""
    RuleTypeInUse.note(instance)


def unnote_rule_type(sender: Any, instance: Rule, **kwargs: Any) -> None:
    RuleTypeInUse.unnote(instance)


def retire_for_rules_about_it(sender: Any, instance: Model, **kwargs: Any) -> None:
    """What rules ask about was renamed or deleted: a group, a site, a page, or what other people's rules name."""
    if any(model._default_manager.exists() for model in RULES_ABOUT[sender]):
        retire()


def purge_for_segment(
    sender: Any, instance: Segment, update_fields: Any = None, raw: bool = False, **kwargs: Any
) -> None:
    """It was published, unpublished, archived or restored. What a draft leaves in the row changes no page."""
    if not raw and (update_fields is None or {"live", "archived"} & set(update_fields)):
        purge_for_segments([instance.pk])


def purge_for_deletion(sender: Any, instance: Segment, **kwargs: Any) -> None:
    purge_before_deletion([instance.pk])


def purge_for_rule(sender: Any, instance: Rule, raw: bool = False, **kwargs: Any) -> None:
    """Rules are written as their segment is published; also by code that does it one by one."""
    if not raw and instance.segment_id is not None:
        purge_for_segments([instance.segment_id])


def purge_for_pause(sender: Any, instance: ModelLogEntry, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Paused pages are public, so a cache may keep their standard version when the pause is over.

    Both are told by the log: the state's own row is written at every change of a segment.
    """
    if created and not raw and instance.action in ("wagtail_personalise_gov.pause", "wagtail_personalise_gov.resume"):
        purge_for_all_segments()


def purge_for_words(sender: Any, raw: bool = False, **kwargs: Any) -> None:
    """What the site says of itself stands in the banner."""
    if not raw:
        purge_for_all_segments()


def stop_watching(sender: Any, instance: Segment, **kwargs: Any) -> None:
    """While a segment is not live, nobody notes which pages its rules ask about."""
    PagesViewedRule.objects.filter(segment=instance).update(watched_since=None)


def note_public_name(sender: Any, instance: ModelLogEntry, raw: bool = False, **kwargs: Any) -> None:
    """So that the public can be told later what a group was called then."""
    if instance._state.adding and not raw:
        note_name(instance)


pre_save.connect(note_public_name, sender=ModelLogEntry, dispatch_uid="wagtail_personalise_gov.note_public_name")
unpublished.connect(stop_watching, sender=Segment, dispatch_uid="wagtail_personalise_gov.stop_watching")

# What happened to a segment, for a site's own code and for webhooks.
for change, tell in (
    (published, tell_published),
    (unpublished, tell_unpublished),
    (pre_save, note_learning),
    (post_save, tell_learning),
    (post_delete, tell_deleted),
):
    change.connect(tell, sender=Segment, dispatch_uid=f"wagtail_personalise_gov.{tell.__name__}")
post_save.connect(tell_logged, sender=ModelLogEntry, dispatch_uid="wagtail_personalise_gov.tell_logged")
listen()

# Before what retires the ruleset: a process that knows nothing of the type must not find the segment without both.
for rule_model in rule_models():
    uid = f"wagtail_personalise_gov.{rule_model._meta.label}.in_use"
    post_save.connect(note_rule_type, sender=rule_model, dispatch_uid=uid)
    post_delete.connect(unnote_rule_type, sender=rule_model, dispatch_uid=uid)

# Sites too: the addresses of pages, which rules and intents ask about, begin with theirs.
retires: dict[type[Model], Callable[..., None]] = {
    Segment: retire_segment,
    **dict.fromkeys(rule_models(), retire_segment_of),
    **dict.fromkeys((Intent, IntentSignal, Goal, PersonalisationSettings, SiteWording, Site), retire_ruleset),
}
for model, retire_it in retires.items():
    for change in (post_save, post_delete):
        change.connect(retire_it, sender=model, dispatch_uid=f"wagtail_personalise_gov.{model._meta.label}")

# Somebody goes on without the rules of a type that is gone.
post_delete.connect(retire_segment_of, sender=RuleTypeInUse, dispatch_uid="wagtail_personalise_gov.given_up")

# After what retires the ruleset: a page that is purged is made anew at once, and by the new one.
post_save.connect(purge_for_segment, sender=Segment, dispatch_uid="wagtail_personalise_gov.purge_for_segment")
pre_delete.connect(purge_for_deletion, sender=Segment, dispatch_uid="wagtail_personalise_gov.purge_for_deletion")
post_save.connect(purge_for_pause, sender=ModelLogEntry, dispatch_uid="wagtail_personalise_gov.purge_for_pause")
purges: dict[type[Model], Callable[..., None]] = {
    **dict.fromkeys(rule_models(), purge_for_rule),
    PersonalisationSettings: purge_for_words,
    SiteWording: purge_for_words,
}
for model, purge_it in purges.items():
    for change in (post_save, post_delete):
        change.connect(purge_it, sender=model, dispatch_uid=f"wagtail_personalise_gov.purge.{model._meta.label}")

# Other people's types of rules that lead to other segments, in any way.
OTHERS_ABOUT_SEGMENTS = [
    model
    for model in rule_models()
    if model is not SegmentRule
    and any(
        field.related_model is Segment and field.name != "segment"
        for field in (*model._meta.concrete_fields, *model._meta.many_to_many)
    )
]

# What rules ask about → the types of rules that do.
RULES_ABOUT: dict[type[Model], list[type[Rule]]] = {}
for rule_model in rule_models():
    for field in rule_model._meta.concrete_fields:
        if field.many_to_one and field.related_model not in (Segment, Intent, Site):
            RULES_ABOUT.setdefault(field.related_model, []).append(rule_model)

for model in RULES_ABOUT:
    changes = [post_delete] if model is apps.get_model(PAGE_MODEL) else [post_save, post_delete]
    for change in changes:
        change.connect(
            retire_for_rules_about_it, sender=model, dispatch_uid=f"wagtail_personalise_gov.about.{model._meta.label}"
        )

for change in (page_slug_changed, post_page_move):
    change.connect(retire_for_pages, dispatch_uid="wagtail_personalise_gov.pages")


def listen_to_sensitive_pages() -> None:
    """A page that is marked as sensitive stops what asks about it."""
    for model in sensitive_models():
        uid = f"wagtail_personalise_gov.sensitive.{model._meta.label}"
        post_save.connect(retire_for_pages, sender=model, dispatch_uid=uid)


listen_to_sensitive_pages()
