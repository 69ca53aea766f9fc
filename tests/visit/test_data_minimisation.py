"""Fact by fact: what no live rule asks is neither read nor kept; what one asks is all that is, and only while it asks.

The table below is the whole claim. Each row is one fact: a rule that asks it, what of a visitor has to be looked at to
know it, and what may then stand in the visitor's cookies. Nothing may stand anywhere else.
"""

from __future__ import annotations

import json
import logging
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core import signing
from django.test import Client
from wagtail import hooks

from tests.agency.models import AgencyPage, AskRule
from tests.api.calling import FrontEnd
from tests.factories import block_id, committed, hero, make_intent, make_page, personalised
from wagtail_personalise_gov import compiling, facts
from wagtail_personalise_gov.compiling import pause
from wagtail_personalise_gov.core.facts import MEMORY_ITEMS, Fact
from wagtail_personalise_gov.models import Goal, RulesetState, Segment
from wagtail_personalise_gov.visit.header_token import HeaderToken

from .leftovers import everything_in, everything_in_the_cache, everything_in_the_database, everything_logged
from .looking import Looks, WatchedClient, watch

# The visitor, each of whose traits can be found again wherever it is.
ADDRESS = "192.0.2.77"
BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/Trait77 Safari"
SENT = {
    "REMOTE_ADDR": ADDRESS,
    "HTTP_USER_AGENT": BROWSER,
    "HTTP_ACCEPT_LANGUAGE": "cy-x-trait77, en;q=0.5",
    "HTTP_X_CITY": "Headertown77",
    "HTTP_SEC_FETCH_SITE": "same-origin",
}
LANDING = {"HTTP_REFERER": "https://www.google.com/search?q=words77"}
ARRIVAL = "/everything/?topic=housing77&utm_source=source77&utm_medium=medium77&utm_campaign=name77"

# In small letters, since that is how they are looked for.
NEVER_KEPT = (
    ADDRESS,
    "192.0.2.",
    "trait77",
    "riverside77",
    "r77 7zz",
    "51.777",
    "headertown77",
    "housing77",
    "words77",
    "group77",
    "council77",
)
KEPT_WITH = {
    "referrer": ("www.google.com",),
    "campaign": ("source77", "medium77", "name77"),
    "intent": ("founders77",),
    "place": ("saidtown77",),
}

# Where each item stands in the cookies (docs/reference/data.md), and what stands there beside any of them.
IN_COOKIES = {
    # A visit is kept for most items' sake: t and l say when it was, and whether it was followed from its landing on.
    "personalise_visit": {"r": "referrer", "c": "campaign", "s": "intent", "i": "intent", "p": "place", "g": "pages"},
    "personalise_memory": {"v": "visits", "d": "last_visit", "g": "past_pages"},
}
FRAME = {"personalise_visit": "tlb", "personalise_memory": "b"}

DEVICE = {"browser", "the parser of browsers' names"}
MEMORY = {"memory", "browser"}  # what is kept; and whether it is a crawler, before something is
VISITS = MEMORY | {"referrer"}  # a link from this site goes on with a visit, any other begins one
PLACE = {"memory", "place", "address", "browser"}  # what they told us of it is kept too, and goes before the guess


@dataclass(frozen=True)
class Row:
    """What a rule asks of a fact, and what of the visitor has to be looked at to know it."""

    fact: str
    op: str
    value: Any
    looked_at: set[str] = field(default_factory=set)
    key: str = ""  # of a fact that is a mapping
    at_once: bool = True  # whether it holds on landing, rather than later in the visit or never on a first one


PAGE = 777_777  # in a row it stands for the page itself, whose number only the database knows

