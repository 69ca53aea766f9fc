"""What is gathered and what is kept: as little as the live rules need, and never whose it is."""

from __future__ import annotations

import datetime
import logging
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import models as fields
from wagtail.models import Page

from tests.agency.models import AgencyPage, PlainPage
from tests.counting.gathered import PATH, GatheredBuffer
from tests.factories import committed, make_intent, make_page, make_plain_page, make_segment, personalised
from tests.requirements.kept import in_cache, in_cookies, in_tables
from tests.requirements.marks import requirement
from tests.requirements.visitors import ABOUT, API, CHOICE, RIVERSIDE, SEARCH, Visitor, expired
from wagtail_personalise_gov import compiling, models
from wagtail_personalise_gov.core.counting import Arm
from wagtail_personalise_gov.counting.buffer import flush
from wagtail_personalise_gov.models import DailyTally, FirstTimeVisitorRule, Goal, LocationRule

GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
DAY = 24 * 60 * 60


@pytest.fixture
def asking(home: AgencyPage, configure: Any) -> AgencyPage:
    """At /asking/: a place, a network, a device, an earlier visit, a referrer and an intent are asked; and counted."""
    configure(COUNTING=True)
    intent = make_intent("start-a-business")
    who = [
        make_segment("near", LocationRule(latitude=51.7, longitude=-1.2, radius_km=500)),
        make_segment("town", LocationRule(cities=["Elsewhere"], negated=True)),
        make_segment("district", LocationRule(postcodes=["OX1"])),
        make_segment("network", models.NetworkRule(name="Town hall", networks=["198.51.100.0/24"])),
        make_segment("phones", models.DeviceRule(kinds=["mobile"])),
        make_segment("new", FirstTimeVisitorRule()),
        make_segment("from-search", models.ReferrerRule(kinds=["search"])),
        make_segment("founders", models.VisitIntentRule(intent=intent)),
    ]
    Goal.objects.create(name="Applied", slug="applied", kind=Goal.PAGE, path="/")
    lines = [("line", personalised("All", (segment, f"[{segment.slug}]"))) for segment in who]
    return make_page("Asking", *lines, parent=home, slug="asking")


def full_visit(visitor: Visitor) -> list[Any]:
    """Everything that a visitor can do here, to the end."""
    answers = [
        visitor.get("/asking/", headers={"Referer": SEARCH}),
        visitor.get(f"{API}/visit/"),
        visitor.sends("/personalisation/intent/", intent="start-a-business"),
        visitor.get("/asking/"),
        visitor.get(ABOUT),
        visitor.allows(),
        visitor.get("/asking/"),
        visitor.get("/"),  # a goal
        visitor.get("/nowhere/"),
    ]
    flush()
    return answers


# --- 39 to 41: nobody, nowhere ----------------------------------------------------------------------------------------


@requirement(39)
@pytest.mark.parametrize("store", ["SignedCookieStore", "DjangoSessionStore"])
@pytest.mark.parametrize("address", ["2.125.160.216", "2001:480::77"])
def test_after_a_full_visit_the_address_stands_nowhere(
    asking: AgencyPage, configure: Any, mmdb: Path, caplog: pytest.LogCaptureFixture, store: str, address: str
) -> None:
    configure(
        GEO_DATABASE=mmdb, TRUSTED_PROXIES=["10.0.0.0/8"], VISITOR_STORE=f"wagtail_personalise_gov.visit.stores.{store}"
    )
    caplog.set_level(logging.DEBUG)
    for visitor in (Visitor(address), Visitor("10.0.0.1", X_Forwarded_For=address)):
        assert "[town]" in full_visit(visitor)[0].content.decode()  # it was looked up, and found in some town
        kept = {
            "tables": in_tables() + repr([session.get_decoded() for session in Session.objects.all()]),
            "cache": in_cache(),
            "cookies": in_cookies(visitor),
            "log": caplog.text + repr([vars(one) for one in caplog.records if one.name != "django.request"]),
        }
        assert "duckduckgo.com" in kept["cookies"] + kept["tables"]  # what is kept can be read here
        for where, content in kept.items():
            for trace in (address, address.rpartition(".")[0] or "2001:480:"):
                assert trace not in content, (where, trace)


