"""Pages for front ends: each form of a block is as its page shows it."""

from __future__ import annotations

import json
from typing import Any

from django.test import Client

from tests.docs.stories.common import a_segment
from wagtail_personalise_gov.models import ApiToken, FirstTimeVisitorRule
from wagtail_personalise_gov.models.api_tokens import Scope

BASE = "/api/personalise/v1/"


def a_guide() -> Any:
    """A page with a version for newcomers, as the how-to on headless front ends has it."""
    from guides.models import GuidePage
    from home.models import HomePage

    segment = a_segment("first-time-visitors", public_name="People on their first visit")
    FirstTimeVisitorRule.objects.create(segment=segment)
    version = {"segments": [segment.pk], "content": "<p>New here?</p>"}
    block = {"variants": [{"type": "variant", "id": "v", "value": version}], "default": "<p>Welcome</p>"}
    guide = GuidePage(title="Guide", slug="guide", body=json.dumps([{"type": "text", "value": block}]))
    return HomePage.objects.get().add_child(instance=guide)


def shown(heading: str) -> Any:
    """What the reference shows under a heading."""
    from tests.docs.samples import DOCS, samples

    found = samples(DOCS / "reference" / "api.md")
    (text,) = [sample.text for sample in found if sample.language == "json" and sample.heading == heading]
    return json.loads(text)


def a_page_with_every_version_and_what_it_asks() -> None:
    """By id, by path, and by the router of Wagtail's API v2 that the how-to makes."""
    guide, client = a_guide(), Client()
    token = {"Authorization": f"Bearer {ApiToken.make('edge', [Scope.VARIANTS])[1]}"}
    form = shown("Every version")
    addresses = (f"{BASE}pages/{guide.pk}/?", f"{BASE}pages/?path=/guide/&", f"/api/v2/pages/{guide.pk}/?")
    for address in addresses:
        answer = client.get(f"{address}variants=all", headers=token)
        value = answer.json()["body"][0]["value"]
        assert value.keys() == form.keys()
        assert value["variants"][0].keys() == form["variants"][0].keys()
        assert value["variants"][0]["segments"] == form["variants"][0]["segments"]
        assert "private" in answer["Cache-Control"]
        assert answer.has_header("ETag")
        assert client.get(f"{address}variants=all").status_code == 401
        assert client.get(address, headers=token).json()["body"][0]["value"].keys() == {"variant", "content"}
    asked = client.get(f"{BASE}pages/{guide.pk}/segments/")
    assert asked.json() == {**shown("`GET pages/{id}/segments/`"), "page": guide.pk}
    assert "public" in asked["Cache-Control"]
