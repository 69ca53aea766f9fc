"""The addresses of the headless API: ``include("wagtail_personalise_gov.api.urls")``, below a path with its version."""

from __future__ import annotations

from django.urls import path

from . import views

app_name = "personalise_api"

urlpatterns = [
    path("visit/", views.VisitView.as_view(), name="visit"),
    path("pages/<int:pk>/", views.PageView.as_view(), name="page"),
    path("preference/", views.PreferenceView.as_view(), name="preference"),
    path("intent/", views.IntentView.as_view(), name="intent"),
]
