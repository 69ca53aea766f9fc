"""Finding personalised blocks in raw JSON."""

from typing import Any

import pytest

from wagtail_personalise_gov.core.contents import PersonalisedContent, Version, key_of, personalised_in


def variant(id: str | None, *segments: Any, content: Any = "text") -> dict[str, Any]:
    return {"type": "variant", "id": id, "value": {"segments": list(segments), "content": content}}


def block(*variants: Any, **more: Any) -> dict[str, Any]:
    return {"variants": list(variants), "default": "standard", "nothing_for_others": False, **more}


def item(key: Any) -> dict[str, Any]:
    return {"type": "item", "value": key, "id": "1"}


def stream(*children: tuple[str, Any]) -> list[dict[str, Any]]:
    return [{"type": name, "value": value, "id": str(position)} for position, (name, value) in enumerate(children)]


def found(raw: Any) -> list[tuple[str, list[str]]]:
    """(path, ids of versions) of each block."""
    return [("/".join(one.path), [version.id for version in one.versions]) for one in personalised_in(raw)]


def test_a_block_is_found_with_its_versions_in_order_and_their_segments() -> None:
    raw = stream(("hero", {"heading": "x"}), ("offer", block(variant("a", item(3), item(4)), variant("b", item(5)))))
    assert list(personalised_in(raw)) == [
        PersonalisedContent(("offer",), (Version("a", (3, 4)), Version("b", (5,)))),
    ]


@pytest.mark.parametrize(
    "raw, path",
    [
        (stream(("column", {"title": "x", "offer": block(variant("a", item(1)))})), "column/offer"),
        (stream(("rows", [item(block(variant("a", item(1))))])), "rows"),  # a list has no names
        (stream(("rows", [block(variant("a", item(1)))])), "rows"),  # as lists were written once, and may be by hand
        (stream(("outer", stream(("inner", block(variant("a", item(1))))))), "outer/inner"),
    ],
)
def test_it_is_found_within_other_blocks(raw: Any, path: str) -> None:
    assert found(raw) == [(path, ["a"])]


def test_one_within_a_version_or_the_standard_version_of_another_comes_after_it() -> None:
    inner, last = block(variant("b", item(2))), block(variant("c", item(3)))
    outer = block(variant("a", item(1), content=stream(("inner", inner))), default=stream(("line", last)))
    assert found(stream(("outer", outer))) == [("outer", ["a"]), ("outer/inner", ["b"]), ("outer/line", ["c"])]


def test_a_block_without_versions_is_not_reported_but_what_its_standard_version_holds_is() -> None:
    assert found(stream(("offer", block()))) == []
    held = block(default=stream(("line", block(variant("c", item(3))))))
    assert found(stream(("offer", held))) == [("offer/line", ["c"])]


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "text",
        7,
        b"bytes",
        {},
        [],
        [None, [[]]],
        stream(("shop", {"variants": "many"})),  # the site's own block, which has a word in common
        stream(("shop", {"variants": [{"type": "variant", "id": "a", "value": {"segments": []}}], "price": 3})),
        stream(("shop", {"variants": [{"type": "colour", "value": "red"}]})),
        stream(("shop", {"variants": [{"type": "variant", "value": "red"}]})),
    ],
)
def test_what_is_no_personalised_block_is_not_found(raw: Any) -> None:
    assert found(raw) == []


def test_of_malformed_versions_those_that_can_be_shown_are_found() -> None:
    raw = stream(("offer", {"variants": [None, variant("a", item(1)), {"type": "variant"}]}))
    assert found(raw) == [("offer", ["a"])]


@pytest.mark.parametrize(
    "written, key",
    [
        (item(5), 5),
        (5, 5),
        (True, None),
        (item(True), None),
        ({"type": "item", "value": 5}, None),  # Wagtail takes a thing without an id for the value itself
        ({"type": "item", "id": "1"}, None),
        ({"type": "other", "value": 5, "id": "1"}, None),
        (item("5"), None),
        (None, None),
    ],
)
def test_a_segment_is_what_wagtail_reads_as_one(written: Any, key: int | None) -> None:
    assert key_of(written) == key
    ((version,),) = (one.versions for one in personalised_in(stream(("offer", block(variant("a", written))))))
    assert version.segments == (() if key is None else (key,))


def test_a_version_without_an_id_or_segments_is_told_as_such() -> None:
    raw = stream(("offer", block(variant(None, 3, item("x"), item(True), None), variant("b"))))
    assert list(personalised_in(raw)) == [PersonalisedContent(("offer",), (Version("", (3,)), Version("b", ())))]
