"""What became of the live segments, from Wagtail's own log, in words for the public.

The log knows who did what, and what editors call a segment. Neither is told here: a segment goes by the public name
that it had then, and one that had none is "a group". The name is noted with each publication, since it was public then
and may be told for ever, whatever the segment is called later and whether there still is one. Saving a draft changes
nothing for visitors, so it is no change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, auto

from django.contrib.contenttypes.models import ContentType
from django.db.models import Q
from django.utils.translation import gettext
from wagtail.models import ModelLogEntry

from ..models import RulesetState, Segment
from ..wording.written import Written, quoting
from .live import live_segments

OURS = "wagtail_personalise_gov."
BEGINS = frozenset({"wagtail.publish", "wagtail.publish.scheduled"})  # to be live, or to be so with other rules
ENDS = frozenset({"wagtail.unpublish", "wagtail.unpublish.scheduled", "wagtail.delete", f"{OURS}archive"})
AMENDS = frozenset({f"{OURS}give_up_rules"})
PAUSES = frozenset({f"{OURS}pause", f"{OURS}resume"})

CONTENT = ("latest_revision__content",)  # long, and not looked at

MOST_READ = 2_000  # entries of the log that are looked at, the newest
SOON = timedelta(minutes=10)  # what is published again within this of the first time was one change, a slip mended

NAME = "personalise_public_name"  # where the data of an entry holds the public name that was published


@dataclass(frozen=True, slots=True)
class Change:
    """`what` is a whole sentence. `slug` and `name` are of the segment that it is about; "" for what is not known.

    `name` is the public one of then. Of everything neither is known, and of what was deleted there is no slug.
    """

    when: datetime
    what: str
    slug: str
    name: str


class Kind(Enum):
    BEGUN, CHANGED, RENAMED, ENDED, PAUSED, RESUMED = auto(), auto(), auto(), auto(), auto(), auto()


@dataclass(slots=True)
class Event:
    """One thing that happened, to the segment with this primary key or to everything (None).

    `name` is the public name from then on, "" for none; None where the log is from before names were noted in it.
    """

    when: datetime
    kind: Kind
    segment: int | None = None
    name: str | None = None
    before: str = ""  # what it was called until then


@dataclass(slots=True)
class Course:
    """What is known of one segment while its log is read, oldest first. `live`: None before anything is known.

    `name` is the public name that was published last, None before one is known; `began` when the first happened of
    what the last event tells.
    """

    live: bool | None = None
    name: str | None = None
    began: datetime | None = None
    events: list[Event] = field(default_factory=list)


def note_name(entry: ModelLogEntry) -> None:
    """Note in an entry that is about to be logged what the public calls the segment, if that was just published."""
    if entry.action not in BEGINS or entry.content_type_id != ContentType.objects.get_for_model(Segment).pk:
        return
    published = Segment.objects.live_for_visitors().filter(pk=entry.object_id)
    name = published.values_list("public_name", flat=True).first()
    if name is not None:
        entry.data = {**(entry.data or {}), NAME: name}


def changes(limit: int = 50, slug: str | None = None) -> list[Change]:
    """The last changes that visitors could notice, newest first; or only those of one segment that has been live."""
    known = _ever_live()
    only = None
    if slug is not None:
        only = next((key for key, segment in known.items() if segment.slug == slug), None)
        if only is None:
            return []
    events = sorted(_events(only, known), key=lambda event: event.when, reverse=True)[:limit]
    names = _names({event.segment for event in events}, known)
    return [_told(event, names) for event in events]


def _ever_live() -> dict[int, Segment]:
    """The segments that were published at some time, by primary key. What was not is nobody's business."""
    published = Segment.objects.filter(first_published_at__isnull=False)
    return {segment.pk: segment for segment in published.select_related("latest_revision").defer(*CONTENT).order_by()}


