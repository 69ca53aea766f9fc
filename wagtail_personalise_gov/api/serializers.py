"""What the API takes, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch
from django.utils.translation import gettext, gettext_lazy
from rest_framework import serializers

from ..conf import settings
from ..core.facts_json import nearest_name
from ..core.intents import Intent
from ..core.preference import Because, Preference
from ..core.questions.question import UNWRITABLE, shown
from ..facts import facts_named
from ..models import Segment
from ..visit.visit import Visit
from ..wording.question import asks_something, question
from ..wording.speaking import address_of
from .problems import NON_FIELD_ERRORS

MOST_PROBLEMS = 20  # that are told of one body

# Why pages adapt to a visitor, or don't; by where that comes from and whether they do.
WHY = {
    (Because.CHOICE, True): gettext_lazy("You chose that this site changes to suit your visit."),
    (Because.CHOICE, False): gettext_lazy("You chose that this site does not change to suit your visit."),
    (Because.GPC, False): gettext_lazy(
        "Your browser asks websites not to use your data (Global Privacy Control), and this site does as it asks."
    ),
    (Because.DNT, False): gettext_lazy(
        "Your browser asks websites not to follow you (Do Not Track), and this site does as it asks."
    ),
    (Because.DEFAULT, True): gettext_lazy("This site changes to suit your visit until you turn that off."),
    (Because.DEFAULT, False): gettext_lazy("This site does not change to suit your visit unless you turn that on."),
}

# Why a visitor's visits are counted, or aren't.
WHY_COUNTED = {
    (Because.CHOICE, True): gettext_lazy("You chose that your visits are counted."),
    (Because.CHOICE, False): gettext_lazy("You chose that your visits are not counted."),
    (Because.GPC, False): gettext_lazy(
        "Your visits are not counted, because your browser asks websites not to use your data (Global Privacy Control)."
    ),
    (Because.DNT, False): gettext_lazy(
        "Your visits are not counted, because your browser asks websites not to follow you (Do Not Track)."
    ),
    (Because.DEFAULT, True): gettext_lazy("Your visits are counted until you turn that off."),
    (Because.DEFAULT, False): gettext_lazy("Your visits are not counted unless you turn that on."),
}
UNCOUNTED_WHILE_OFF = gettext_lazy("Visits are counted only while this site changes to suit them.")
EDITORS_UNCOUNTED = gettext_lazy("Your visits are not counted while you are signed in as an editor of this site.")
NOTHING_COUNTED = gettext_lazy("Nothing is counted at the moment.")
SAME_FOR_EVERYBODY = gettext_lazy("This site is the same for everybody at the moment.")


class Body(serializers.Serializer[Any]):
    """What a call takes. A field that it does not know is a slip: what was meant by it would be lost in silence."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        if not isinstance(data, Mapping):
            problem = gettext("Send a JSON object with what this address takes: %s.") % ", ".join(self.fields)
            raise serializers.ValidationError({NON_FIELD_ERRORS: [problem]})
        return super().run_validation(data)

    def to_internal_value(self, data: Any) -> Any:
        if unknown := [str(name) for name in data if name not in self.fields]:
            takes = " " + gettext("This address takes: %s.") % ", ".join(self.fields)
            raise serializers.ValidationError(
                {
                    writable(name): [gettext("There is no such field.") + (did_you_mean(name, self.fields) or takes)]
                    for name in unknown[:MOST_PROBLEMS]
                }
            )
        return super().to_internal_value(data)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    near = nearest_name(name, known)
    return " " + gettext("Did you mean “%s”?") % near if near else ""


def writable(name: str) -> str:
    """A name that somebody sent, as a problem can hold it."""
    return name if len(name) <= 100 and UNWRITABLE.search(name) is None else shown(name)


class TextField(serializers.CharField):
    """A text, and no number that could be written as one: whoever sends that has mixed something up."""

    default_error_messages = {
        "invalid": gettext_lazy("Send a text, in quotation marks."),
        "null": gettext_lazy("Send a text, in quotation marks; or leave it out."),
        "unwritable": gettext_lazy("This holds a character that no text may hold. Leave that out."),
    }

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if UNWRITABLE.search(data):
            self.fail("unwritable")
        return str(super().to_internal_value(data))


def _answer() -> serializers.ChoiceField:
    return serializers.ChoiceField(
        choices=[str(Preference.ALLOWED), str(Preference.REFUSED)],
        required=False,
        error_messages={
            "null": gettext_lazy('Say "allowed" or "refused".'),
            "invalid_choice": gettext_lazy('Say "allowed" or "refused".'),
        },
    )


class PreferenceSerializer(Body):
    """Either field, or both. `counting` is a purpose of its own: what is not said about it stays as it was."""

    preference = _answer()
    counting = _answer()

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if not given:
            raise serializers.ValidationError(
                {"preference": gettext('Say "allowed" or "refused", here or in the field "counting".')}
            )
        return given


