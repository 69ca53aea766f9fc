"""The routes of the screens about a page or snippet, and of those about what is seen on the live site."""

from __future__ import annotations

from django.urls import URLPattern, path

from .drafts import PreviewView
from .overview import OverviewView
from .seen import SeenView, StartView, StopView
from .sharing import ShareView

PLACE = "<str:app_label>/<str:model_name>/<str:pk>/"

content_urlpatterns: list[URLPattern] = [
    path(PLACE, OverviewView.as_view(), name="overview"),
    path(f"{PLACE}preview/", PreviewView.as_view(), name="preview"),
    path(f"{PLACE}share/", ShareView.as_view(), name="share"),
]

seen_urlpatterns: list[URLPattern] = [
    path("", SeenView.as_view(), name="index"),
    path("as/", StartView.as_view(), name="start"),
    path("stop/", StopView.as_view(), name="stop"),
]
