"""Keeping a tried visitor as an example of a segment, and letting it go."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.generic import View
from wagtail.admin import messages
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.log_actions import log
from wagtail.permission_policies import ModelPermissionPolicy

from ...models import Segment
from ...models.examples import ExampleVisit
from ..visitors.form import VisitorForm
from .examples import CannotKeep, keep

FOR_SCRIPTS = "XMLHttpRequest"


class ChangesExamples(PermissionCheckedMixin, View):
    """Whoever may change the segment may change its examples. A script gets JSON; a form goes back where it was."""

    permission_policy = ModelPermissionPolicy(Segment)
    permission_required = "change"
    http_method_names = ["post", "options"]

    def locked(self, segment: Segment) -> str:
        """Why this user may not change the segment now; "" where they may."""
        lock = segment.get_lock()
        if lock is None or not lock.for_user(self.request.user):
            return ""
        return str(lock.get_message(self.request.user))

    def answer(self, request: HttpRequest, segment: Segment, said: str, *, done: bool) -> HttpResponse:
        if request.headers.get("X-Requested-With") == FOR_SCRIPTS:
            return JsonResponse({"said": said, "done": done}, status=200 if done else 422)
        (messages.success if done else messages.error)(request, said)
        back = request.POST.get("next", "")
        here = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
        return HttpResponseRedirect(back if here else f"{reverse('personalise_try:index')}?segments={segment.pk}")


class KeepView(ChangesExamples):
    """Posted: `visitor`, the visitor as the form's query has it; `name`; `must`, which is yes or no."""

    def post(self, request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        segment = get_object_or_404(Segment, pk=pk)
        try:
            if locked := self.locked(segment):
                raise CannotKeep(locked)
            must = {"yes": True, "no": False}.get(request.POST.get("must", ""))
            if must is None:
                raise CannotKeep(gettext("Say whether this visitor must be in the segment or must not."))
            form = VisitorForm(QueryDict(request.POST.get("visitor", "")[:8000]))
            if not form.is_valid():
                raise CannotKeep(gettext("Look at the visitor first: something that is said of them can’t be read."))
            example = keep(segment, request.POST.get("name", ""), must, form.described())
        except CannotKeep as error:
            return self.answer(request, segment, str(error), done=False)
        log(segment, "wagtail_personalise_gov.keep_example", user=request.user, data={"name": example.name})
        return self.answer(request, segment, gettext("“%s” is kept as an example.") % example, done=True)


class DeleteExampleView(ChangesExamples):
    def post(self, request: HttpRequest, pk: int, **kwargs: Any) -> HttpResponse:
        example = get_object_or_404(ExampleVisit.objects.select_related("segment"), pk=pk)
        if locked := self.locked(example.segment):
            return self.answer(request, example.segment, locked, done=False)
        example.delete()
        log(example.segment, "wagtail_personalise_gov.delete_example", user=request.user, data={"name": example.name})
        return self.answer(request, example.segment, gettext("The example “%s” is deleted.") % example, done=True)
