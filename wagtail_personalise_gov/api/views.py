"""The visitor's calls: who am I here, a page as I get it, what I want, what I am here for, where I am."""

from __future__ import annotations

from http import HTTPStatus

from rest_framework.exceptions import Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from ..core.preference import Preference
from ..visit.answers import BadAnswer, place_in
from ..visit.limits import seconds_to_wait, too_often
from .base import VisitorView, is_proven, not_proven
from .serializers import (
    IntentSerializer,
    PlaceSerializer,
    PreferenceSerializer,
    intent_json,
    place_json,
    standing_json,
    visit_json,
)


class VisitView(VisitorView):
    """The visitor's preference, the groups they are in, and what that was told from; and the end of their memory."""

    def get(self, request: Request) -> Response:
        return Response(visit_json(self.visit, request._request))

    def delete(self, request: Request) -> Response:
        """Erase what is kept of the visitor, but for their choice."""
        self.visit.forget()
        return Response(status=HTTPStatus.NO_CONTENT)


class PreferenceView(VisitorView):
    """The visitor's choice, of either kind or both. A refusal erases what was kept for it, with this very response."""

    def put(self, request: Request) -> Response:
        given = PreferenceSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        said = {name: Preference(answer) for name, answer in given.validated_data.items()}
        accepts = Preference.ALLOWED in said.values()
        proven = not accepts or is_proven(request)
        waits = accepts and proven and too_often(self.visit, accepts=True)
        if waits or not proven:  # what is refused with the same body is done all the same
            said = {name: answer for name, answer in said.items() if answer is Preference.REFUSED}
        preference, counting = said.get("preference"), said.get("counting")
        if said:
            self.visit.prefer(preference, None if counting is None else counting is Preference.ALLOWED)
            self.visit.confirm()  # the front end that asked tells the visitor itself
        if waits:
            raise Throttled(seconds_to_wait())
        if not proven:
            raise not_proven()
        return Response(standing_json(self.visit))


class IntentView(VisitorView):
    """What this visit is for. `kept` is false where the visitor does not want it kept, or no live rule asks for it."""

    def get(self, request: Request) -> Response:
        return Response(intent_json(self.visit))

    def put(self, request: Request) -> Response:
        given = IntentSerializer(self.visit.ruleset.intents.by_slug, data=request.data)
        given.is_valid(raise_exception=True)
        slug = given.validated_data["intent"]
        if slug and not is_proven(request):
            raise not_proven()
        if slug and too_often(self.visit):
            raise Throttled(seconds_to_wait())
        self.visit.declare_intent(slug)
        kept = self.visit.may_keep("intent")
        return Response({"intent": self.visit.declared_intent or None if kept else None, "kept": kept})


class PlaceView(VisitorView):
    """Where the visitor is, by their own word, which beats what we would guess."""

    def get(self, request: Request) -> Response:
        return Response({"ask": self.visit.may_keep("place"), "place": place_json(self.visit)})

    def put(self, request: Request) -> Response:
        given = PlaceSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        try:
            declared = place_in(given.validated_data)
        except BadAnswer as error:
            raise ValidationError({error.field: [str(error)]}) from error
        if declared is not None and not is_proven(request):
            raise not_proven()
        if declared is not None and declared.says_where and too_often(self.visit):
            raise Throttled(seconds_to_wait())
        self.visit.declare_place(declared)
        kept = self.visit.may_keep("place")
        return Response({"place": place_json(self.visit) if kept else None, "kept": kept})
