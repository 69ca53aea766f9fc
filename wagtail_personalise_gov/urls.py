"""The addresses of a site's own pages and forms of personalisation: ``include("wagtail_personalise_gov.urls")``."""

from __future__ import annotations

from django.urls import include, path

app_name = "personalise"

urlpatterns = [path("", include("wagtail_personalise_gov.privacy.urls"))]
