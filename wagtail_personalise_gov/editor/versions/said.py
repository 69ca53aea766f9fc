"""What is said of the versions of a personalised block: for whom each is, and why nobody may ever see it.

One call tells it of all blocks of a page, at as many queries as for one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from django.utils import formats
from django.utils.text import get_text_list
from django.utils.translation import gettext, ngettext

from ...models import Segment
from ...models.words import InWords
from ...visit.viewing import may_see_segments
from .known import Comparing, Known, known_of

Versions = Sequence[Sequence[int]]  # of one block, in the editor's order: the primary keys of the segments of each


class Kind(Enum):
    """What a warning is about."""

    UNREACHABLE = "unreachable"  # earlier versions take all its visitors
    NO_SEGMENT = "no_segment"
    GONE = "gone"  # its segment was deleted
    ARCHIVED = "archived"
    DRAFT = "draft"
    NOBODY = "nobody"  # nobody can be in its segment
    LEARNING = "learning"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class VersionWarning:
    """A sentence for editors about a version. `segment`: the primary key of the one it is about, if it is about one."""

    kind: Kind
    text: str
    segment: int | None = None

    @property
    def is_serious(self) -> bool:
        """Whether somebody does not see what was written for them. A review that is due can wait."""
        return self.kind is not Kind.OVERDUE


@dataclass(frozen=True, slots=True)
class Audience:
    """One of the segments that a version is for. `segment` and `words` are None where it was deleted, and `words` for
    who may not read what it asks."""

    key: int
    segment: Segment | None = None
    words: InWords | None = None

    @property
    def name(self) -> str:
        return str(self.segment) if self.segment else gettext("a segment that was deleted")


@dataclass(frozen=True, slots=True)
class SaidOfVersion:
    """What is said of a version. `number`: its place in the order, from 1."""

    number: int
    audiences: tuple[Audience, ...]
    warnings: tuple[VersionWarning, ...]

    @property
    def title(self) -> str:
        """For whom it is: "For Riverside or Hilltop"."""
        if not self.audiences:
            return gettext("For nobody yet")
        return gettext("For %s") % get_text_list([audience.name for audience in self.audiences], gettext("or"))

    @property
    def is_unreachable(self) -> bool:
        """Whether earlier versions take all its visitors."""
        return any(warning.kind is Kind.UNREACHABLE for warning in self.warnings)

    @property
    def lost(self) -> tuple[VersionWarning, ...]:
        """Why it can't be seen by anybody, or not by those of a segment of it, however the segments are published."""
        wanted = (Kind.UNREACHABLE, Kind.NO_SEGMENT, Kind.GONE, Kind.ARCHIVED)
        return tuple(warning for warning in self.warnings if warning.kind in wanted)


def said_for(user: Any, blocks: Sequence[Versions]) -> list[list[SaidOfVersion]]:
    """What a user may be told of the versions of each block: what segments ask, only if they may see segments.

    Whoever may enter the admin may choose segments, so everybody reads what the chooser says: their names and status.
    """
    said = said_of_blocks(blocks)
    if may_see_segments(user):
        return said
    return [[_without_rules(version) for version in block] for block in said]


def _without_rules(version: SaidOfVersion) -> SaidOfVersion:
    """What is wrong with a segment quotes its rules too."""
    names = {audience.key: audience.name for audience in version.audiences}
    return replace(
        version,
        audiences=tuple(replace(audience, words=None) for audience in version.audiences),
        warnings=tuple(
            replace(warning, text=gettext("Nobody can be in “%s” as it stands.") % names[warning.segment])
            if warning.kind is Kind.NOBODY and warning.segment is not None
            else warning
            for warning in version.warnings
        ),
    )


def said_of(versions: Versions) -> list[SaidOfVersion]:
    """What is said of the versions of one block, in their order."""
    return said_of_blocks([versions])[0]


def said_of_blocks(blocks: Sequence[Versions]) -> list[list[SaidOfVersion]]:
    """What is said of the versions of each block, in their order. As many queries for many blocks as for one."""
    known = known_of({key for versions in blocks for version in versions for key in version})
    comparing = Comparing({key: one.condition for key, one in known.items() if one.condition is not None})
    said = []
    for versions in blocks:
        warnings = warnings_of(versions, known, comparing)
        said.append(
            [
                SaidOfVersion(number, tuple(_audience(key, known.get(key)) for key in version), tuple(found))
                for number, (version, found) in enumerate(zip(versions, warnings, strict=True), 1)
            ]
        )
    return said


