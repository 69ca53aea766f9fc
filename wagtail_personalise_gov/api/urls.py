"""The addresses of the headless API: ``include("wagtail_personalise_gov.api.urls")``, below a path with its version."""

from __future__ import annotations

from django.urls import path, re_path

from .addresses import IndexView, MissingView
from .decisions import DecisionsView
from .pages import PageSegmentsView, PageView
from .results import ResultsView
from .rulesets import RulesetView
from .schema import SchemaView
from .views import IntentView, PlaceView, PreferenceView, VisitView

app_name = "personalise_api"

urlpatterns = [
    path("", IndexView.as_view(), name="index"),
    path("visit/", VisitView.as_view(), name="visit"),
    path("pages/", PageView.as_view(), name="page_at"),
    path("pages/<int:pk>/", PageView.as_view(), name="page"),
    path("pages/<int:pk>/segments/", PageSegmentsView.as_view(), name="page_segments"),
    path("preference/", PreferenceView.as_view(), name="preference"),
    path("intent/", IntentView.as_view(), name="intent"),
    path("place/", PlaceView.as_view(), name="place"),
    path("results/", ResultsView.as_view(), name="results"),
    path("decisions/", DecisionsView.as_view(), name="decisions"),
    path("ruleset/", RulesetView.as_view(), name="ruleset"),
    path("schema/", SchemaView.as_view(), name="schema"),
    re_path(r"^(?P<path>.*)$", MissingView.as_view(), name="missing"),  # the last: whatever else is asked for
]
