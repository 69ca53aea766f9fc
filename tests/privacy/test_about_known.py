"""The page says what is known now, and nothing is read, told or kept for it that no live group asks."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from wagtail import hooks

from tests.agency.models import AgencyPage, AskRule
from tests.factories import make_segment
from tests.privacy.test_about import ABOUT, part, read
from wagtail_personalise_gov.core.facts import Fact
from wagtail_personalise_gov.facts import HOOK, forget_registered
from wagtail_personalise_gov.models import LanguageRule, LocationRule, NetworkRule, QueryRule
from wagtail_personalise_gov.visit import gathering

DOWNLOAD = "/personalisation/download/"


def known(client: Client, **headers: str) -> str:
    return part(read(client, **headers), "What we know about you now", "What we count", "What we use")


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each fact is read."""
    read_often: Counter[str] = Counter()

    def spied(name: str, reader: Any) -> Any:
        def read_one(visit: Any) -> Any:
            read_often[name] += 1
            return reader(visit)

        return read_one

    monkeypatch.setattr(gathering, "READERS", {name: spied(name, reader) for name, reader in gathering.READERS.items()})
    return read_often


def test_it_says_what_is_known_and_where_that_comes_from(visitor: Client, full_page: AgencyPage) -> None:
    visitor.get("/full/")
    words = known(visitor)
    assert (
        "The town or city that you seem to be in Riverside We guessed where you are from your internet address" in words
    )
    assert "Whether this is your first visit Yes Where it comes from: what is kept on your device." in words


def test_what_the_visitor_said_beats_the_guess_and_is_told_so(
    visitor: Client, full_page: AgencyPage, everybody_in_riverside: Any
) -> None:
    visitor.get("/full/")
    visitor.post("/personalisation/place/", {"country": "GB", "city": "Hilltop"})
    everybody_in_riverside.asked = 0
    assert "The town or city that you seem to be in Hilltop You told us where you are." in known(visitor)
    assert everybody_in_riverside.asked == 0


def test_what_can_not_be_told_is_said_to_be_so(visitor: Client, full_page: AgencyPage) -> None:
    assert "Whether this is your first visit We can’t tell" in known(visitor, HTTP_REFERER="http://testserver/plain/")


@pytest.mark.parametrize(
    "keys, headers, cookie, says",
    [
        ({}, {}, "refused.1", "Not used: you turned this off"),
        ({}, {"HTTP_SEC_GPC": "1"}, None, "Not used: your browser asks us not to"),
        ({}, {"HTTP_DNT": "1"}, None, "Not used: your browser asks us not to"),
        ({"MODE": "opt_in"}, {}, None, "Not used: this is off until you turn it on"),
    ],
)
def test_of_who_refused_nothing_is_read(
    visitor: Client,
    full_page: AgencyPage,
    configure: Any,
    readers: Counter[str],
    everybody_in_riverside: Any,
    keys: Any,
    headers: Any,
    cookie: str | None,
    says: str,
) -> None:
    configure(**keys)
    if cookie:
        visitor.cookies["personalise_choice"] = cookie
    words = known(visitor, **headers)
    assert words.count(says) == 3
    assert "Riverside" not in words.partition("At the moment")[0]
    for address in (ABOUT, f"{ABOUT}?back=/full/", DOWNLOAD):
        assert visitor.get(address, **headers).status_code == 200
    assert readers == {}
    assert everybody_in_riverside.asked == 0


@pytest.mark.parametrize("paused", [True, False], ids=["paused", "off"])
def test_while_nothing_adapts_nothing_is_read(
    visitor: Client, full_page: AgencyPage, configure: Any, readers: Counter[str], paused: bool
) -> None:
    from wagtail_personalise_gov import compiling

    if paused:
        compiling.pause(by="a test")
    else:
        configure(MODE="off")
    assert known(visitor).strip().startswith("Nothing. At the moment every page is the same for everybody")
    visitor.get(f"{ABOUT}?back=/full/")
    assert visitor.get(DOWNLOAD).json()["known"] == []
    assert readers == {}


@pytest.mark.parametrize("address", [ABOUT, f"{ABOUT}?back=/full/", DOWNLOAD, f"{DOWNLOAD}?back=/full/"])
@pytest.mark.parametrize("counts", [False, True], ids=["", "counting"])
def test_only_what_live_groups_ask_is_read_and_each_once(
    visitor: Client,
    full_page: AgencyPage,
    riverside: Any,
    configure: Any,
    readers: Counter[str],
    everybody_in_riverside: Any,
    address: str,
    counts: bool,
) -> None:
    configure(COUNTING=counts)
    if counts:
        riverside.holdout_percent = 10
        riverside.save_revision().publish()
    visitor.get("/full/", HTTP_USER_AGENT="Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0")
    readers.clear()
    everybody_in_riverside.asked = 0
    response = visitor.get(address)
    assert response.status_code == 200
    assert readers == {"location.city": 1, "visitor.first_visit": 1, "visit.intent": 1}
    assert everybody_in_riverside.asked == 1
    assert not response.cookies


def test_without_a_live_group_nothing_is_read(visitor: Client, home: AgencyPage, readers: Counter[str]) -> None:
    make_segment("draft", LocationRule(countries=["FR"]), live=False)
    assert "Nothing. At the moment every page is the same" in known(visitor)
    assert readers == {}


