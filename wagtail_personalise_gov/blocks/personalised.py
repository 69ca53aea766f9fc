"""PersonalisedBlock: content with a standard version, and variants for the visitors of some segments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import BlockGroup, StructBlockValidationError

from ..conf import settings
from ..core.contents import id_of, variants_in
from ..delivery.fragments import AROUND, FRAGMENT, PAGE
from ..delivery.representations import Representation, representation_for
from ..visit.visit import STANDARD_VERSION, Chosen, Visit
from .choosers import SegmentChooserBlock
from .fragments import Delivered, Place, delivery_of, places_in
from .must_see import holds_must_see, says_nothing
from .representing import portable
from .translating import texts_of
from .values import PersonalisedValue, Shown, Siblings, as_raw, expand_contents, variants_of
from .wording import worded


class PersonalisedBlock(Delivered, blocks.StructBlock):
    """Wraps any block: ``PersonalisedBlock(HeroBlock())``, a block class, or a list of (name, block) for a stream.

    A subclass for one fixed use names its ``content``. The first variant, in the editor's order, that is for a segment
    the visitor is in is shown; else the standard version, which is also what anything without a visitor gets: search,
    feeds, the standard preview. Choosing makes no query.

    With ``say_why`` (here or in Meta; else SAY_WHY decides) a variant is followed by "Why am I seeing this?".

    With ``delivery="fragment"`` (here or in Meta; else the page's ``personalise_delivery``, else DELIVERY decides) the
    page is the same for everybody and holds the standard version, for which a script asks whether this visitor gets
    another. ``reserve`` keeps room for that: "small", "medium", "large", or a class of the site's own. What stands
    inside is delivered alike.
    """

    content: Any = None

    def __init__(
        self,
        content: Any = None,
        *,
        say_why: bool | None = None,
        delivery: str | None = None,
        reserve: str | None = None,
        **kwargs: Any,
    ) -> None:
        content = content if content is not None else self.content
        if content is None:
            raise TypeError("PersonalisedBlock needs its content, such as PersonalisedBlock(HeroBlock()).")
        segment = worded(SegmentChooserBlock(), label=_("Segment"))
        segments = worded(blocks.ListBlock(segment), label=_("For visitors in any of these"), min_num=1)
        variant = worded(
            blocks.StructBlock([("segments", segments), ("content", worded(fresh(content), label=_("They see")))]),
            label=_("Version for some visitors"),
            label_format="{segments}",
            icon="user",
            form_attrs={"data-personalise-versions-target": "version"},
        )
        variants = worded(
            blocks.StreamBlock([("variant", variant)]),
            label=_("Versions for some visitors"),
            help_text=lazy(help_on_versions, str)(),
            required=False,
        )
        nothing_for_others = worded(
            blocks.BooleanBlock(required=False),
            label=_("Others see nothing here"),
            help_text=_("Tick this only where nothing is missing for visitors who see no version at all."),
        )
        standard = worded(fresh(content), label=_("Standard version: what everyone else sees"))
        if isinstance(standard, blocks.BaseStructBlock):
            standard.meta.collapsed = False  # whatever the content is elsewhere: here it is what most people see
        local_blocks = [
            ("variants", variants),
            ("default", standard),
            ("nothing_for_others", nothing_for_others),
        ]
        super().__init__(local_blocks, **kwargs)
        if say_why is not None:
            self.meta.say_why = say_why  # not handed on: what is handed on stands in migrations
        self.deliver(delivery, reserve)

    # What is shown

    def shown(self, value: PersonalisedValue, visit: Visit | None) -> Shown:
        """What the block shows to a visit; without one, the standard version."""
        if value.siblings is not None:
            return value.siblings.shown(value.position, visit)
        # A value from a form or from code: it is whole, and stands alone.
        variants = [
            (variant.id or f"variant-{position}", [segment.pk for segment in variant.value["segments"] if segment])
            for position, variant in enumerate(value.get("variants") or ())
        ]
        chosen = visit.choose(variants) if visit is not None and variants else STANDARD_VERSION
        if chosen.position is not None:
            content = value["variants"][chosen.position].value.bound_blocks["content"]
        else:
            content = None if value.get("nothing_for_others") else value.bound_blocks["default"]
        return Shown(content, chosen.variant_id, chosen.segment, chosen.exposures)

    def _note(self, value: PersonalisedValue, context: Mapping[str, Any] | None) -> Shown:
        """What the block shows now, noted so that it can be counted once the page is on its way."""
        visit = visit_of(context)
        shown = self.shown(value, visit)
        if visit is not None:
            visit.note_shown(shown.exposures)
        return shown

    def render(self, value: Any, context: Mapping[str, Any] | None = None) -> str:
        value = self.normalize(value)
        if delivery_of(self, context) == FRAGMENT:
            if (visit := visit_of(context)) is not None:
                visit.grounds.would_ask = True  # also while paused, when there is no place for a fragment
            if (html := self._render_for_all(value, context)) is not None:
                return html
        return self._render_shown(self._note(value, context), context)

    def _render_for_all(self, value: PersonalisedValue, context: Mapping[str, Any] | None) -> str | None:
        """The standard version at its place, of which no visitor is asked anything; None where that can't be."""
        variants = variants_in(value.raw)
        visit = self.stands_for_all(_key_of(variants), context) if variants else None
        if variants and visit is None:
            return None
        standard = self._render_shown(self.shown(value, None), context, FRAGMENT)
        if visit is None or context is None:
            return standard
        segments = [key for _id, keys in variants_of(value.raw) for key in keys]
        return self.at_its_place(_key_of(variants), standard, segments, visit, context)

    def places_in(self, raw: Any, page: Any, within: bool) -> Iterator[Place]:
        if not within and self.delivery(page) != FRAGMENT:
            return
        raw = as_raw(raw)
        inner: tuple[Place, ...] = ()
        if not raw.get("nothing_for_others"):
            inner = tuple(places_in(self.child_blocks["default"], raw.get("default"), page, within=True))
        if not raw["variants"]:
            yield from inner
        elif key := _key_of(raw["variants"]):
            yield Place(key, self, raw, variants_of(raw), inner)

    def render_fragment(self, found: Place, chosen: Chosen, context: Mapping[str, Any]) -> str:
        if chosen.position is None:
            return ""
        content = self.child_blocks["default"]  # as the variants' own, and expanded in the same way
        (value,) = expand_contents(content, [found.raw["variants"][chosen.position]["value"].get("content")])
        shown = Shown(content.bind(value), chosen.variant_id, chosen.segment, chosen.exposures)
        return self._render_shown(shown, context)

    def _render_shown(self, shown: Shown, context: Mapping[str, Any] | None, delivery: str = PAGE) -> str:
        """What is shown, in HTML. What stands inside is delivered as this is."""
        if shown.content is None:
            return ""
        inner = {**(context or {}), "personalised": shown, AROUND: delivery}
        # Wagtail 8 gives a stream child's id to its template, unless there is one already: ours is not the content's.
        inner.pop("id", None)
        if shown.is_standard or not self._says_why:
            return str(shown.content.render(inner))
        around: frozenset[str | None] = inner.get("personalise_around", frozenset())  # said by blocks around this one
        said: list[Shown] = []  # by {% personalise_why %} in templates of the content
        inner |= {"personalise_around": around | {shown.segment}, "personalise_said": said}
        html = str(shown.content.render(inner))
        if shown.segment in around or any(one is shown for one in said):
            return html
        return html + say_why(shown, html, context)

    @property
    def _says_why(self) -> bool:
        return bool(settings.SAY_WHY if self.meta.say_why is None else self.meta.say_why)

    def get_api_representation(self, value: Any, context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What this visitor gets; or the whole block, for those who may have it (`delivery/representations.py`)."""
        form = representation_for(context)
        if form is Representation.PORTABLE:
            return portable(self.normalize(value), context)
        if form is Representation.WRITABLE:
            whole: dict[str, Any] = super().get_api_representation(self.normalize(value), context=context)
            return {**whole, "nothing_for_others": bool(whole["nothing_for_others"])}  # what code made may lack it
        shown = self._note(self.normalize(value), context)
        if shown.content is None:
            return {"variant": shown.variant_id, "content": None}
        block, inner = shown.content.block, {**(context or {}), "personalised": shown}
        content = block.get_api_representation(shown.content.value, context=inner)
        return {"variant": shown.variant_id, "content": content}

    def get_searchable_content(self, value: Any) -> list[Any]:
        """The standard version only: what is meant for some visitors does not belong in everybody's search."""
        if value.get("nothing_for_others"):
            return []
        return list(self.child_blocks["default"].get_searchable_content(value["default"]))

    def get_preview_value(self) -> Any:
        return self.normalize({"variants": [], "default": self.child_blocks["default"].get_preview_value()})

    # From and to the database

    def bulk_to_python(self, values: Iterable[Any]) -> list[Any]:
        return list(Siblings(self, list(values)).values)

    def to_python(self, value: Any) -> Any:
        return value if isinstance(value, PersonalisedValue) else super().to_python(as_raw(value))

    def expand_all(self, raws: Sequence[Mapping[str, Any]]) -> list[Any]:
        """Raw values in full, with one query for each model that they refer to."""
        return list(super().bulk_to_python(raws))

    def get_translatable_segments(self, value: PersonalisedValue) -> list[Any]:
        """Asked by wagtail-localize, where it is installed."""
        return texts_of(value, value.raw)

    # What editors may save

    def clean(self, value: Any) -> Any:
        cleaned: list[tuple[str, Any]] = []
        errors: dict[str, ValidationError] = {}
        nothing_for_others = bool(value.get("nothing_for_others"))
        default = self.child_blocks["default"]
        for name, child in value.items():
            if name == "default" and nothing_for_others and says_nothing(default, child):
                cleaned.append((name, child))
                continue
            try:
                cleaned.append((name, self.child_blocks[name].clean(child)))
            except ValidationError as error:
                errors[name] = error
        if not errors:
            # Also of a draft: what is saved may be published without this form, by a schedule or from a list.
            errors = self._guard_must_see(dict(cleaned))
        if not errors and not self.is_deferred_validation and not nothing_for_others:
            errors = self._guard_others(dict(cleaned))
        if errors:
            raise StructBlockValidationError(errors)
        return self._to_struct_value(cleaned)

    def _guard_others(self, value: dict[str, Any]) -> dict[str, ValidationError]:
        """Nobody may be left without content by accident."""
        if not says_nothing(self.child_blocks["default"], value["default"]):
            return {}
        return {
            "default": ValidationError(
                gettext("Write what everyone else sees, or tick “Others see nothing here” if that is what you want.")
            )
        }

    def _guard_must_see(self, value: dict[str, Any]) -> dict[str, ValidationError]:
        """Nobody may miss what everyone must see."""
        default = self.child_blocks["default"]
        variants = list(value["variants"] or ())
        content = self.child_blocks["variants"].child_blocks["variant"].child_blocks["content"]
        if any(holds_must_see(content, variant.value["content"]) for variant in variants):
            return {
                "variants": ValidationError(
                    gettext(
                        "A version for some visitors holds content that everyone must see. Move that content out of "
                        "this block, to where all visitors see it."
                    )
                )
            }
        if variants and holds_must_see(default, value["default"]):
            return {
                "default": ValidationError(
                    gettext(
                        "Everyone must see this content, but a version for some visitors would replace it. Move it out "
                        "of this block, or delete the versions."
                    )
                )
            }
        return {}

    class Meta:
        icon = "group"
        say_why = None
        delivery = None
        reserve = ""
        value_class = PersonalisedValue
        description = _("Content with other versions for some visitors")
        form_layout = BlockGroup(children=["variants", "default"], settings=["nothing_for_others"])


def _key_of(variants: Sequence[Mapping[str, Any]]) -> str:
    """What a block's place is known by, as counts know the block: the id of its first version; "" where it has none."""
    return id_of(variants[0])


def help_on_versions() -> str:
    """What stands over the versions, in the language of the editor."""
    order = gettext(
        "The first one that is for a visitor is what they see, so the order is the priority. Drag a version, or move "
        "it up or down."
    )
    if not settings.COUNTING:
        return order
    rewritten = gettext(
        "A version that you rewrite goes on being counted as the same one. To compare afresh, add a new version and "
        "delete the old one."
    )
    return f"{order} {rewritten}"


def visit_of(context: Mapping[str, Any] | None) -> Visit | None:
    """The visit of the request in a template's or serialiser's context; None where there is none."""
    return getattr((context or {}).get("request"), "visit", None)


def say_why(shown: Shown, html: str, context: Mapping[str, Any] | None) -> str:
    """Why a version is shown, after it. By a template, since the words are those of a part that blocks don't know."""
    known = {"request": (context or {}).get("request"), "personalised": shown, "personalise_content": html}
    return render_to_string("wagtail_personalise_gov/blocks/say_why.html", known)


def fresh(content: Any) -> blocks.Block:
    """A new block that is equal to the one given as an instance, a class, or a list of (name, block) for a stream.

    One instance must not stand under two names: a block takes the name that it was given last.
    """
    if isinstance(content, type):
        return content()
    if isinstance(content, blocks.Block):
        args, kwargs = content._constructor_args
        return type(content)(
            *(_fresh_parts(argument) for argument in args),
            **{key: _fresh_parts(argument) for key, argument in kwargs.items()},
        )
    return blocks.StreamBlock([(name, fresh(block)) for name, block in content])


def _fresh_parts(argument: Any) -> Any:
    if isinstance(argument, blocks.Block):
        return fresh(argument)
    if isinstance(argument, list | tuple):
        return type(argument)(_fresh_parts(part) for part in argument)
    return argument
