"""POST decisions/: the decision for facts that a server sends."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.api.tokens import ask, bearer
from tests.core.cases import FOLDER, Case, cases
from tests.factories import committed, make_segment
from tests.visit.leftovers import everything_in_the_database, everything_logged
from wagtail_personalise_gov.api.decisions import decided
from wagtail_personalise_gov.api.tokens import Scope
from wagtail_personalise_gov.compiling import current_ruleset, pause
from wagtail_personalise_gov.core.facts import Facts
from wagtail_personalise_gov.core.ruleset import PLANS_KEPT, Ruleset
from wagtail_personalise_gov.models import (
    DateRangeRule,
    FirstTimeVisitorRule,
    LocationRule,
    Segment,
    TimeOfDayRule,
)

pytestmark = pytest.mark.usefixtures("home")

RIVERSIDE = {"location.city": "Riverside"}


def decisions(body: object) -> Any:
    answer = ask(body)
    assert answer.status_code == 200, answer.content
    return answer.json()


# What is answered


@pytest.mark.usefixtures("several")
@pytest.mark.parametrize(
    "facts, reasons",
    [
        ({}, {}),
        (RIVERSIDE, {"riverside": "matched", "elsewhere": "not_matched"}),
        ({"location.city": "Hilltop"}, {"riverside": "not_matched", "elsewhere": "matched"}),
        ({"location.city": None}, {}),
        ({"visitor.first_visit": True, "device.kind": "mobile"}, {"new-here": "matched", "on-a-phone": "matched"}),
        ({"visit.intent": {"start-a-business": 1}}, {"founders": "matched"}),
        ({"visit.intent": {"restaurant": 1}}, {"founders": "matched"}),  # which stands below it, as on a page
        ({"visit.intent": {}}, {"founders": "not_matched"}),
    ],
)
def test_each_live_segment_is_decided_from_the_facts_and_nothing_else(
    facts: dict[str, Any], reasons: dict[str, str]
) -> None:
    assert decisions({"facts": facts}) == {
        slug: {"matched": reasons.get(slug) == "matched", "reason": reasons.get(slug, "unknown")}
        for slug in ("elsewhere", "founders", "new-here", "on-a-phone", "riverside")
    }


@pytest.mark.usefixtures("several")
def test_only_the_segments_that_are_named_are_answered_and_nested_ones_count_all_the_same() -> None:
    assert decisions({"facts": RIVERSIDE, "segments": ["elsewhere", "elsewhere"]}) == {
        "elsewhere": {"matched": False, "reason": "not_matched"}
    }
    assert decisions({"facts": RIVERSIDE, "segments": []}) == {}
    assert len(decisions({"facts": RIVERSIDE, "segments": None})) == 5


def test_what_the_visitor_refused_is_a_reason_of_its_own(riverside: Segment) -> None:
    assert decisions({"facts": {}, "refused": ["location.city"]}) == {
        "riverside": {"matched": False, "reason": "refused"}
    }
    assert decisions({"facts": {}, "refused": ["location.country"]})["riverside"]["reason"] == "unknown"


def test_a_list_that_is_told_in_part_leaves_the_rest_open() -> None:
    make_segment("wales", LocationRule(subdivisions=["GB-WLS"]))
    for untold, reason in ((["GB-WLS"], "unknown"), (None, "unknown"), ([], "not_matched")):
        facts = {"location.subdivisions": {"told": ["GB-ENG"], "untold": untold}}
        assert decisions({"facts": facts})["wales"]["reason"] == reason


def test_a_segment_in_learning_mode_changes_nothing_and_says_so() -> None:
    make_segment("riverside", LocationRule(cities=["Riverside"]), learning=True)
    assert decisions({"facts": RIVERSIDE}) == {"riverside": {"matched": False, "reason": "learning"}}


def test_nobody_is_held_back_since_that_takes_a_lot() -> None:
    make_segment("riverside", LocationRule(cities=["Riverside"]), holdout_percent=50)
    assert decisions({"facts": RIVERSIDE})["riverside"]["matched"]


def test_a_draft_is_decided_no_more_than_on_a_page(riverside: Segment) -> None:
    make_segment("draft", FirstTimeVisitorRule(), live=False)
    assert list(decisions({"facts": {}})) == ["riverside"]
    # An editor who takes a segment out of use must break no front end that asks for it.
    assert list(decisions({"facts": {}, "segments": ["draft", "riverside"]})) == ["riverside"]


def test_paused_or_off_nothing_is_decided(riverside: Segment, configure: Callable[..., None]) -> None:
    configure(MODE="off")
    assert decisions({"facts": RIVERSIDE, "segments": ["riverside"]}) == {}
    configure(MODE="opt_in")
    assert decisions({"facts": RIVERSIDE})["riverside"]["matched"]
    with committed():
        pause()
    assert decisions({"facts": RIVERSIDE, "segments": ["riverside"]}) == {}


def test_the_clock_is_unknown_unless_it_is_given(settings: Any) -> None:
    settings.TIME_ZONE = "Europe/London"
    make_segment("at-night", TimeOfDayRule(start=time(22), end=time(6)))
    make_segment("in-april", DateRangeRule(first_day=date(2026, 4, 1), last_day=date(2026, 4, 30)))
    assert {told["reason"] for told in decisions({"facts": {}}).values()} == {"unknown"}
    # One moment, however it is written: by the clock of the site it is eleven at night.
    for moment in ("2026-04-18T23:00:00+01:00", "2026-04-18T22:00:00Z", "2026-04-19T07:00:00+09:00"):
        told = decisions({"facts": {"clock.local": moment}})
        assert {slug for slug, of in told.items() if of["matched"]} == {"at-night", "in-april"}, moment
    for moment in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        assert ask({"facts": {"clock.local": moment}}).status_code == 200


def test_every_case_of_the_case_files_is_answered_as_it_stands_there(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    """Each row whose facts exist and are of their kind, as a ruleset of its own. The clocks are those of London."""
    settings.TIME_ZONE = "Europe/London"
    headers, asked = bearer(Scope.DECISIONS), 0
    rows = [(case, facts) for case, facts in json_rows() if not is_of_another_zone(case.facts.get("clock.local"))]
    for case, facts in rows:
        ruleset = Ruleset(version="1", segments={**case.segments, "the-row": case.condition})
        monkeypatch.setattr("wagtail_personalise_gov.api.decisions.current_ruleset", lambda ruleset=ruleset: ruleset)
        answer = ask({"facts": facts, "segments": ["the-row"]}, headers)
        if answer.status_code == 400:  # a row that shows a value of another kind, or a fact that is not there
            assert all(field.startswith("facts.") for field in answer.json()["errors"])
            continue
        asked += 1
        reason = {True: "matched", False: "not_matched", None: "unknown"}[case.answer]
        assert answer.json()["the-row"]["reason"] == reason, str(case)
    assert asked > 0.6 * len(rows)


def is_of_another_zone(moment: Any) -> bool:
    return (
        isinstance(moment, datetime) and moment.utcoffset() != moment.astimezone(ZoneInfo("Europe/London")).utcoffset()
    )


@pytest.mark.usefixtures("several")
def test_the_answer_is_for_nobody_else_and_says_by_which_ruleset() -> None:
    answer = ask({"facts": {}})
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Content-Type"] == "application/json"
    assert answer["Personalise-Ruleset"] == current_ruleset().version
    assert not answer.cookies


@pytest.mark.usefixtures("several")
def test_a_call_makes_one_query_for_the_token_and_keeps_nothing(
    django_assert_num_queries: Any, caplog: pytest.LogCaptureFixture
) -> None:
    headers = bearer(Scope.DECISIONS)
    body = {"facts": {"location.city": "Trait77", "network.ip": "192.0.2.77"}}
    ask(body, headers)
    before = everything_in_the_database()
    with django_assert_num_queries(1), caplog.at_level(logging.DEBUG):
        assert ask(body, headers).status_code == 200
    assert everything_in_the_database() == before
    told = everything_logged(caplog.records)
    assert "Trait77" not in told
    assert "192.0.2.77" not in told


def test_a_thousand_segments_are_answered_in_one_go(monkeypatch: pytest.MonkeyPatch) -> None:
    conditions = {
        f"a-segment-with-quite-a-long-name-{number}": LocationRule(cities=[f"Town {number}"]).condition()
        for number in range(1000)
    }
    ruleset = Ruleset(version="1", segments=conditions)
    monkeypatch.setattr("wagtail_personalise_gov.api.decisions.current_ruleset", lambda: ruleset)
    told = decisions({"facts": {"location.city": "Town 500"}, "segments": sorted(conditions)})
    assert len(told) == 1000
    assert [slug for slug, of in told.items() if of["matched"]] == ["a-segment-with-quite-a-long-name-500"]


def test_sets_of_segments_that_are_asked_here_drive_out_no_plan_of_a_page(riverside: Segment) -> None:
    pages_plan = current_ruleset().only(["riverside"])
    for number in range(PLANS_KEPT + 1):
        decided(current_ruleset(), Facts(), ["riverside", f"none-{number}"])
    assert current_ruleset().only(["riverside"]) is pages_plan


def json_rows() -> list[tuple[Case, dict[str, Any]]]:
    """The cases with their facts as the files hold them."""
    written = [row for file in sorted(FOLDER.glob("*.json")) for row in json.loads(file.read_text("utf-8"))]
    return [(case, row[2]) for case, row in zip(cases(), written, strict=True)]
