"""Listen to what changes a ruleset, and retire it."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.db.models.signals import post_delete, post_save
from wagtail.signals import page_slug_changed, post_page_move

from .compiling import retire, rule_models
from .models import Intent, IntentSignal, Segment


def retire_ruleset(sender: Any, **kwargs: Any) -> None:
    """Saving a draft of a live segment touches the segment's own row too: once too often is safe."""
    retire()


def retire_for_signals_about_pages(sender: Any, **kwargs: Any) -> None:
    """A page that moved has another address, and an intent may be suggested by landing there."""
    if IntentSignal.objects.filter(kind__in=IntentSignal.ABOUT_PAGES).exists():
        retire()


models: list[type[Model]] = [Segment, Intent, IntentSignal, *rule_models()]
for model in models:
    for change in (post_save, post_delete):
        change.connect(retire_ruleset, sender=model, dispatch_uid=f"wagtail_personalise_gov.{model._meta.label}")

for change in (page_slug_changed, post_page_move):
    change.connect(retire_for_signals_about_pages, dispatch_uid="wagtail_personalise_gov.pages")
