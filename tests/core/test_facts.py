"""Facts: one row each, and what is known of them now."""

from typing import Any

import pytest

from wagtail_personalise_gov.core.facts import KINDS, MEMORY_ITEMS, Fact, Facts, family


def test_a_fact_s_row_takes_any_iterable_where_it_says_a_set() -> None:
    fact = Fact("council", "the council you chose", varies_on={"Cookie"}, remembers=["place"])  # type: ignore[arg-type]
    assert fact.varies_on == frozenset({"Cookie"})
    assert fact.remembers == frozenset({"place"})
    assert hash(fact) == hash(
        Fact("council", "the council you chose", frozenset({"Cookie"}), remembers=frozenset({"place"}))
    )


def test_a_fact_of_no_kind_is_refused_with_the_kinds_there_are() -> None:
    with pytest.raises(ValueError, match=r"Fact 'council': kind 'string' is none of address, bool, .*, weights"):
        Fact("council", "the council you chose", kind="string")


def test_a_fact_that_needs_what_memory_does_not_keep_is_refused() -> None:
    with pytest.raises(ValueError, match="remembers name, which memory does not keep"):
        Fact("council", "the council you chose", remembers=frozenset({"name", "place"}))


def test_a_fact_is_about_the_visitor_unless_it_says_otherwise() -> None:
    fact = Fact("council", "the council you chose")
    assert fact.about_visitor
    assert not fact.reads_device
    assert fact.kind == "text"


def test_kinds_and_items_are_words_without_blanks() -> None:
    assert all(word.replace("_", "").isalpha() for word in KINDS | MEMORY_ITEMS)


def test_a_fact_that_is_none_is_unknown_like_one_that_is_absent() -> None:
    facts = Facts({"location.country": None, "location.city": ""})
    assert list(facts) == ["location.city"]
    assert len(facts) == 1
    assert "location.country" not in facts
    assert facts.get("location.country") is None
    with pytest.raises(KeyError):
        facts["location.country"]


@pytest.mark.parametrize("value", ["", 0, False, [], {}], ids=repr)
def test_what_is_empty_is_known_all_the_same(value: Any) -> None:
    assert Facts({"some.fact": value})["some.fact"] == value


def test_facts_do_not_change_with_what_they_were_made_from() -> None:
    known: dict[str, Any] = {"location.country": "FR"}
    facts = Facts(known)
    known["location.country"] = "GB"
    known["location.city"] = "Leeds"
    assert dict(facts) == {"location.country": "FR"}


def test_facts_cannot_be_written_to() -> None:
    facts = Facts({"location.country": "FR"})
    with pytest.raises(TypeError):
        facts["location.country"] = "GB"  # type: ignore[index]
    with pytest.raises(AttributeError):
        facts.location = "GB"  # type: ignore[attr-defined]


def test_what_is_logged_of_facts_holds_no_value() -> None:
    facts = Facts({"network.ip": "192.0.2.7", "location.city": "Riverside"})
    assert repr(facts) == "Facts(location.city, network.ip)"


def test_nothing_known_is_nothing_refused() -> None:
    assert dict(Facts()) == {}
    assert Facts().refused == frozenset()


@pytest.mark.parametrize(
    "name, fact",
    [
        ("location.country", "location.country"),
        ("request.query", "request.query"),
        ("request.query.topic", "request.query"),
        ("request.query.utm.source", "request.query"),  # a dot may stand in a parameter's name
        ("request.query.", "request.query"),
        ("request.queryx", "request.queryx"),
        ("request.path", "request.path"),
        ("", ""),
    ],
)
def test_a_key_of_the_query_belongs_to_the_query(name: str, fact: str) -> None:
    assert family(name) == fact
