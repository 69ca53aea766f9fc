"""Stream values as Wagtail stores them, written short, and links to pages and segments by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.utils.html import format_html

Raw = dict[str, Any]


def block(kind: str, value: Any) -> Raw:
    """One block of a stream."""
    return {"type": kind, "value": value, "id": str(uuid4())}


def items(*values: Any) -> list[Raw]:
    """The value of a ListBlock."""
    return [block("item", value) for value in values]


@dataclass(frozen=True, slots=True)
class Version:
    """One variant of a personalised block: the slugs of its segments, and its content."""

    segments: tuple[str, ...]
    content: Any


def version(segments: str, content: Any) -> Version:
    """A variant for the segments whose slugs stand in `segments`, spaces between."""
    return Version(tuple(segments.split()), content)


@dataclass(frozen=True, slots=True)
class Northmoor:
    """What bodies refer to: primary keys of pages by path ("" is the home page), and of segments by slug."""

    pages: Mapping[str, int]
    segments: Mapping[str, int]

    def a(self, path: str, text: str) -> str:
        """A link to a page, inside rich text."""
        return format_html('<a linktype="page" id="{}">{}</a>', self.pages[path], text)

    def link(self, path: str, text: str, hint: str = "") -> Raw:
        """The value of a LinkBlock to a page."""
        return {"text": text, "hint": hint, "page": self.pages[path], "address": ""}

    def personalised(self, kind: str, *versions: Version, standard: Any) -> Raw:
        """A PersonalisedBlock with its versions in order, and the standard version."""
        variants = [
            block(
                "variant",
                {"segments": items(*(self.segments[slug] for slug in each.segments)), "content": each.content},
            )
            for each in versions
        ]
        return block(kind, {"variants": variants, "default": standard, "nothing_for_others": False})


NO_LINK: Raw = {"text": "", "hint": "", "page": None, "address": ""}


def warning(heading: str, text: str, link: Raw = NO_LINK) -> Raw:
    return block("warning", {"heading": heading, "text": text, "link": link, "must_see": True})


def facts(heading: str, **rows: str) -> Raw:
    """Key facts. A row's name is its term, with underscores for spaces."""
    terms = ({"term": term.replace("_", " "), "detail": detail} for term, detail in rows.items())
    return block("facts", {"heading": heading, "facts": items(*terms)})


def steps(heading: str, *rows: tuple[str, str]) -> Raw:
    return block(
        "steps", {"heading": heading, "steps": items(*({"heading": name, "text": text} for name, text in rows))}
    )


def links(heading: str, *rows: Raw) -> Raw:
    return block("links", {"heading": heading, "links": items(*rows)})


def details(summary: str, text: str) -> Raw:
    return block("details", {"summary": summary, "text": text})


def contact(heading: str, text: str = "", phone: str = "", email: str = "", opening: str = "") -> Raw:
    return block("contact", {"heading": heading, "text": text, "phone": phone, "email": email, "opening": opening})


def centre(name: str, address: str, opening: str, facilities: str = "") -> Raw:
    return {"name": name, "address": address, "opening": opening, "facilities": facilities}


def rest_centres(heading: str, *rows: Raw) -> Raw:
    return block("rest_centres", {"heading": heading, "centres": items(*rows)})


def intent_question(heading: str = "What do you need to do today?") -> Raw:
    hint = (
        "You do not have to answer. We use your answer only to put the right steps first, and forget it when you close "
        "your browser."
    )
    return block("intent_question", {"heading": heading, "hint": hint})


def place_question(heading: str, *towns: str) -> Raw:
    hint = "You do not have to answer. We forget your answer when you close your browser."
    places = ({"label": f"In {town}", "country": "GB", "subdivision": "", "city": town} for town in towns)
    return block("place_question", {"heading": heading, "hint": hint, "places": items(*places)})


# The contents of personalised blocks


def welcome(heading: str, text: str, *rows: Raw) -> Raw:
    return {"heading": heading, "text": text, "links": items(*rows)}


def next_steps(heading: str, text: str, *rows: Raw, numbered: bool = False) -> Raw:
    return {"heading": heading, "text": text, "steps": items(*rows), "numbered": numbered}


def opening(heading: str, text: str, link: Raw = NO_LINK) -> Raw:
    return {"heading": heading, "text": text, "link": link}


WHY = (
    "We put this first because you told us you are in {town}, or because your internet address seems to be there. "
    "The address is often wrong, and we have not kept it."
)


def local(heading: str, text: str, *centres: Raw, town: str = "", why: str = "", not_here: str = "") -> Raw:
    """Local information. For people in a `town` it says why they see it, and lets them say that they are not there."""
    if town:
        why, not_here = WHY.format(town=town), f"I’m not in {town}"
    return {"heading": heading, "text": text, "centres": items(*centres), "why": why, "not_here": not_here}
