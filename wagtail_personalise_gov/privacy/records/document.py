"""A record: sections with fields, each with what is known and what the public body must write. As data, and as text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext

# What is markup in Markdown, anywhere; and what would begin a heading or a list where somebody's words begin with it.
MARKUP = re.compile(r"([\\`*_\[\]<>])")
BEGINNING = re.compile(r"^(\d*)([#|+.)-])(?=[\s#|])")


@dataclass(frozen=True, slots=True)
class Field:
    """One question of a record. `known` is what holds here, a sentence each; `to_complete` what has to be written."""

    key: str
    label: str
    known: tuple[str, ...] = ()
    to_complete: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    key: str
    title: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Record:
    """`made`: when it was made, in UTC. `note` says what the record is and is not."""

    kind: str
    title: str
    made: str
    note: str
    sections: tuple[Section, ...]
    beginning: tuple[str, ...] = ()  # what the reader has to know before anything else

    def fields(self) -> Iterator[Field]:
        for section in self.sections:
            yield from section.fields


def field(key: str, label: str, known: Iterable[str] = (), to_complete: str = "") -> Field:
    return Field(key, label, tuple(text for text in known if text), to_complete)


def as_json(record: Record) -> str:
    data: dict[str, Any] = {
        "record": record.kind,
        "title": record.title,
        "made": record.made,
        "beginning": list(record.beginning),
        "note": record.note,
        "sections": [
            {
                "key": section.key,
                "title": section.title,
                "fields": [
                    {"key": one.key, "label": one.label, "known": list(one.known), "to_complete": one.to_complete}
                    for one in section.fields
                ],
            }
            for section in record.sections
        ],
    }
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def as_text(record: Record) -> str:
    """As Markdown, which word processors and wikis take."""
    lines = [f"# {_plain(record.title)}", ""]
    if record.beginning:
        lines += [f"**{' '.join(map(_plain, record.beginning))}**", ""]
    lines += [record.note, ""]
    for section in record.sections:
        lines += [f"## {_plain(section.title)}", ""]
        for one in section.fields:
            lines += [f"### {_plain(one.label)}", ""]
            if len(one.known) == 1:
                lines += [_plain(one.known[0]), ""]
            elif one.known:
                lines += [*(f"- {_plain(text)}" for text in one.known), ""]
            if one.to_complete:
                lines += [f"> **{gettext('To be completed by you:')}** {one.to_complete}", ""]
    return "\n".join(lines)


def _plain(text: str) -> str:
    """Words of anybody's on one line, with nothing in them that Markdown would take for its own."""
    line = MARKUP.sub(r"\\\1", " ".join(text.split()))
    return BEGINNING.sub(r"\1\\\2", line)
