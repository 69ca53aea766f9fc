"""The command explain_decision: a visit in words, what it is told of it, and by which exit code."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command, load_command_class

from tests.agency.models import AgencyPage, AskRule
from tests.factories import make_intent, make_page, make_segment
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.compiling import pause
from wagtail_personalise_gov.models import (
    AccountRule,
    DateRangeRule,
    DayOfWeekRule,
    DeviceRule,
    FirstTimeVisitorRule,
    LanguageRule,
    LastVisitRule,
    LocationRule,
    NetworkRule,
    PagesViewedRule,
    PathRule,
    QueryRule,
    ReferrerRule,
    SegmentRule,
    TimeOfDayRule,
    VisitCountRule,
    VisitIntentRule,
)

pytestmark = pytest.mark.django_db

COMPUTER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/15E148"


def explain(**options: Any) -> tuple[str, int]:
    """What the command prints, and its exit code."""
    out = io.StringIO()
    try:
        call_command("explain_decision", stdout=out, **options)
    except SystemExit as end:
        return out.getvalue(), int(str(end.code))
    return out.getvalue(), 0


def reasons(**options: Any) -> dict[str, str]:
    text, _code = explain(format="json", **options)
    return {segment["slug"]: segment["reason"] for segment in json.loads(text)["segments"]}


def test_without_a_segment_it_ends_with_0_and_tells_of_each() -> None:
    make_segment("new", FirstTimeVisitorRule())
    make_segment("french", LocationRule(countries=["FR"]))
    make_segment("draft", FirstTimeVisitorRule(), live=False)
    text, code = explain()
    assert code == 0
    assert "new: matched" in text
    assert "  yes: This is their first visit [visitor.first_visit]" in text
    assert "french: can't tell" in text
    assert "draft" not in text
    assert "location.country: can't be told" in text


@pytest.mark.parametrize("ip, code", [("203.0.113.9", 0), ("192.0.2.9", 1), ("10.0.0.1", 2), ("", 2)])
def test_its_exit_code_is_the_answer(places_by_address: Any, ip: str, code: int) -> None:
    make_segment("french", LocationRule(countries=["FR"]))
    assert explain(ip=ip, segment="french")[1] == code


def test_refused_is_no_answer() -> None:
    make_segment("new", FirstTimeVisitorRule())
    text, code = explain(preference="refused", segment="new")
    assert code == 2
    assert "new: refused by the visitor" in text
    assert "not looked at" in text


def test_every_rule_has_an_answer_of_its_own() -> None:
    make_segment("some", FirstTimeVisitorRule(negated=True), ReferrerRule(kinds=["search"]), match="any")
    text, _code = explain(referrer="https://duckduckgo.com/")
    assert "  any of these:\n  yes: They came from a search engine [visit.referrer.kind]\n" in text
    assert "  no: We can tell they have been here before [visitor.first_visit]\n" in text
    (segment,) = json.loads(explain(referrer="https://duckduckgo.com/", format="json")[0])["segments"]
    assert {rule["type"]: rule["answer"] for rule in segment["rules"]} == {
        "ReferrerRule": True,
        "FirstTimeVisitorRule": False,
    }


def test_facts_say_what_they_are_and_where_they_come_from(places_by_address: Any) -> None:
    make_segment("french", LocationRule(countries=["FR"]))
    (fact,) = json.loads(explain(ip="203.0.113.9", format="json")[0])["facts"]
    assert (fact["name"], fact["value"]) == ("location.country", "FR")
    assert "NetworkGeo" in fact["from"]
    (given,) = json.loads(explain(facts='{"location.country": "DE"}', format="json")[0])["facts"]
    assert (given["value"], given["from"]) == ("DE", "given by you")


@pytest.mark.parametrize(
    "rule, inside, outside",
    [
        (ReferrerRule(kinds=["government"]), {"referrer": "https://www.gov.uk/x"}, {"referrer": "https://x.example/"}),
        (QueryRule(parameter="topic"), {"query": "topic=x"}, {"query": "?a=b"}),
        (QueryRule(parameter="topic"), {"path": "/x/?topic=x"}, {"path": "/x/"}),
        (PathRule(where="paths", paths=["/news/*"]), {"path": "/news/x/"}, {"path": "/"}),
        (DeviceRule(kinds=["mobile"]), {"user_agent": PHONE}, {"user_agent": COMPUTER}),
        (DeviceRule(kinds=["mobile"]), {"header": ["Sec-CH-UA-Mobile: ?1"]}, {"user_agent": COMPUTER}),
        (LanguageRule(languages=["cy"]), {"language": "cy, en;q=0.5"}, {"language": "en, cy;q=0.5"}),
        (LanguageRule(how="accepts", languages=["cy"]), {"language": "en, cy;q=0.5"}, {"language": "en, cy;q=0"}),
        (
            TimeOfDayRule(start=datetime.time(22), end=datetime.time(6)),
            {"at": "2026-10-25T00:59:00+00:00"},
            {"at": "2026-10-25T06:00"},
        ),
        (DayOfWeekRule(days=["sunday"]), {"at": "2026-04-19T00:00"}, {"at": "2026-04-20T00:00"}),
        (DayOfWeekRule(days=["sunday"]), {"at": "2026-04-18T23:30:00+00:00"}, {"at": "2026-04-18T22:30:00+00:00"}),
        (DateRangeRule(last_day=datetime.date(2026, 4, 18)), {"at": "2026-04-18"}, {"at": "2026-04-19"}),
        (VisitCountRule(visits=3), {"memory": '{"visits": 3}'}, {"memory": '{"visits": 2}'}),
        (VisitCountRule(comparison="exactly", visits=1), {}, {"memory": '{"visits": 2}'}),
        (
            LastVisitRule(days=30),
            {"memory": '{"days_since_last_visit": 31}'},
            {"memory": '{"days_since_last_visit": 2}'},
        ),
        (LastVisitRule(comparison="at_most", days=7, negated=True), {}, {"memory": '{"days_since_last_visit": 7}'}),
        (PagesViewedRule(what="number", number=2), {"memory": '{"pages": [5, 6]}'}, {"memory": '{"pages": []}'}),
        (NetworkRule(name="x", networks=["192.0.2.0/24"]), {"ip": "192.0.2.9"}, {"ip": "192.0.3.9"}),
        (NetworkRule(name="x", networks=["2001:db8::/32"]), {"ip": "2001:db8::1"}, {"ip": "2001:db9::1"}),
    ],
    ids=str,
)  # fmt: skip
def test_each_option_is_read_as_a_request_would_be(rule: Any, inside: dict[str, Any], outside: dict[str, Any]) -> None:
    rule.pk = None
    make_segment("some", rule)
    assert reasons(**inside) == {"some": "matched"}
    assert reasons(**outside) == {"some": "not_matched"}


def test_accounts_intents_and_segments_inside_segments(django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("ann", password="x")
    group = Group.objects.create(name="Councillors")
    user.groups.add(group)
    intent = make_intent("parking")
    inner = make_segment("parkers", VisitIntentRule(intent=intent, certainty=VisitIntentRule.SAID))
    make_segment("not-parkers", SegmentRule(other=inner, negated=True))
    make_segment("councillors", AccountRule(who="in_group", user_group=group))
    assert reasons(user="ann", intent="parking") == {
        "parkers": "matched",
        "not-parkers": "not_matched",
        "councillors": "matched",
    }
    assert reasons() == {"parkers": "not_matched", "not-parkers": "matched", "councillors": "not_matched"}


def test_the_page_that_is_asked_for_counts_as_seen(home: AgencyPage) -> None:
    page = make_page("Housing", parent=home, slug="housing").page_ptr
    make_segment("housing", PagesViewedRule(page=page))
    assert reasons(path="/housing/") == {"housing": "matched"}
    assert reasons(path="/") == {"housing": "not_matched"}
    assert reasons(path="/nowhere/") == {"housing": "not_matched"}


def test_real_places(configure: Any, mmdb: Path) -> None:
    configure(GEO_DATABASE=mmdb)
    make_segment("wales-or-england", LocationRule(subdivisions=["GB-WLS", "GB-ENG"]))
    make_segment("near-london", LocationRule(latitude=51.5, longitude=-0.12, radius_km=20))
    # Registered in France, and known to 100 km only
    assert reasons(ip="2.125.160.216") == {"wales-or-england": "matched", "near-london": "unknown"}
    assert reasons(ip="81.2.69.142") == {"wales-or-england": "matched", "near-london": "matched"}
    assert reasons(ip="216.160.83.56")["wales-or-england"] == "not_matched"  # in the US, registered in GB
    assert set(reasons(ip="127.0.0.1").values()) == {"unknown"}


def test_a_rule_that_can_not_be_asked_says_why() -> None:
    segment = make_segment("some", PathRule(where="paths", paths=["/x/"]))
    PathRule.objects.filter(segment=segment).update(where=PathRule.SECTION, paths=[])
    text, code = explain(segment="some")
    assert code == 2
    assert "was deleted" in text


def test_nothing_is_kept() -> None:
    make_segment("new", FirstTimeVisitorRule())
    explain(memory='{"visits": 3}', ip="192.0.2.77")
    assert not Session.objects.exists()


def test_of_a_site_that_is_off_it_says_so(configure: Callable[..., None]) -> None:
    make_segment("new", FirstTimeVisitorRule())
    configure(MODE="off")
    text, code = explain()
    assert code == 0
    assert "The setting MODE is 'off': nobody is in any segment." in text
    assert "new: matched" in text
    assert json.loads(explain(format="json")[0])["off"] is True
    with pytest.raises(CommandError, match="MODE is 'off'") as error:
        explain(segment="new")
    assert error.value.returncode == 3


def test_while_paused_it_says_so() -> None:
    make_segment("new", FirstTimeVisitorRule())
    pause(by="somebody")
    compiling.holder.check_again()
    text, code = explain()
    assert code == 0
    assert "paused" in text


@pytest.mark.parametrize(
    "options, words",
    [
        ({"segment": "nwe"}, "Did you mean 'new'?"),
        ({"segment": "draft"}, "is not live"),
        ({"ip": "1.2.3"}, "Write it as 192.0.2.7"),
        ({"at": "yesterday"}, "2026-04-18T22:30"),
        ({"at": "2026-02-30T10:00"}, "2026-04-18T22:30"),
        ({"intent": "x"}, "There is no intent 'x'"),
        ({"memory": "x"}, "--memory is not JSON"),
        ({"memory": "[1]"}, "--memory is list"),
        ({"memory": '{"visit": 3}'}, "visits: how many"),
        ({"memory": '{"visits": "3"}'}, "visits takes whole numbers"),
        ({"memory": '{"campaign": 3}'}, "can't be read"),
        ({"facts": '{"location.contry": "FR"}'}, "There is no fact 'location.contry'"),
        ({"facts": '{"network.ip": "x"}'}, "no internet address"),
        ({"facts": '{"clock.local": "x"}'}, "no date and time"),
        ({"header": ["X-Country"]}, "Name: value"),
        ({"user": "nobody"}, "There is no account 'nobody'"),
    ],
)
def test_what_can_not_be_asked_gets_a_message_and_ends_with_3(options: dict[str, Any], words: str) -> None:
    make_segment("new", FirstTimeVisitorRule())
    make_segment("draft", FirstTimeVisitorRule(), live=False)
    with pytest.raises(CommandError) as caught:
        explain(**options)
    assert words in str(caught.value)
    assert caught.value.returncode == 3


@pytest.mark.parametrize(
    "fact, operator, asked, given",
    [
        ("location.point", "within", {"lat": 51.5, "lng": -0.1, "km": 20}, [51.5, -0.1, 5]),
        ("location.point", "within", {"lat": 51.5, "lng": -0.1, "km": 20}, [51.5, -0.1]),
        ("network.ip", "in_network", ["192.0.2.0/24"], "192.0.2.1"),
        ("clock.local", "between", ["22:00", "06:00"], "2026-04-18T23:00"),
        ("visit.intent", "at_least_in", {"parking": 0.5}, {"parking": 1}),
        ("visit.pages", "contains_any", [12], [12]),
        ("request.query.topic", "equals", "x", "x"),
        ("language", "language", ["cy"], ["cy"]),
    ],
)
def test_facts_of_every_kind_may_be_given(fact: str, operator: str, asked: Any, given: Any) -> None:
    make_segment("some", AskRule(question={"fact": fact, "op": operator, "value": asked}))
    assert reasons(facts=json.dumps({fact: given})) == {"some": "matched"}


@pytest.mark.parametrize(
    "options",
    [
        {"at": "9999-12-31T23:59-12:00"},
        {"at": "0001-01-01T00:00+14:00"},
        {"facts": '{"clock.local": "9999-12-31T23:59-12:00"}'},
        {"path": "//[::1"},
        {"memory": '{"pages": [1e400]}'},
        {"facts": '{"request.query": 5, "request.query.a": "1"}'},
        {"facts": "[" * 100_000},
        {"facts": '{"visitor.visits": NaN}'},
        {"facts": '{"visitor.visits": 1e999}'},
        {"facts": '{"visitor.visits": "3"}'},
        {"path": "/\udce9/"},
        {"segment": "\udce9"},
    ],
    ids=str,
)
def test_nothing_strange_ends_with_the_code_of_an_answer(options: dict[str, Any]) -> None:
    make_segment("new", FirstTimeVisitorRule())
    with pytest.raises(CommandError) as caught:
        explain(format="json", **options)
    assert caught.value.returncode == 3


@pytest.mark.parametrize("arguments", [["--bogus"], ["--format", "xml"], ["--preference", "maybe"], ["--segment"]])
def test_nor_does_an_option_that_is_mistyped(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    command = load_command_class("wagtail_personalise_gov", "explain_decision")
    with pytest.raises(SystemExit) as end:
        command.run_from_argv(["manage.py", "explain_decision", *arguments])
    assert end.value.code == 3
    assert "usage" in capsys.readouterr().err


def test_what_is_given_of_somebody_who_refused_is_not_used() -> None:
    make_segment("french", LocationRule(countries=["FR"]))
    assert explain(facts='{"location.country": "FR"}', segment="french")[1] == 0
    assert explain(facts='{"location.country": "FR"}', segment="french", preference="refused")[1] == 2


def test_a_link_of_the_default_site_is_one_of_this_site(home: AgencyPage) -> None:
    make_segment("new", FirstTimeVisitorRule())
    assert explain(segment="new", referrer="https://www.example.com/")[1] == 0
    assert explain(segment="new", referrer="http://testserver/news/")[1] == 2


def test_a_segment_in_learning_mode_has_nobody_in_it(home: AgencyPage) -> None:
    make_segment("from-search", ReferrerRule(kinds=["search"]), learning=True)
    text, code = explain(referrer="https://www.google.com/", segment="from-search")
    assert "from-search: matched, but only counted: the segment is in learning mode" in text
    assert code == 1
