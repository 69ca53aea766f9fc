"""Write the parts of docs/ that the code knows best: settings, facts, rules, cookies, the headers of CDNs.

    python tools/write_reference.py            writes them
    python tools/write_reference.py --check    changes nothing; ends with 1 where a page is out of date

A generated part stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``; what is around it is written by hand.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
REGISTER_SCHEMA = ROOT / "wagtail_personalise_gov" / "privacy" / "register.schema.json"
RULESET_SCHEMA = ROOT / "wagtail_personalise_gov" / "portable" / "ruleset.schema.json"
PART = re.compile(r"(?P<start><!-- generated: (?P<name>[\w-]+) -->\n).*?(?P<end><!-- end -->)", re.DOTALL)

if TYPE_CHECKING:
    from wagtail_personalise_gov.models import Rule

KINDS = {
    "bool": "yes or no",
    "int": "a number",
    "text": "a text",
    "texts": "a list of texts",
    "weights": "a number from 0 to 1 for each slug",
    "point": "latitude, longitude, radius in km",
    "moment": "a date and time in the site's zone",
    "address": "an internet address",
    "mapping": "a text for each key",
    "pages": "a list of page ids",
}


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table. A cell is one line; a bar in it is escaped."""
    lines = [list(head), ["---"] * len(list(head)), *map(list, rows)]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def code(value: Any) -> str:
    return f"`{value}`"


def settings() -> str:
    from wagtail_personalise_gov.conf import SETTINGS

    return table(
        ("key", "default", "meaning"),
        ((code(key), code(json_like(row.default)), row.meaning) for key, row in SETTINGS.items()),
    )


def json_like(value: Any) -> str:
    """A default as it is written in a settings file."""
    return f'"{value}"' if isinstance(value, str) else repr(value)


def facts() -> str:
    from wagtail_personalise_gov.facts import FACTS

    def row(name: str) -> Iterator[str]:
        fact = FACTS[name]
        yield code(name)
        yield str(fact.meaning)
        yield code(fact.kind)
        yield ", ".join(map(code, sorted(fact.varies_on))) or "–"
        yield ", ".join(map(code, sorted(fact.remembers))) or "–"
        yield "no" if fact.about_visitor else "yes"
        yield str(fact.read_from)

    head = ("fact", "in plain words", "kind", "varies on", "remembers", "goes on after refusal", "read from")
    return table(head, map(row, FACTS))


def kinds() -> str:
    from wagtail_personalise_gov.core.facts import KINDS as KNOWN

    assert KINDS.keys() == KNOWN, "KINDS says something of each kind of fact"  # noqa: S101  a slip of ours, not of data
    return table(("kind", "is"), ((code(kind), words) for kind, words in KINDS.items()))


def rules() -> str:
    """A section for each of the package's own rule types, with one example each."""
    return "\n".join(map(rule_section, example_rules()))


def rule_section(rule: Rule) -> str:
    model = type(rule)
    panels = [panel for group in model.panels for panel in getattr(group, "children", [group])]  # type: ignore[attr-defined]
    fields = [model._meta.get_field(panel.field_name) for panel in panels]
    parts = [
        f"## `{model.__name__}`\n\n**{capital(model._meta.verbose_name)}**, in the menu under “{model.group}”: "
        f"{lower(model.description)}.\n"
    ]
    if fields:
        parts.append(
            table(
                ("field", "editors read", "help"),
                (
                    (code(field.name), str(field.verbose_name), help_of(field))  # type: ignore[union-attr]
                    for field in fields
                ),
            )
        )
    else:
        parts.append("It has no fields.\n")
    condition = rule.condition()
    said = [("editors read", rule.sentence()), ("visitors read", rule.public_sentence())]
    rule.negated = True
    said += [("negated, editors read", rule.sentence()), ("negated, visitors read", rule.public_sentence())]
    lines = [f"asks: {', '.join(map(code, sorted(condition.facts))) or 'another segment'}"]
    lines += [f"{who}: {plain(sentence)}" for who, sentence in said]
    parts.append("For example:\n\n" + "".join(f"* {line}\n" for line in lines))
    parts.append(f"```json\n{json.dumps(condition.to_json())}\n```\n")
    return "\n".join(parts)


def plain(text: Any) -> str:
    """A text in which Markdown finds no marks."""
    return str(text).replace("*", "\\*").replace("[", "\\[")


