"""Which segments a visit is in, told to a server that says itself what it knows of the visit.

Stateless: nothing is read of the request but its body, and nothing is kept, counted or logged of it. The caller answers
for what the visitor wants: it sends no fact that they refused, and may name those, so that the answer says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ..compiling import current_ruleset
from ..conf import settings
from ..core.decision import MATCHING, Decision
from ..core.facts import Facts
from ..core.facts_json import FactProblem, facts_from_json, problems_in
from ..core.preference import Mode
from ..core.questions.question import UNWRITABLE, shown
from ..core.ruleset import NO_RULES, Ruleset
from ..facts import known_facts
from ..models import Segment
from ..visit.limits import is_too_large
from .formats import ShallowJSONParser
from .problems import TooLarge
from .serializers import MOST_PROBLEMS, Body, did_you_mean, writable
from .tokens import Scope, TokenView, needs_scope

MAX_BODY = 64 * 1024  # bytes: the slugs of a thousand segments, and room for facts
MOST_SEGMENTS = 1000  # that one call names
MOST_COMPARED = 2000  # slugs with which a strange one is compared, to say which was meant
VERSION_HEADER = "Personalise-Ruleset"

# What a value of each kind of fact is, for those who sent another one.
TAKES = {
    "bool": gettext_lazy("Send true or false."),
    "int": gettext_lazy("Send a number."),
    "text": gettext_lazy('Send a text, such as "GB".'),
    "texts": gettext_lazy('Send a list of texts, such as ["en-GB", "cy"].'),
    "pages": gettext_lazy("Send a list of page ids, such as [12, 15]."),
    "weights": gettext_lazy('Send numbers from 0 to 1 by slug, such as {"restaurant": 0.6}.'),
    "mapping": gettext_lazy('Send texts by name, such as {"topic": "housing"}.'),
    "moment": gettext_lazy('Send a date and time with its offset from UTC, such as "2026-04-18T09:00:00+01:00".'),
    "point": gettext_lazy("Send [latitude, longitude, accuracy in km or null], such as [51.5, -0.1, 20]."),
    "address": gettext_lazy('Send an internet address, such as "192.0.2.7".'),
}


MISSING = gettext_lazy(
    "Send what is known of the visit, as an object that holds facts by their names. It may be empty."
)


class NamesField(serializers.Field[Any, Any, Any, Any]):
    """A list of texts, each once."""

    default_error_messages = {"not_names": gettext_lazy("Send a list of texts, such as %(example)s.")}

    def __init__(self, example: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        for key in ("not_names", "null"):
            self.error_messages[key] = self.default_error_messages["not_names"] % {"example": example}

    def to_internal_value(self, data: Any) -> list[str]:
        if not isinstance(data, list) or not all(isinstance(name, str) for name in data):
            self.fail("not_names")
        return list(dict.fromkeys(data))

    def to_representation(self, value: Any) -> Any:
        return value


class DecisionsSerializer(Body):
    """`facts` by name; those that the visitor `refused`; and the `segments` that are asked: all, if it is left out."""

    facts = serializers.DictField(
        error_messages={
            "required": MISSING,
            "null": MISSING,
            "not_a_dict": gettext_lazy("Send an object that holds facts by their names."),
        },
    )
    refused = NamesField('["location.city"]', required=False, default=list)
    segments = NamesField('["new-parents"]', required=False, allow_null=True, default=None)

    def __init__(self, ruleset: Ruleset, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ruleset = ruleset

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        problems = dict(islice(self._problems(given), MOST_PROBLEMS))
        if problems:
            raise serializers.ValidationError(problems)
        return given

    def _problems(self, given: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
        """A path and what is wrong there, one after the other."""
        known = known_facts()
        for problem in problems_in(given["facts"], known):
            yield f"facts.{writable(problem.name)}", [said_of(problem)]
        for name in given["refused"]:
            if name not in known:
                found = gettext("There is no fact %s.") % shown(name)
                remedy = " " + gettext("The reference of facts lists them all.")
                yield "refused", [found + (did_you_mean(name, known) or remedy)]
            elif given["facts"].get(name) is not None:
                yield "refused", [gettext("%s is refused, and yet it stands in “facts”. Leave it out there.") % name]
        if len(given["segments"] or ()) > MOST_SEGMENTS:
            yield "segments", [gettext("Name at most %d at once, or leave it out to ask all.") % MOST_SEGMENTS]
            return
        for slug in strange_slugs(self.ruleset, given["segments"] or ()):
            known_slugs = list(islice(self.ruleset.segments, MOST_COMPARED))
            found = gettext("There is no segment %s.") % shown(slug)
            remedy = " " + gettext("Name segments by their slugs, or leave it out to ask all.")
            yield "segments", [found + (did_you_mean(slug, known_slugs) or remedy)]


def strange_slugs(ruleset: Ruleset, slugs: Iterable[str]) -> list[str]:
    """Those that no segment has. One that is a draft, or archived, is no slip of whoever asks: nobody is in it."""
    not_live = [slug for slug in slugs if slug not in ruleset.segments]
    writable_ones = [slug for slug in not_live if UNWRITABLE.search(slug) is None]
    there = set(Segment.objects.filter(slug__in=writable_ones).values_list("slug", flat=True)) if not_live else set()
    return [slug for slug in not_live if slug not in there]


def said_of(problem: FactProblem) -> str:
    """What is wrong with a fact, and what to send instead."""
    if problem.kind:
        return str(TAKES[problem.kind])
    if problem.nearest and problem.name.startswith(f"{problem.nearest}."):
        return gettext('This is a part of the fact “%(name)s”. Send it there, as {"%(name)s": {…}}.') % {
            "name": problem.nearest
        }
    found = gettext("There is no such fact.")
    if problem.nearest:
        return found + " " + gettext("Did you mean “%s”?") % problem.nearest
    return found + " " + gettext("The reference of facts lists them all.")


def decided(ruleset: Ruleset, facts: Facts, slugs: Iterable[str] | None) -> Decision:
    """The segments among these that are live, each with its reason. Nobody is held back: that takes a visitor's lot.

    Always by the plan of all segments: a plan for each set that somebody asks would drive out those of pages.
    """
    decision = ruleset.decide(facts)
    if slugs is None:
        return decision
    return Decision({slug: decision[slug] for slug in slugs if slug in decision})


def as_on_a_page(name: str, value: Any, ruleset: Ruleset) -> Any:
    """A value as a page would have it: a moment by the clock of the site, and intents with those above them."""
    if name == "visit.intent":
        return {**value, **ruleset.intents.weighing_parents(value)}
    if not isinstance(value, datetime):
        return value
    try:
        return timezone.localtime(value, timezone.get_default_timezone())
    except OverflowError:  # on the first or the last day that there is
        return None


class DecisionsView(TokenView):
    """POST facts, get which segments they make: ``{slug: {"matched", "reason"}}``."""

    permission_classes = (needs_scope(Scope.DECISIONS),)
    parser_classes = (ShallowJSONParser,)
    http_method_names = ("post",)

    def post(self, request: Request) -> Response:
        if is_too_large(request._request, MAX_BODY):
            raise TooLarge(
                gettext("The body has more than %d bytes. Send fewer facts, or ask less at once.") % MAX_BODY
            )
        ruleset = NO_RULES if settings.MODE is Mode.OFF else current_ruleset()
        given = DecisionsSerializer(ruleset, data=request.data)
        given.is_valid(raise_exception=True)
        asked = given.validated_data
        kinds = {name: fact.kind for name, fact in known_facts().items()}
        read = facts_from_json(asked["facts"], kinds, asked["refused"])
        facts = Facts({name: as_on_a_page(name, value, ruleset) for name, value in read.items()}, read.refused)
        answer = Response(
            {
                slug: {"matched": reason in MATCHING, "reason": str(reason)}
                for slug, reason in decided(ruleset, facts, asked["segments"]).items()
            }
        )
        if ruleset.version:
            answer.headers[VERSION_HEADER] = ruleset.version
        return answer
