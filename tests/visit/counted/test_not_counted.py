"""Who is not counted."""

from collections import Counter
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client

from tests.agency.models import AgencyPage
from tests.counting.gathered import BROWSER
from tests.factories import committed
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.core.counting import Tally
from wagtail_personalise_gov.models import (
    Segment,
)

from .totals import SEARCH, browser, in_cookie


def test_nothing_is_counted_unless_the_site_says_so(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client, configure: Callable[..., None]
) -> None:
    configure(COUNTING=False)
    assert b"You searched" in visitor.get("/licence/", **SEARCH).content
    assert not totals
    assert "personalise_count" not in visitor.cookies


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-gpc": "1"},
        {"dnt": "1"},
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"user-agent": ""},
        {"sec-purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x-moz": "prefetch"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_these_are_not_counted(headers: dict[str, str], licence: AgencyPage, totals: Counter[Tally]) -> None:
    client = browser(**headers)
    assert client.get("/licence/", **SEARCH).status_code == 200
    assert not totals
    assert in_cookie(client) is None


@pytest.mark.parametrize("choice", ["refused.1", "refused-counted.1", "allowed-uncounted.1", "undecided-uncounted.1"])
def test_who_refused_is_not_counted(choice: str, licence: AgencyPage, totals: Counter[Tally], visitor: Client) -> None:
    visitor.cookies["personalise_choice"] = choice
    content = visitor.get("/licence/", **SEARCH).content
    assert (b"You searched" in content) is not choice.startswith("refused")  # turning counting off leaves adapting
    assert not totals
    assert in_cookie(visitor) is None


@pytest.mark.parametrize("choice, counts", [("", 0), ("allowed.1", 0), ("allowed-counted.1", 1)])
def test_where_visitors_are_asked_first_counting_needs_its_own_yes(
    choice: str,
    counts: int,
    licence: AgencyPage,
    totals: Counter[Tally],
    visitor: Client,
    configure: Callable[..., None],
) -> None:
    configure(MODE="opt_in")
    if choice:
        visitor.cookies["personalise_choice"] = choice
    visitor.get("/licence/", **SEARCH)
    assert sum(totals.values()) == counts


def editor(username: str, *, admin: bool) -> User:
    user = User.objects.create_user(username, password=username)
    if admin:
        group = Group.objects.create(name=f"{username}s")
        group.permissions.add(Permission.objects.get(codename="access_admin"))
        user.groups.add(group)
    return user


def test_editors_are_not_counted_and_other_accounts_are(licence: AgencyPage, totals: Counter[Tally]) -> None:
    for name, admin in (("eve", True), ("vic", False)):
        client = browser()
        client.force_login(editor(name, admin=admin))
        client.get("/licence/", **SEARCH)
    assert sum(totals.values()) == 1


def test_a_preview_is_not_counted(
    licence: AgencyPage, totals: Counter[Tally], admin_client: Client, search: Segment
) -> None:
    admin_client.defaults["HTTP_USER_AGENT"] = BROWSER
    response = admin_client.get(f"/admin/pages/{licence.pk}/view_draft/")
    assert response.status_code == 200
    licence.make_preview_request(preview_mode=f"segment-{search.pk}")
    assert not totals


def test_while_everything_is_paused_nothing_is_counted(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    with committed():
        compiling.pause()
    visitor.get("/licence/", **SEARCH)
    assert not totals


def test_what_is_kept_for_counting_goes_with_the_refusal(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    visitor.get("/licence/", **SEARCH)
    visitor.post("/personalisation/choice/", {"counting": "refused"}, headers={"sec-fetch-site": "same-origin"})
    assert in_cookie(visitor) is None
    assert visitor.cookies["personalise_visit"].value  # adapting goes on
    assert b"You searched" in visitor.get("/licence/").content
    assert sum(totals.values()) == 1
