"""Tell what happened to a segment, once it is committed. `receivers.py` says what these functions listen to.

What code does past Wagtail's own actions (a bulk update, raw SQL) is not seen here.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction
from wagtail.models import ModelLogEntry

from ..core.events import SegmentChange
from ..models import Segment
from ..signals import segment_changed

LOGGED = {
    "wagtail_personalise_gov.archive": SegmentChange.ARCHIVED,
    "wagtail_personalise_gov.restore": SegmentChange.RESTORED,
}


def tell_published(sender: Any, instance: Segment, **kwargs: Any) -> None:
    """Wagtail says so too of one that is to go live some other day, and is not live until then."""
    if instance.live:
        _tell(instance, SegmentChange.PUBLISHED)


def tell_unpublished(sender: Any, instance: Segment, **kwargs: Any) -> None:
    _tell(instance, SegmentChange.UNPUBLISHED)


def tell_deleted(sender: Any, instance: Segment, **kwargs: Any) -> None:
    _tell(instance, SegmentChange.DELETED)


def tell_logged(sender: Any, instance: ModelLogEntry, created: bool, raw: bool = False, **kwargs: Any) -> None:
    """Archiving and restoring are told by the log: the segment's own row is written in several steps."""
    if created and not raw and segment_changed.listened and (change := LOGGED.get(instance.action)):
        segment = Segment.objects.filter(pk=instance.object_id).first()
        if segment is not None:
            _tell(segment, change)


def note_learning(sender: Any, instance: Segment, raw: bool = False, **kwargs: Any) -> None:
    """Before a save: whether visitors were learnt about until now. Asked only where somebody is to hear of it."""
    if not raw and instance.pk and segment_changed.listened:
        was = Segment.objects.filter(pk=instance.pk, live=True, learning=True)
        instance._was_learning = was.exists()


def tell_learning(sender: Any, instance: Segment, raw: bool = False, **kwargs: Any) -> None:
    """After a save. A segment that ends while it learns is told as ended, and no more."""
    was_learning = instance.__dict__.pop("_was_learning", False)
    if raw or not instance.live or instance.learning == was_learning:
        return
    update_fields = kwargs.get("update_fields")
    if update_fields is None or "learning" in update_fields:
        _tell(instance, SegmentChange.LEARNING_BEGAN if instance.learning else SegmentChange.LEARNING_ENDED)


def _tell(segment: Segment, change: SegmentChange) -> None:
    if segment_changed.listened:
        transaction.on_commit(partial(segment_changed.tell, segment=segment.slug, change=change))
