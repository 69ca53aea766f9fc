"""After refusing nothing is gathered: what would read it is not even called."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from wagtail import hooks

from tests.agency.models import AgencyPage
from tests.factories import committed
from wagtail_personalise_gov import facts
from wagtail_personalise_gov.compiling import pause
from wagtail_personalise_gov.core.conditions import Between, Equals, OneOf, SpeaksLanguage
from wagtail_personalise_gov.core.facts import Fact
from wagtail_personalise_gov.core.ruleset import Ruleset
from wagtail_personalise_gov.models import Segment
from wagtail_personalise_gov.visit import arriving, devices, gathering, visit

WAYS = {
    "by choice": ({}, "refused.1", {}),
    "by GPC": ({"HTTP_SEC_GPC": "1"}, "", {}),
    "by DNT": ({"HTTP_DNT": "1"}, "", {}),
    "not asked yet": ({}, "", {"MODE": "opt_in"}),
    "switched off": ({}, "", {"MODE": "off"}),
}


@pytest.fixture(params=WAYS.values(), ids=WAYS.keys())
def refuser(request: pytest.FixtureRequest, configure: Any) -> Client:
    headers, cookie, keys = request.param
    configure(**keys)
    client = Client(HTTP_USER_AGENT="Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Mobile", **headers)
    if cookie:
        client.cookies["personalise_choice"] = cookie
    return client


@pytest.fixture
def every_kind_of_fact(full_page: AgencyPage, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The page's segments ask for a device, a language, an account and a fact of the site's own. → what was read."""
    read: list[str] = []
    own = Fact("council", "the council you chose", frozenset({"Cookie"}), reads_device=True)

    def own_reader(request: Any) -> str:
        read.append("council")
        return "Northmoor"

    def spy(name: str, reader: Any) -> Any:
        def reading(visit: Any) -> Any:
            read.append(name)
            return reader(visit)

        return reading

    with hooks.register_temporarily(facts.HOOK, lambda: (own, own_reader)):
        facts.forget_registered()
        monkeypatch.setattr(gathering, "READERS", {n: spy(n, reader) for n, reader in gathering.READERS.items()})
        conditions = {
            "openers": OneOf("device.kind", ["mobile"]) & SpeaksLanguage("language", ["cy"]),
            "riverside": OneOf("location.city", ["Riverside"]) | Equals("council", "Northmoor"),
            "newcomers": Equals("visitor.first_visit", True) | Equals("account.signed_in", True),
        }
        keys = dict(Segment.objects.values_list("pk", "slug"))
        ruleset = Ruleset("1", conditions, keys, remembers=frozenset({"visits", "place"}), landing=True)
        monkeypatch.setattr(arriving, "current_ruleset", lambda: ruleset)
        yield read
    facts.forget_registered()


def test_everything_is_read_of_a_visitor_who_lets_us(every_kind_of_fact: list[str], visitor: Client) -> None:
    """The proof that the spies below would notice."""
    visitor.get("/full/")
    assert {"device.kind", "language", "location.city", "council", "visitor.first_visit", "account.signed_in"} <= set(
        every_kind_of_fact
    )


@pytest.mark.parametrize("path", ["/full/", "/personalisation/"])
def test_nothing_is_read_of_a_visitor_who_does_not(
    every_kind_of_fact: list[str],
    refuser: Client,
    everybody_in_riverside: Any,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
) -> None:
    monkeypatch.setattr(devices, "_kinds", {})  # a user agent that is known from before would not be parsed
    monkeypatch.setattr(devices, "_parsed", lambda agent: pytest.fail("a User-Agent was parsed"))
    monkeypatch.setattr(visit, "is_crawler", lambda agent: pytest.fail("a User-Agent was looked at"), raising=False)
    response = refuser.get(path)
    assert response.status_code == 200
    assert every_kind_of_fact == []
    assert everybody_in_riverside.asked == 0
    assert not response.cookies
    assert "sessionid" not in refuser.cookies


def test_the_refuser_gets_the_standard_version_of_every_block(refuser: Client, full_page: AgencyPage) -> None:
    html = refuser.get("/full/").content.decode()
    assert 'data-story="standard"' in html
    assert "For " not in html.partition("<main>")[2]


def test_what_is_the_same_for_everybody_goes_on_working(
    refuser: Client, full_page: AgencyPage, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    keys = dict(Segment.objects.values_list("pk", "slug"))
    ruleset = Ruleset("1", {"riverside": Between("clock.local", ["00:00", "23:59"])}, keys)
    monkeypatch.setattr(arriving, "current_ruleset", lambda: ruleset)
    shown = "For Riverside" in refuser.get("/full/").content.decode()
    assert shown is (settings.WAGTAIL_PERSONALISE_GOV.get("MODE") != "off")


def test_refusing_itself_reads_nothing(
    every_kind_of_fact: list[str], visitor: Client, everybody_in_riverside: Any
) -> None:
    visitor.get("/full/")
    every_kind_of_fact.clear()
    everybody_in_riverside.asked = 0
    visitor.post("/personalisation/choice/", {"choice": "refused"})
    assert every_kind_of_fact == []
    assert everybody_in_riverside.asked == 0


def test_refusing_erases_at_once_even_while_everything_is_paused(full_page: AgencyPage, visitor: Client) -> None:
    """A pause leaves what is kept as it is, but not against the visitor's word."""
    visitor.get("/full/")
    with committed():
        pause(by="a test")
    assert not visitor.get("/full/").cookies
    response = visitor.post("/personalisation/choice/", {"choice": "refused"})
    assert {"personalise_visit", "personalise_memory"} <= {
        name for name, cookie in response.cookies.items() if cookie["max-age"] == 0
    }


def test_a_refusal_while_memory_was_kept_before_erases_it_on_any_page_that_adapts(full_page: AgencyPage) -> None:
    """GPC switched on after a while: no form was sent, and what was kept goes all the same."""
    client = Client()
    client.get("/full/")
    response = client.get("/full/", HTTP_SEC_GPC="1")
    assert {name: cookie["max-age"] for name, cookie in response.cookies.items()} == {
        "personalise_visit": 0,
        "personalise_memory": 0,
    }