TABLE = [
    Row("visitor.first_visit", "equals", True, VISITS),
    Row("visitor.visits", "at_least", 1, VISITS),
    Row("visitor.days_since_last_visit", "at_least", 0, VISITS, at_once=False),
    Row("visitor.pages", "contains_any", [PAGE], VISITS),
    Row("visitor.sections", "contains_any", [PAGE], VISITS),
    Row("visitor.page_count", "at_least", 1, VISITS),
    Row("visit.pages", "contains_any", [PAGE], VISITS),
    Row("visit.sections", "contains_any", [PAGE], VISITS),
    Row("visit.page_count", "at_least", 1, VISITS),
    Row("visit.referrer.host", "matches", ["www.google.com"], VISITS),
    Row("visit.referrer.kind", "in", ["search"], VISITS),
    Row("visit.campaign.source", "matches", ["*"], VISITS | {"query"}),
    Row("visit.campaign.medium", "matches", ["*"], VISITS | {"query"}),
    Row("visit.campaign.name", "matches", ["*"], VISITS | {"query"}),
    Row("visit.intent", "at_least_in", {"founders77": 0.5}, VISITS | {"query"}, at_once=False),
    Row("location.continent", "in", ["EU"], PLACE),
    Row("location.country", "in", ["GB"], PLACE),
    Row("location.subdivisions", "contains_any", ["GB-ENG"], PLACE),
    Row("location.city", "in", ["Riverside77"], PLACE),
    Row("location.postcode", "matches", ["R77*"], PLACE),
    Row("location.point", "within", {"lat": 51.7, "lng": 0.7, "km": 50}, PLACE),
    Row("location.eu", "equals", False, PLACE),
    Row("device.kind", "in", ["mobile"], DEVICE),
    Row("language", "language", ["cy"], {"languages"}),
    Row("language.preferred", "language", ["cy"], {"languages"}),
    Row("clock.local", "between", ["00:00", "23:59"]),
    Row("account.signed_in", "equals", True, {"account", "session"}),
    Row("account.groups", "contains_any", ["group77"], {"account", "session"}),
    Row("network.ip", "in_network", ["192.0.2.0/24"], {"address"}),
    Row("request.path", "matches", ["/everything/"]),
    Row("request.query", "equals", "housing77", {"query"}, key=".topic"),
    Row("request.site", "in", ["testserver"]),
    Row("council", "in", ["council77"]),  # a site's own
]
OWN = Fact("council", "the council that you chose", frozenset({"Cookie"}), reads_device=True)

# Ways in which a visitor is not to be looked at: settings, headers, cookie.
STANDINGS: dict[str, tuple[dict[str, Any], dict[str, str], str]] = {
    "refused": ({}, {}, "refused.1"),
    "refused, and over https": ({"COOKIE_SECURE": True}, {}, "refused.1"),
    "GPC": ({}, {"HTTP_SEC_GPC": "1"}, ""),
    "DNT": ({}, {"HTTP_DNT": "1"}, ""),
    "GPC switched on after accepting": ({}, {"HTTP_SEC_GPC": "1"}, "allowed.1"),
    "opt-in, nothing said": ({"MODE": "opt_in"}, {}, ""),
    "opt-in, accepted an older policy": ({"MODE": "opt_in", "POLICY_VERSION": 2}, {}, "allowed.1"),
    "off": ({"MODE": "off"}, {}, "allowed.1"),
}


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Looks]:
    """What is looked at in this test. The site has a fact of its own besides those of the package."""
    looking = watch(monkeypatch, facts.FACTS)

    def own_reader(request: Any) -> str:
        looking.seen.add("fact council")
        return "council77"

    with hooks.register_temporarily(facts.HOOK, lambda: (OWN, own_reader)):
        facts.forget_registered()
        yield looking
    facts.forget_registered()


@pytest.fixture
def visit_site(home: AgencyPage, configure: Any, caplog: pytest.LogCaptureFixture) -> None:
    """A page with every kind of block, a plain one below it, an intent and a goal; and everything is logged."""
    caplog.set_level(logging.DEBUG)
    configure(GEO_PROVIDER="tests.visit.looking.WatchedGeo")
    make_intent("founders77")
    Goal.objects.create(name="Onward", slug="onward", kind=Goal.LINK, link="https://example.org/")


def a_page() -> AgencyPage:
    """At /everything/: both questions, and no version for anybody."""
    home = AgencyPage.objects.get(slug="agency")
    said = {"label": "In Saidtown77", "country": "GB", "subdivision": "", "city": "Saidtown77"}
    places = [{"type": "item", "value": said, "id": block_id("place", 0)}]
    return make_page(
        "Everything",
        ("hero", hero("For everyone")),
        ("intent_question", {"heading": "What do you need to do today?", "hint": ""}),
        ("place_question", {"heading": "Where are you?", "hint": "", "places": places}),
        parent=home,
        slug="everything",
    )


