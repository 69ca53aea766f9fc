"""The API and the HTML page are two readings of one decision: a row of the table runs both."""

import json
from typing import Any

import pytest
from django.test import Client

from tests.agency.models import AgencyPage
from wagtail_personalise_gov import compiling

RIVERSIDE = {"X-City": "Riverside"}
ALLOWED, REFUSED = "allowed.1", "refused.1"


def html_story(client: Client, page: AgencyPage, headers: dict[str, str]) -> str:
    answer = client.get(page.url, headers=headers)
    assert answer.status_code == 200
    return "variant" if "Sandbags in Riverside" in answer.content.decode() else "standard"


def api_story(client: Client, page: AgencyPage, headers: dict[str, str]) -> str:
    answer = client.get(f"/api/personalise/v1/pages/{page.pk}/", headers=headers)
    assert answer.status_code == 200
    offer = answer.json()["body"][1]["value"]
    assert offer["content"]["heading"] == ("Be ready" if offer["variant"] is None else "Sandbags in Riverside")
    return "standard" if offer["variant"] is None else "variant"


def said_story(client: Client, page: AgencyPage, headers: dict[str, str]) -> str:
    answer = client.get("/api/personalise/v1/visit/", headers=headers)
    assert answer.status_code == 200
    return "variant" if "riverside" in [segment["slug"] for segment in answer.json()["segments"]] else "standard"


@pytest.mark.parametrize("story", [html_story, api_story, said_story])
@pytest.mark.parametrize(
    "mode, choice, headers, expected",
    [
        ("opt_out", None, RIVERSIDE, "variant"),
        ("opt_out", None, {"X-City": "Hilltop"}, "standard"),
        ("opt_out", None, {}, "standard"),  # the place can't be told
        ("opt_out", ALLOWED, RIVERSIDE, "variant"),
        ("opt_out", REFUSED, RIVERSIDE, "standard"),
        ("opt_out", None, RIVERSIDE | {"Sec-GPC": "1"}, "standard"),
        ("opt_out", None, RIVERSIDE | {"Sec-GPC": "0"}, "variant"),  # only the exact value 1 counts
        ("opt_out", None, RIVERSIDE | {"DNT": "1"}, "standard"),
        ("opt_out", ALLOWED, RIVERSIDE | {"Sec-GPC": "1"}, "standard"),  # GPC came after the acceptance
        ("opt_out", "allowed.1.g", RIVERSIDE | {"Sec-GPC": "1"}, "variant"),  # accepted in spite of GPC
        ("opt_in", None, RIVERSIDE, "standard"),
        ("opt_in", ALLOWED, RIVERSIDE, "variant"),
        ("opt_in", "allowed.0", RIVERSIDE, "standard"),  # for an older policy
        ("opt_in", REFUSED, RIVERSIDE, "standard"),
        ("opt_in", "nonsense", RIVERSIDE, "standard"),
        ("off", None, RIVERSIDE, "standard"),
        ("off", ALLOWED, RIVERSIDE, "standard"),
        ("paused", None, RIVERSIDE, "standard"),
        ("paused", ALLOWED, RIVERSIDE, "standard"),
        ("no middleware", ALLOWED, RIVERSIDE, "standard"),
    ],
)
def test_html_and_api_decide_the_same(
    story: Any,
    mode: str,
    choice: str | None,
    headers: dict[str, str],
    expected: str,
    agency_page: AgencyPage,
    places_by_header: None,
    configure: Any,
    settings: Any,
    client: Client,
    django_capture_on_commit_callbacks: Any,
) -> None:
    if mode == "paused":
        with django_capture_on_commit_callbacks(execute=True):
            compiling.pause(by="a test")
    elif mode == "no middleware":
        settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.endswith("PersonaliseMiddleware")]
    else:
        configure(MODE=mode)
    if choice is not None:
        client.cookies["personalise_choice"] = choice
    assert story(client, agency_page, headers) == expected


def test_a_choice_made_through_the_api_holds_for_the_html_page(
    agency_page: AgencyPage, places_by_header: None, client: Client
) -> None:
    assert html_story(client, agency_page, RIVERSIDE) == "variant"
    put(client, "preference", {"preference": "refused"})
    assert html_story(client, agency_page, RIVERSIDE) == "standard"
    put(client, "preference", {"preference": "allowed"})
    assert html_story(client, agency_page, RIVERSIDE) == "variant"


def put(client: Client, name: str, body: object) -> Any:
    answer = client.put(f"/api/personalise/v1/{name}/", json.dumps(body), content_type="application/json")
    assert answer.status_code == 200, answer.content
    return answer.json()
