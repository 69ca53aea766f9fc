"""Rulesets as documents, and what their published schema says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from wagtail_personalise_gov.compiling import compile_ruleset
from wagtail_personalise_gov.core.conditions import Condition
from wagtail_personalise_gov.core.ruleset import Ruleset
from wagtail_personalise_gov.portable.rulesets import ruleset_document
from wagtail_personalise_gov.visit.gathering import headers_of

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"
SCHEMA = json.loads((REFERENCE / "ruleset.schema.json").read_text("utf-8"))
IS_RULESET = Draft202012Validator(SCHEMA)
IS_CONDITION = Draft202012Validator({"$ref": "#/$defs/condition", "$defs": SCHEMA["$defs"]})


def document(ruleset: Ruleset | None = None) -> dict[str, Any]:
    """Of the live segments, or of this ruleset."""
    return ruleset_document(ruleset or compile_ruleset(), choice_cookie="personalise_choice", headers_of=headers_of)


class OnAWednesday(Condition):
    """A site's own kind of condition, which answers by itself."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        return {"fact": "clock.local", "op": "weekday", "value": ["wednesday"]}
