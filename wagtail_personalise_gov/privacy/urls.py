"""The page about personalisation, the forms by which a visitor has a say, and links that are counted."""

from __future__ import annotations

from django.urls import path

from . import following, views

urlpatterns = [
    path("", views.about, name="about"),
    path("choice/", views.choice, name="choice"),
    path("forget/", views.forget, name="forget"),
    path("intent/", views.intent, name="intent"),
    path("place/", views.place, name="place"),
    path("goal/<slug:slug>/", following.follow, name="goal"),
    path("register.json", views.register, name="register"),
]
