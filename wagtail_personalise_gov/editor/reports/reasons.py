"""Why somebody should look after a segment: each reason as a question to the database, and in words.

The list, its filter, its spreadsheet and the dashboard are made of these, so that they say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import BooleanField, Case, CharField, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.models import ReferenceIndex

from ...conf import settings
from ...models import DailyTally, Segment
from ...models.references import references_of_versions
from .broken import broken_segments, broken_segments_at_a_glance, problems_with

SOON_DAYS = 30  # before a review is due
QUIET_DAYS = 30  # without a visit, before a segment is said to have none

OVERDUE, SOON, BROKEN, DRAFT_USED, ARCHIVED_USED = "overdue", "soon", "broken", "draft-used", "archived-used"
UNUSED, NEVER, NO_OWNER, NO_PURPOSE, NO_WORDS = "unused", "never", "no-owner", "no-purpose", "no-words"

LABELS = {
    BROKEN: _("Something is wrong with it"),
    DRAFT_USED: _("A draft that is used"),
    ARCHIVED_USED: _("In the archive, and still used"),
    OVERDUE: _("Review overdue"),
    SOON: _("Review due within 30 days"),
    NEVER: _("No visits"),
    UNUSED: _("Not used"),
    NO_OWNER: _("No owner"),
    NO_PURPOSE: _("No purpose"),
    NO_WORDS: _("Nothing for visitors to read"),
}

# On the dashboard: what visitors may notice, and what has a date. The rest is tidiness, and waits in the report.
URGENT = (BROKEN, DRAFT_USED, ARCHIVED_USED, OVERDUE, SOON, NEVER)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one segment is in the list."""

    key: str
    sentences: Sequence[str]


def segments_with_reasons(at_a_glance: bool = False) -> QuerySet[Segment]:
    """All segments, each annotated with whether each of the reasons is true of it, as `reason_attribute` names it.

    Which are broken is found out for all, or `at_a_glance`. The queries for it do not grow with the segments.
    """
    broken = broken_segments_at_a_glance() if at_a_glance else broken_segments()
    today = timezone.localdate()
    key = Cast(OuterRef("pk"), CharField())
    of_segments = ContentType.objects.get_for_model(Segment)
    used = ReferenceIndex.objects.filter(to_content_type=of_segments, to_object_id=key)
    segments = Segment.objects.annotate(
        is_used=Exists(used), is_in_content=Exists(references_of_versions().filter(to_object_id=key))
    )
    live, there = Q(live=True, archived=False), Q(archived=False)
    questions = {
        BROKEN: there & Q(pk__in=broken),
        DRAFT_USED: there & Q(live=False, is_used=True),
        ARCHIVED_USED: Q(archived=True, is_used=True),
        OVERDUE: there & Q(review_by__lt=today),
        SOON: there & Q(review_by__gte=today, review_by__lte=today + timedelta(days=SOON_DAYS)),
        NEVER: live & Q(is_in_content=True) & _quiet(),
        UNUSED: live & Q(is_used=False),
        NO_OWNER: live & Q(owner=""),
        NO_PURPOSE: live & Q(purpose=""),
        NO_WORDS: live & Q(public_name=""),
    }
    answers = {reason_attribute(reason): _answer(asked) for reason, asked in questions.items()}
    annotated: QuerySet[Segment] = segments.annotate(**answers)
    return annotated


def reason_attribute(reason: str) -> str:
    return f"reason_{reason.replace('-', '_')}"


def having(segments: QuerySet[Segment], reasons: Iterable[str]) -> QuerySet[Segment]:
    """Those with any of these reasons."""
    wanted = Q(pk__in=[])
    for reason in reasons:
        wanted |= Q(**{reason_attribute(reason): True})
    return segments.filter(wanted)


def counts(reasons: Sequence[str]) -> dict[str, int]:
    """How many segments have each of these reasons, at a glance."""
    counted: Mapping[str, int] = segments_with_reasons(at_a_glance=True).aggregate(
        **{
            f"n_{reason_attribute(reason)}": Count("pk", filter=Q(**{reason_attribute(reason): True}))
            for reason in reasons
        }
    )
    return {reason: counted[f"n_{reason_attribute(reason)}"] for reason in reasons}


def _answer(asked: Q) -> Case:
    return Case(When(asked, then=Value(True)), default=Value(False), output_field=BooleanField())


def visits_are_known() -> bool:
    """Whether visits were counted for long enough that none of a segment means something."""
    return settings.COUNTING and DailyTally.objects.filter(day__lte=_quiet_since()).exists()


def _quiet_since() -> Any:
    return timezone.now().astimezone(UTC).date() - timedelta(days=QUIET_DAYS)


def _quiet() -> Q:
    """Published long enough ago, and no visit was counted for it since."""
    if not visits_are_known():
        return Q(pk__in=[])
    since = _quiet_since()
    seen = DailyTally.objects.filter(day__gte=since).exclude(segment="").values_list("segment", flat=True).distinct()
    # As a list: the same answer serves all segments, and the totals of a month are gone through once.
    return Q(first_published_at__date__lt=since) & ~Q(slug__in=list(seen))


def reasons_of(segment: Segment) -> Iterator[Reason]:
    """Those of a segment from `segments_with_reasons`, in words. What is broken takes its rules, prefetched."""
    for reason in LABELS:
        if getattr(segment, reason_attribute(reason)):
            yield Reason(reason, list(_in_words(reason, segment)))


def _in_words(reason: str, segment: Segment) -> Iterator[str]:
    date = date_format(segment.review_by, "DATE_FORMAT") if segment.review_by else ""
    if reason == BROKEN:
        yield from problems_with(segment) or [gettext("Something was wrong with it a moment ago.")]
    elif reason == DRAFT_USED:
        yield gettext("It is a draft, so nobody is in it, but pages, snippets or other segments use it.")
    elif reason == ARCHIVED_USED:
        yield gettext("It is in the archive, so nobody is in it, but pages, snippets or other segments still use it.")
    elif reason == OVERDUE:
        yield gettext("Its review was due on %s.") % date
    elif reason == SOON:
        yield gettext("Its review is due on %s.") % date
    elif reason == NEVER:
        yield (
            ngettext(
                "In the last %s day no visit was counted for a version that is for it.",
                "In the last %s days no visit was counted for a version that is for it.",
                QUIET_DAYS,
            )
            % QUIET_DAYS
        )
    elif reason == UNUSED:
        yield gettext("Nothing that is saved uses it.")
    elif reason == NO_OWNER:
        yield gettext("Nobody is named who answers for it.")
    elif reason == NO_PURPOSE:
        yield gettext("It does not say why these visitors are treated apart.")
    elif reason == NO_WORDS:
        yield gettext("It has no public name: visitors read “Some visitors”, or what its only rule says.")
