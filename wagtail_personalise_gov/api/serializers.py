"""What the API takes, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy
from rest_framework import serializers
from wagtail.fields import StreamField

from ..conf import settings
from ..core.preference import Because, Preference
from ..facts import facts_named
from ..models import Segment
from ..visit.visit import Visit

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
    default_error_messages = {"invalid": gettext_lazy("Send a JSON object with the field of this address.")}


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

    intent = serializers.CharField(
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


def visit_json(visit: Visit) -> dict[str, Any]:
    """A visit as far as the visitor may be shown it. No value that was guessed or read leaves us, only its meaning."""
    matched = visit.segments
    names = dict(Segment.objects.filter(slug__in=matched).values_list("slug", "public_name")) if matched else {}
    return {
        **standing_json(visit),
        "segments": [{"slug": slug, "name": names.get(slug, "")} for slug in matched],
        "facts": [{"name": fact.name, "meaning": str(fact.meaning)} for fact in facts_named(visit.facts)],
        "intent": visit.declared_intent or None,
        "banner": "ask" if asks(visit) else "none",
    }


def asks(visit: Visit) -> bool:
    """Whether the visitor should be asked what they want: there is something to want, and nobody has said a word."""
    if visit.closed or visit.ruleset.paused or visit.standing.because is not Because.DEFAULT:
        return False
    return any(fact.about_visitor for fact in facts_named(visit.ruleset.needs))


def page_json(page: Any, request: HttpRequest) -> dict[str, Any]:
    """A page, with those of its StreamFields that its model names in ``api_fields`` as this visitor gets them."""
    named = {getattr(field, "name", field) for field in getattr(page, "api_fields", ())}
    streams = [field for field in page._meta.get_fields() if isinstance(field, StreamField) and field.name in named]
    return {
        **{
            field.name: field.stream_block.get_api_representation(
                field.value_from_object(page), context={"request": request}
            )
            for field in streams
        },
        "id": page.pk,
        "type": page._meta.label,
        "title": page.title,
        "slug": page.slug,
        "url": page.get_full_url(request),
    }
