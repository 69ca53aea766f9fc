"""The value of a personalised block: raw until something of it is needed.

A page with thirty personalised blocks of five variants each must cost what thirty plain blocks cost. So a value keeps
its JSON; to render, the chosen contents of all personalised blocks of one type in a stream are expanded together, in
one `bulk_to_python`; and whatever else looks into a value (the editor, a migration, a copy) makes all of them expand.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wagtail.blocks import BoundBlock, StructValue

from ..core.contents import PARTS, has_its_parts, id_of, key_of, segments_in, variants_in
from ..core.counting import Exposure
from ..core.ruleset import KeyedVariants
from ..visit.visit import STANDARD_VERSION, Visit

if TYPE_CHECKING:
    from .personalised import PersonalisedBlock


@dataclass(frozen=True, slots=True)
class Shown:
    """What a personalised block shows one visitor. Templates of its content have it as ``personalised``."""

    content: BoundBlock | None  # None: nothing is shown
    variant_id: str | None = None  # None: the standard version
    segment: str | None = None  # the slug of the segment that the variant was chosen for
    exposures: tuple[Exposure, ...] = ()  # what showing it is to be counted as

    @property
    def is_standard(self) -> bool:
        return self.variant_id is None


class Siblings:
    """The personalised blocks of one type in one stream, which are chosen and expanded together."""

    def __init__(self, block: PersonalisedBlock, raws: Sequence[Any]) -> None:
        self.block = block
        read = [read_raw(raw) for raw in raws]
        self.raws = [raw for raw, _variants in read]
        self._variants = [variants for _raw, variants in read]
        self.values: list[PersonalisedValue] = [
            PersonalisedValue.unexpanded(block, self, position) for position in range(len(self.raws))
        ]
        self._shown: tuple[Visit | None, list[Shown]] | None = None

    def expand(self) -> None:
        """Turn every value that is still raw into what it stands for."""
        expanded = self.block.expand_all(self.raws)
        for value, full in zip(self.values, expanded, strict=True):
            if value.siblings is self:
                value.fill(full)

    def shown(self, position: int, visit: Visit | None) -> Shown:
        """What the block at a position shows; without a visit, its standard version."""
        if self._shown is None or self._shown[0] is not visit:
            self._shown = (visit, self._choose(visit))
        return self._shown[1][position]

    def _choose(self, visit: Visit | None) -> list[Shown]:
        variants = self._variants
        standard = [STANDARD_VERSION] * len(variants)
        chosen = visit.choose_each(variants) if visit is not None and any(variants) else standard
        content = self.block.child_blocks["default"]
        contents = [
            raw.get("default") if choice.position is None else raw["variants"][choice.position]["value"].get("content")
            for raw, choice in zip(self.raws, chosen, strict=True)
        ]
        values = expand_contents(content, contents)
        return [
            Shown(
                None if choice.position is None and raw.get("nothing_for_others") else content.bind(value),
                choice.variant_id,
                choice.segment,
                choice.exposures,
            )
            for raw, choice, value in zip(self.raws, chosen, values, strict=True)
        ]


def read_raw(raw: Any) -> tuple[dict[str, Any], KeyedVariants]:
    """The JSON of a personalised block as `as_raw` gives it, and its variants as `variants_of` does."""
    plain = _plain_variants(raw)
    if plain is not None:
        return raw, plain
    raw = as_raw(raw)
    return raw, variants_of(raw)


def _plain_variants(raw: Any) -> KeyedVariants | None:
    """The variants of JSON that is just as Wagtail writes it, as nearly all is; None for any other.

    Each page reads its blocks here, at each request, so this says quickly what the functions below say of all JSON.
    """
    if type(raw) is not dict or not raw or not raw.keys() <= PARTS or None in raw.values():
        return None
    variants: list[tuple[str, tuple[int, ...]]] = []
    for variant in raw.get("variants", ()):
        if type(variant) is not dict or variant.get("type") != "variant":
            return None
        name, value = variant.get("id"), variant.get("value")
        if type(name) is not str or not name or type(value) is not dict or None in value.values():
            return None
        keys = []
        for item in value.get("segments", ()):
            if type(item) is not dict or item.keys() != ITEM or item["type"] != "item":
                return None
            if type(key := item["value"]) is not int:
                return None
            keys.append(key)
        variants.append((name, tuple(keys)))
    return tuple(variants) if "variants" in raw else None


ITEM = {"type", "value", "id"}  # the keys of an item of a list, as Wagtail writes it


def as_raw(raw: Any) -> dict[str, Any]:
    """The JSON of a personalised block. Content saved before its block was wrapped becomes the standard version.

    What is null or malformed is left out: an import or a script may have written it, and no page must fail for it.
    """
    if not has_its_parts(raw):
        return _given({"variants": [], "default": raw, "nothing_for_others": False})
    well_formed = [
        {**variant, "value": _given({**variant["value"], "segments": _segments(variant["value"].get("segments"))})}
        for variant in variants_in(raw)
    ]
    return _given({**raw, "variants": well_formed})


def _given(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if value is not None}


def _segments(raw: Any) -> list[Any]:
    return [item for item in raw if key_of(item) is not None] if isinstance(raw, list) else []


def variants_of(raw: Mapping[str, Any]) -> KeyedVariants:
    """The variants in raw JSON as (id, primary keys of segments), in the editor's order."""
    # JSON that was written by hand may have no ids; the position is the next best.
    return tuple(
        (id_of(variant) or f"variant-{position}", segments_in(variant))
        for position, variant in enumerate(raw["variants"])
    )


