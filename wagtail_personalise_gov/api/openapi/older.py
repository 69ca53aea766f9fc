"""The same in OpenAPI 3.0, for a site whose own document is still of that version: its schemas know fewer words.

What they can't say is left out, so that they allow more. Our own document is of version 3.1.
"""

from __future__ import annotations

import re
from typing import Any

from .building import Piece

UNKNOWN = frozenset({"$comment", "prefixItems", "contains", "propertyNames"})
BY_NAME = frozenset({"properties"})  # keywords that hold schemas by names, which are no keywords
SEVERAL = frozenset({"oneOf", "anyOf", "allOf"})
ONE = frozenset({"items", "not", "additionalProperties"})
DATA = frozenset({"example", "examples"})
NOTHING: Piece = {"type": "null"}


def as_3_0(piece: Any) -> Any:
    """A piece of the document in which every schema is one of OpenAPI 3.0; a schema as such too."""
    if isinstance(piece, list):
        return [as_3_0(one) for one in piece]
    if not isinstance(piece, dict):
        return piece
    older = {key: _value(key, value) for key, value in piece.items() if key not in UNKNOWN}
    kinds = piece.get("type")
    if isinstance(kinds, list):
        left = [kind for kind in kinds if kind != "null"]
        del older["type"]
        older |= {"type": left[0]} if len(left) == 1 else {"anyOf": [{"type": kind} for kind in left]}
        older |= {"nullable": True} if "null" in kinds else {}
    if "const" in piece:
        older |= _only(older.pop("const"))
    for key in SEVERAL & piece.keys():
        if NOTHING in piece[key]:
            older |= {key: [one for one in older[key] if one != NOTHING], "nullable": True}
    if older.get("type") == "array":
        older.setdefault("items", {})
    if isinstance(piece.get("exclusiveMinimum"), int | float):
        older |= {"minimum": piece["exclusiveMinimum"], "exclusiveMinimum": True}
    return older


def _only(value: Any) -> Piece:
    """What allows one value. Not by `enum`, out of which drf-spectacular would make a schema by itself for each."""
    if isinstance(value, str):
        return {"type": "string", "pattern": f"^{re.escape(value)}$"}
    return {"type": "integer", "minimum": value, "maximum": value}


def _value(key: str, value: Any) -> Any:
    if key in BY_NAME and isinstance(value, dict):
        return {name: as_3_0(schema) for name, schema in value.items()}
    return value if key in DATA else as_3_0(value)


def without_scopes(call: Piece) -> Piece:
    """A call whose token says nothing of what it is good for: before 3.1 only OAuth may say so."""
    return {**call, "security": [{way: [] for way in needed} for needed in call["security"]]}
