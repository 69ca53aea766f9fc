"""What `results/` answers, in JSON Schema: the columns of the report's CSV, by their names."""

from __future__ import annotations

from ...core.counting import Arm
from ...counting.results import Finding
from .building import Piece, listed, text, thing


def number_or_text(description: str) -> Piece:
    """A number; or a text in its place, such as "fewer than 11" for one that is withheld, and "" for none."""
    return {"type": ["number", "string"], "description": description}


ROW = thing(
    "What was counted of one version, goal and arm. A text in the place of a number is a count that is withheld; an "
    "empty one is none. What concludes, from `difference` to `words`, stands with the arm `variant`.",
    {
        "since": text("The first day, in UTC."),
        "until": text("The last day."),
        "variant": text("The id of the version; empty for the standard version."),
        "segment": text("The slug of the segment."),
        "arm": text("Who was counted.", enum=[*map(str, Arm)]),
        "share_percent": number_or_text("How many of a hundred are held back."),
        "goal": text("The slug of the goal."),
        "visits": number_or_text("Visits that had this."),
        "reached": number_or_text("Those of them that reached the goal."),
        "rate": number_or_text("Their share, as a fraction."),
        "difference": number_or_text("How far the rate lies above that of those who were held back."),
        "low": number_or_text("The lower end of the difference's interval."),
        "high": number_or_text("Its upper end."),
        "finding": text("What may be concluded; empty for nothing.", enum=[*map(str, Finding), ""]),
        "looked_on": text("The day of the look that concluded; else empty."),
        "words": text("The conclusion in a sentence; else empty."),
    },
)
WHERE = thing(
    "Where a block stands.",
    {
        "page": {"type": ["integer", "null"], "description": "The id of the page; null for a snippet."},
        "title": text("The title of the page or snippet."),
        "name": text("Where on it."),
    },
)
COUNTED = {
    "Results": thing(
        "What was counted, block by block.",
        {
            "blocks": listed(
                thing(
                    "A personalised block.",
                    {
                        "block": text("Its id."),
                        "versions": listed({"type": "string"}, "The ids of its versions."),
                        "where": listed(WHERE, "Where it stands."),
                        "rows": listed(ROW, "What was counted of it."),
                    },
                ),
                "The blocks.",
            )
        },
    ),
}
