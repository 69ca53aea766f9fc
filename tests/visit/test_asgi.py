"""Under ASGI the same visitors are shown the same, and keep the same."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, AsyncRequestFactory, Client

from tests.agency.models import AgencyPage, PlainPage
from tests.factories import hero, make_page, make_segment, personalised
from wagtail_personalise_gov.middleware import PersonaliseMiddleware
from wagtail_personalise_gov.models import FirstTimeVisitorRule, ReferrerRule

RIVERSIDE = {"X-City": "Riverside"}


def get(client: AsyncClient, path: str, **headers: str) -> Any:
    return async_to_sync(client.get)(path, headers=headers)


@pytest.mark.parametrize(
    "headers, choice, expected",
    [
        (RIVERSIDE, None, "Sandbags in Riverside"),
        ({"X-City": "Hilltop"}, None, "Be ready"),
        ({}, None, "Be ready"),
        (RIVERSIDE | {"Sec-GPC": "1"}, None, "Be ready"),
        (RIVERSIDE, "refused.1", "Be ready"),
        (RIVERSIDE, "allowed.1", "Sandbags in Riverside"),
    ],
)
def test_a_page_is_the_same_under_asgi(
    agency_page: AgencyPage, places_by_header: None, headers: dict[str, str], choice: str | None, expected: str
) -> None:
    clients = (AsyncClient(), Client())
    for client in clients:
        if choice:
            client.cookies["personalise_choice"] = choice
    answers = [get(clients[0], "/flood/", **headers), clients[1].get("/flood/", headers=headers)]
    for answer in answers:
        assert expected in answer.content.decode()
        assert "private" in answer["Cache-Control"]
    assert answers[0]["Vary"] == answers[1]["Vary"]


def test_a_visit_is_remembered_under_asgi(home: AgencyPage) -> None:
    new = make_segment("new", FirstTimeVisitorRule())
    make_page("Welcome", ("offer", personalised(hero("Back"), (new, hero("New")))), parent=home, slug="welcome")
    client = AsyncClient()
    answer = get(client, "/welcome/")
    assert ">New<" in answer.content.decode()
    assert set(answer.cookies) == {"personalise_visit", "personalise_memory"}
    assert not get(client, "/welcome/").cookies


@pytest.mark.parametrize("where, cookies", [("adapting_pages", set()), ("everywhere", {"personalise_visit"})])
def test_a_plain_page_is_left_alone_under_asgi_unless_landings_are_remembered(
    plain_page: PlainPage, configure: Any, where: str, cookies: set[str]
) -> None:
    make_segment("from-search", ReferrerRule(kinds=["search"]))
    configure(REMEMBER_LANDING=where)
    answer = get(AsyncClient(), "/plain/", Referer="https://duckduckgo.com/")
    assert set(answer.cookies) == cookies
    assert ("Cache-Control" in answer.headers) is bool(cookies)


def test_the_api_answers_under_asgi(agency_page: AgencyPage, places_by_header: None) -> None:
    answer = get(AsyncClient(), f"/api/personalise/v1/pages/{agency_page.pk}/", **RIVERSIDE)
    assert answer.json()["body"][1]["value"]["content"]["heading"] == "Sandbags in Riverside"


def test_the_middleware_is_a_coroutine_where_the_site_is(db: None) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse(str(request.visit.considered))  # type: ignore[attr-defined]

    middleware = PersonaliseMiddleware(view)
    assert iscoroutinefunction(middleware)
    response: Any = async_to_sync(middleware)(AsyncRequestFactory().get("/"))  # type: ignore[arg-type]
    assert response.content == b"False"


def test_an_async_view_may_ask_in_a_thread(riverside: Any, places_by_header: None) -> None:
    async def view(request: HttpRequest) -> HttpResponse:
        included = await sync_to_async(request.visit.includes)("riverside")  # type: ignore[attr-defined]
        return HttpResponse(str(included))

    request = AsyncRequestFactory().get("/", headers=RIVERSIDE)
    response: Any = async_to_sync(PersonaliseMiddleware(view))(request)  # type: ignore[arg-type]
    assert response.content == b"True"
    assert "private" in response["Cache-Control"]
