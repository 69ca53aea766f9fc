"""Wagtail's own API v2: pages come resolved for whoever asks; with our mixin, every version for those who may."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from rest_framework.authentication import BaseAuthentication
from wagtail.api import APIField
from wagtail.models import Page, PageViewRestriction

from tests.agency.models import AgencyPage, PlainPage
from tests.api.test_variants_all import editor_of
from tests.api.tokens import bearer
from tests.api.urls_of_wagtail_v2 import PersonalisedPages
from tests.counting.gathered import BROWSER, PATH, GatheredBuffer
from tests.delivery.page_caches import PAGE_CACHES, behind
from tests.factories import block_id, hero, make_intent, make_page, make_segment, personalised
from wagtail_personalise_gov.api import tokens
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, Segment, VisitIntentRule
from wagtail_personalise_gov.models.api_tokens import Scope

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.api.urls_of_wagtail_v2")]

RIVERSIDE, HILLTOP = {"X-City": "Riverside"}, {"X-City": "Hilltop"}
LISTING = {"type": "agency.AgencyPage", "fields": "body"}
BOTH = pytest.mark.parametrize("root", ["/api/plain/pages/", "/api/v2/pages/"])  # Wagtail's viewset, and with our mixin


def heading(page: Any) -> str:
    """What the personalised hero of the flood page says."""
    (offer,) = [block for block in page["body"] if block["type"] == "offer"]
    return str(offer["value"]["content"]["heading"])


def listed(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.content
    return {item["title"]: item for item in answer.json()["items"]}


def directives(answer: Any) -> set[str]:
    return {part.strip() for part in answer.headers.get("Cache-Control", "").split(",")}


# Resolved


@BOTH
def test_a_page_comes_with_the_version_for_this_visitor_and_says_so_to_caches(
    client: Client, agency_page: AgencyPage, places_by_header: None, root: str
) -> None:
    inside, outside = (client.get(f"{root}{agency_page.pk}/", headers=headers) for headers in (RIVERSIDE, HILLTOP))
    assert heading(inside.json()) == "Sandbags in Riverside"
    assert "Be ready" not in inside.content.decode()
    assert heading(outside.json()) == "Be ready"
    assert "Sandbags" not in outside.content.decode()
    for answer in (inside, outside):
        assert {"private", "no-cache"} <= directives(answer)
        assert {"Cookie", "Sec-GPC", "X-City"} <= set(answer["Vary"].split(", "))
        assert '"riverside"' not in answer.content.decode()


@BOTH
@pytest.mark.parametrize("order", ["title", "-title", "id"])
def test_a_listing_comes_resolved_in_any_order(
    client: Client, home: AgencyPage, agency_page: AgencyPage, places_by_header: None, root: str, order: str
) -> None:
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    make_page("Hill", ("offer", personalised(hero("Flat"), (hilltop, hero("Steep")))), parent=home, slug="hill")
    answer = client.get(root, {**LISTING, "order": order}, headers=RIVERSIDE)
    found = listed(answer)
    assert (heading(found["Flood"]), heading(found["Hill"])) == ("Sandbags in Riverside", "Flat")
    by = order.removeprefix("-")
    in_order = sorted(found, key=lambda title: found[title][by], reverse=order.startswith("-"))
    assert list(found) == in_order
    assert "private" in directives(answer)


@BOTH
@pytest.mark.parametrize("query", [{"fields": "_,title"}, {"fields": "-body"}])
def test_where_the_stream_is_not_asked_for_the_answer_is_everybodys(
    client: Client, agency_page: AgencyPage, places_by_header: None, root: str, query: dict[str, str]
) -> None:
    for answer in (
        client.get(f"{root}{agency_page.pk}/", query, headers=RIVERSIDE),
        client.get(root, query if "_" in query["fields"] else {}, headers=RIVERSIDE),
    ):
        assert answer.status_code == 200
        assert "private" not in directives(answer)
        assert "X-City" not in answer.headers.get("Vary", "")
        assert not answer.cookies


@BOTH
def test_pages_without_versions_are_everybodys_as_plain_wagtail_has_them(
    client: Client, home: AgencyPage, plain_page: PlainPage, riverside: Segment, root: str
) -> None:
    bare = make_page("Bare", ("offer", personalised(hero("For all"))), parent=home, slug="bare")
    for page in (plain_page, bare):
        answer = client.get(f"{root}{page.pk}/")
        assert answer.status_code == 200
        assert "private" not in directives(answer)
        assert not answer.cookies
    assert heading(client.get(f"{root}{bare.pk}/").json()) == "For all"


@BOTH
def test_without_the_middleware_everybody_gets_the_standard_version(
    client: Client, agency_page: AgencyPage, places_by_header: None, settings: Any, root: str
) -> None:
    settings.MIDDLEWARE = [name for name in settings.MIDDLEWARE if not name.endswith("PersonaliseMiddleware")]
    answer = client.get(f"{root}{agency_page.pk}/", headers=RIVERSIDE)
    assert heading(answer.json()) == "Be ready"
    assert heading(listed(client.get(root, LISTING, headers=RIVERSIDE))["Flood"]) == "Be ready"


@BOTH
def test_a_block_within_a_block_is_resolved_too(
    client: Client, home: AgencyPage, riverside: Segment, places_by_header: None, root: str
) -> None:
    inner = [{"type": "inner", "id": block_id("inner", 0), "value": personalised("plain", (riverside, "Sandbags"))}]
    page = make_page("Nested", ("nested", personalised(inner)), parent=home)
    for headers, variant, words in ((RIVERSIDE, block_id("variant", 0), "Sandbags"), (HILLTOP, None, "plain")):
        answer = client.get(f"{root}{page.pk}/", headers=headers)
        (block,) = answer.json()["body"]
        assert block["value"]["variant"] is None
        assert block["value"]["content"][0]["value"] == {"variant": variant, "content": words}
        assert "private" in directives(answer)


@BOTH
def test_the_words_of_a_question_are_the_same_for_everybody(client: Client, home: AgencyPage, root: str) -> None:
    make_segment("founders", VisitIntentRule(intent=make_intent("start-a-business")))
    question = {"heading": "Why are you here?", "hint": ""}
    page = make_page("Questions", ("intent_question", question), parent=home)
    answer = client.get(f"{root}{page.pk}/")
    assert answer.json()["body"][0]["value"] == question
    assert "private" not in directives(answer)


@BOTH
def test_a_refusal_is_honoured(client: Client, agency_page: AgencyPage, places_by_header: None, root: str) -> None:
    client.cookies["personalise_choice"] = "refused.1"
    assert heading(client.get(f"{root}{agency_page.pk}/", headers=RIVERSIDE).json()) == "Be ready"
    assert heading(Client().get(f"{root}{agency_page.pk}/", headers={**RIVERSIDE, "Sec-GPC": "1"}).json()) == "Be ready"


@BOTH
@pytest.mark.parametrize("cache", PAGE_CACHES)
def test_a_page_cache_gives_nobody_the_version_of_another(
    agency_page: AgencyPage, places_by_header: None, settings: Any, root: str, cache: str
) -> None:
    behind(cache, settings)
    for headers, words in ((RIVERSIDE, "Sandbags in Riverside"), (HILLTOP, "Be ready")) * 2:
        assert heading(Client().get(f"{root}{agency_page.pk}/", headers=headers).json()) == words


# Every version


def whole(answer: Any) -> Any:
    assert answer.status_code == 200, answer.content
    return answer.json()["body"][1]["value"]


ALL = {"variants": "all"}


def test_a_token_gets_every_version_of_a_page_and_of_a_listing(client: Client, agency_page: AgencyPage) -> None:
    token = bearer(Scope.VARIANTS)
    answer = client.get(f"/api/v2/pages/{agency_page.pk}/", ALL, headers=token)
    assert whole(answer) == {
        "variants": [
            {"id": block_id("variant", 0), "segments": ["riverside"], "content": hero("Sandbags in Riverside")},
        ],
        "default": hero("Be ready"),
        "nothing_for_others": False,
    }
    found = listed(client.get("/api/v2/pages/", {**LISTING, **ALL}, headers=token))
    assert found["Flood"]["body"][1]["value"] == whole(answer)


def test_an_editor_gets_every_version_of_the_pages_that_they_may_edit(
    client: Client, home: AgencyPage, agency_page: AgencyPage
) -> None:
    client.force_login(editor_of(agency_page))
    assert whole(client.get(f"/api/v2/pages/{agency_page.pk}/", ALL))["variants"][0]["segments"] == ["riverside"]
    below = {**LISTING, **ALL, "child_of": str(home.pk)}
    assert listed(client.get("/api/v2/pages/", below))["Flood"]["body"][1]["value"]["default"] == hero("Be ready")
    make_page("Not theirs", parent=home, slug="not-theirs")
    refused = client.get("/api/v2/pages/", below)
    assert refused.status_code == 403
    assert "Not theirs" in refused.content.decode()
    assert "Sandbags" not in refused.content.decode()


def test_an_editor_who_signs_in_by_a_bearer_of_the_site_is_one(
    client: Client, agency_page: AgencyPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = editor_of(agency_page)

    class ByTicket(BaseAuthentication):
        def authenticate(self, request: Any) -> tuple[User, None] | None:
            return (user, None) if request.META.get("HTTP_AUTHORIZATION") == "Bearer a.ticket" else None

    monkeypatch.setattr(PersonalisedPages, "authentication_classes", [ByTicket])
    address = f"/api/v2/pages/{agency_page.pk}/?variants=all"
    assert client.get(address, headers={"Authorization": "Bearer a.ticket"}).status_code == 200
    for secret in ("another.ticket", "wpg_unknown"):
        assert client.get(address, headers={"Authorization": f"Bearer {secret}"}).status_code in (401, 403)


@pytest.mark.parametrize("who", ["nobody", "a member of the public", "a token for something else"])
@pytest.mark.parametrize(
    "address", ["/api/v2/pages/{}/?variants=all", "/api/v2/pages/?type=agency.AgencyPage&fields=body&variants=all"]
)
def test_all_others_are_refused_and_see_no_version(
    client: Client, agency_page: AgencyPage, who: str, address: str
) -> None:
    headers = bearer(Scope.RULESET) if who.startswith("a token") else {}
    if who == "a member of the public":
        client.force_login(User.objects.create_user("somebody"))
    answer = client.get(address.format(agency_page.pk), headers=headers)
    assert answer.status_code == (401 if who == "nobody" else 403)
    for secret in ("Sandbags", "riverside", "Be ready"):
        assert secret not in answer.content.decode()


@pytest.fixture
def alias(home: AgencyPage, agency_page: AgencyPage, riverside: Segment, monkeypatch: pytest.MonkeyPatch) -> AgencyPage:
    """Another page, which Wagtail's API reaches from the flood page by ``fields=aliases(agencypage(body))``."""
    monkeypatch.setattr(AgencyPage, "api_fields", [*AgencyPage.api_fields, APIField("aliases")])
    monkeypatch.setattr(Page, "api_fields", [APIField("agencypage")], raising=False)
    offer = personalised(hero("Flat"), (riverside, hero("Not theirs to read")))
    page = make_page("Other", ("offer", offer), parent=home, slug="other")
    AgencyPage.objects.filter(pk=page.pk).update(alias_of=agency_page)
    return page