def expand_contents(content: Any, raws: Sequence[Any]) -> list[Any]:
    """Contents in one go; one that is missing is the content's default value."""
    given = [raw for raw in raws if raw is not None]
    expanded = iter(content.bulk_to_python(given))
    return [content.get_default() if raw is None else next(expanded) for raw in raws]


class PersonalisedValue(StructValue):
    """A StructValue that expands when something of it is first needed."""

    siblings: Siblings | None = None  # while raw
    position = 0

    @classmethod
    def unexpanded(cls, block: PersonalisedBlock, siblings: Siblings, position: int) -> PersonalisedValue:
        value = cls(block)
        value.siblings, value.position = siblings, position
        return value

    def fill(self, full: Mapping[str, Any]) -> None:
        self.siblings = None
        OrderedDict.update(self, full)

    @property
    def raw(self) -> Mapping[str, Any]:
        """Its JSON: as it was read, while nobody has looked into it."""
        if self.siblings is not None:
            return self.siblings.raws[self.position]
        raw: Mapping[str, Any] = self.block.get_prep_value(self)
        return raw

    def __eq__(self, other: object) -> bool:
        """Whether they say the same. Compared as JSON: Wagtail's lists inside them compare by identity."""
        if not isinstance(other, PersonalisedValue):
            return NotImplemented
        return bool(self.block.get_prep_value(self) == other.block.get_prep_value(other))

    def __ne__(self, other: object) -> bool:
        return not self == other  # an OrderedDict has its own, which would look at what is not expanded

    __hash__ = None  # type: ignore[assignment]


def _expanding(name: str) -> Callable[..., Any]:
    inherited = getattr(StructValue, name)

    def method(self: PersonalisedValue, *args: Any, **kwargs: Any) -> Any:
        if self.siblings is not None:
            self.siblings.expand()
        return inherited(self, *args, **kwargs)

    method.__name__ = name
    method.__doc__ = inherited.__doc__
    return method


# Every accessor expands: an editor who opens a page must never be shown, and then save, an empty block.
for _name in (
    "__getitem__", "__setitem__", "__delitem__", "__iter__", "__reversed__", "__len__", "__contains__",
    "__repr__", "__reduce__", "__or__", "__ror__", "__ior__", "copy", "get", "items", "keys", "values",
    "pop", "popitem", "setdefault", "update", "clear", "move_to_end",
):  # fmt: skip
    setattr(PersonalisedValue, _name, _expanding(_name))