def help_of(field: Any) -> str:
    choices = getattr(field, "options", None) or getattr(field, "choices", None)
    words = [plain(field.help_text)] if field.help_text else []
    if choices:
        words.append("; ".join(f"{code(value)}: {label}" for value, label in choices))
    return " ".join(words) or "–"


def capital(text: Any) -> str:
    return f"{text}"[:1].upper() + f"{text}"[1:]


def lower(text: Any) -> str:
    return f"{text}"[:1].lower() + f"{text}"[1:]


def page(title: str, pk: int) -> Any:
    """A page that nobody saved, which everybody may read."""
    from wagtail.models import Page

    made = Page(pk=pk, title=title, live=True)
    made.get_view_restrictions = lambda: []  # the database is not asked
    return made


def example_rules() -> list[Rule]:
    """One filled-in rule of each type, in the order of the menu. They are not saved."""
    from django.contrib.auth.models import Group
    from wagtail.models import Site

    from wagtail_personalise_gov import models

    examples: dict[type[Rule], Rule] = {
        type(rule): rule
        for rule in (
            models.ReferrerRule(kinds=["search"], hosts=["*.gov.uk"]),
            models.CampaignRule(medium="email", name="start-up-week"),
            models.QueryRule(parameter="topic", values=["housing"]),
            models.FirstTimeVisitorRule(),
            models.VisitIntentRule(intent=models.Intent(name="Start a business", slug="start-business")),
            models.VisitCountRule(comparison="at_least", visits=3),
            models.LastVisitRule(comparison="at_least", days=30),
            models.PagesViewedRule(what="page", page=page("Licence", pk=12), scope="visit"),
            models.AccountRule(who="in_group", user_group=Group(name="Councillors")),
            models.DeviceRule(kinds=["mobile", "tablet"]),
            models.LanguageRule(how="prefers", languages=["cy"]),
            models.LocationRule(countries=["GB"], subdivisions=["GB-WLS"]),
            models.NetworkRule(name="our offices", networks=["192.0.2.0/24", "2001:db8::/32"]),
            models.TimeOfDayRule(start=time(22), end=time(6)),
            models.DayOfWeekRule(days=["saturday", "sunday"]),
            models.DateRangeRule(first_day=date(2026, 4, 1), last_day=date(2026, 5, 31), every_year=True),
            models.PathRule(where="paths", paths=["/housing/*"]),
            models.SiteRule(site=Site(hostname="www.example.gov", port=443, site_name="Northmoor Council")),
            models.SegmentRule(
                other=models.Segment(
                    name="Riverside", slug="riverside", public_name="People who seem to be in Riverside"
                )
            ),
        )
    }
    own = [
        relation.related_model
        for relation in models.Segment.rule_relations()
        if relation.related_model.__module__.startswith("wagtail_personalise_gov.")
    ]
    return [examples[model] for model in own]


def cookies() -> str:
    from wagtail_personalise_gov.visit.cookies import COOKIES

    def row(cookie: Any) -> Iterator[str]:
        yield code(cookie.base_name)
        yield str(cookie.purpose)
        yield f"{cookie.lasts}" + (f" ({code(cookie.days_setting)})" if cookie.days_setting else "")
        yield "no" if cookie.http_only else "yes"

    return table(("name", "purpose", "lasts at most", "readable by script"), map(row, COOKIES))


def commands() -> str:
    """A section for each of the package's commands."""
    from django.core.management import get_commands, load_command_class

    parts = []
    for name, app in sorted(get_commands().items()):
        if app != "wagtail_personalise_gov":
            continue
        command = load_command_class(app, name)
        parser = argparse.ArgumentParser()
        command.add_arguments(parser)
        parts.append(f"## `{name}`\n\n{command.help}\n")
        rows = [
            (code("".join(option.option_strings) or option.dest), (option.help or "") % vars(option))
            for option in parser._actions
            if option.dest != "help"
        ]
        if rows:
            parts.append(table(("option", "is"), rows))
    return "\n".join(parts)


