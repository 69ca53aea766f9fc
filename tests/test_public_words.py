"""Visitors never read the words of the trade, on any page and in any answer that is made for them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.utils import translation

from tools.write_reference import example_rules

PACKAGE = Path(__file__).resolve().parent.parent / "wagtail_personalise_gov"
TEMPLATES = PACKAGE / "templates" / "wagtail_personalise_gov"
FOR_EDITORS = {"editor", "icons"}
FOR_VISITORS = [
    path for path in sorted(TEMPLATES.rglob("*.html")) if path.relative_to(TEMPLATES).parts[0] not in FOR_EDITORS
]
MARKS = {"_", "gettext", "ngettext"}
SPEAKING = ["privacy", "visit"]  # what these say in Python is for visitors
BESIDES = {"simulation.py", "explaining.py"}  # but for these: who describes a visit, or has one explained, is an editor

TRADE = re.compile(
    r"\b(?:segments?|variants?|rules?|facts?|intents?|default|unknown|personalis\w+|opt(?:s|ed|ing)?[ -]?(?:in|out))\b",
    re.IGNORECASE,
)
TRANSLATED = re.compile(r"""\{%\s*translate\s+(["'])(?P<text>.+?)\1""")


def words_in(template: str) -> str:
    """What is left of a template when all that a visitor does not read is taken away; labels for the ear stay."""
    text = re.sub(r"\{% comment %\}.*?\{% endcomment %\}|\{#.*?#\}", " ", template, flags=re.DOTALL)
    text = TRANSLATED.sub(lambda found: f"{found['text']} {{% ", text)
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", " ", text, flags=re.DOTALL)
    heard = " ".join(re.findall(r'(?:aria-label|alt|title|placeholder)="([^"]*)"', text))
    return re.sub(r"<[^>]*>", " ", text, flags=re.DOTALL) + heard


def texts_in(module: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of everything that a module marks for translation."""
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MARKS:
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield node.lineno, argument.value


def test_there_are_templates_to_look_at() -> None:
    assert {"about.html", "banner.html"} <= {path.name for path in FOR_VISITORS}


@pytest.mark.parametrize("template", FOR_VISITORS, ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_a_template_for_visitors_uses_none(template: Path) -> None:
    assert not TRADE.findall(words_in(template.read_text()))


@pytest.mark.parametrize(
    "module",
    [
        path
        for folder in SPEAKING
        for path in sorted((PACKAGE / folder).rglob("*.py"))
        if path.name not in BESIDES and path.parent.name != "records"  # documents for a privacy officer
    ],
    ids=lambda path: path.relative_to(PACKAGE).as_posix(),
)
def test_what_a_module_says_to_visitors_uses_none(module: Path) -> None:
    assert not [(line, text) for line, text in texts_in(module) if TRADE.search(text)]


def test_the_meanings_of_facts_use_none() -> None:
    from wagtail_personalise_gov.facts import FACTS

    with translation.override("en"):
        assert not [name for name, fact in FACTS.items() if TRADE.search(str(fact.meaning))]


def test_the_purposes_of_cookies_use_none() -> None:
    from wagtail_personalise_gov.visit.cookies import COOKIES

    with translation.override("en"):
        assert not [cookie.base_name for cookie in COOKIES if TRADE.search(str(cookie.purpose))]


@pytest.mark.parametrize("negated", [False, True])
def test_what_rules_say_to_visitors_uses_none(negated: bool) -> None:
    with translation.override("en"):
        for rule in example_rules():
            rule.negated = negated
            assert not TRADE.search(rule.public_sentence()), rule.public_sentence()


def test_why_a_visitor_stands_where_they_stand_uses_none() -> None:
    from wagtail_personalise_gov.api import serializers

    texts = [
        *serializers.WHY.values(),
        *serializers.WHY_COUNTED.values(),
        serializers.SAME_FOR_EVERYBODY,
        serializers.UNCOUNTED_WHILE_OFF,
        serializers.EDITORS_UNCOUNTED,
        serializers.NOTHING_COUNTED,
    ]
    with translation.override("en"):
        assert not [text for text in texts if TRADE.search(str(text))]
