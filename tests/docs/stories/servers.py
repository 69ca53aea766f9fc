"""The reference of the calls with a token: what it shows is what a server gets."""

from __future__ import annotations

import json
from typing import Any

from django.core.management import call_command
from django.test import Client, override_settings

from tests.docs.stories.common import AT_ONCE, SETTING, a_segment

API = "/api/personalise/v1"


def calls_with_a_token() -> None:
    """The request of the reference gets the answer of the reference, and the ruleset has the keys that it shows."""
    from tests.docs.samples import DOCS, samples
    from wagtail_personalise_gov.models import (
        ApiToken,
        Intent,
        LocationRule,
        VisitCountRule,
        VisitIntentRule,
    )

    def shown(heading: str) -> list[Any]:
        page = samples(DOCS / "reference" / "api.md")
        return [json.loads(of.text) for of in page if of.language == "json" and of.heading == heading]

    asked, answered = shown("`POST decisions/`")
    (document,) = shown("`GET ruleset/`")
    intent = Intent.objects.create(name="Start a business", slug="start-business")
    VisitIntentRule.objects.create(segment=a_segment("founders"), intent=intent)
    abroad = a_segment("abroad", public_name="People outside the United Kingdom")
    LocationRule.objects.create(segment=abroad, countries=["GB"], negated=True)
    VisitCountRule.objects.create(segment=a_segment("regulars"), visits=3)
    headers = {"Authorization": f"Bearer {ApiToken.make('a server', ['decisions', 'ruleset'])[1]}"}
    with override_settings(**{SETTING: AT_ONCE}):
        answer = Client().post(f"{API}/decisions/", json.dumps(asked), content_type="application/json", headers=headers)
        assert answer.json() == answered, answer.content
        told = Client().get(f"{API}/ruleset/", headers=headers).json()
    assert told.keys() == document.keys()
    assert told["segments"]["abroad"]["condition"] == {"all": [document["segments"]["abroad"]["condition"]]}
    assert {**told["segments"]["abroad"], "condition": {}} == {**document["segments"]["abroad"], "condition": {}}
    assert told["facts"]["location.country"] == document["facts"]["location.country"]
    assert told["preference"] == document["preference"]
    call_command("revoke_api_token", "a server", verbosity=0)
    assert Client().get(f"{API}/ruleset/", headers=headers).status_code == 401