def unknown() -> str:
    """A row for each operator: what it answers of a fact that is unknown, as it is and turned round, and why not else.

    The answers are the code's own, asked here.
    """
    from wagtail_personalise_gov.core.conditions import QUESTIONS, All, Not
    from wagtail_personalise_gov.core.conditions import Any as AnyOf

    values: dict[str, Any] = {
        "in": ["GB"],
        "equals": True,
        "at_least": 3,
        "at_most": 3,
        "between": ["22:00", "06:00"],
        "weekday": ["monday"],
        "contains_any": ["GB-WLS"],
        "matches": ["*.gov.uk"],
        "within": {"lat": 51.5, "lng": -0.1, "km": 20},
        "in_network": ["192.0.2.0/24"],
        "language": ["cy"],
        "at_least_in": {"restaurant": 0.5},
    }

    def said(answer: bool | None) -> str:
        return {True: "yes", False: "no", None: "can't tell"}[answer]

    def row(operator: str) -> Iterator[str]:
        question = QUESTIONS[operator]("some.fact", values[operator])
        yield code(operator)
        for condition, facts in (
            (question, {}),
            (Not(question), {}),
            (question, {"some.fact": object()}),
            (All(question, QUESTIONS["equals"]("other.fact", 1)), {"other.fact": 2}),
            (AnyOf(question, QUESTIONS["equals"]("other.fact", 1)), {"other.fact": 1}),
        ):
            yield said(condition.answer(facts))

    head = (
        "operator",
        "fact unknown",
        "**not**, fact unknown",
        "fact of a strange kind",
        "unknown **and** no",
        "unknown **or** yes",
    )
    return table(head, map(row, QUESTIONS))


def geo_presets() -> str:
    from wagtail_personalise_gov.core.geography import GEO_PRESETS

    parts = list(dict.fromkeys(part for preset in GEO_PRESETS.values() for part in preset))
    return table(
        ("part", *map(code, GEO_PRESETS)),
        ((part, *(code(preset[part]) if part in preset else "–" for preset in GEO_PRESETS.values())) for part in parts),
    )


def requirements() -> str:
    """A table for each section of the list of requirements, with the tests that prove each."""
    from tests.requirements.listed import proofs_of, sections

    def row(one: Any) -> Iterator[str]:
        yield str(one.number)
        yield one.level
        yield f"{one.text} *{one.note}*" if one.note else one.text
        yield "; ".join(one.sources)
        yield f"Not done: {one.reason}" if one.reason else ", ".join(code(proof) for proof in proofs_of(one.number))

    head = ("number", "level", "what holds", "sources", "tests")
    return "\n".join(
        f"## {section.letter}. {section.title}\n\n{table(head, map(row, section.requirements))}"
        for section in sections()
    )


def register() -> str:
    """A table for each kind of object of the public register, from its schema."""
    schema = json.loads(REGISTER_SCHEMA.read_text())
    kinds = {"": schema, **schema["$defs"]}

    def rows(properties: dict[str, Any], before: str = "") -> Iterator[tuple[str, str, str]]:
        for key, value in properties.items():
            name = f"{before}{key}"
            items = value.get("items", {})
            yield code(name), type_in_words(value), value.get("description", "")
            yield from rows(value.get("properties", {}), f"{name}.")
            yield from rows(items.get("properties", {}), f"{name}[].")

    return "\n".join(
        (f"### A {kind}\n\n{value['description']}\n\n" if kind else "")
        + table(("key", "is", "meaning"), rows(value["properties"]))
        for kind, value in kinds.items()
        if "properties" in value
    )


def accessibility_states() -> str:
    """For each page of the example site, the states that the accessibility tests look at."""
    from tests.example_site.states import STATES

    pages_of: dict[str, list[str]] = {}
    for state in STATES:
        pages_of.setdefault(state.page, []).append(state.words)
    states = "".join(f"* **{page}**: {'; '.join(words)}\n" for page, words in pages_of.items())
    return f"{len(STATES)} states:\n\n{states}"


def openapi_document() -> dict[str, Any]:
    """The description of the API that the package alone gives, without the facts that a site adds."""
    from wagtail_personalise_gov.api.openapi.document import document
    from wagtail_personalise_gov.facts import FACTS

    return document(FACTS.values())


def openapi() -> str:
    """A section for each call of the API: what it may be told, and each answer."""
    return "\n".join(
        f"## `{method.upper()} {path}`\n\n{call_section(call)}"
        for path, calls in openapi_document()["paths"].items()
        for method, call in calls.items()
    )