def _events(only: int | None, known: dict[int, Segment]) -> Iterator[Event]:
    segments, state = (ContentType.objects.get_for_model(model) for model in (Segment, RulesetState))
    wanted = Q(content_type=segments, action__in=BEGINS | ENDS | AMENDS)
    if only is None:
        wanted |= Q(content_type=state, action__in=PAUSES)
    else:
        wanted &= Q(object_id=str(only))
    entries = ModelLogEntry.objects.filter(wanted).order_by("-timestamp", "-pk")
    courses: dict[int, Course] = {}
    newest = entries.values_list("action", "object_id", "timestamp", "data")[:MOST_READ]
    for action, key, when, data in reversed(newest):
        if action in PAUSES:
            yield Event(when, Kind.PAUSED if action == f"{OURS}pause" else Kind.RESUMED)
            continue
        pk = int(key)
        course = courses.setdefault(pk, Course(_live_before(known.get(pk), when)))
        if (kind := _kind_of(action, course)) is not None:
            noted = data.get(NAME) if action in BEGINS and isinstance(data, dict) else course.name
            _take(Event(when, kind, pk, noted), course)
    for course in courses.values():
        yield from course.events


def _live_before(segment: Segment | None, when: datetime) -> bool | None:
    """Whether a segment was live before the first entry that is known of it; None where that can't be told."""
    began = segment.first_published_at if segment is not None else None
    return None if began is None else began < when - SOON


def _kind_of(action: str, course: Course) -> Kind | None:
    """What an entry of the log meant for visitors; None for nothing."""
    if action in BEGINS:
        return Kind.CHANGED if course.live else Kind.BEGUN
    if course.live is False:
        return None
    if action in AMENDS:
        return Kind.CHANGED if course.live else None
    return Kind.ENDED if course.live else None


def _take(event: Event, course: Course) -> None:
    """Add what happened, unless it goes on with what began minutes before. Another name is always told."""
    called, course.name = course.name, event.name
    if event.kind is Kind.CHANGED and called and event.name and event.name != called:
        event.kind, event.before = Kind.RENAMED, called
    course.live = event.kind is not Kind.ENDED
    # Ten minutes from the first of them, not from the last: else what goes on for hours would be told as one change.
    if event.kind is Kind.CHANGED and course.began is not None and event.when - course.began <= SOON:
        last = course.events[-1]
        last.when = event.when
        last.name = event.name or last.name
        return
    course.began = event.when
    course.events.append(event)


def _names(keys: Iterable[int | None], known: dict[int, Segment]) -> dict[int, tuple[str, str]]:
    """(slug, public name of now or "") by primary key, of those that are known."""
    named = {key: known[key] for key in keys if key is not None and key in known}
    nameless = [segment.slug for segment in named.values() if _is_public(segment) and not segment.public_name]
    said = {segment.slug: segment.name for segment in live_segments(nameless)} if nameless else {}
    return {
        key: (segment.slug, Written(segment.public_name) or said.get(segment.slug, "") if _is_public(segment) else "")
        for key, segment in named.items()
    }


def _is_public(segment: Segment) -> bool:
    """Whether what stands in a segment's row was published: of one that is not live, the row follows its drafts."""
    drafted = segment.latest_revision.created_at if segment.latest_revision else None
    published = segment.last_published_at
    return bool(segment.live or published is None or drafted is None or drafted <= published)


def _told(event: Event, names: dict[int, tuple[str, str]]) -> Change:
    slug, now = names.get(event.segment, ("", "")) if event.segment is not None else ("", "")
    if event.name:
        name: str = Written(event.name)
    elif event.name == "" and isinstance(now, Written):
        name = ""  # what it is called now it was not called then
    else:
        name = now
    return Change(event.when, _sentence(event.kind, name, Written(event.before)), slug, name)


def _sentence(kind: Kind, name: str, before: str) -> str:
    match kind:
        case Kind.PAUSED:
            return gettext("Everything was paused.")
        case Kind.RESUMED:
            return gettext("The pause of everything ended.")
        case Kind.BEGUN:
            frame = gettext("“%(name)s” was put to use.") if name else gettext("A group was put to use.")
        case Kind.CHANGED:
            frame = gettext("“%(name)s” was changed.") if name else gettext("A group was changed.")
        case Kind.RENAMED:
            frame = gettext("“%(before)s” was changed, and is called “%(name)s” since.")
        case Kind.ENDED:
            frame = gettext("“%(name)s” is no longer used.") if name else gettext("A group is no longer used.")
    return quoting(frame, name=name, before=before)