@pytest.mark.parametrize("state", ["live", "draft", "private"])
@pytest.mark.parametrize("who", ["a token", "an editor of the first page"])
def test_no_version_comes_along_of_another_page_that_nested_fields_reach(
    client: Client, agency_page: AgencyPage, alias: AgencyPage, who: str, state: str
) -> None:
    if state == "draft":
        Page.objects.filter(pk=alias.pk).update(live=False)
    elif state == "private":
        PageViewRestriction.objects.create(page=alias, restriction_type=PageViewRestriction.LOGIN)
    headers = bearer(Scope.VARIANTS) if who == "a token" else {}
    if who != "a token":
        client.force_login(editor_of(agency_page))
    address, nested = f"/api/v2/pages/{agency_page.pk}/", {"fields": "aliases(agencypage(body))"}
    assert "Flat" in client.get(address, nested).content.decode()  # it is reached
    listing = {"type": "agency.AgencyPage", "slug": "flood", "fields": "body,aliases(agencypage(body))", **ALL}
    for answer in (
        client.get(address, {**nested, **ALL}, headers=headers),
        client.get("/api/v2/pages/", listing, headers=headers),
    ):
        assert answer.status_code == 403
        assert "ask for each by itself" in answer.content.decode()
        assert "Not theirs to read" not in answer.content.decode()
    own = client.get(address, {"fields": "aliases(title)", **ALL}, headers=headers)
    assert whole(own)["variants"][0]["segments"] == ["riverside"]
    assert own.json()["aliases"][0]["title"] == "Other"


