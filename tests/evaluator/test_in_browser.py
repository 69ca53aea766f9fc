"""The evaluator in a browser: the rows of the case files, from the static file that a site serves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.templatetags.static import static

from tests.core.cases import FOLDER

from .test_cases import REASONS

if TYPE_CHECKING:
    from playwright.sync_api import Page

DECIDE_ALL = """
async ([address, asked]) => {
  const before = Object.keys(window).length;
  const { decide } = await import(address);
  return [asked.map(([ruleset, facts]) => decide(ruleset, facts)["the-row"]), Object.keys(window).length - before];
}
"""


def test_every_row_of_the_case_files_gets_its_answer_in_a_browser(page: Page, home: Any) -> None:
    rows = [row for file in sorted(FOLDER.glob("*.json")) for row in json.loads(file.read_text("utf-8"))]
    asked = []
    for _what, condition, facts, _answer, *segments in rows:
        others = segments[0] if segments else {}
        of = {slug: {"condition": other} for slug, other in {**others, "the-row": condition}.items()}
        asked.append([{"format_version": 1, "segments": of}, facts])
    page.goto("/")
    reasons, globals_made = page.evaluate(DECIDE_ALL, [static("wagtail_personalise_gov/js/evaluator.js"), asked])
    wrong = [
        what
        for (what, _condition, _facts, answer, *_segments), reason in zip(rows, reasons, strict=True)
        if reason != REASONS[answer]
    ]
    assert wrong == []
    assert globals_made == 0


VERIFY = """
async ([address, content, jws, key]) => {
  const { verified } = await import(address);
  return verified(Uint8Array.from(content), jws, key);
}
"""


def test_a_signature_is_verified_in_a_browser(page: Page, home: Any) -> None:
    from .test_signature import CONTENT, RulesetKey, new_key

    key, other = RulesetKey(new_key()), RulesetKey(new_key())
    page.goto("/")
    address = static("wagtail_personalise_gov/js/signature.js")
    for public, answer in [(key.public_jwk, True), (other.public_jwk, False)]:
        assert page.evaluate(VERIFY, [address, list(CONTENT), key.sign(CONTENT), public]) is answer
