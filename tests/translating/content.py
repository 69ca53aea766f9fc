"""Personalised content of every shape, as it stands in the database."""

from typing import Any

from wagtail_personalise_gov.models import Segment

from ..factories import hero, personalised, raw_stream


def every_shape(one: Segment, two: Segment) -> list[dict[str, Any]]:
    """Versions of a struct, a line, rich text and a stream; one inside another; one in a column; several segments."""
    inner = personalised("Inner for all", (two, "Inner for two"), nothing_for_others=True)
    return raw_stream(
        ("hero", hero("Plain")),
        (
            "offer",
            personalised(hero("Offer for all"), (one, hero("Offer for one")), ([two, one], hero("Offer for two"))),
        ),
        ("fixed_offer", personalised(hero("Fixed for all"), (two, hero("Fixed for two")))),
        ("line", personalised("Line for all", (one, "Line for one"))),
        ("prose", personalised("<p>Prose for <b>all</b></p>", (one, "<p>Prose for one</p>"))),
        (
            "notes",
            personalised(
                raw_stream(("paragraph", "<p>Notes for all</p>")),
                (one, raw_stream(("paragraph", "<p>Notes for one</p>"), ("paragraph", "<p>More for one</p>"))),
            ),
        ),
        (
            "nested",
            personalised(
                raw_stream(("line", "Outer for all"), ("inner", inner)),
                (one, raw_stream(("line", "Outer for one"), ("inner", inner))),
            ),
        ),
        ("column", {"title": "Column", "offer": personalised(hero("Column for all"), (one, hero("Column for one")))}),
    )


TEXTS = [
    f"{what} for {whom}"
    for what, whoms in {
        "Offer": ("all", "one", "two"),
        "Fixed": ("all", "two"),
        "Line": ("all", "one"),
        "Prose": ("one",),
        "Notes": ("all", "one"),
        "More": ("one",),
        "Outer": ("all", "one"),
        "Inner": ("all", "two"),
        "Column": ("all", "one"),
    }.items()
    for whom in whoms
]


def stored(instance: Any) -> list[dict[str, Any]]:
    """The body as it stands in the database now."""
    return list(type(instance)._default_manager.get(pk=instance.pk).body.raw_data)