def a_page_that_asks(*rows: Row, live: bool = True) -> AgencyPage:
    """At /everything/, for each row: a version for a segment of its own, whose one rule asks the row's question."""
    page = a_page()
    # In bulk: to publish thirty segments one after the other takes longer than all that is done with them.
    segments = Segment.objects.bulk_create(
        Segment(name=row.fact, public_name=row.fact, slug=slug_of(row), live=live) for row in rows
    )
    for row, segment in zip(rows, segments, strict=True):
        value = [page.pk] if row.value == [PAGE] else row.value
        rule = AskRule(segment=segment, question={"fact": row.fact + row.key, "op": row.op, "value": value})
        rule.clean()
        rule.save()
    lines = [personalised("Standard", (segment, f"[for {segment.slug}]")) for segment in segments]
    page.body = [*page.body.raw_data, *({"type": "line", "value": line} for line in lines)]
    page.save()
    RulesetState.renew()
    compiling.holder.check_again()
    return page


def slug_of(row: Row) -> str:
    return row.fact.replace(".", "-").replace("_", "-")


def browser(looks: Looks, cookie: str = "", **sent: str) -> WatchedClient:
    """The visitor's, signed in; `cookie` is their choice."""
    client = WatchedClient(looks, **SENT, **sent)
    user = User.objects.get_or_create(username="somebody")[0]
    user.groups.set([Group.objects.get_or_create(name="group77")[0]])
    client.force_login(user)
    if cookie:
        client.cookies["personalise_choice"] = cookie
    looks.taken()
    return client


def a_full_visit(client: Client, page: AgencyPage, unoffered: int = 200) -> str:
    """Every address that a visitor meets, in a likely order; gives all cookies that were set, in the clear."""
    api = "/api/personalise/v1"
    answers = [
        client.get(ARRIVAL, **LANDING),
        client.get("/agency/") if page.slug == "agency" else client.get("/"),
        client.get("/personalisation/"),
        client.get("/personalisation/register.json"),
        client.post("/personalisation/intent/", {"intent": "founders77"}),
        client.post("/personalisation/place/", {"country": "GB", "city": "Saidtown77"}),
        client.post("/personalisation/choice/", {"choice": "hide"}),
        client.get(f"{api}/visit/"),
        client.get(f"{api}/pages/{page.pk}/"),
        client.put(f"{api}/intent/", {"intent": "founders77"}, content_type="application/json"),
        client.get("/personalisation/goal/onward/"),
        client.get("/nowhere/"),
        client.get("/everything/", HTTP_REFERER="http://testserver/"),
    ]
    # An answer that is not offered while nothing is asked is said to be none.
    assert {answer.status_code for answer in answers} <= {200, 302, 303, 404, unoffered}
    return everything_in(cookie for answer in answers for cookie in answer.cookies.values())


def kept_by(client: Client) -> set[str]:
    """The items that stand in a browser's cookies, read by hand: what the package itself reads of them may be less."""
    items: set[str] = set()
    for name, keys in IN_COOKIES.items():
        value = client.cookies[name].value if name in client.cookies else ""
        if value:
            signed = value.rsplit(":", 2)[0]
            text = signing.b64_decode(signed.removeprefix(".").encode())
            data = json.loads(zlib.decompress(text) if signed.startswith(".") else text)
            assert set(data) <= {*keys, *FRAME[name]}, (name, data)
            items |= {item for key, item in keys.items() if data.get(key)}
    return items


