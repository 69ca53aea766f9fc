"""The choice: refusing is easy, holds everywhere, and costs the visitor nothing."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.test import Client
from wagtail.models import Page
from wagtail.models import Site as WagtailSite

from tests.agency.geo import NetworkGeo
from tests.agency.models import AgencyPage
from tests.factories import hero, make_intent, make_page, make_segment, personalised
from tests.requirements.marks import requirement
from tests.requirements.visitors import (
    ABOUT,
    CHOICE,
    HILLTOP,
    IPHONE,
    NOWHERE,
    RIVERSIDE,
    SEARCH,
    Visitor,
    banner_of,
    directives,
    expired,
)
from wagtail_personalise_gov import models
from wagtail_personalise_gov.models import FirstTimeVisitorRule, Rule, Segment
from wagtail_personalise_gov.visit import devices

VERSION, STANDARD = "Sandbags in Riverside", "Be ready"
DAY = 24 * 60 * 60


# --- 1 to 4: what a refusal does --------------------------------------------------------------------------------------


@requirement(1)
@pytest.mark.parametrize(
    "mode, before, once_allowed",
    [("opt_out", VERSION, VERSION), ("opt_in", STANDARD, VERSION), ("off", STANDARD, STANDARD)],
)
def test_the_mode_says_what_holds_before_a_choice_and_whether_there_is_one(
    site: Segment, configure: Any, mode: str, before: str, once_allowed: str
) -> None:
    configure(MODE=mode)
    visitor = Visitor(RIVERSIDE)
    assert before in visitor.reads("/flood/")
    visitor.allows()
    assert once_allowed in visitor.reads("/flood/")


@requirement(1)
def test_where_visitors_are_asked_first_nothing_is_set_before_they_answer(site: Segment, configure: Any) -> None:
    new = make_segment("new", FirstTimeVisitorRule())
    make_page(
        "New", ("line", personalised("Hello", (new, "Hello, you"))), parent=Page.objects.get(slug="flood"), slug="new"
    )
    assert Visitor().get("/flood/new/").cookies  # with opt_out it is remembered that they were here
    configure(MODE="opt_in")
    visitor = Visitor()
    for path in ("/flood/", "/flood/new/", ABOUT):
        assert not visitor.get(path).cookies
    assert "Hello, you" not in visitor.reads("/flood/new/")
    visitor.allows()
    assert "Hello, you" in visitor.reads("/flood/new/")
    assert "personalise_memory" in visitor.holds


# For each rule type of the package a rule that the visitor below fits, at some time of their visits.
RULES: dict[str, Any] = {
    "LocationRule": lambda page: models.LocationRule(cities=["Riverside"]),
    "NetworkRule": lambda page: models.NetworkRule(networks=["192.0.2.0/24"], name="Town hall"),
    "DeviceRule": lambda page: models.DeviceRule(kinds=["mobile"]),
    "LanguageRule": lambda page: models.LanguageRule(languages=["cy"]),
    "ReferrerRule": lambda page: models.ReferrerRule(kinds=["search"]),
    "CampaignRule": lambda page: models.CampaignRule(source="newsletter"),
    "QueryRule": lambda page: models.QueryRule(parameter="topic", values=["housing"]),
    "FirstTimeVisitorRule": lambda page: models.FirstTimeVisitorRule(),
    "VisitCountRule": lambda page: models.VisitCountRule(comparison="at_least", visits=2),
    "LastVisitRule": lambda page: models.LastVisitRule(comparison="at_most", days=30),
    "PagesViewedRule": lambda page: models.PagesViewedRule(what="page", page=page, scope="visit"),
    "VisitIntentRule": lambda page: models.VisitIntentRule(intent=make_intent("start-a-business")),
    "AccountRule": lambda page: models.AccountRule(
        who="in_group", user_group=Group.objects.get_or_create(name="Councillors")[0]
    ),
    "SegmentRule": lambda page: models.SegmentRule(other=make_segment("here", models.LocationRule(countries=["GB"]))),
    "TimeOfDayRule": lambda page: models.TimeOfDayRule(start=datetime.time(9), end=datetime.time(17)),
    "DayOfWeekRule": lambda page: models.DayOfWeekRule(days=["saturday", "tuesday"]),
    "DateRangeRule": lambda page: models.DateRangeRule(last_day=datetime.date(2026, 4, 30)),
    "PathRule": lambda page: models.PathRule(where="paths", paths=["/tried/*"]),
    "SiteRule": lambda page: models.SiteRule(site=WagtailSite.objects.get()),
}
THE_SAME_FOR_EVERYBODY = {"TimeOfDayRule", "DayOfWeekRule", "DateRangeRule", "PathRule", "SiteRule"}


@requirement(2)
def test_every_rule_type_of_the_package_is_tried_here() -> None:
    own = [
        relation.related_model
        for relation in Segment.rule_relations()
        if relation.related_model.__module__.startswith("wagtail_personalise_gov.")
    ]
    assert {model.__name__ for model in own} == RULES.keys()


# (what their browser sends, whether they press the button, the site's settings)
WAYS_TO_REFUSE: dict[str, tuple[dict[str, str], bool, dict[str, str]]] = {
    "by choice": ({}, True, {}),
    "by Global Privacy Control": ({"Sec_GPC": "1"}, False, {}),
    "by Do Not Track": ({"DNT": "1"}, False, {}),
    "by not answering, where visitors are asked first": ({}, False, {"MODE": "opt_in"}),
}


@requirement(2, 10)
@pytest.mark.parametrize("kind", RULES)
def test_who_refused_gets_the_standard_version_whatever_the_rule(
    kind: str, home: AgencyPage, places_by_address: type[NetworkGeo], configure: Any, clock: Any
) -> None:
    page = make_page("Tried", parent=home, slug="tried")
    rule: Rule = RULES[kind](page)
    who = make_segment("who", rule)
    page.body = [{"type": "line", "value": personalised("For everybody", (who, "For you"))}]
    page.save()
    councillor = User.objects.create_user("councillor")
    councillor.groups.set(Group.objects.filter(name="Councillors"))

    def sees(headers: dict[str, str], refuses: bool) -> list[str]:
        """What they are shown on a first visit, and on a second some days later."""
        visitor = Visitor(RIVERSIDE, IPHONE, Accept_Language="cy", **headers)
        if refuses:
            visitor.refuses()
        shown = []
        for days in (0, 3):
            clock.shift(datetime.timedelta(days=days))
            visitor.closes_the_browser()
            if kind == "AccountRule":
                visitor.force_login(councillor)
            shown.append(visitor.reads("/tried/?topic=housing&utm_source=newsletter", Referer=SEARCH))
            visitor.sends("/personalisation/intent/", intent="start-a-business")
            shown.append(visitor.reads("/tried/", Referer="http://testserver/tried/"))
        clock.shift(datetime.timedelta(days=-3))
        return [
            "For you" if "For you" in html else "For everybody" if "For everybody" in html else "" for html in shown
        ]

    assert "For you" in sees({}, refuses=False)
    for headers, refuses, keys in WAYS_TO_REFUSE.values():
        configure(**keys)
        seen = sees(headers, refuses)
        if kind in THE_SAME_FOR_EVERYBODY:
            assert "For you" in seen
        else:
            assert seen == ["For everybody"] * 4


@requirement(3)
def test_after_a_refusal_nothing_is_looked_up_parsed_or_begun(
    home: AgencyPage, places_by_address: type[NetworkGeo], configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(VISITOR_STORE="wagtail_personalise_gov.visit.stores.DjangoSessionStore")
    parsed: list[str] = []
    parse = devices._parse
    monkeypatch.setattr(devices, "_kinds", {})  # what an earlier request told would not be parsed again
    monkeypatch.setattr(devices, "_parse", lambda agent: (parsed.append(agent), parse(agent))[1])
    who = [
        make_segment("here", models.LocationRule(cities=["Riverside"])),
        make_segment("phones", models.DeviceRule(kinds=["mobile"])),
        make_segment("new", FirstTimeVisitorRule()),
    ]
    lines = [("line", personalised("All", (segment, f"For {segment.slug}"))) for segment in who]
    make_page("Tried", *lines, parent=home, slug="tried")

    refuser = Visitor(RIVERSIDE, IPHONE)
    refuser.refuses()
    for _time in range(2):
        assert "For " not in refuser.reads("/tried/").partition("<main>")[2]
    assert Visitor(RIVERSIDE, IPHONE, Sec_GPC="1").get("/tried/").status_code == 200
    assert (places_by_address.looked, parsed, Session.objects.count()) == (0, [], 0)
    assert refuser.holds == {"personalise_choice"}

    visitor = Visitor(RIVERSIDE, IPHONE)
    html = visitor.reads("/tried/")
    assert all(f"For {segment.slug}" in html for segment in who)
    assert (places_by_address.looked, parsed, Session.objects.count()) == (1, [IPHONE], 1)


@requirement(4)
def test_the_answer_to_a_refusal_erases_all_that_was_kept_but_the_choice(home: AgencyPage, configure: Any) -> None:
    configure(COUNTING=True)
    new = make_segment("new", FirstTimeVisitorRule())
    make_page("New", ("line", personalised("Back", (new, "New"))), parent=home, slug="new")
    visitor = Visitor()
    visitor.get("/new/")
    kept = {"personalise_visit", "personalise_memory", "personalise_count"} & visitor.holds
    assert {"personalise_memory", "personalise_count"} <= kept
    visitor.cookies["personalise_confirm"] = "left over"
    answer = visitor.refuses()
    assert expired(answer) == kept | {"personalise_confirm"}
    assert visitor.holds == {"personalise_choice"}
    assert "New" in Visitor().reads("/new/")  # another visitor is not touched by it


@requirement(4)
def test_a_refusal_clears_what_a_session_kept_and_nothing_else_of_it(home: AgencyPage, configure: Any) -> None:
    configure(VISITOR_STORE="wagtail_personalise_gov.visit.stores.DjangoSessionStore")
    new = make_segment("new", FirstTimeVisitorRule())
    make_page("New", ("line", personalised("Back", (new, "New"))), parent=home, slug="new")
    visitor, signed_in = Visitor(), Visitor()
    signed_in.force_login(User.objects.create_user("ada"))
    for client in (visitor, signed_in):
        client.get("/new/")
        assert any("personalise" in key for key, _value in client.session.items())
        client.refuses()
    assert visitor.holds == {"personalise_choice"}
    assert [session.get_decoded().keys() & {"_auth_user_id"} for session in Session.objects.all()] == [
        {"_auth_user_id"}
    ]
    assert not [key for key, _value in signed_in.session.items() if "personalise" in key]


# --- 5 to 7: how it is made -------------------------------------------------------------------------------------------


@requirement(5)
def test_choosing_is_a_plain_form_that_needs_no_script_no_session_and_no_token(site: Segment) -> None:
    visitor = Client(enforce_csrf_checks=True, REMOTE_ADDR=RIVERSIDE, headers={"Sec-Fetch-Site": "same-origin"})
    banner = banner_of(visitor.get("/flood/").content.decode())
    assert f'<form method="post" action="{CHOICE}"' in banner
    assert "onclick" not in banner
    for choice, shown in (("refused", STANDARD), ("allowed", VERSION)):
        assert visitor.post(CHOICE, {"choice": choice}).status_code == 303
        assert shown in visitor.get("/flood/").content.decode()
        assert visitor.post(CHOICE, {"choice": "hide"}).status_code == 303
        assert not banner_of(visitor.get("/flood/").content.decode())
    assert {name for name, cookie in visitor.cookies.items() if cookie.value} == {"personalise_choice"}


@requirement(5)
@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}], ids=["fetch", "origin"]
)
@pytest.mark.parametrize("choice", ["allowed", "refused", "hide"])
def test_another_sites_form_changes_nothing(site: Segment, headers: dict[str, str], choice: str) -> None:
    visitor = Visitor()
    answer = visitor.post(CHOICE, {"choice": choice}, headers=headers)
    assert answer.status_code == 403
    assert not answer.cookies


@requirement(5)
def test_where_a_browser_hides_where_a_form_came_from_it_may_refuse_and_is_asked_once_more_before_it_allows(
    site: Segment,
) -> None:
    visitor = Visitor()
    assert visitor.post(CHOICE, {"choice": "refused"}, headers={"Origin": "null"}).status_code == 303
    assert STANDARD in visitor.reads("/flood/")
    answer = visitor.post(CHOICE, {"choice": "allowed"}, headers={"Origin": "null"})
    assert answer.status_code == 403
    assert STANDARD in visitor.reads("/flood/")
    html = answer.content.decode()
    token = html.partition('name="token" value="')[2].partition('"')[0]
    assert token
    assert visitor.post(CHOICE, {"choice": "allowed", "token": token}, headers={"Origin": "null"}).status_code == 303
    assert VERSION in visitor.reads("/flood/")


@requirement(5)
@pytest.mark.parametrize("method", ["get", "head", "put", "patch", "delete", "options"])
def test_only_a_post_changes_the_choice(site: Segment, method: str) -> None:
    visitor = Visitor()
    visitor.refuses()
    held = visitor.cookies["personalise_choice"].value
    answer = getattr(visitor, method)(f"{CHOICE}?choice=allowed", headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 405
    assert not answer.cookies
    assert visitor.cookies["personalise_choice"].value == held


@requirement(6)
@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
@pytest.mark.parametrize("counting", [False, True], ids=["adapting", "adapting and counting"])
def test_refusing_is_one_press_of_the_same_kind_of_button_beside_the_other(
    site: Segment, configure: Any, mode: str, counting: bool
) -> None:
    configure(MODE=mode, COUNTING=counting)
    banner = banner_of(Visitor().reads("/flood/"))
    buttons = {
        choice: banner.partition(f'name="choice" value="{choice}" ')[2].partition(">")[0]
        for choice in ("allowed", "refused")
    }
    assert buttons["allowed"] == buttons["refused"] != ""
    group = banner[banner.index("govuk-button-group") :]
    assert group.count('type="submit"') == 2
    visitor = Visitor()
    visitor.refuses()  # that one press, and nothing more
    assert STANDARD in visitor.reads("/flood/")


@requirement(7)
@pytest.mark.parametrize("path", ["/flood/", "/plain/", "/"])
@pytest.mark.parametrize("before", ["", "refused.1", "allowed.1"])
def test_a_link_on_every_page_leads_to_where_the_choice_is_changed(site: Segment, path: str, before: str) -> None:
    visitor = Visitor()
    if before:
        visitor.cookies["personalise_choice"] = before
    footer = visitor.reads(path).partition("<footer>")[2]
    assert f'href="{ABOUT}' in footer
    about = visitor.reads(ABOUT)
    for choice in ("allowed", "refused"):
        assert f'name="choice" value="{choice}"' in about
    visitor.refuses()
    assert STANDARD in visitor.reads("/flood/")
    visitor.allows()
    assert VERSION in visitor.reads("/flood/")


# --- 8 to 11: what it is worth ----------------------------------------------------------------------------------------


@requirement(8)
@pytest.mark.parametrize("choice", ["allowed", "refused"])
def test_two_visitors_who_choose_the_same_hold_the_same_bytes(site: Segment, choice: str) -> None:
    values = set()
    for visitor in (Visitor(RIVERSIDE), Visitor(HILLTOP, IPHONE, Accept_Language="cy")):
        visitor.get("/flood/")
        values.add(visitor.sends(CHOICE, choice=choice).cookies["personalise_choice"].value)
    assert len(values) == 1
    assert values.pop().startswith(f"{choice}.1")


@requirement(8)
def test_a_new_secret_key_loses_no_refusal(site: Segment, settings: Any) -> None:
    refuser, other = Visitor(), Visitor()
    refuser.refuses()
    settings.SECRET_KEY = "another one, and no fallback"
    assert STANDARD in refuser.reads("/flood/")
    assert VERSION in other.reads("/flood/")


@requirement(9)
@pytest.mark.parametrize(
    "given, leads_to",
    [
        ("/flood/?page=2#help", "/flood/?page=2#help"),
        ("http://testserver/plain/", "/plain/"),
        ("https://evil.example/", ABOUT),
        ("//evil.example/", ABOUT),
        ("/\\evil.example/", ABOUT),
        ("javascript:alert(1)", ABOUT),
        ("", ABOUT),
    ],
)
def test_refusing_leads_back_to_a_page_of_this_site_and_to_no_other(site: Segment, given: str, leads_to: str) -> None:
    visitor = Visitor()
    answer = visitor.refuses(next=given)
    assert answer.status_code == 303
    assert answer["Location"].removeprefix("http://testserver") == leads_to
    assert "sessionid" not in visitor.holds  # nobody had to sign in
    assert visitor.get(answer["Location"]).status_code == 200


@requirement(10)
def test_who_refused_reaches_every_page_that_others_reach(site: Segment) -> None:
    refuser, visitor = Visitor(), Visitor()
    refuser.refuses()
    for page in Page.objects.live().filter(depth__gt=1):
        assert visitor.get(page.url).status_code == refuser.get(page.url).status_code == 200
    assert VERSION in visitor.reads("/flood/")
    assert STANDARD in refuser.reads("/flood/")
    for html in (visitor.reads("/flood/"), refuser.reads("/flood/")):
        assert "For everyone" in html  # what stands around the block is there for both


@requirement(11)
def test_a_block_without_a_standard_version_is_refused_unless_the_editor_says_so(
    home: AgencyPage, riverside: Segment
) -> None:
    def clean(nothing_for_others: bool, heading: str = "") -> Any:
        block = AgencyPage._meta.get_field("body").stream_block.child_blocks["offer"]
        value = personalised(hero(heading), (riverside, hero(VERSION)), nothing_for_others=nothing_for_others)
        return block.clean(block.to_python(value))

    with pytest.raises(ValidationError):
        clean(nothing_for_others=False)
    clean(nothing_for_others=False, heading=STANDARD)
    clean(nothing_for_others=True)


# --- 13 and 14: how long it holds -------------------------------------------------------------------------------------


@requirement(13)
def test_a_choice_is_kept_as_long_as_its_kind_may_be(site: Segment, configure: Any) -> None:
    def days(choice: str) -> float:
        return float(Visitor().sends(CHOICE, choice=choice).cookies["personalise_choice"]["max-age"]) / DAY

    assert (days("allowed"), days("refused")) == (183, 365)
    configure(ALLOWED_MAX_AGE_DAYS=30, REFUSED_MAX_AGE_DAYS=400)
    assert (days("allowed"), days("refused")) == (30, 400)
    configure(ALLOWED_MAX_AGE_DAYS=401, REFUSED_MAX_AGE_DAYS=401)  # more than a browser keeps: what holds without it
    assert (days("allowed"), days("refused")) == (183, 365)


@requirement(13)
def test_an_acceptance_is_asked_again_after_six_months_and_a_refusal_is_not(site: Segment, clock: Any) -> None:
    """A jar that drops what has expired, as browsers do. The last has accepted, and refused to be counted."""
    accepted, refused, both = visitors = Visitor(), Visitor(), Visitor()
    accepted.allows()
    refused.refuses()
    both.sends(CHOICE, choice="allowed", counting="refused")
    until = {visitor: int(visitor.cookies["personalise_choice"]["max-age"]) / DAY for visitor in visitors}
    assert until[both] == 365
    began = datetime.datetime.now(datetime.UTC)
    for visitor in visitors:
        visitor.get("/flood/")  # confirms, and begins no new term
        assert int(visitor.cookies["personalise_choice"]["max-age"]) / DAY <= until[visitor]
    for day, asked in ((182, (False, False, False)), (184, (True, False, True)), (366, (True, True, True))):
        clock.move_to(began + datetime.timedelta(days=day))
        seen = []
        for visitor in visitors:
            if day > until[visitor]:
                visitor.cookies.pop("personalise_choice", None)
            seen.append('value="allowed"' in banner_of(visitor.reads("/flood/")))
        assert tuple(seen) == asked, day


@requirement(14)
def test_a_new_policy_ends_older_acceptances_and_keeps_older_refusals(site: Segment, configure: Any) -> None:
    accepted, refused = Visitor(), Visitor()
    accepted.allows()
    refused.refuses()
    for visitor in (accepted, refused):
        visitor.get("/flood/")  # shows the confirmation
        assert not banner_of(visitor.reads("/flood/"))
    configure(POLICY_VERSION=2, MODE="opt_in")
    assert STANDARD in accepted.reads("/flood/")
    assert 'value="allowed"' in banner_of(accepted.reads("/flood/"))
    assert STANDARD in refused.reads("/flood/")
    assert not banner_of(refused.reads("/flood/"))
    accepted.allows()
    assert accepted.cookies["personalise_choice"].value.startswith("allowed.2")
    assert VERSION in accepted.reads("/flood/")


# --- 15 to 19: what a browser says for its visitor --------------------------------------------------------------------


@requirement(15)
@pytest.mark.parametrize("value", ["1", "0", "true", "1;x", "1, 1", " 1 ", "", "11"])
def test_global_privacy_control_counts_as_a_refusal_and_only_as_its_exact_value(site: Segment, value: str) -> None:
    html = Visitor(Sec_GPC=value).reads("/flood/")
    if value == "1":
        assert STANDARD in html
        assert not banner_of(html)
    else:
        assert VERSION in html
        assert banner_of(html)
    assert VERSION in Visitor().reads("/flood/")


@requirement(16)
def test_a_choice_made_while_the_signal_is_on_beats_it_and_the_page_says_so(site: Segment) -> None:
    says = "Your browser asked us not to, and your choice on this site comes first."
    knowing, earlier = Visitor(Sec_GPC="1"), Visitor()
    assert STANDARD in knowing.reads("/flood/")
    for visitor in (knowing, earlier):
        visitor.allows()
    assert VERSION in knowing.reads("/flood/")
    assert says in knowing.reads(ABOUT)
    assert VERSION in earlier.reads("/flood/")
    assert STANDARD in earlier.reads("/flood/", Sec_GPC="1")  # switched on since: the newer word
    assert says not in earlier.reads(ABOUT, Sec_GPC="1")


@requirement(17)
def test_do_not_track_is_handled_the_same_way_behind_a_setting_of_its_own(site: Segment, configure: Any) -> None:
    visitor = Visitor(DNT="1")
    html = visitor.reads("/flood/")
    assert STANDARD in html
    assert not banner_of(html)
    assert VERSION in Visitor(DNT="0").reads("/flood/")
    configure(HONOUR_DNT=False)
    assert VERSION in visitor.reads("/flood/")
    assert STANDARD in Visitor(Sec_GPC="1").reads("/flood/")  # the other one has its own
    configure(HONOUR_DNT=True)
    visitor.allows()
    assert VERSION in visitor.reads("/flood/")


@requirement(19)
@pytest.mark.parametrize("mode", ["opt_out", "opt_in", "off"])
@pytest.mark.parametrize("choice", ["", "allowed", "refused"])
@pytest.mark.parametrize("signal", ["", "1", "0"])
@pytest.mark.parametrize("address", [RIVERSIDE, NOWHERE], ids=["in Riverside", "nowhere"])
def test_the_api_takes_the_choice_and_decides_as_the_page_does(
    site: Segment, configure: Any, mode: str, choice: str, signal: str, address: str
) -> None:
    configure(MODE=mode)
    headers = {"Sec_GPC": signal} if signal else {}
    by_form, by_api = Visitor(address, **headers), Visitor(address, **headers)
    if choice:
        by_form.sends(CHOICE, choice=choice)
        put = {"content_type": "application/json", "headers": {"Sec-Fetch-Site": "same-origin"}}
        assert by_api.put("/api/personalise/v1/preference/", {"preference": choice}, **put).status_code == 200
    page = Page.objects.get(slug="flood")
    stories = set()
    for visitor in (by_form, by_api):
        stories.add(VERSION in visitor.reads("/flood/"))
        offer = visitor.get(f"/api/personalise/v1/pages/{page.pk}/").json()["body"][1]["value"]
        stories.add(offer["content"]["heading"] == VERSION)
        groups = visitor.get("/api/personalise/v1/visit/").json()["segments"]
        stories.add("riverside" in [group["slug"] for group in groups])
    allowed = choice == "allowed" or (not choice and mode == "opt_out" and signal != "1")
    assert stories == {allowed and mode != "off" and address == RIVERSIDE}


@requirement(19)
def test_an_answer_of_the_api_to_a_refusal_erases_and_is_not_kept(site: Segment) -> None:
    new = make_segment("new", FirstTimeVisitorRule())
    make_page("New", ("line", personalised("Back", (new, "New"))), parent=Page.objects.get(slug="flood"), slug="new")
    visitor = Visitor()
    visitor.get("/flood/new/")
    assert "personalise_memory" in visitor.holds
    answer = visitor.put(
        "/api/personalise/v1/preference/",
        {"preference": "refused"},
        content_type="application/json",
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert visitor.holds == {"personalise_choice"}
    assert "no-store" in directives(answer)