def test_of_a_link_only_what_is_asked_is_told(visitor: Client, home: AgencyPage) -> None:
    make_segment("topical", QueryRule(parameter="topic", values=["bins"]))
    words = known(visitor, HTTP_REFERER="http://testserver/?topic=bins&token=secret")
    assert "“topic”: “bins” From the address of the page that you came from." in words
    assert "secret" not in words


def test_an_address_is_the_visitors_own_and_said_not_to_be_kept(visitor: Client, home: AgencyPage) -> None:
    make_segment("office", NetworkRule(name="the office", networks=["192.0.2.0/24"]))
    words = known(visitor, REMOTE_ADDR="192.0.2.7")
    assert "Your internet address 192.0.2.7 It comes with every request" in words
    assert "We do not keep it." in words


def test_languages_are_told_by_name(visitor: Client, home: AgencyPage) -> None:
    make_segment("welsh", LanguageRule(languages=["cy"]))
    assert "The language that your browser asks for first Welsh" in known(visitor, HTTP_ACCEPT_LANGUAGE="cy,en;q=0.5")


def test_what_is_the_same_for_everybody_stands_apart(visitor: Client, home: AgencyPage) -> None:
    make_segment(
        "office-hours", AskRule(question={"fact": "clock.local", "op": "between", "value": ["09:00", "17:00"]})
    )
    visitor.cookies["personalise_choice"] = "refused.1"
    words = known(visitor)
    assert "Nothing about you is looked at." in words
    assert "and is the same for everybody: The time of day and the date" in words


@pytest.fixture
def ward() -> Iterator[None]:
    """A fact of the site's own."""
    fact = Fact("ward", "the ward that you live in", varies_on={"Cookie"}, reads_device=True)  # type: ignore[arg-type]
    with hooks.register_temporarily(HOOK, lambda: (fact, lambda request: request.COOKIES.get("ward"))):
        forget_registered()
        yield
    forget_registered()


@pytest.mark.usefixtures("ward")
def test_a_fact_of_the_sites_own_is_told_too(visitor: Client, home: AgencyPage) -> None:
    make_segment("own", AskRule(question={"fact": "ward", "op": "equals", "value": "market"}))
    visitor.cookies["ward"] = "market"
    assert "The ward that you live in market Read by a part that this site added." in known(visitor)
    visitor.cookies["personalise_choice"] = "refused.1"
    assert "The ward that you live in Not used: you turned this off" in known(visitor)


# The file


def test_the_file_says_what_the_page_says(visitor: Client, full_page: AgencyPage) -> None:
    visitor.get("/full/")
    visitor.post("/personalisation/intent/", {"intent": "restaurant"})
    response = visitor.get(DOWNLOAD)
    data = response.json()
    assert response.headers["Content-Disposition"] == 'attachment; filename="what-this-site-knows-of-me.json"'
    assert response.headers["Content-Type"] == "application/json"
    assert {"private", "no-store"} <= set(response.headers["Cache-Control"].split(", "))
    assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Cookie" in response.headers["Vary"]
    assert data["standing"]["on"] is True
    said = {row["what"]: row["value"] for row in data["known"]}
    assert said["the town or city that you seem to be in"] == "Riverside"
    kept = {row["what"]: row["value"] for row in data["kept"]}
    assert kept["What you told us you are here to do"] == "Open a restaurant"
    assert kept["How many times you have visited"] == "1"
    inside = {group["name"]: group["in_it"] for group in data["groups"]}
    assert inside == {
        "Public name of riverside": True,
        "Public name of newcomers": True,
        "Public name of openers": True,
    }
    (sentence,) = next(group["who"] for group in data["groups"] if group["name"] == "Public name of riverside")
    assert sentence["answer"] == "yes"


def test_the_file_of_who_refused_tells_only_that(visitor: Client, full_page: AgencyPage) -> None:
    visitor.get("/full/")
    visitor.post("/personalisation/choice/", {"choice": "refused"})
    data = visitor.get(DOWNLOAD).json()
    assert data["standing"]["on"] is False
    assert {row["value"] for row in data["known"]} == {None}
    assert not any(group["in_it"] for group in data["groups"])
    assert next(row["value"] for row in data["kept"]) == "Pages must not change to suit you"


def test_the_file_holds_no_key_to_anything(visitor: Client, full_page: AgencyPage, configure: Any) -> None:
    configure(VISITOR_STORE="wagtail_personalise_gov.visit.stores.DjangoSessionStore")
    visitor.force_login(User.objects.create_user("reader"))
    visitor.get("/full/")
    text = json.dumps(visitor.get(DOWNLOAD).json())
    for cookie in visitor.cookies.values():
        assert cookie.value not in text


def test_nothing_of_the_file_is_asked_by_a_form(visitor: Client, full_page: AgencyPage) -> None:
    assert visitor.post(DOWNLOAD).status_code == 405
    assert not visitor.get(DOWNLOAD).cookies


def test_what_was_erased_is_in_the_file_no_more(visitor: Client, full_page: AgencyPage) -> None:
    visitor.get("/full/")
    assert visitor.get(DOWNLOAD).json()["kept"]
    visitor.post("/personalisation/forget/")
    assert visitor.get(DOWNLOAD).json()["kept"] == []