class IntentSerializer(Body):
    """`known` are the slugs of the site's intents."""

    intent = TextField(
        allow_null=True,
        allow_blank=True,
        error_messages={"required": gettext_lazy("Name an intent by its slug, or say null to withdraw it.")},
    )

    def __init__(self, known: Iterable[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.known = sorted(known)

    def validate_intent(self, slug: str | None) -> str:
        if not slug or slug in self.known:
            return slug or ""
        if not self.known:
            raise serializers.ValidationError(gettext("This site has no intents. Say null."))
        raise serializers.ValidationError(
            gettext("There is no such intent. Name one of %s; or say null to withdraw it.") % ", ".join(self.known)
        )


class PlaceSerializer(Body):
    """Where the visitor is, by `country`, `subdivision` and `city`, or some of them; or `place`, "none" or null.

    "none": not where we guessed. null: nothing is said of it any more.
    """

    place = serializers.ChoiceField(
        choices=["none"],
        required=False,
        allow_null=True,
        error_messages={"invalid_choice": gettext_lazy('Say "none", or null; or name a place in the other fields.')},
    )
    country = TextField(
        required=False,
        allow_blank=True,
        error_messages={"invalid": gettext_lazy("There is no such country. Use a two-letter code, such as FR.")},
    )
    subdivision = TextField(required=False, allow_blank=True)
    city = TextField(required=False, allow_blank=True)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        named = any(given.get(part) for part in ("country", "subdivision", "city"))
        if named == ("place" in given):
            raise serializers.ValidationError(
                {"place": gettext('Name a place by country, subdivision or city; or say "none" or null here alone.')}
            )
        return {part: said or "" for part, said in given.items()}


def standing_json(visit: Visit) -> dict[str, Any]:
    """Where a visitor stands, and why in words that they can be shown; about counting too, while the site counts."""
    standing = visit.standing
    off = visit.closed or visit.ruleset.paused or standing.because is Because.MODE
    told: dict[str, Any] = {
        "preference": standing.preference,
        "adapts": standing.adapts and not off,
        "why": str(SAME_FOR_EVERYBODY if off else WHY[standing.because, standing.adapts]),
    }
    if settings.COUNTING:
        told["counting"] = {"on": visit.counts and not off, "why": str(NOTHING_COUNTED if off else _why_counted(visit))}
    return told


def _why_counted(visit: Visit) -> Any:
    standing = visit.standing
    if standing.counts and not visit.counts:
        return EDITORS_UNCOUNTED
    # Of the two choices, a refusal of counting goes first: it holds whatever is chosen about pages.
    refused = standing.choice is not None and standing.choice.counting is False
    if not refused and not standing.adapts and standing.counts_because not in (Because.GPC, Because.DNT):
        return UNCOUNTED_WHILE_OFF
    return WHY_COUNTED[standing.counts_because, standing.counts]


def visit_json(visit: Visit, request: HttpRequest) -> dict[str, Any]:
    """A visit as far as the visitor may be shown it. No value that was guessed or read leaves us, only its meaning."""
    matched = visit.decide(visit.ruleset.segments).matched  # and all that is asked is read, to be told of
    names = dict(Segment.objects.filter(slug__in=matched).values_list("slug", "public_name")) if matched else {}
    return {
        **standing_json(visit),
        "segments": [{"slug": slug, "name": names.get(slug, "")} for slug in matched],
        "facts": [{"name": fact.name, "meaning": str(fact.meaning)} for fact in facts_named(visit.facts)],
        "intent": visit.declared_intent or None,
        "place": place_json(visit),
        "banner": "ask" if asks(visit) else "none",
        "question": question_json(visit, request) if asks(visit) else None,
    }


def asks(visit: Visit) -> bool:
    """Whether the visitor should be asked what they want: there is something to want, and nobody has said a word."""
    if visit.closed or visit.ruleset.paused or visit.standing.because is not Because.DEFAULT:
        return False
    return asks_something(visit.ruleset)


def question_json(visit: Visit, request: HttpRequest) -> dict[str, Any]:
    """What the banner of a page in HTML says and asks; each answer with what to send to `preference/` for it."""
    asked = question(visit, page_adapts=False, standing=visit.standing)
    allowed, refused = str(Preference.ALLOWED), str(Preference.REFUSED)
    return {
        "heading": asked.heading,
        "introduction": asked.introduction,
        "again": asked.again,
        "sentences": list(asked.sentences),
        "allow": {
            "label": asked.allow,
            "send": {"preference": allowed} | ({"counting": allowed} if asked.counting else {}),
        },
        "refuse": {"label": asked.refuse, "send": {"preference": refused}},
        "about": {"label": gettext("See what is used and kept"), "url": about_url(request)},
    }


def about_url(request: HttpRequest) -> str | None:
    """The page about personalisation, in the language that is spoken; None where the site has not included it."""
    try:
        return request.build_absolute_uri(address_of("about"))
    except NoReverseMatch:
        return None


def place_json(visit: Visit) -> Any:
    """Where the visitor said they are: the parts that they said, "none" for not where we guessed; else None."""
    said = visit.declared_place
    if said is None:
        return None
    parts = {"country": said.country, "subdivision": said.subdivision, "city": said.city}
    return {part: text for part, text in parts.items() if text} or "none"


def intent_json(visit: Visit) -> dict[str, Any]:
    """What this visit may be for: whether to ask, what was said, and the answers to choose from, with those below."""
    intents = visit.ruleset.intents
    return {
        "ask": visit.may_keep("intent"),
        "intent": visit.declared_intent or None,
        "answers": [
            {
                **_answer_json(intent),
                "answers": [_answer_json(below) for below in intents.children(intent.slug)],
            }
            for intent in intents.children("")
        ],
    }


def _answer_json(intent: Intent) -> dict[str, str]:
    return {"slug": intent.slug, "label": intent.label}
