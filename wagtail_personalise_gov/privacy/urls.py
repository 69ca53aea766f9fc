"""The page about personalisation, and the forms by which a visitor has a say."""

from __future__ import annotations

from django.urls import path

from . import views

urlpatterns = [
    path("", views.about, name="about"),
    path("choice/", views.choice, name="choice"),
    path("forget/", views.forget, name="forget"),
    path("intent/", views.intent, name="intent"),
    path("place/", views.place, name="place"),
    path("register.json", views.register, name="register"),
]
