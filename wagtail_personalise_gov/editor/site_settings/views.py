"""Where the form of a site's settings asks, while it is filled in, how the banner looks with what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponseBadRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.translation import gettext
from wagtail.contrib.settings.views import EditView
from wagtail.models import Site

from ...models import PersonalisationSettings
from .preview import shown, words_in

MOST_LANGUAGES = 200  # that a posted form may hold; each costs the server some milliseconds

# What Django and Wagtail raise of what no form of ours posts.
NO_FORM = (LookupError, ValueError, TypeError, ValidationError)


class BannerPreviewView(EditView):
    """Answers how the banner looks with what the posted form holds. Nothing is saved, not even an empty row."""

    http_method_names: ClassVar[list[str]] = ["post", "options"]

    def setup(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        opts = PersonalisationSettings._meta
        super().setup(request, opts.app_label, opts.model_name, *args, **kwargs)

    def get_object(self, queryset: Any = None) -> PersonalisationSettings:
        self.site = get_object_or_404(Site, pk=self.pk)
        if not self.permission_policy.user_has_permission_for_instance(self.request.user, "change", self.site):
            raise PermissionDenied
        row = PersonalisationSettings.objects.filter(site=self.site).first()
        return row or PersonalisationSettings(site=self.site)

    def run_before_hook(self) -> None:
        """None: Wagtail's hooks are about opening and saving the form."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            if _languages_posted(request.POST) > MOST_LANGUAGES:
                return HttpResponseBadRequest(gettext("The form has too many languages."), content_type="text/plain")
            form = self.get_form()
            finished = form.is_valid()
            words = words_in(form)
        except NO_FORM:
            return HttpResponseBadRequest(gettext("This is not the form of a site."), content_type="text/plain")
        banner = shown(
            self.site,
            words,
            request.POST.get("preview_language", ""),
            request.POST.get("preview_state", ""),
            unfinished=not finished,
        )
        return JsonResponse({"document": banner.document, "note": banner.note})


def _languages_posted(posted: Mapping[str, Any]) -> int:
    return int(str(posted.get("wordings-TOTAL_FORMS") or 0))


urlpatterns: list[URLPattern] = [path("<int:pk>/banner/", BannerPreviewView.as_view(), name="banner")]
