"""Facts in JSON: what is read, what is refused, and what is left for a question to find untellable."""

from datetime import UTC, datetime, timedelta, timezone
from ipaddress import ip_address
from typing import Any

import pytest

from wagtail_personalise_gov.core.facts import KINDS, Fact, Partly
from wagtail_personalise_gov.core.facts_json import FactProblem, facts_from_json, fits, nearest_name, problems_in

OF_EACH_KIND = {kind: Fact(f"a.{kind}", "", kind=kind) for kind in sorted(KINDS)}
ROWS = {fact.name: fact for fact in OF_EACH_KIND.values()}


@pytest.mark.parametrize(
    "kind, written, value",
    [
        ("bool", True, True),
        ("int", 3, 3),
        ("int", 0.5, 0.5),
        ("text", "", ""),
        ("text", "GB", "GB"),
        ("texts", ["en-GB", "cy"], ["en-GB", "cy"]),
        ("texts", [], []),
        ("pages", [12, 15], [12, 15]),
        ("weights", {"restaurant": 0.6}, {"restaurant": 0.6}),
        ("weights", {}, {}),
        ("mapping", {"topic": "housing"}, {"topic": "housing"}),
        ("point", [51.5, -0.1, 20], (51.5, -0.1, 20)),
        ("point", [51.5, -0.1, None], (51.5, -0.1, None)),
        ("address", "192.0.2.7", ip_address("192.0.2.7")),
        ("address", "2001:db8::7", ip_address("2001:db8::7")),
        ("moment", "2026-04-18T09:00:00+01:00", datetime(2026, 4, 18, 9, tzinfo=timezone(timedelta(hours=1)))),
        ("moment", "2026-04-18T09:00Z", datetime(2026, 4, 18, 9, tzinfo=UTC)),
        ("moment", "2026-04-18T09:00:00.25Z", datetime(2026, 4, 18, 9, 0, 0, 250_000, tzinfo=UTC)),
    ],
)
def test_a_value_of_its_kind_is_read(kind: str, written: Any, value: Any) -> None:
    assert fits(kind, written)
    read = facts_from_json({f"a.{kind}": written}, {f"a.{kind}": kind})
    assert read[f"a.{kind}"] == value
    assert type(read[f"a.{kind}"]) is type(value)


@pytest.mark.parametrize(
    "kind, written",
    [
        ("bool", 1),
        ("bool", "true"),
        ("int", True),
        ("int", "3"),
        ("int", float("inf")),  # 1e999 in JSON
        ("int", 10**400),
        ("text", 44),
        ("text", ["GB"]),
        ("texts", "en-GB"),
        ("texts", ["en-GB", 1]),
        ("texts", {"en-GB": 1}),
        ("pages", [12, "15"]),
        ("pages", [True]),
        ("pages", 12),
        ("weights", {"restaurant": 1.5}),
        ("weights", {"restaurant": -0.1}),
        ("weights", {"restaurant": True}),
        ("weights", ["restaurant"]),
        ("mapping", {"topic": 1}),
        ("mapping", "topic=housing"),
        ("point", [51.5, -0.1]),
        ("point", [51.5, -0.1, 20, 1]),
        ("point", [91, -0.1, 20]),
        ("point", [51.5, "-0.1", 20]),
        ("point", [51.5, -0.1, -1]),
        ("point", {"lat": 51.5, "lng": -0.1, "km": 20}),
        ("address", "localhost"),
        ("address", "192.0.2.0/24"),
        ("address", 3221225991),  # Python would read it as an address
        ("moment", "2026-04-18"),
        ("moment", "2026-04-18T09:00:00"),  # of which zone?
        ("moment", "2026-W16-6T09:00Z"),
        ("moment", "20260418T090000Z"),
        ("moment", "2026-04-18T24:00:00Z"),
        ("moment", "2026-04-31T09:00:00Z"),
        ("moment", "2026-04-18 09:00:00Z"),
        ("moment", "2026-04-18T09:00:00+24:00"),
        ("moment", "٢٠٢٦-04-18T09:00:00Z"),
        ("moment", 1_776_500_000),
        *((kind, {"told": [[]], "untold": None}) for kind in sorted(KINDS)),
        *((kind, {"told": "x", "untold": None}) for kind in sorted(KINDS - {"mapping"})),
    ],
)
def test_a_value_of_another_kind_is_named_and_left_as_it_is(kind: str, written: Any) -> None:
    assert not fits(kind, written)
    assert list(problems_in({f"a.{kind}": written}, ROWS)) == [FactProblem(f"a.{kind}", kind)]


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_an_unknown_fact_is_null_whatever_its_kind(kind: str) -> None:
    assert not list(problems_in({f"a.{kind}": None}, ROWS))
    assert not facts_from_json({f"a.{kind}": None}, {f"a.{kind}": kind})


def test_what_no_reader_takes_stays_for_a_question_to_find_untellable() -> None:
    assert facts_from_json({"clock.local": "in April"}, {"clock.local": "moment"})["clock.local"] == "in April"


@pytest.mark.parametrize("untold", [["GB-WLS"], [], None])
def test_a_list_may_be_told_in_part(untold: list[str] | None) -> None:
    written = {"told": ["GB"], "untold": untold}
    assert fits("texts", written)
    read = facts_from_json({"a.texts": written}, {"a.texts": "texts"})["a.texts"]
    assert isinstance(read, Partly)
    assert (tuple(read), read.untold) == (("GB",), None if untold is None else frozenset(untold))


@pytest.mark.parametrize(
    "written",
    [{"told": ["GB"], "untold": [1]}, {"told": [1], "untold": []}, {"told": ["GB"]}, {"told": ["GB"], "untold": "GB"}],
)
def test_a_list_that_is_told_in_part_holds_what_the_whole_would(written: Any) -> None:
    assert not fits("texts", written)


def test_refused_facts_are_named_beside_the_others() -> None:
    facts = facts_from_json({"device.kind": "mobile"}, {}, ["location.country"])
    assert facts.refused == {"location.country"}
    assert "location.country" not in facts


@pytest.mark.parametrize(
    "name, nearest",
    [("a.texs", "a.texts"), ("nothing.like.it", ""), ("x" * 100_000, "")],
)
def test_a_name_that_no_fact_has_is_told_with_the_nearest(name: str, nearest: str) -> None:
    assert list(problems_in({name: 1}, ROWS)) == [FactProblem(name, nearest=nearest)]


def test_a_key_of_a_mapping_is_sent_to_its_mapping() -> None:
    known = {"request.query": Fact("request.query", "", kind="mapping")}
    assert list(problems_in({"request.query.topic": "housing"}, known)) == [
        FactProblem("request.query.topic", nearest="request.query")
    ]


def test_the_nearest_of_nothing_is_nothing() -> None:
    assert nearest_name("anything", []) == ""