def nothing_is_kept_but(items: frozenset[str], told: str, caplog: pytest.LogCaptureFixture) -> None:
    """Of what the visitor is and said: in cookies these items alone, and nothing in any other place."""
    own_tables = {"django_session", "auth_group", "auth_user", "personalise_test"}
    elsewhere = {
        "the database": everything_in_the_database(leaving_out=own_tables),
        "the cache": everything_in_the_cache(),
        "the log": everything_logged(caplog.records),
    }
    for trait in NEVER_KEPT:
        assert trait not in told.lower(), ("cookies", trait)
    for item, traits in KEPT_WITH.items():
        for trait in traits:
            assert (trait in told.lower()) <= (item in items), ("cookies", trait)
    for where, content in elsewhere.items():
        for trait in (*NEVER_KEPT, *KEPT_WITH["referrer"], *KEPT_WITH["campaign"], "saidtown77"):
            if where == "the database" and trait in given_by_editors():
                continue
            assert trait not in content.lower(), (where, trait)


def given_by_editors() -> set[str]:
    """What stands in the database because an editor asks for it."""
    asked = repr(list(AskRule.objects.values_list("question", flat=True))).lower()
    return {trait for trait in (*NEVER_KEPT, *KEPT_WITH["referrer"]) if trait in asked} | {"saidtown77"}


def test_the_table_has_a_row_for_every_fact() -> None:
    assert sorted(row.fact for row in TABLE) == sorted([*facts.FACTS, OWN.name])


@pytest.mark.parametrize("counting", [False, True], ids=["not counting", "counting"])
def test_with_no_live_rule_nothing_is_looked_at_or_kept(
    visit_site: None, looks: Looks, configure: Any, caplog: pytest.LogCaptureFixture, counting: bool
) -> None:
    configure(COUNTING=counting)
    page = a_page_that_asks(*TABLE, live=False)
    client = browser(looks)
    told = a_full_visit(client, page)
    seen = looks.taken()
    # A site that counts leaves out those who work on it, so it asks who is signed in; and what was counted before.
    allowed = {"memory", "account", "session"} if counting else {"memory"}
    assert seen - {"address, to limit forms"} <= allowed, looks.taken_by
    assert told == ""
    assert set(client.cookies) == {"sessionid"}
    nothing_is_kept_but(frozenset(), told, caplog)


@pytest.mark.parametrize("row", TABLE, ids=[row.fact for row in TABLE])
def test_with_one_live_rule_its_fact_alone_is_looked_at_and_kept_and_only_while_it_is_live(
    visit_site: None, looks: Looks, caplog: pytest.LogCaptureFixture, row: Row
) -> None:
    page = a_page_that_asks(row)
    client = browser(looks)
    shown = client.get(ARRIVAL, **LANDING).content.decode()
    told = a_full_visit(client, page)
    seen = looks.taken()
    assert (f"[for {slug_of(row)}]" in shown) is row.at_once
    # Read: this fact and no other, from what it has to be read from.
    assert {source for source in seen if source.startswith("fact ")} == {f"fact {row.fact}"}
    # What is kept is looked for too, to be dropped if it is there; and networks are counted that send answers.
    assert seen <= {f"fact {row.fact}", "memory", "address, to limit forms"} | row.looked_at, looks.taken_by
    assert row.looked_at <= seen
    # Kept: what this fact remembers, and nothing else.
    items = facts.known_facts()[row.fact].remembers
    assert kept_by(client) == items
    nothing_is_kept_but(items, told, caplog)
    # Not live any more: from the next response on it is neither read nor kept.
    with committed():
        Segment.objects.get().unpublish()
    client.get("/everything/")
    assert not kept_by(client)
    assert {name for name, cookie in client.cookies.items() if cookie.value} == {"sessionid"}
    looks.taken()
    client.get(ARRIVAL, **LANDING)
    assert looks.taken() <= {"memory"}, looks.taken_by


@pytest.mark.parametrize("counting", [False, True], ids=["not counting", "counting"])
def test_of_whoever_does_not_want_it_nothing_is_looked_at_though_rules_ask_everything(
    visit_site: None, looks: Looks, configure: Any, caplog: pytest.LogCaptureFixture, counting: bool
) -> None:
    page = a_page_that_asks(*TABLE)
    kept = browser(looks)
    a_full_visit(kept, page)  # what was kept while they allowed it must not be read either
    everybody = {"fact clock.local", "fact request.path", "fact request.site"}
    for standing, (settings, headers, cookie) in STANDINGS.items():
        configure(**{"COUNTING": counting, "MODE": "opt_out", "POLICY_VERSION": 1, "COOKIE_SECURE": False} | settings)
        client = browser(looks, cookie, **headers)
        for name in ("personalise_visit", "personalise_memory"):
            client.cookies[name] = kept.cookies[name].value
        caplog.clear()
        told = a_full_visit(client, page)
        assert looks.taken() <= everybody, (standing, looks.taken_by)
        assert not kept_by(client), standing
        assert "[for device-kind]" not in client.get("/everything/").content.decode(), standing
        nothing_is_kept_but(frozenset(), told, caplog)


