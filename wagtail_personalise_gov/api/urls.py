"""The addresses of the headless API: ``include("wagtail_personalise_gov.api.urls")``, below a path with its version."""

from __future__ import annotations

from django.urls import path

from .results import ResultsView
from .views import IntentView, PageView, PreferenceView, VisitView

app_name = "personalise_api"

urlpatterns = [
    path("visit/", VisitView.as_view(), name="visit"),
    path("pages/<int:pk>/", PageView.as_view(), name="page"),
    path("preference/", PreferenceView.as_view(), name="preference"),
    path("intent/", IntentView.as_view(), name="intent"),
    path("results/", ResultsView.as_view(), name="results"),
]
