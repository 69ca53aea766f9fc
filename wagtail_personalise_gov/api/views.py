"""Four calls: who am I here, a page as I get it, what I want, what I am here for.

No account is needed and none is looked at. What a visitor says is proved as in `visit/origin.py`; besides, a PUT with a
JSON body is never sent by another site's page without asking first (CORS), and nothing here ever answers that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.http import Http404, HttpRequest
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from rest_framework.exceptions import PermissionDenied, Throttled
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from wagtail.models import Site

from ..core.pages import ServedPage
from ..core.preference import Preference
from ..models.addresses import PAGE_MODEL
from ..visit.limits import seconds_to_wait, too_often
from ..visit.origin import Origin, origin_of
from ..visit.recording import finish
from ..visit.visit import Visit
from .formats import OnlyJSON, ShallowJSONParser, refuse_large
from .problems import problem_of
from .serializers import IntentSerializer, PreferenceSerializer, page_json, standing_json, visit_json

READING = frozenset({"GET", "HEAD"})


def is_proven(request: Request) -> bool:
    """Whether it was a page of this site that sent this, or no page at all but a front end's own server.

    With a PUT every browser says where it comes from, at least `Origin: null`: who says nothing is no browser.
    """
    meta = request._request.META
    by_a_browser = "HTTP_ORIGIN" in meta or "HTTP_SEC_FETCH_SITE" in meta
    return not by_a_browser or origin_of(request._request) is Origin.SAME


def not_proven() -> PermissionDenied:
    return PermissionDenied(
        _("Your browser does not say that a page of this website sent this. Without that, nothing can be allowed.")
    )


class VisitorView(APIView):
    """The base of every call. What the site has set for its own REST framework does not reach it."""

    authentication_classes: Sequence[Any] = ()
    permission_classes = (AllowAny,)
    # A throttle of REST framework keeps visitors' addresses in the cache; `visit/limits.py` does without.
    throttle_classes: Sequence[Any] = ()
    renderer_classes = (JSONRenderer,)
    parser_classes = (ShallowJSONParser,)
    content_negotiation_class = OnlyJSON
    versioning_class = None
    http_method_names = ("get", "head", "put")

    visit: Visit
    own_visit = False  # the middleware is missing; a check says so

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if request.method not in READING:
            refuse_large(request._request)
            if origin_of(request._request) is Origin.CROSS:
                raise PermissionDenied(_("This was sent from another website. Send it from a page of this one."))

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        if getattr(request, "visit", None) is None:
            # Without the middleware everything is the standard version, but a choice is kept all the same.
            visit = request.visit = Visit(request)  # type: ignore[attr-defined]
            visit.closed = visit.only_looks = self.own_visit = True
        self.visit = request.visit  # type: ignore[attr-defined]
        return super().initialize_request(request, *args, **kwargs)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        if self.own_visit:
            finish(self.visit, request._request, response)
        if self.visit.considered or request.method not in READING:
            patch_cache_control(response, private=True, no_store=True)
        return response

    def get_exception_handler(self) -> Any:
        return problem_of


class VisitView(VisitorView):
    """The visitor's preference, the groups they are in, and what that was told from."""

    def get(self, request: Request) -> Response:
        return Response(visit_json(self.visit))


class PageView(VisitorView):
    """A public page of this site, as this visitor gets it."""

    def get(self, request: Request, pk: int) -> Response:
        site = Site.find_for_request(request._request)
        if site is None:
            raise Http404
        pages = apps.get_model(PAGE_MODEL).objects.live().public().descendant_of(site.root_page, inclusive=True)
        page = pages.filter(pk=pk).specific().first()
        if page is None:
            raise Http404
        self.visit.page = ServedPage(page.pk, page.path)
        self.visit.note_page(self.visit.page)
        return Response(page_json(page, request._request))


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
