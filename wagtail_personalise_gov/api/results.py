"""What was counted, for those who may see the report in the admin. The same rows, and the same figures withheld."""

from __future__ import annotations

from typing import Any, NoReturn

from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from rest_framework.exceptions import NotAuthenticated, PermissionDenied, ValidationError
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from ..counting.contents import CountedBlock
from ..counting.reporting import Report
from .json_view import JSONView

MAX_DIGITS = 19  # of a primary key; with more it fits no database column


class MaySeeResults(BasePermission):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user and request.user.has_perm("wagtail_personalise_gov.view_dailytally"))


class ResultsView(JSONView):
    """Each block with its rows. Who asks is told in the ways that the site's REST framework is set to (by default a
    session or HTTP Basic)."""

    authentication_classes = APIView.authentication_classes
    throttle_classes = APIView.throttle_classes
    permission_classes = (MaySeeResults,)
    http_method_names = ("get", "head")

    def get(self, request: Request) -> Response:
        """`goal` is a slug and `page` an id; each, when given, leaves out everything else."""
        report = Report(request.user)
        goal = self._goal(request, report)
        blocks = self._blocks(request, report)
        results = report.results(blocks)
        return Response(
            {
                "blocks": [
                    {
                        **block_json(block),
                        "rows": [row for row in results[block.id].rows() if goal is None or row["goal"] == goal],
                    }
                    for block in blocks
                ]
            }
        )

    def _goal(self, request: Request, report: Report) -> str | None:
        slug: str | None = request.query_params.get("goal")
        known = [goal.slug for goal in report.goals]
        if slug is None or slug in known:
            return slug
        if not known:
            raise ValidationError({"goal": [_("This site has no goals. Leave it out.")]})
        problem = _("There is no such goal. Name one of %s; or leave it out.") % ", ".join(known)
        raise ValidationError({"goal": [problem]})

    def _blocks(self, request: Request, report: Report) -> list[CountedBlock]:
        key = request.query_params.get("page")
        if key is None:
            return report.standing.all
        number = int(key) if key.isascii() and key.isdecimal() and len(key) < MAX_DIGITS else 0
        blocks = report.standing.on_page(number)
        if not blocks:
            problem = _(
                "No live page of this id that you may see has versions for some visitors. Give another page’s id."
            )
            raise ValidationError({"page": [problem]})
        return blocks

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(response, private=True, no_store=True)
        return response

    def permission_denied(self, request: Request, message: str | None = None, code: str | None = None) -> NoReturn:
        if not (request.user and request.user.is_authenticated):
            raise NotAuthenticated(
                _("Results are for those who may see them in the admin. Sign in there, or send a name and a password.")
            )
        raise PermissionDenied(_("You may not see results. Ask an administrator for the permission “Can view counts”."))

    def get_authenticate_header(self, request: Request) -> Any:
        """Who sent a name and a password is told that these are at fault; a browser is not made to ask for them."""
        if "HTTP_AUTHORIZATION" not in request.META:
            return super().get_authenticate_header(request)
        told = (way.authenticate_header(request) for way in self.get_authenticators())
        return next(filter(None, told), None)


def block_json(block: CountedBlock) -> dict[str, Any]:
    """Which block it is. `page` is None where it stands in a snippet."""
    return {
        "block": block.id,
        "versions": block.version_ids,
        "where": [{"page": place.page_id, "title": place.title, "name": place.name} for place in block.places],
    }
