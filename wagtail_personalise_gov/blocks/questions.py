"""Questions that visitors may answer: what they are here for, and where they are. Never asked by force.

A question is shown only where its answer would be of use: a live rule asks for it, and the visitor lets us keep it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from ..delivery.fragments import AROUND, FRAGMENT, PAGE
from ..models.iso import country_code, subdivision_code
from ..visit.grounds import ADDRESS
from ..visit.visit import Chosen
from .fragments import Delivered, Place, delivery_of
from .personalised import visit_of
from .wording import worded


class QuestionBlock(Delivered, blocks.StructBlock):
    """A question: its wording, and a form that works without JavaScript.

    On a page that is the same for everybody its place is empty, and the question is a fragment (``delivery``,
    ``reserve``): whether it is asked depends on the visitor.
    """

    item = ""  # of memory, that the answer would be kept as

    def __init__(
        self, local_blocks: Any = None, *, delivery: str | None = None, reserve: str | None = None, **kwargs: Any
    ) -> None:
        super().__init__(local_blocks, **kwargs)
        self.deliver(delivery, reserve)

    @property
    def key(self) -> str:
        """What its place is known by: a page asks the same question once."""
        return f"question-{self.item}"

    def render(self, value: Any, context: Mapping[str, Any] | None = None) -> str:
        if delivery_of(self, context) == FRAGMENT:
            if (asked := visit_of(context)) is not None:
                asked.grounds.would_ask = True  # also while paused, when there is no place for a fragment
            visit = self.stands_for_all(self.key, context)
            if visit is not None and context is not None:
                return self.at_its_place(self.key, "", (), visit, context)
        return self._render_here(value, context)

    def places_in(self, raw: Any, page: Any, within: bool) -> Iterator[Place]:
        if within or self.delivery(page) == FRAGMENT:
            yield Place(self.key, self, raw)

    def render_fragment(self, found: Place, chosen: Chosen, context: Mapping[str, Any]) -> str:
        return self._render_here(self.to_python(found.raw or {}), {**context, AROUND: PAGE})

    def _render_here(self, value: Any, context: Mapping[str, Any] | None) -> str:
        visit = visit_of(context)
        if visit is None or not visit.may_keep(self.item):
            return ""
        visit.grounds.others.add(ADDRESS)  # its form leads back to this very page
        return str(super().render(value, context={**context, "visit": visit} if context else None))

    def get_searchable_content(self, value: Any) -> list[Any]:
        return []

    class Meta:
        delivery = None
        reserve = ""


class IntentQuestionBlock(QuestionBlock):
    """ "What do you need to do today?", with the site's intents as answers."""

    heading = worded(blocks.CharBlock(), label=_("Question"), default=_("What do you need to do today?"))
    hint = worded(
        blocks.CharBlock(required=False),
        label=_("Hint"),
        default=_(
            "You do not have to answer. We use your answer only to put the right steps first, and forget it when you "
            "close your browser."
        ),
    )

    item = "intent"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        visit = visit_of(context)
        if visit is None:
            return context
        intents = visit.ruleset.intents
        answer = intents.by_slug.get(visit.declared_intent)
        # The second level is asked only of those who gave an answer that has one.
        top = next((slug for slug in reversed(list(intents.with_parents(answer.slug)))), "") if answer else ""
        more = intents.children(top) if top else []
        context |= {
            "answer": answer,
            "top_answer": intents.by_slug.get(top),
            "answers": intents.children(""),
            "more_answers": more,
            "more_answered": answer is not None and answer.slug != top,
        }
        return context

    class Meta:
        icon = "help"
        label = _("Question: what are you here for?")
        template = "wagtail_personalise_gov/blocks/intent_question.html"


class AnswerPlaceBlock(blocks.StructBlock):
    """A place that a visitor may say they are in."""

    label = worded(blocks.CharBlock(max_length=80), label=_("Answer"), help_text=_("Such as “In Riverside”"))
    country = worded(blocks.CharBlock(required=False), label=_("Country"), help_text=_("A name or a two-letter code"))
    subdivision = worded(
        blocks.CharBlock(required=False), label=_("Nation, region or county"), help_text=_("Such as GB-WLS")
    )
    city = worded(blocks.CharBlock(required=False, max_length=50), label=_("Town or city"))

    def clean(self, value: Any) -> Any:
        value = super().clean(value)
        errors = {}
        for name, code_of in (("country", country_code), ("subdivision", subdivision_code)):
            if value[name]:
                code, message = code_of(value[name])
                if code is None:
                    errors[name] = ValidationError(message)
                else:
                    value[name] = code
        if errors:
            raise blocks.StructBlockValidationError(errors)
        return value

    class Meta:
        icon = "site"


class PlaceQuestionBlock(QuestionBlock):
    """ "Where are you?", with places that the editor names as answers. What a visitor says beats what we guess."""

    heading = worded(blocks.CharBlock(), label=_("Question"), default=_("Where are you?"))
    hint = worded(
        blocks.CharBlock(required=False),
        label=_("Hint"),
        default=_("You do not have to answer. We forget your answer when you close your browser."),
    )
    places = worded(blocks.ListBlock(AnswerPlaceBlock()), label=_("Answers"), min_num=1)

    item = "place"

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        if (visit := visit_of(context)) is not None:
            context["place"] = visit.declared_place
        return context

    class Meta:
        icon = "site"
        label = _("Question: where are you?")
        template = "wagtail_personalise_gov/blocks/place_question.html"
