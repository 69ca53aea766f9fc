"""What all calls have in common, whatever the site has set for its own REST framework."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db import DataError
from django.utils.translation import gettext as _
from rest_framework.exceptions import AuthenticationFailed, MethodNotAllowed
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from .formats import OnlyJSON
from .openapi.describing import Described
from .problems import problem_of


class JSONView(APIView):
    """The base of every call: JSON, and problem details. Anybody may call; views that are for some say for whom."""

    authentication_classes: Sequence[Any] = ()
    permission_classes: Sequence[Any] = (AllowAny,)
    # A throttle of REST framework keeps addresses in the cache; `visit/limits.py` does without.
    throttle_classes: Sequence[Any] = ()
    renderer_classes = (JSONRenderer,)
    content_negotiation_class = OnlyJSON
    versioning_class = None
    schema: Any = Described()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if request.method not in self.allowed_methods:  # said before anybody is asked for a token
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)

    def perform_authentication(self, request: Request) -> None:
        try:
            super().perform_authentication(request)
        except DataError as error:  # such as a NUL, which PostgreSQL can't be asked for
            request.user = AnonymousUser()
            raise AuthenticationFailed(
                _("What says who you are holds a character that nobody’s can hold. Send it as it was given to you.")
            ) from error

    def get_exception_handler(self) -> Any:
        return problem_of