def test_a_token_that_calls_too_often_waits_and_another_one_does_not(
    client: Client, agency_page: AgencyPage, configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens, "calls", tokens.Rate())
    configure(TOKEN_CALLS_PER_MINUTE=2)
    address, busy, other = f"/api/v2/pages/{agency_page.pk}/", bearer(Scope.VARIANTS), bearer(Scope.VARIANTS)
    answers = [client.get(address, ALL, headers=busy) for _call in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 1 <= int(answers[-1]["Retry-After"]) <= 60
    assert client.get(address, ALL, headers=other).status_code == 200
    assert client.get(address, headers=busy).status_code == 200  # as any visitor


def test_without_the_mixin_the_parameter_is_refused_whoever_asks(client: Client, agency_page: AgencyPage) -> None:
    client.force_login(User.objects.create_superuser("root"))
    for headers in ({}, bearer(Scope.VARIANTS)):
        answer = client.get(f"/api/plain/pages/{agency_page.pk}/", ALL, headers=headers)
        assert answer.status_code == 403
        assert "Sandbags" not in answer.content.decode()
        listing = client.get("/api/plain/pages/", {**LISTING, **ALL}, headers=headers)
        assert listing.status_code == 400  # Wagtail's listing knows no such parameter
        assert "Sandbags" not in listing.content.decode()


def test_a_value_that_means_nothing_is_refused(client: Client, agency_page: AgencyPage) -> None:
    for address in (f"/api/v2/pages/{agency_page.pk}/", "/api/v2/pages/"):
        answer = client.get(address, {"variants": "some"}, headers=bearer(Scope.VARIANTS))
        assert answer.status_code == 400
        assert "Say “all”" in answer.content.decode()


def test_a_page_that_not_everybody_may_read_is_not_found_by_a_token(client: Client, agency_page: AgencyPage) -> None:
    PageViewRestriction.objects.create(page=agency_page, restriction_type=PageViewRestriction.LOGIN)
    assert client.get(f"/api/v2/pages/{agency_page.pk}/", ALL, headers=bearer(Scope.VARIANTS)).status_code == 404


@pytest.mark.parametrize("cache", PAGE_CACHES)
def test_what_is_whole_goes_to_no_cache_and_reads_nothing_of_whoever_asks(
    home: AgencyPage, settings: Any, configure: Any, cache: str
) -> None:
    configure(COUNTING=True, COUNTING_BUFFER=PATH)
    GatheredBuffer.totals.clear()
    behind(cache, settings)
    new = make_segment("new", FirstTimeVisitorRule())
    page = make_page("Welcome", ("line", personalised("All", (new, "New"))), parent=home, slug="welcome")
    token = {**bearer(Scope.VARIANTS), "User-Agent": BROWSER}
    address = f"/api/v2/pages/{page.pk}/"
    for _time in range(2):
        answer = Client().get(address, ALL, headers=token)
        assert answer.status_code == 200
        assert {"private", "no-cache"} <= directives(answer)
        assert "Authorization" in answer["Vary"]
        assert not answer.cookies
        assert Client().get(address, ALL, headers={"User-Agent": BROWSER}).status_code == 401
    assert not GatheredBuffer.totals
    again = Client().get(address, ALL, headers={**token, "If-None-Match": answer["ETag"]})
    assert again.status_code == 304


def test_the_standard_version_and_that_of_a_group_can_be_asked_for(
    client: Client, agency_page: AgencyPage, places_by_header: None
) -> None:
    address = f"/api/v2/pages/{agency_page.pk}/"
    assert heading(client.get(address, {"personalise": "standard"}, headers=RIVERSIDE).json()) == "Be ready"
    assert heading(client.get(address, {"personalise_as": "riverside"}).json()) == "Sandbags in Riverside"
    listing = client.get("/api/v2/pages/", {**LISTING, "personalise": "standard"}, headers=RIVERSIDE)
    assert heading(listed(listing)["Flood"]) == "Be ready"


def test_an_unknown_parameter_of_a_listing_is_still_refused(client: Client, home: AgencyPage) -> None:
    assert client.get("/api/v2/pages/", {"versions": "all"}).status_code == 400
