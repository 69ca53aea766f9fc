"""The ruleset as a document: what is in it, and that another reader decides alike."""

from __future__ import annotations

import io
import json
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils.translation import override

from tests.core.cases import cases
from tests.factories import committed, make_intent, make_segment
from wagtail_personalise_gov.compiling import compile_ruleset, pause
from wagtail_personalise_gov.core.conditions import All, Condition, Equals, Not, OneOf, from_json
from wagtail_personalise_gov.core.facts import Facts
from wagtail_personalise_gov.core.ruleset import Ruleset
from wagtail_personalise_gov.models import VisitIntentRule
from wagtail_personalise_gov.portable.rulesets import as_bytes

from .rulesets import IS_RULESET, OnAWednesday, document

# What is in it


@pytest.mark.usefixtures("live_ones")
def test_every_live_segment_is_in_it_and_no_other(configure: Callable[..., None]) -> None:
    told = document()
    assert sorted(told["segments"]) == ["elsewhere", "founders", "riverside", "staff"]
    assert told["segments"]["riverside"] == {
        "condition": {"all": [{"fact": "location.city", "op": "in", "value": ["Riverside"]}]},
        "name": "People in Riverside",
        "learning": False,
        "held_back": 0,
    }
    assert told["segments"]["elsewhere"]["condition"] == {"all": [{"not": {"segment": "riverside"}}]}
    assert told["segments"]["elsewhere"]["learning"] is True
    assert told["segments"]["founders"]["held_back"] == 0  # nobody is compared where none is counted
    configure(COUNTING=True)
    assert document()["segments"]["founders"]["held_back"] == 1000
    assert told["version"] == compile_ruleset().version


def test_who_asks_for_an_intent_asks_for_those_inside_it() -> None:
    """So that a runtime which knows nothing of the tree of intents tells of it what the server tells."""
    business = make_intent("business")
    restaurant = make_intent("restaurant", parent=business)
    make_intent("cafe", parent=restaurant)
    outside = VisitIntentRule(intent=make_intent("other"), negated=True)
    make_segment("founders", VisitIntentRule(intent=business), outside, match="any")
    make_segment("cooks", VisitIntentRule(intent=restaurant, certainty=VisitIntentRule.SAID))
    told = {slug: segment["condition"] for slug, segment in document()["segments"].items()}
    assert told["founders"]["any"][0]["value"] == {"business": 0.5, "restaurant": 0.5, "cafe": 0.5}
    assert told["founders"]["any"][1]["not"]["value"].keys() == {"other"}
    assert told["cooks"]["all"][0]["value"] == {"restaurant": 1, "cafe": 1}
    ruleset = compile_ruleset()
    for given in ({"cafe": 1.0}, {"restaurant": 0.6}, {"business": 0.5}, {"business": 0.4}, {"other": 1.0}, {}):
        decided = ruleset.decide(Facts({"visit.intent": ruleset.intents.weighing_parents(given)}))
        for slug, condition in told.items():
            assert from_json(condition).answer(Facts({"visit.intent": given})) is decided.includes(slug), (slug, given)


@pytest.mark.usefixtures("live_ones")
def test_the_facts_that_live_segments_ask_are_described_and_no_others() -> None:
    told = document()["facts"]
    assert sorted(told) == ["location.city", "network.ip", "visit.intent", "visitor.first_visit"]
    assert told["location.city"] == {
        "kind": "text",
        "meaning": "the town or city that you seem to be in",
        "varies_on": ["Cookie"],
        "about_visitor": True,
        "reads_device": True,
    }


@pytest.mark.usefixtures("live_ones")
def test_each_fact_says_from_which_headers_it_is_read_on_this_site(configure: Callable[..., None]) -> None:
    configure(GEO_PROVIDER="wagtail_personalise_gov.visit.geo.HeaderGeo", GEO_HEADERS={"city": "CF-IPCity"})
    assert document()["facts"]["location.city"]["varies_on"] == ["CF-IPCity", "Cookie"]


def test_what_settles_a_visitors_choice_is_in_it(configure: Callable[..., None], settings: Any) -> None:
    settings.TIME_ZONE = "Europe/London"
    configure(MODE="opt_in", POLICY_VERSION=3, HONOUR_GPC=False, ALLOWED_MAX_AGE_DAYS=90)
    told = document()
    assert told["time_zone"] == "Europe/London"
    assert told["preference"] == {
        "mode": "opt_in",
        "policy_version": 3,
        "honour_gpc": False,
        "honour_dnt": True,
        "allowed_max_age_days": 90,
        "refused_max_age_days": 365,
        "cookie": "personalise_choice",
    }


@pytest.mark.usefixtures("live_ones")
def test_paused_or_off_it_has_no_segments(configure: Callable[..., None]) -> None:
    configure(MODE="off")
    off = document()
    assert (off["segments"], off["facts"], off["preference"]["mode"]) == ({}, {}, "off")
    configure(MODE="opt_out")
    assert document()["segments"]
    with committed():
        pause()
    paused = document()
    assert (paused["segments"], paused["paused"]) == ({}, True)
    for told in (off, paused):
        IS_RULESET.validate(told)


class EqualsBackwards(Equals):
    """A question that says it is one of ours, and tells in another way."""

    __slots__ = ()