def test_the_same_visitor_is_looked_at_in_every_way_if_they_let_us(
    visit_site: None, looks: Looks, caplog: pytest.LogCaptureFixture
) -> None:
    """The spies of the tests above do see, and the traces can be found where they may be."""
    page = a_page_that_asks(*TABLE)
    told = a_full_visit(browser(looks), page)
    seen = looks.taken()
    assert {f"fact {row.fact}" for row in TABLE} <= seen
    assert DEVICE | VISITS | PLACE | {"query", "languages", "account", "session", "address, to limit forms"} <= seen
    for traits in KEPT_WITH.values():
        assert any(trait in told.lower() for trait in traits)
    nothing_is_kept_but(MEMORY_ITEMS, told, caplog)


def test_while_everything_is_paused_nothing_is_looked_at(
    visit_site: None, looks: Looks, caplog: pytest.LogCaptureFixture
) -> None:
    page = a_page_that_asks(*TABLE)
    with committed():
        pause(by="a test")
    client = browser(looks)
    told = a_full_visit(client, page, unoffered=400)
    # The page about personalisation tells what is kept, which a pause leaves as it is.
    assert looks.taken() <= {"memory"}, looks.taken_by
    assert told == ""


# The same without cookies: what a front end of its own is given to keep


def a_visit_by_token(client: Client, page: AgencyPage) -> Client:
    """The calls of a front end that keeps a token; gives a browser with what the token holds in its cookies."""
    front_end = FrontEnd()
    front_end.client = client
    there = {"Personalise-Page": ARRIVAL, "Personalise-Referrer": LANDING["HTTP_REFERER"]}
    for answer in (
        front_end.get("visit/", **there),
        front_end.put("intent", {"intent": "founders77"}, **there),
        front_end.put("place", {"country": "GB", "city": "Saidtown77"}, **there),
        front_end.get(f"pages/{page.pk}/"),
        front_end.get("visit/", **there),
    ):
        assert answer.status_code == 200, answer.content
    holder = Client()
    for name, value in HeaderToken.read(front_end.token).values.items():
        holder.cookies[name] = value
    return holder


@pytest.mark.parametrize("row", TABLE, ids=[row.fact for row in TABLE])
def test_a_token_holds_what_cookies_would_and_its_fact_alone_is_looked_at(
    visit_site: None, looks: Looks, caplog: pytest.LogCaptureFixture, row: Row
) -> None:
    page = a_page_that_asks(row)
    holder = a_visit_by_token(browser(looks), page)
    seen = looks.taken()
    assert seen <= {f"fact {row.fact}", "memory", "address, to limit forms"} | row.looked_at, looks.taken_by
    items = facts.known_facts()[row.fact].remembers
    assert kept_by(holder) == items
    nothing_is_kept_but(items, everything_in(holder.cookies.values()), caplog)


def test_of_whoever_refused_by_token_nothing_is_looked_at(
    visit_site: None, looks: Looks, caplog: pytest.LogCaptureFixture
) -> None:
    page = a_page_that_asks(*TABLE)
    front_end = FrontEnd()
    front_end.client = browser(looks)
    front_end.get(f"pages/{page.pk}/")
    front_end.put("preference", {"preference": "refused"})
    looks.taken()
    for path in ("visit/", f"pages/{page.pk}/", "intent/", "place/"):
        front_end.get(path)
    front_end.put("intent", {"intent": "founders77"})
    assert looks.taken() <= {"fact clock.local", "fact request.path", "fact request.site"}, looks.taken_by
    assert front_end.holds == {"personalise_choice"}