def _audience(key: int, known: Known | None) -> Audience:
    return Audience(key, known.segment, known.words) if known else Audience(key)


def warnings_of(versions: Versions, known: Mapping[int, Known], comparing: Comparing) -> list[list[VersionWarning]]:
    """What is to be warned of at each version of one block, the worst first. Makes no query."""
    earlier: dict[int, int] = {}  # the number of the first version for each segment
    warnings: list[list[VersionWarning]] = []
    for number, version in enumerate(versions, 1):
        taken_by = _taken_by(version, earlier, known, comparing)
        found = [VersionWarning(Kind.UNREACHABLE, _never(taken_by))] if taken_by else []
        found += _of_segments(version, known)
        warnings.append(found)
        for key in version:
            if key in known:
                earlier.setdefault(key, number)
    return warnings


def _taken_by(
    version: Sequence[int], earlier: Mapping[int, int], known: Mapping[int, Known], comparing: Comparing
) -> list[int]:
    """The numbers of the earlier versions that take all visitors of this one; none if they leave it some.

    A segment that is not live yet may have visitors one day, so it is taken only by itself.
    """
    existing = [key for key in version if key in known]
    wanted = [key for key in existing if not known[key].segment.archived] or existing
    takers: set[int] = set()
    for key in wanted:
        taking = _takers(key, earlier, comparing)
        if not taking:
            return []
        takers.update(taking)
    return sorted(takers)


def _takers(key: int, earlier: Mapping[int, int], comparing: Comparing) -> list[int]:
    if key in earlier:
        return [earlier[key]]
    for other, number in earlier.items():
        if comparing.all_in(key, other):
            return [number]
    together = tuple(other for other in earlier if other in comparing.conditions)
    if len(together) > 1 and comparing.all_in(key, *together):
        return [earlier[other] for other in together]
    return []


def _never(numbers: Sequence[int]) -> str:
    listed = get_text_list([formats.localize(number) for number in numbers], gettext("and"))
    return (
        ngettext(
            "No visitor ever sees this version: version %s comes first and is for all of its visitors. Move this "
            "one up, or delete it.",
            "No visitor ever sees this version: versions %s come first and are for all of its visitors. Move this "
            "one up, or delete it.",
            len(numbers),
        )
        % listed
    )


def _of_segments(version: Sequence[int], known: Mapping[int, Known]) -> list[VersionWarning]:
    if not version:
        return [VersionWarning(Kind.NO_SEGMENT, gettext("Nobody sees this version. Choose a segment for it."))]
    found = []
    if any(key not in known for key in version):
        text = gettext("A segment of this version was deleted, so nobody is in it. Choose another, or remove it here.")
        found.append(VersionWarning(Kind.GONE, text))
    for key in dict.fromkeys(version):
        if key in known:
            found += _of_segment(known[key].segment, known[key].problems)
    return sorted(found, key=lambda warning: not warning.is_serious)


def _of_segment(segment: Segment, problems: Sequence[str]) -> list[VersionWarning]:
    """One reason why nobody gets the version by this segment, the first to mend; and whether a review is due."""
    found = []

    def warn(kind: Kind, text: str) -> None:
        found.append(VersionWarning(kind, text % {"segment": segment, "problems": " ".join(problems)}, segment.pk))

    if segment.archived:
        warn(
            Kind.ARCHIVED,
            gettext("“%(segment)s” is archived, so nobody is in it. Choose another segment, or restore it."),
        )
        return found
    if problems:
        warn(Kind.NOBODY, gettext("“%(segment)s”: %(problems)s"))
    if not segment.live:
        warn(Kind.DRAFT, gettext("“%(segment)s” is a draft. Until it is published, nobody is in it."))
    elif segment.learning:
        warn(
            Kind.LEARNING,
            gettext("“%(segment)s” is in learning mode: its visitors are counted and see what everyone else sees."),
        )
    if segment.review_by and segment.review_is_overdue:
        when = formats.date_format(segment.review_by)
        found.append(
            VersionWarning(
                Kind.OVERDUE,
                gettext("“%(segment)s” was to be reviewed by %(date)s. Does it still say what you mean?")
                % {"segment": segment, "date": when},
                segment.pk,
            )
        )
    return found