def deep(levels: int) -> Condition:
    condition: Condition = OneOf("location.country", ["GB"])
    for _level in range(levels):
        condition = Not(condition)
    return condition


@pytest.mark.parametrize(
    "condition, why",
    [
        (OnAWednesday(), "OnAWednesday is a kind of condition of this site’s own, which other runtimes do not know."),
        (
            All(OneOf("location.country", ["GB"]), Not(EqualsBackwards("location.city", "x"))),
            "EqualsBackwards is a kind of condition of this site’s own, which other runtimes do not know.",
        ),
        (deep(21), "Conditions are nested more than 20 deep. Use segments inside segments instead."),
    ],
    ids=["a condition of its own", "inside others", "too deep"],
)
def test_what_other_runtimes_can_not_answer_is_named_and_left_out(condition: Condition, why: str) -> None:
    told = document(Ruleset(version="1", segments={"own": condition, "ours": deep(20)}))
    assert list(told["segments"]) == ["ours"]
    assert told["not_portable"] == {"own": why}
    IS_RULESET.validate(told)


# One way to write it


@pytest.mark.usefixtures("live_ones")
def test_the_same_ruleset_is_the_same_bytes_whoever_writes_them() -> None:
    first, own = as_bytes(document()), Ruleset(version="1", segments={"own": OnAWednesday()})
    in_own_language = as_bytes(document(own))
    with override("cy"):
        assert as_bytes(document()) == first
        assert as_bytes(document(own)) == in_own_language
    told = document()
    told["segments"] = dict(reversed(told["segments"].items()))
    assert as_bytes(told) == first
    assert first.isascii()
    assert b"\n" not in first
    assert json.loads(first) == document()


# Another reader decides alike


def test_each_case_decides_alike_when_it_went_through_the_document() -> None:
    for case in cases():
        ruleset = Ruleset(version="1", segments={**case.segments, "the-row": case.condition})
        told = json.loads(as_bytes(document(ruleset)))
        again = Ruleset(segments={slug: from_json(of["condition"]) for slug, of in told["segments"].items()})
        assert again.decide(case.facts)["the-row"] is ruleset.decide(case.facts)["the-row"], str(case)


@pytest.mark.usefixtures("live_ones")
def test_live_segments_decide_alike_when_they_went_through_the_document() -> None:
    ruleset = compile_ruleset()
    told = json.loads(as_bytes(document(ruleset)))
    again = Ruleset(segments={slug: from_json(of["condition"]) for slug, of in told["segments"].items()})
    assert again.segments == ruleset.segments
    for facts in ({}, {"location.city": "Riverside"}, {"visit.intent": {"start-a-business": 1.0}}):
        matched = set(ruleset.decide(Facts(facts)).matched)
        assert set(again.decide(Facts(facts)).matched) - {"elsewhere"} == matched  # that one is learning


# The command


def run(*args: str) -> tuple[str, str]:
    """What the command prints, and what it says beside it."""
    out, err = io.StringIO(), io.StringIO()
    call_command("export_ruleset", *args, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


@pytest.mark.usefixtures("live_ones")
def test_the_command_writes_the_same_bytes_to_the_output_and_to_a_file(tmp_path: Path) -> None:
    printed, _said = run()
    assert printed.encode() == as_bytes(document())
    said, _said = run(str(tmp_path / "ruleset.json"))
    assert (tmp_path / "ruleset.json").read_bytes() == printed.encode()
    assert said == "Wrote 4 segments.\n"


def test_a_file_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere/ruleset.json can't be written: No such file or directory"):
        run(str(tmp_path / "nowhere" / "ruleset.json"))


def test_whoever_reads_a_file_while_it_is_written_reads_the_old_one_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "ruleset.json"
    path.write_text("what was there")
    with path.open() as reader:
        run(str(path))
        assert reader.read() == "what was there"
    assert path.read_text() == run()[0]


def test_a_file_keeps_its_mode_and_a_new_one_gets_the_usual_one(tmp_path: Path) -> None:
    old, new = tmp_path / "old.json", tmp_path / "new.json"
    old.touch()
    old.chmod(0o604)
    before = os.umask(0o027)
    try:
        run(str(old))
        run(str(new))
    finally:
        os.umask(before)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (old, new)] == [0o604, 0o640]


def test_a_link_goes_on_leading_to_the_file(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    file, link = tmp_path / "elsewhere" / "ruleset.json", tmp_path / "ruleset.json"
    link.symlink_to(file)
    for _old_or_new in range(2):
        run(str(link))
        assert link.is_symlink()
        assert file.read_text() == run()[0]


def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    """As /dev/stdout is one: nothing takes its place."""
    pipe, read = tmp_path / "pipe", list[str]()
    os.mkfifo(pipe)
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()), daemon=True)
    reader.start()
    run(str(pipe))
    reader.join(10)
    assert read == [run()[0]]
    assert pipe.is_fifo()


def test_the_command_says_what_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    ruleset = Ruleset(version="1", segments={"own": OnAWednesday()})
    monkeypatch.setattr("wagtail_personalise_gov.management.commands.export_ruleset.compile_ruleset", lambda: ruleset)
    printed, said = run()
    assert json.loads(printed)["segments"] == {}
    assert said.startswith("own is left out: OnAWednesday is a kind of condition")
