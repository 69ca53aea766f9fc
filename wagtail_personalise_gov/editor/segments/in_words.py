"""What the form of a segment says in words, as it stands and before anything is saved.

The form's page begins with it, every autosave brings it again, and while the editor types the page asks for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext, ngettext
from wagtail.snippets.views.snippets import CreateView, EditView

from ...models import Rule, Segment
from ...models.inner import inner_segments, prepare_problems
from ...models.problems import Problem, found_in
from ...models.words import InWords, is_finished, rule_in_place, rule_in_words, sentences_in_words, unfinished
from ..addresses import address_of, addresses_for

TEMPLATE = "wagtail_personalise_gov/editor/panels/in_words.html"

MOST_CARDS = 200  # that a posted form may hold; each costs the server some milliseconds, asked for at every keystroke

# What Django and Wagtail raise of cards that no form of ours posts.
NO_FORM = (LookupError, ValueError, TypeError, ValidationError)


@dataclass(frozen=True, slots=True)
class Card:
    """One rule of a form. `finished`: nothing is wrong with what was filled in."""

    prefix: str
    rule: Rule
    finished: bool


def cards_of(form: Any) -> Iterator[Card]:
    """The rules as the form holds them, without those whose cards were deleted."""
    for relation in Segment.rule_relations():
        formset = form.formsets.get(relation.get_accessor_name())
        for child in formset.forms if formset is not None else ():
            wrong = bool(child.errors)  # asked first: a form that was not checked does not know whether to be deleted
            if form.is_bound and (
                (formset.can_delete and formset._should_delete_form(child))
                or not (child.has_changed() or child.instance.pk)
            ):
                continue
            yield Card(child.prefix, child.instance, not wrong and is_finished(child.instance))


def form_in_words(form: Any) -> dict[str, Any]:
    """Who is in the segment of a form, what is wrong with it, and what each card says."""
    segment, cards = form.instance, list(cards_of(form))
    rules = [card.rule for card in cards if card.finished or not form.is_bound]
    inner = inner_segments(rules)
    prepare_problems(rules)
    said = [
        unfinished(card.rule) if form.is_bound and not card.finished else rule_in_place(card.rule, inner)
        for card in cards
    ]
    in_words = sentences_in_words(said, segment.match == segment.ANY, bool(segment.missing_rule_types))
    # That it has no rules is what the words say, and whoever begins a segment knows.
    found = [problem for problem in found_in(segment, rules, inner) if not problem.unfinished]
    return {
        "in_words": in_words,
        "problems": [problem.text for problem in found if problem.nobody],
        "notes": [problem.text for problem in found if not problem.nobody],
        "sentences": json.dumps({card.prefix: rule_in_words(card.rule) for card in cards if card.finished}),
        "said": announcement(in_words, found),
        "in_words_url": in_words_address(segment),
    }


def announcement(in_words: InWords, found: list[Problem]) -> str:
    """The summary in few words, for those who hear the form: of how many rules, and whether anything is wrong."""
    parts = [in_words.beginning]
    if rules := len(in_words.sentences):
        parts.append(ngettext("%d rule.", "%d rules.", rules) % rules)
    if any(problem.nobody for problem in found):
        parts.append(gettext("Nobody can be in the segment."))
    elif found:
        parts.append(ngettext("%d thing to look at.", "%d things to look at.", len(found)) % len(found))
    return " ".join(parts)


def in_words_address(segment: Segment) -> str:
    """Where the form of a segment asks what it says."""
    return address_of("in_words", segment) if segment.pk else addresses_for("in_words_of_new", Segment)


class InWordsMixin:
    """Answers what the posted form says. Nothing is saved, so what is not finished or is locked is answered too."""

    http_method_names: ClassVar[list[str]] = ["post", "options"]

    def run_before_hook(self) -> None:
        """None: Wagtail's hooks are about opening and saving the form."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            if cards_posted(request.POST) > MOST_CARDS:
                return _no_form(gettext("The form has more than %d rules.") % MOST_CARDS)
            form = self.get_form()  # type: ignore[attr-defined]
            form.defer_required_fields()
            form.is_valid()
            read = self.read(form)
        except NO_FORM:
            return _no_form(gettext("This is not the form of a segment."))
        return self.answer(read)

    def read(self, form: Any) -> Any:
        """What the answer is made of. Whatever of `NO_FORM` is raised here is the fault of the form."""
        return form_in_words(form)

    def answer(self, read: Any) -> HttpResponseBase:
        response: HttpResponse = render(self.request, TEMPLATE, read)  # type: ignore[attr-defined]
        return response


def cards_posted(posted: Mapping[str, Any]) -> int:
    """How many cards a posted form says that it has, of all rule types together. Raises ValueError for no number."""
    return sum(max(0, int(str(value))) for name, value in posted.items() if name.endswith("-TOTAL_FORMS"))


def _no_form(reason: str) -> HttpResponseBadRequest:
    return HttpResponseBadRequest(reason, content_type="text/plain")


class InWordsOfNewView(InWordsMixin, CreateView):
    """The words of a segment that was never saved."""


class InWordsView(InWordsMixin, EditView):
    """The words of a segment's form."""