def call_section(call: dict[str, Any]) -> str:
    """What one call is, takes and answers, with its first example of each."""
    ways = [" with ".join([code(way), *map(code, scopes)]) for one in call["security"] for way, scopes in one.items()]
    optional = " or nothing" if {} in call["security"] else ""
    who = f"Comes with {' or '.join(ways)}{optional}." if ways else "Needs nothing."
    parts = [f"{call['summary']}. {call['description']}\n", f"{who} `operationId`: `{call['operationId']}`.\n"]
    told = call.get("parameters", [])
    if told:
        rows = ((code(one["name"]), one["in"], one["description"], code(one["example"])) for one in told)
        parts.append(table(("parameter", "in", "is", "such as"), rows))
    if "requestBody" in call:
        parts.append(f"Takes {contents_in_words(call['requestBody'])}:\n")
        parts.append(first_example(call["requestBody"]))
    answers = call["responses"]
    rows = (
        (
            status,
            contents_in_words(answer),
            answer["description"],
            ", ".join(map(code, answer.get("headers", {}))) or "–",
        )
        for status, answer in answers.items()
    )
    parts.append(table(("status", "answers", "when", "headers"), rows))
    if "content" in answers.get("200", {}):
        parts.append(first_example(answers["200"]))
    return "\n".join(parts)


def contents_in_words(described: dict[str, Any]) -> str:
    """Which schema a body or an answer has."""
    for content in described.get("content", {}).values():
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        return code(name) if name else "an object"
    return "nothing"


def first_example(described: dict[str, Any]) -> str:
    (content,) = described["content"].values()
    example = next(iter(content["examples"].values()))["value"]
    return f"```json\n{json.dumps(example, indent=2, ensure_ascii=False)}\n```\n"


def type_in_words(value: dict[str, Any]) -> str:
    if "$ref" in value:
        return "a " + value["$ref"].rpartition("/")[2]
    if "enum" in value:
        return " or ".join(map(code, value["enum"]))
    if "const" in value:
        return code(value["const"])
    if value["type"] == "array":
        items = value["items"]
        return f"a list: {type_in_words(items)} each" if "properties" not in items else "a list of objects"
    words = {"string": "a text", "integer": "a number", "boolean": "true or false", "object": "an object"}
    kinds = [value["type"]] if isinstance(value["type"], str) else value["type"]
    return " or ".join(words.get(kind, kind) for kind in kinds)


PARTS: dict[str, Callable[[], str]] = {
    "settings": settings,
    "facts": facts,
    "kinds": kinds,
    "rules": rules,
    "cookies": cookies,
    "commands": commands,
    "geo-presets": geo_presets,
    "unknown": unknown,
    "requirements": requirements,
    "register": register,
    "accessibility-states": accessibility_states,
    "openapi": openapi,
}

OPENAPI = DOCS / "reference" / "openapi.json"  # the document itself, for those who make a client of it

# Files of the package that the documentation publishes as they are.
COPIES = {
    DOCS / "reference" / "register.schema.json": REGISTER_SCHEMA,
    DOCS / "reference" / "ruleset.schema.json": RULESET_SCHEMA,
}


def written(text: str) -> str:
    """A page with its generated parts as they should be now. Raises KeyError for a part that nothing generates."""
    return PART.sub(lambda part: f"{part['start']}\n{PARTS[part['name']]()}\n{part['end']}", text)


def openapi_json() -> str:
    """The text of `OPENAPI` as it should be now."""
    return json.dumps(openapi_document(), indent=2, ensure_ascii=False) + "\n"


def pages() -> list[Path]:
    """The pages that have a generated part."""
    return [page for page in sorted(DOCS.rglob("*.md")) if PART.search(page.read_text())]


def main() -> str | None:
    """A sentence for each page that is out of date, if only that was asked; else None."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail where a page is out of date")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example_site.settings")
    import django
    from django.utils import translation

    django.setup()
    out_of_date = []
    with translation.override("en"):
        for page in pages():
            if (text := written(page.read_text())) != page.read_text():
                out_of_date.append(page)
                if not options.check:
                    page.write_text(text)
                    print(f"Wrote {page.relative_to(ROOT)}.")
        files = {copy: original.read_text() for copy, original in COPIES.items()} | {OPENAPI: openapi_json()}
    for file, text in files.items():
        if not file.exists() or file.read_text() != text:
            out_of_date.append(file)
            if not options.check:
                file.write_text(text)
                print(f"Wrote {file.relative_to(ROOT)}.")
    if options.check and out_of_date:
        names = ", ".join(str(page.relative_to(ROOT)) for page in out_of_date)
        return f"Out of date: {names}. Run 'python tools/write_reference.py'."
    return None


if __name__ == "__main__":
    sys.exit(main())
