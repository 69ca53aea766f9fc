"""The blocks of a page that come as fragments: which there are, and what a visitor gets of them.

They are found in raw JSON, and only what differs for the visitor is expanded and rendered. The page is not rendered
again: to be found, a block must stand in a stream of the page itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from wagtail import blocks
from wagtail.blocks import StreamValue

from ..conf import settings
from ..core.contents import value_of
from ..core.ruleset import KeyedVariants
from ..delivery.fragments import (
    AHEAD,
    AROUND,
    DELIVERIES,
    PAGE,
    SCRIPT,
    can_be_asked_for,
    place,
    told_by_script,
    visit_for_all,
)
from ..models.streams import streams_of
from ..plugged import log_once_a_minute
from ..visit.visit import STANDARD_VERSION, Chosen, Visit

Context = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """A place on a page, and what stands there as raw JSON. `inner` are the places in its standard version."""

    key: str
    block: Delivered
    raw: Any
    variants: KeyedVariants = ()
    inner: tuple[Place, ...] = ()


class Delivered:
    """What every block has in common that may come as a fragment: the options ``delivery`` and ``reserve``."""

    meta: Any

    def deliver(self, delivery: str | None, reserve: str | None) -> None:
        """Take in the options. They are not handed on as the block's own: what is handed on stands in migrations."""
        if delivery is not None:
            self.meta.delivery = delivery
        if reserve is not None:
            self.meta.reserve = reserve
        if self.meta.delivery not in (None, *DELIVERIES):
            raise ValueError(f"delivery is one of {', '.join(map(repr, DELIVERIES))}, and not {self.meta.delivery!r}.")

    def delivery(self, page: Any) -> str:
        """How this block is delivered on a page (None: on none): as it says itself, or the page, or the site."""
        return str(self.meta.delivery or getattr(page, "personalise_delivery", None) or settings.DELIVERY)

    def places_in(self, raw: Any, page: Any, within: bool) -> Iterator[Place]:
        """The places that this block, with this raw JSON, has on a page. `within`: it stands in a fragment."""
        raise NotImplementedError

    def render_fragment(self, found: Place, chosen: Chosen, context: Context) -> str:
        """What the visitor of `context` gets at a place; "" where the standard version stays."""
        raise NotImplementedError

    def at_its_place(self, key: str, standard: str, segments: Sequence[int], visit: Visit, context: Context) -> str:
        """The standard version at its place; behind the script, unless that comes earlier on the page."""
        visit.fragments[key] = tuple(segments)
        script = SafeString() if context.get(AHEAD) else script_for(visit)
        return script + place(key, standard, str(self.meta.reserve or ""))

    def stands_for_all(self, key: str, context: Context | None) -> Visit | None:
        """The visit whose page has a place of this key; None where the block must be rendered in place."""
        visit = visit_for_all(context)
        return visit if visit is not None and context and key in _keys_of(visit, context["page"]) else None


def delivery_of(block: Delivered, context: Context | None) -> str:
    """How a block is delivered: as what stands around it is, if anything does."""
    context = context or {}
    return str(context.get(AROUND) or block.delivery(context.get("page")))


_keys: WeakKeyDictionary[Visit, frozenset[str]] = WeakKeyDictionary()


def _keys_of(visit: Visit, page: Any) -> frozenset[str]:
    """The keys of all places on the page that is served; none where no fragment can be asked for."""
    if visit not in _keys:
        times = Counter(found.key for found in _flat(list(places_on(page)))) if can_be_asked_for() else Counter()
        # Two blocks with the same ids, as a script may have written them, would be taken for each other.
        _keys[visit] = frozenset(key for key, number in times.items() if number == 1)
    return _keys[visit]


_scripted: WeakSet[Visit] = WeakSet()


def script_for(visit: Visit) -> SafeString:
    """The script of a page, if it has places and not yet the script."""
    if not visit.fragments or visit.page is None or visit in _scripted:
        return SafeString()
    _scripted.add(visit)
    told = {
        "source": static(SCRIPT),
        "language": get_language(),  # also where it is the site's: what comes is in the page's and not the browser's
        "page": visit.page.id,
        "tells": told_by_script(visit.ruleset),
    }
    # By a template, since only a part of the package above knows how an address carries a language.
    return render_to_string("wagtail_personalise_gov/blocks/fragments.html", told)


# Where they stand


def places_on(page: Any) -> Iterator[Place]:
    """The places in the streams of a page, as they stand in memory. No query."""
    for stream in streams_of(type(page)):
        value = stream.value_from_object(page)
        if isinstance(value, StreamValue):
            yield from places_in(stream.stream_block, list(value.raw_data), page)


def places_in(block: Any, raw: Any, page: Any, within: bool = False) -> Iterator[Place]:
    """The places in a block with this raw JSON. Never raises: what is malformed holds none."""
    if isinstance(block, Delivered):
        yield from block.places_in(raw, page, within)
    elif isinstance(block, blocks.BaseStreamBlock):
        for child in raw if isinstance(raw, list) else ():
            if isinstance(child, Mapping) and (inside := block.child_blocks.get(child.get("type"))) is not None:
                yield from places_in(inside, child.get("value"), page, within)
    elif isinstance(block, blocks.BaseStructBlock):
        for name, inside in block.child_blocks.items() if isinstance(raw, Mapping) else ():
            yield from places_in(inside, raw.get(name), page, within)
    elif isinstance(block, blocks.ListBlock):
        for item in raw if isinstance(raw, list) else ():
            yield from places_in(block.child_block, value_of(item), page, within)


# What a visitor gets


def fragments_for(page: Any, visit: Visit, make_context: Callable[[], Context]) -> Iterator[tuple[str, str]]:
    """(key, HTML) of each place on the page where this visitor gets something else than the standard version.

    What is shown is noted, standard versions too. A fragment that fails is left out: the standard version stays.
    """
    places = list(places_on(page))
    asked = [found for found in _flat(places) if found.variants]
    chosen = dict(zip(map(id, asked), visit.choose_each([found.variants for found in asked]), strict=True))
    context: Context | None = None
    for found in _shown(places, chosen):
        choice = chosen.get(id(found), STANDARD_VERSION)
        if found.variants and choice.position is None:
            visit.note_shown(choice.exposures)
            continue
        try:
            if context is None:
                context = {**make_context(), AROUND: PAGE}
            html = found.block.render_fragment(found, choice, context)
        except Exception as error:  # templates of anybody's; the message may hold what they were given
            log_once_a_minute(f"fragment {found.key}", "A fragment can't be rendered (%s).", type(error).__name__)
            continue
        visit.note_shown(choice.exposures)
        if found.variants or html:
            yield found.key, html


def _flat(places: Sequence[Place]) -> Iterator[Place]:
    for found in places:
        yield found
        yield from _flat(found.inner)


def _shown(places: Sequence[Place], chosen: Mapping[int, Chosen]) -> Iterator[Place]:
    """Those that are on the visitor's page: what stands in a standard version goes where another one comes."""
    for found in places:
        yield found
        if chosen.get(id(found), STANDARD_VERSION).position is None:
            yield from _shown(found.inner, chosen)
