"""For Wagtail's API v2: ``?variants=all``, and the parameters by which an address asks for the standard version.

class Pages(PersonalisedAPIMixin, PagesAPIViewSet):
    pass

Without it, StreamFields come resolved all the same; only these parameters are not known to a listing.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response
from wagtail.api.v2.serializers import StreamField as StreamSerializer
from wagtail.fields import StreamField

from ..core.asking import RESERVED
from ..delivery.representations import PARAMETER
from ..visit.asked import query_of
from .every_version import PORTABLE, asks_for_every_version, keep_for_asker, refuse_others, refuse_strangers
from .tokens import OwnTokenAuthentication, count_call


class EveryVersionOfStream(StreamSerializer):
    """A StreamField of an object that whoever asks may have with every version."""

    @property
    def context(self) -> dict[str, Any]:
        return {**super().context, **PORTABLE}


def with_every_version(serializer: type[Any]) -> type[Any]:
    """A serialiser as Wagtail makes it for an object; but the object's own StreamFields come with every version.

    Not by the context, which Wagtail hands on to whatever ``fields=related(body)`` reaches: nobody has looked whether
    the caller may edit that, or even read it. There `representation_for` refuses.
    """
    mapping = {**serializer.serializer_field_mapping, StreamField: EveryVersionOfStream}
    return type(serializer.__name__, (serializer,), {"serializer_field_mapping": mapping})


class PersonalisedAPIMixin:
    """Goes before a viewset of Wagtail's API v2, for pages or for anything else that has StreamFields.

    Every version is for a token that is good for it, and for those who are signed in, in a way that the viewset knows,
    and may edit each object that is answered.
    """

    request: Any
    known_query_parameters: frozenset[str]  # Wagtail's, of the viewset

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.known_query_parameters = frozenset(getattr(cls, "known_query_parameters", ())) | {PARAMETER} | RESERVED

    @property
    def _asks_for_every_version(self) -> bool:
        return PARAMETER in query_of(self.request)

    def get_authenticators(self) -> list[Any]:
        authenticators: list[Any] = super().get_authenticators()  # type: ignore[misc]
        return [OwnTokenAuthentication(), *authenticators] if self._asks_for_every_version else authenticators

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        visit = getattr(request, "visit", None)
        if PARAMETER in query_of(request) and visit is not None:
            visit.closed = visit.only_looks = True  # no visitor sends this, so no visit begins with it
        initialized: Request = super().initialize_request(request, *args, **kwargs)  # type: ignore[misc]
        return initialized

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        if asks_for_every_version(request._request):
            refuse_strangers(request)

    def check_throttles(self, request: Request) -> None:
        super().check_throttles(request)  # type: ignore[misc]
        count_call(request)

    def get_object(self) -> Any:
        found = super().get_object()  # type: ignore[misc]
        if self._asks_for_every_version:
            refuse_others(self.request, [found])
        return found

    def paginate_queryset(self, queryset: Any) -> Any:
        found: Sequence[Any] = super().paginate_queryset(queryset)  # type: ignore[misc]
        if self._asks_for_every_version:
            refuse_others(self.request, found)
        return found

    def get_serializer_class(self) -> type[Any]:
        serializer: type[Any] = super().get_serializer_class()  # type: ignore[misc]
        return with_every_version(serializer) if self._asks_for_every_version else serializer

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        finished: Response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        if self._asks_for_every_version and finished.status_code == HTTPStatus.OK:
            keep_for_asker(request._request, finished)
        return finished
