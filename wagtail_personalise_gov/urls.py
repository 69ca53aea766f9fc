"""The addresses of a site's own pages and forms of personalisation: ``include("wagtail_personalise_gov.urls")``."""

from __future__ import annotations

from django.urls import include, path

from .blocks.answering import fragments
from .editor.preview.review_links import review, review_page
from .wording.speaking import as_asked

app_name = "personalise"

urlpatterns = [
    path("", include("wagtail_personalise_gov.privacy.urls")),
    path("fragments/", as_asked(fragments), name="fragments"),
    path("review/<str:token>/", review, name="review"),
    path("review/<str:token>/page/", review_page, name="review_page"),
]
