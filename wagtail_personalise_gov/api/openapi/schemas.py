"""What bodies and answers are made of, in JSON Schema (draft 2020-12), by the name under which operations refer to it.

Answers may gain properties without a new version of the API, so that theirs are not closed. Nor are bodies, but for
that of `decisions/`: what is not a field of theirs is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from ... import portable
from ...core.facts import Fact
from ...core.facts_json import MOMENT
from .building import (
    PREFIX,
    REFERENCE,
    Piece,
    by_name,
    listed,
    only,
    ref,
    text,
    text_or_null,
    thing,
    whole_number,
    yes_or_no,
)
from .counted import COUNTED

RULESET_SCHEMA = Path(portable.__file__).parent / "ruleset.schema.json"
TO_EVERYTHING, TO_A_PART = "ruleset.schema.json", "#/$defs/"  # how references stand there

CHOICES = ["allowed", "refused"]
TEXTS: Piece = {"type": "array", "items": {"type": "string"}}

SHARED = {
    "Problem": thing(
        "What is wrong, as problem details (RFC 9457).",
        {
            "type": {"const": "about:blank"},
            "title": text("The status in words."),
            "status": whole_number("The status.", minimum=400, maximum=599),
            "detail": text("What is wrong, and the remedy."),
            "errors": by_name(TEXTS, "Of a 400: for each field what is wrong with it."),
        },
        optional=["errors"],
    ),
    "Wish": text("What somebody chose; “undecided” where they have not.", enum=["undecided", *CHOICES]),
    "Choice": text("Either answer.", enum=CHOICES),
    "Index": thing(
        "Where everything is.",
        {
            "version": whole_number("Of the API: raised where what a client relies on changes its meaning or goes."),
            "addresses": by_name(text("An address; {id} stands for what differs."), "The addresses by their names."),
        },
    ),
    "Meaning": thing(
        "A fact without its value.",
        {"name": text("Its name."), "meaning": text("What it tells, in words that visitors can be shown.")},
    ),
}

COUNTING = thing(
    "Only while the site counts.",
    {"on": yes_or_no("Whether this visitor's visits are counted."), "why": text("Why so, in words.")},
)
STANDING = {
    "preference": ref("Wish"),
    "adapts": yes_or_no("Whether pages adapt to this visitor now."),
    "why": text("Why so, in words that you can show them."),
    "counting": COUNTING,
}
NAMED_PLACE = {
    "country": text("A two-letter code (ISO 3166-1)."),
    "subdivision": text("A region's code (ISO 3166-2)."),
    "city": text("The name of a town."),
}
PLACE: Piece = {
    "description": "Where the visitor said they are: null for nothing, “none” for not where they were guessed to be.",
    "oneOf": [{"type": "null"}, {"const": "none"}, thing("A place.", NAMED_PLACE, NAMED_PLACE) | {"minProperties": 1}],
}
SEND = thing(
    "The body for `preference/` that says so.",
    {"preference": ref("Choice"), "counting": ref("Choice")},
    optional=["counting"],
)
BUTTON = thing("An answer to the question.", {"label": text("The words on it."), "send": SEND})
INTENT = {"slug": text("What to send."), "label": text("What to show.")}

VISITS = {
    "Standing": thing("Where a visitor stands.", STANDING, ["counting"]),
    "Visit": thing(
        "A visit, as far as the visitor may be shown it.",
        {
            **STANDING,
            "segments": listed(
                thing(
                    "A segment that they are in.",
                    {"slug": text("Its slug."), "name": text("Its public name; empty where it has none.")},
                ),
                "Those that they are in.",
            ),
            "facts": listed(ref("Meaning"), "What this was told from."),
            "intent": text_or_null("The slug of what they said that the visit is for."),
            "place": ref("Place"),
            "banner": ref("Banner"),
            "question": {"oneOf": [{"type": "null"}, ref("Question")]},
        },
        ["counting"],
    ),
    "Banner": text("Whether they should be asked what they want.", enum=["ask", "none"]),
    "Question": thing(
        "The words of the banner, put together from what is live.",
        {
            "heading": text("Its heading."),
            "introduction": text("The site's own words; may be empty."),
            "again": text("Why somebody is asked once more; else empty."),
            "sentences": listed({"type": "string"}, "What is used and kept."),
            "allow": BUTTON,
            "refuse": BUTTON,
            "about": thing(
                "The page about personalisation.",
                {"label": text("The words of the link."), "url": text_or_null("Null where the site has none.")},
            ),
        },
    ),
    "Place": PLACE,
    "Preference": only(
        {
            "type": "object",
            "description": "The visitor's choice, of either kind or both. What is not sent stays as it was.",
            "properties": SEND["properties"],
            "anyOf": [{"required": ["preference"]}, {"required": ["counting"]}],
        }
    ),
    "Intent": only(
        thing(
            "What the visit is for.", {"intent": text_or_null("A slug; null or an empty text withdraws what was said.")}
        )
    ),
    "Intents": thing(
        "What the visit may be for.",
        {
            "ask": yes_or_no("Whether an answer would be kept; else do not ask."),
            "intent": text_or_null("The slug of what they said before."),
            "answers": listed(
                thing(
                    "An answer.",
                    {**INTENT, "answers": listed(thing("An answer.", INTENT), "For those who gave this answer.")},
                ),
                "The answers, in the editors' order.",
            ),
        },
    ),
    "IntentKept": thing(
        "What was said.",
        {
            "intent": text_or_null("The slug that is kept."),
            "kept": yes_or_no("False where the visitor does not want it kept, or no live segment asks for it."),
        },
    ),
    "PlaceAsked": thing(
        "Where the visitor is.", {"ask": yes_or_no("Whether an answer would be kept."), "place": ref("Place")}
    ),
    "PlaceKept": thing("What was said.", {"place": ref("Place"), "kept": yes_or_no("Whether it is kept.")}),
    "PlaceSaid": {
        "type": "object",
        "additionalProperties": False,
        "description": "A place by country, subdivision or city, or by several that fit; or `place` alone.",
        "properties": {
            **NAMED_PLACE,
            "place": {
                "description": "“none”: not where you guessed. null: nothing more.",
                "oneOf": [{"const": "none"}, {"type": "null"}],
            },
        },
        "oneOf": [
            {"required": ["place"], "properties": {part: {"const": ""} for part in NAMED_PLACE}},
            {
                "not": {"required": ["place"]},
                "anyOf": [
                    {"required": [part], "properties": {part: {"type": "string", "minLength": 1}}}
                    for part in NAMED_PLACE
                ],
            },
        ],
    },
}

PAGES = {
    "Page": thing(
        "A page. Besides these it has what its model names in `api_fields`. A personalised block within is a "
        f"`{PREFIX}Chosen`; with `variants=all`, a `{PREFIX}EveryVersion`.",
        {
            "id": whole_number("Its id."),
            "type": text("Its model."),
            "title": text("Its title."),
            "slug": text("Its slug."),
            "url": text_or_null("Its address."),
            "locale": text("Its language."),
        },
    ),
    "Chosen": thing(
        "A personalised block, as this visitor gets it.",
        {
            "variant": text_or_null("The id of the version that was chosen; null for the standard version."),
            "content": {"description": "The block's own value; null where others see nothing."},
        },
    ),
    "EveryVersion": thing(
        "A personalised block, with every version. The first of which the visitor is in one of the segments is theirs.",
        {
            "variants": listed(
                thing(
                    "A version.",
                    {
                        "id": text("Its id."),
                        "segments": listed({"type": "string"}, "The slugs of the live segments that it is for."),
                        "content": {"description": "The block's own value."},
                    },
                ),
                "The versions, in order.",
            ),
            "default": {"description": "The standard version, for everybody else; null where they see nothing."},
            "nothing_for_others": yes_or_no("Whether everybody else sees nothing."),
        },
    ),
    "PageSegments": thing(
        "What a page depends on; the same for everybody.",
        {
            "page": whole_number("Its id."),
            "segments": listed({"type": "string"}, "The slugs of the live segments that it asks."),
            "varies_on": listed({"type": "string"}, "The request headers that an answer about it is read from."),
            "facts": listed(ref("Meaning"), "What these segments are told from."),
            "noted": yes_or_no("Whether it is noted of a visitor that they look at this page."),
        },
    ),
}

PARTLY: Piece = only(
    thing(
        "A list of which only a part is told. What stands in `untold` may be in it or not; with null, so may anything.",
        {"told": {"type": "array"}, "untold": {"type": ["array", "null"]}},
    )
)

# How a fact of each kind stands in JSON; the same as docs/reference/conditions.md says.
KINDS: dict[str, Piece] = {
    "bool": {"type": "boolean"},
    "int": {"type": "number"},
    "text": {"type": "string"},
    "texts": {"oneOf": [TEXTS, PARTLY]},
    "pages": {"oneOf": [{"type": "array", "items": {"type": "integer"}}, PARTLY]},
    "weights": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0, "maximum": 1}},
    "mapping": {"type": "object", "additionalProperties": {"type": "string"}},
    "moment": {"type": "string", "format": "date-time", "pattern": f"^{MOMENT.pattern}$"},
    "point": {
        "type": "array",
        "prefixItems": [
            {"type": "number", "minimum": -90, "maximum": 90},
            {"type": "number", "minimum": -180, "maximum": 180},
            {"type": ["number", "null"], "minimum": 0},
        ],
        "minItems": 3,
        "maxItems": 3,
    },
    "address": {"type": "string", "anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]},
}

DECISIONS = {
    "Asked": only(
        thing(
            "What is known of a visit, and what is asked.",
            {
                "facts": ref("Facts"),
                "refused": TEXTS | {"description": "Names of facts that the visitor does not want used."},
                "segments": {
                    **TEXTS,
                    "type": ["array", "null"],
                    "description": "The slugs that are asked; without: all.",
                },
            },
            optional=["refused", "segments"],
        )
    ),
    "Decision": by_name(
        thing(
            "Whether the visit is in the segment.",
            {
                "matched": yes_or_no("Whether it is."),
                "reason": text("Why.", enum=["matched", "not_matched", "unknown", "refused", "learning"]),
            },
        ),
        "For each live segment that was asked, by slug. One that is not there is not matched.",
    ),
}


def facts_schema(facts: Iterable[Fact]) -> Piece:
    """What `decisions/` takes as facts. Null is unknown, as is what is left out."""
    properties = {
        fact.name: {
            "description": f"{fact.meaning} (kind: {fact.kind})",
            "anyOf": [{"$ref": f"{REFERENCE}{PREFIX}Fact_{fact.kind}"}, {"type": "null"}],
        }
        for fact in facts
    }
    return {
        "type": "object",
        "description": "What is known of a visit, by the names of facts. What is left out, or null, is unknown.",
        "properties": properties,
        "additionalProperties": False,
    }


def ruleset_schemas() -> dict[str, Piece]:
    """The published schema of rulesets, and its parts, referring to one another as schemas of this document do."""
    written = RULESET_SCHEMA.read_text("utf-8").replace(f'"{TO_A_PART}', f'"{REFERENCE}{PREFIX}Ruleset_')
    whole = json.loads(written)
    parts = whole.pop("$defs")
    kept = {key: value for key, value in whole.items() if not key.startswith("$")}
    return {"Ruleset": kept, **{f"Ruleset_{name}": part for name, part in parts.items()}}


def schemas(facts: Iterable[Fact]) -> dict[str, Piece]:
    """Every schema by its whole name. `facts` are those from which a decision may be asked."""
    kinds = {f"Fact_{kind}": schema for kind, schema in KINDS.items()}
    asked = {"Facts": facts_schema(facts), **kinds}
    every = {**SHARED, **VISITS, **PAGES, **DECISIONS, **asked, **COUNTED, **ruleset_schemas()}
    return {f"{PREFIX}{name}": schema for name, schema in every.items()}
