"""The page about personalisation, the forms by which a visitor has a say, the register, and links that are counted."""

from __future__ import annotations

from django.urls import path

from ..wording.speaking import as_asked
from . import following, open_record, views

urlpatterns = [
    path("", as_asked(views.about), name="about"),
    path("choice/", as_asked(views.choice), name="choice"),
    path("download/", as_asked(views.download), name="download"),
    path("forget/", as_asked(views.forget), name="forget"),
    path("intent/", as_asked(views.intent), name="intent"),
    path("place/", as_asked(views.place), name="place"),
    path("goal/<slug:slug>/", as_asked(following.follow), name="goal"),
    path("register/", open_record.page, name="register_page"),
    path("register.json", open_record.data, name="register"),
    path("register.schema.json", open_record.schema, name="register_schema"),
]
