"""Addresses that must stand at the root of a host: ``path("", include("wagtail_personalise_gov.well_known_urls"))``."""

from __future__ import annotations

from django.urls import path

from .privacy.well_known import gpc_support

urlpatterns = [
    path(".well-known/gpc.json", gpc_support, name="personalise_gpc"),
]
