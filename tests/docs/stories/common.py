"""What the stories share."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

SETTING = "WAGTAIL_PERSONALISE_GOV"
AT_ONCE = {"RULESET_CHECK_SECONDS": 0}  # a published segment is looked for at each request


def login() -> Client:
    from django.contrib.auth import get_user_model

    client = Client()
    client.force_login(get_user_model().objects.create_superuser("editor", "editor@example.org", "editor"))
    return client


def a_segment(slug: str, **values: Any) -> Any:
    from wagtail_personalise_gov.models import Segment

    return Segment.objects.create(name=slug, slug=slug, **values)


def welcome_for(segment: Any) -> Any:
    """The home page of the tutorial, with a version for a segment."""
    from home.models import HomePage

    home = HomePage.objects.get()
    version = {"segments": [segment.pk], "content": {"heading": "New here?", "text": "<p>Start here.</p>"}}
    block = {
        "variants": [{"type": "variant", "value": version}],
        "default": {"heading": "Welcome", "text": "<p>What do you need?</p>"},
    }
    home.body = json.dumps([{"type": "welcome", "value": block}])
    home.save_revision().publish()
    return home


def a_home_page_for_newcomers() -> Any:
    """That page, for a segment of those on their first visit."""
    from wagtail_personalise_gov.models import FirstTimeVisitorRule

    segment = a_segment("first-time-visitors")
    FirstTimeVisitorRule.objects.create(segment=segment)
    welcome_for(segment)
    return segment


def see(**headers: str) -> Any:
    """The home page, as somebody who was never here."""
    return Client().get("/", headers={name.replace("_", "-"): value for name, value in headers.items()})