@requirement(40)
def test_no_place_finer_than_a_town_leaves_the_request(
    asking: AgencyPage, configure: Any, mmdb: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Boxford's record: 51.75, -1.25, within 100 km; OX1."""
    configure(GEO_DATABASE=mmdb)
    caplog.set_level(logging.DEBUG)
    visitor = Visitor("2.125.160.216")
    answers = full_visit(visitor)
    html = answers[0].content.decode()
    assert "[near]" in html  # they were used
    assert "[district]" in html
    told = "".join(answer.content.decode() for answer in answers)
    everywhere = {"tables": in_tables(), "cache": in_cache(), "cookies": in_cookies(visitor), "log": caplog.text}
    for where, content in {**everywhere, "answers": told}.items():
        assert not re.search(r"51\.75|-1\.25", content), where
        assert "Boxford" not in content or where == "answers", where
        if where not in ("answers", "tables", "cache"):  # the rule's own postcode stands in the database, and is told
            assert "OX1" not in content, where
    assert not re.search(r"\bkm\b", in_cookies(visitor))


@requirement(41)
def test_nothing_tells_two_visitors_apart_who_did_the_same(asking: AgencyPage, clock: Any) -> None:
    jars = []
    for address in (RIVERSIDE, "192.0.2.99"):
        visitor = Visitor(address)
        full_visit(visitor)
        jars.append({name: cookie.value for name, cookie in visitor.cookies.items()})
    assert jars[0] == jars[1]
    assert {"personalise_choice", "personalise_visit", "personalise_memory", "personalise_count"} <= jars[0].keys()


@requirement(41)
def test_no_page_asks_another_host_for_anything(asking: AgencyPage, configure: Any, mmdb: Path) -> None:
    configure(GEO_DATABASE=mmdb)
    visitor = Visitor()
    pages = [
        visitor.get("/asking/"),
        visitor.get(ABOUT),
        visitor.post(CHOICE, {"choice": "allowed"}),  # asked once more
        visitor.post(CHOICE, {"choice": "allowed"}, headers={"Sec-Fetch-Site": "cross-site"}),
        visitor.sends(CHOICE, choice="none"),
    ]
    for answer in pages:
        html = answer.content.decode()
        loaded = re.findall(
            r"<(?:script|img|link|iframe|source|form|object|embed)\b[^>]*?(?:src|href|action|data)=\"([^\"]*)", html
        )
        assert not [address for address in loaded if re.match(r"(?:https?:)?//", address)], answer.request["PATH_INFO"]
        assert "Link" not in answer.headers
    assert 'href="https://www.maxmind.com"' in pages[1].content.decode()  # a credit to follow, not to load


# --- 42 to 46: totals and what is kept --------------------------------------------------------------------------------


@requirement(42)
def test_visits_end_in_daily_totals_and_no_table_has_room_for_a_visitor(asking: AgencyPage) -> None:
    for _visitor in range(3):
        Visitor().get("/asking/")
    flush()
    rows = DailyTally.objects.filter(goal="", variant=DailyTally.objects.exclude(variant="").first().variant)
    assert [row.count for row in rows] == [3]  # three visitors, one row
    ours = list(apps.get_app_config("wagtail_personalise_gov").get_models())
    assert {field.name for field in DailyTally._meta.get_fields()} == {"id", *DailyTally.KEY, "count"}
    for model in ours:
        for field in model._meta.get_fields():
            if not isinstance(field, fields.Field):
                continue
            related = field.related_model
            assert related is not Session
            if related is User:  # who edits, never who visits: Wagtail's own columns of what editors work on
                assert field.name in {"locked_by", "owner", "created_by", "paused_by"}, (model, field.name)
            assert not isinstance(field, fields.GenericIPAddressField), (model, field.name)
            assert field.name not in {"ip", "address", "user_agent", "session", "session_key", "cookie"}, model


@pytest.fixture
def totals(asking: AgencyPage, configure: Any) -> Counter[Any]:
    configure(COUNTING_BUFFER=PATH)
    GatheredBuffer.totals.clear()
    return GatheredBuffer.totals


@requirement(43)
@pytest.mark.parametrize(
    "agent, headers, cookie, mode",
    [
        ("", {}, "refused.1", "opt_out"),
        ("", {}, "allowed-uncounted.1", "opt_out"),
        ("", {"Sec_GPC": "1"}, "", "opt_out"),
        ("", {"DNT": "1"}, "", "opt_out"),
        (GOOGLEBOT, {}, "", "opt_out"),
        ("", {}, "", "opt_in"),
        ("", {}, "", "off"),
    ],
    ids=["refused", "counting refused", "GPC", "DNT", "crawler", "not asked yet", "off"],
)
def test_who_objects_and_what_is_nobody_adds_to_no_total(
    totals: Counter[Any], configure: Any, agent: str, headers: dict[str, str], cookie: str, mode: str
) -> None:
    configure(MODE=mode)
    visitor = Visitor(RIVERSIDE, agent, **headers) if agent else Visitor(RIVERSIDE, **headers)
    if cookie:
        visitor.cookies["personalise_choice"] = cookie
    for _time in range(2):
        visitor.get("/asking/", headers={"Referer": SEARCH})
    assert totals == Counter()
    assert "personalise_count" not in visitor.holds
    configure(MODE="opt_out")
    Visitor(RIVERSIDE).get("/asking/")
    assert totals


@requirement(44)
def test_turning_counting_off_leaves_pages_as_they_are(totals: Counter[Any]) -> None:
    visitor = Visitor()
    assert "[new]" in visitor.reads("/asking/", Referer=SEARCH)
    assert {"personalise_visit", "personalise_memory", "personalise_count"} <= visitor.holds
    answer = visitor.sends(CHOICE, counting="refused")
    visitor.get("/asking/")
    assert "personalise_count" not in visitor.holds
    assert not expired(answer) & {"personalise_visit", "personalise_memory"}
    totals.clear()
    html = visitor.reads("/asking/")
    assert "[new]" in html
    assert "[from-search]" in html
    assert totals == Counter()
    about = visitor.reads(ABOUT)
    purposes = dict(re.findall(r"<code>(\w+)</code></th>\s*<td>(.*?)</td>", about))
    assert purposes["personalise_visit"] != purposes["personalise_count"]


@requirement(44)
def test_turning_pages_off_leaves_what_was_said_about_counting(totals: Counter[Any]) -> None:
    visitor = Visitor()
    visitor.sends(CHOICE, counting="refused")
    visitor.refuses()
    visitor.allows()
    assert "[new]" in visitor.reads("/asking/")
    assert totals == Counter()
    visitor.sends(CHOICE, counting="allowed")
    visitor.get("/asking/")
    assert totals


@requirement(45)
def test_memory_is_not_renewed_by_a_visit_and_nothing_is_set_where_nothing_changed(
    asking: AgencyPage, clock: Any
) -> None:
    visitor = Visitor()
    first = visitor.get("/asking/", headers={"Referer": SEARCH})
    ends = clock_now() + int(first.cookies["personalise_memory"]["max-age"])
    assert first.cookies["personalise_memory"]["max-age"] <= 395 * DAY
    for _page in range(3):
        clock.shift(datetime.timedelta(minutes=1))
        assert not visitor.get("/asking/").cookies
    for days in (1, 100):
        clock.shift(datetime.timedelta(days=days))
        visitor.closes_the_browser()
        later = visitor.get("/asking/").cookies["personalise_memory"]
        assert clock_now() + int(later["max-age"]) <= ends + DAY  # counted by days
        clock.shift(datetime.timedelta(minutes=1))
        assert not visitor.get("/asking/").cookies


def clock_now() -> int:
    return int(datetime.datetime.now(datetime.UTC).timestamp())


@requirement(45)
def test_no_setting_makes_memory_last_longer_than_13_months(asking: AgencyPage, configure: Any) -> None:
    configure(MEMORY_MAX_AGE_DAYS=395)
    assert int(Visitor().get("/asking/").cookies["personalise_memory"]["max-age"]) == 395 * DAY
    configure(MEMORY_MAX_AGE_DAYS=396)
    assert int(Visitor().get("/asking/").cookies["personalise_memory"]["max-age"]) == 180 * DAY  # the default


@requirement(46)
def test_a_command_deletes_totals_that_are_older_than_the_setting_says(db: None, configure: Any, clock: Any) -> None:
    today = datetime.datetime.now(datetime.UTC).date()

    def ages() -> list[int]:
        return sorted((today - day).days for day in DailyTally.objects.values_list("day", flat=True))

    for age in (0, 99, 101, 364, 366, 759, 761):
        DailyTally.objects.create(day=today - datetime.timedelta(days=age), block="b", arm=Arm.STANDARD, count=20)
    configure(TALLIES_MAX_AGE_DAYS=760)
    call_command("prune_tallies", verbosity=0)
    assert ages() == [0, 99, 101, 364, 366, 759]
    configure(TALLIES_MAX_AGE_DAYS=761)  # more than 25 months: the default holds
    call_command("prune_tallies", verbosity=0)
    assert ages() == [0, 99, 101, 364]
    call_command("prune_tallies", days=100, verbosity=0)
    assert ages() == [0, 99]
    with pytest.raises(CommandError, match="25 months"):
        call_command("prune_tallies", days=761)


# --- 47 and 48 --------------------------------------------------------------------------------------------------------


@requirement(47)
@pytest.mark.parametrize("mode, joined", [("opt_out", False), ("opt_in", True)])
def test_an_account_and_the_memory_of_visits_are_joined_only_where_visitors_were_asked_first(
    home: AgencyPage, configure: Any, mode: str, joined: bool
) -> None:
    configure(MODE=mode)
    both = make_segment("both", models.AccountRule(), FirstTimeVisitorRule())
    account = make_segment("account", models.AccountRule())
    lines = [("line", personalised("All", (who, f"[{who.slug}]"))) for who in (both, account)]
    make_page("Tried", *lines, parent=home, slug="tried")
    ada = User.objects.create_user("ada")
    visitor = Visitor()
    visitor.force_login(ada)
    visitor.allows()
    html = visitor.reads("/tried/")
    assert "[account]" in html
    assert ("[both]" in html) is joined
    assert "[account]" not in Visitor().reads("/tried/")
    assert bool(both.problems()) is not joined  # and the editor is told why nobody matches
    kept = in_cookies(visitor).replace(visitor.cookies["sessionid"].value, "")
    assert "ada" not in kept
    assert not [table for table in in_tables().splitlines() if "ada" in table and "personalise" in table]


@requirement(48)
@pytest.mark.parametrize("what", ["page", "section"])
def test_a_segment_that_asks_who_saw_a_sensitive_page_is_refused(
    home: AgencyPage, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    """PlainPage stands for a kind of page that is sensitive throughout; a mixin gives other kinds a tick."""
    health = make_page("Health", parent=home, slug="health")
    make_plain_page("Clinic", parent=health)
    make_page("Bins", parent=home, slug="bins")
    asked = Page.objects.get(slug="clinic" if what == "page" else "health")
    monkeypatch.setattr(PlainPage, "sensitive", True, raising=False)
    models.PagesViewedRule(what=what, page=Page.objects.get(slug="bins")).clean()
    with pytest.raises(ValidationError) as refused:
        models.PagesViewedRule(what=what, page=asked).clean()
    assert "“Clinic”" in " ".join(refused.value.messages)


@requirement(48)
def test_that_a_sensitive_page_was_seen_is_kept_nowhere_even_for_a_segment_from_before_its_mark(
    home: AgencyPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = make_plain_page("Clinic", parent=home)
    who = make_segment("patients", models.PagesViewedRule(what="page", page=clinic.page_ptr, scope="visit"))
    make_page("Tried", ("line", personalised("All", (who, "[patients]"))), parent=home, slug="tried")
    before = Visitor()
    before.get("/clinic/")
    assert "[patients]" in before.reads("/tried/")

    with committed():
        monkeypatch.setattr(PlainPage, "sensitive", True, raising=False)
        compiling.retire()
    compiling.holder.check_again()
    visitor = Visitor()
    assert not visitor.get("/clinic/").cookies
    assert "[patients]" not in visitor.reads("/tried/")
    assert "[patients]" not in before.reads("/tried/")
    assert who.problems()
