"""What the evaluator is as a module: small, alone, without effects, and unmoved by whatever it is given."""

import base64
import gzip
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .node import EVALUATOR, SCRIPTS, SIGNATURE, Node

RULESET = {
    "format": "wagtail-personalise-gov/ruleset",
    "format_version": 1,
    "version": "v",
    "paused": False,
    "segments": {
        "abroad": {"condition": {"not": {"fact": "location.country", "op": "in", "value": ["GB"]}}},
        "tourist": {
            "condition": {"all": [{"segment": "abroad"}, {"fact": "language", "op": "language", "value": ["fr"]}]}
        },
    },
    "facts": {},
}
IN_FRANCE = {"location.country": "FR", "language": ["fr"]}


def as_address(module: Path) -> str:
    """The module within its address: older Nodes take a file for a module only by its name."""
    return f"data:text/javascript;base64,{base64.b64encode(module.read_bytes()).decode()}"


def in_node(script: str, *flags: str) -> str:
    command = ["node", *flags, "--input-type=module"]
    return subprocess.run(command, input=script, capture_output=True, text=True, check=True).stdout.strip()


def test_the_evaluator_is_less_than_four_kilobytes() -> None:
    assert len(gzip.compress(EVALUATOR.read_bytes(), compresslevel=9, mtime=0)) < 4096


@pytest.mark.parametrize("module", [EVALUATOR, SIGNATURE], ids=lambda module: module.name)
def test_a_module_needs_nothing_beside_it_and_has_its_types_beside_it(module: Any) -> None:
    text = module.read_text()
    assert re.findall(r'^\s*import\b|\bfrom "|require\(|\beval\b|\bFunction\b', text, re.MULTILINE) == []
    exported = re.findall(r"^export (?:async )?(?:const|function) (\w+)", text, re.MULTILINE)
    typed = re.findall(r"^export function (\w+)", (SCRIPTS / f"{module.stem}.d.ts").read_text(), re.MULTILINE)
    assert exported
    assert exported == typed


@pytest.mark.node
@pytest.mark.parametrize("module", [EVALUATOR, SIGNATURE], ids=lambda module: module.name)
def test_to_import_a_module_changes_nothing(module: Any) -> None:
    """Not one global comes or changes, even where every built-in object is frozen and nothing may be made of text."""
    script = f"""
        for (const name of Object.getOwnPropertyNames(globalThis)) {{
          const {{ value }} = Object.getOwnPropertyDescriptor(globalThis, name);
          if (typeof value === "function") Object.freeze(value), value.prototype && Object.freeze(value.prototype);
        }}
        const before = Reflect.ownKeys(globalThis).join();
        await import({json.dumps(as_address(module))});
        console.log(before === Reflect.ownKeys(globalThis).join());
    """.replace(".join()", ".map(String).join()")
    assert in_node(script, "--disallow-code-generation-from-strings") == "true"


@pytest.mark.node
def test_it_decides_as_text_that_is_handed_to_node_as_a_module() -> None:
    script = (
        EVALUATOR.read_text()
        + f"\nconsole.log(JSON.stringify(decide({json.dumps(RULESET)}, {json.dumps(IN_FRANCE)})));"
    )
    assert json.loads(in_node(script)) == {"abroad": "matched", "tourist": "matched"}


@pytest.mark.node
def test_it_runs_where_there_is_nothing_but_the_language_and_url() -> None:
    """A worker of a CDN has no window, no document, no process and no way to make code of text."""
    script = f"""
        import vm from "node:vm";
        import fs from "node:fs";
        const worker = vm.createContext({{ URL }}, {{ codeGeneration: {{ strings: false, wasm: false }} }});
        const source = fs.readFileSync({json.dumps(str(EVALUATOR))}, "utf8");
        const module = new vm.SourceTextModule(source, {{ context: worker }});
        await module.link(() => {{ throw Error("it imports something"); }});
        await module.evaluate();
        const facts = {{ "network.ip": "::ffff:192.0.2.7", "clock.local": "2026-10-25T00:30:00Z" }};
        const asked = {{ all: [
          {{ fact: "network.ip", op: "in_network", value: ["192.0.2.0/24"] }},
          {{ fact: "clock.local", op: "between", value: ["01:00", "02:00", "Europe/London"] }},
        ] }};
        console.log(module.namespace.answer(asked, facts));
    """
    assert in_node(script, "--experimental-vm-modules", "--no-warnings") == "true"


# Whatever it is given


def asked(value: Any, op: Any = "in", fact: Any = "location.city") -> dict[str, Any]:
    return {"fact": fact, "op": op, "value": value}


def nested(depth: int) -> Any:
    condition: Any = {"segment": "a"}
    for _ in range(depth):
        condition = {"not": condition}
    return condition


NO_CONDITIONS = {
    "nothing": None,
    "a number": 1,
    "a text": "all",
    "a list": [],
    "an object": {},
    "an unknown shape": {"none": []},
    "two shapes": {"all": [], "any": []},
    "a shape that every object inherits": {"constructor": []},
    "a list that is none": {"all": {"map": 1}},
    "a part that is none": {"not": {"not": 1}},
    "a slug that is none": {"segment": {}},
    "a slug in a list": {"segment": ["told"]},
    "a slug that is null": {"segment": None},
    "an operator in a list": asked(["a"], ["in"]),
    "a zone for numbers": asked([2, 5, "UTC"], "between", "visitor.visits"),
    "a zone that is null": asked(["09:00", "17:00", None], "between", "clock.local"),
    "a zone that is empty": asked(["09:00", "17:00", ""], "between", "clock.local"),
    "a zone in a list": asked(["09:00", "17:00", ["Europe/London"]], "between", "clock.local"),
    "an unknown operator": asked(["a"], "regex"),
    "an operator that every object inherits": asked(["a"], "constructor"),
    "an operator that is none": asked(["a"], None),
    "a fact that is none": asked(["a"], fact=1),
    "a question without a value": {"fact": "location.city", "op": "in"},
    "a question with a note": {**asked(["a"]), "note": "why"},
    "values that are none": asked("a"),
    "no values": asked([]),
    "texts and numbers": asked(["a", 1]),
    "truths among values": asked([True]),
    "an object that is equal": asked({}, "equals"),
    "a list that is equal": asked(["a"], "equals"),
    "a text that is more": asked("a", "at_least", "visitor.visits"),
    "a range of one end": asked([1], "between", "visitor.visits"),
    "a range of no end": asked([None, None], "between", "visitor.visits"),
    "a range that ends before it starts": asked([5, 2], "between", "visitor.visits"),
    "a range of two scales": asked([1, "09:00"], "between", "visitor.visits"),
    "a day that there is not": asked(["02-30", "03-01"], "between", "clock.local"),
    "a date that there is not": asked(["2026-02-30", None], "between", "clock.local"),
    "a time with seconds": asked(["09:00:00", "17:00:00"], "between", "clock.local"),
    "a time without an end": asked(["09:00", None], "between", "clock.local"),
    "a time without length": asked(["09:00", "09:00"], "between", "clock.local"),
    "a zone that there is not": asked(["09:00", "17:00", "Europe/Atlantis"], "between", "clock.local"),
    "a zone that is an offset": asked(["09:00", "17:00", "+01:00"], "between", "clock.local"),
    "a zone of some machines": asked(["09:00", "17:00", "posix/Europe/London"], "between", "clock.local"),
    "two zones": asked(["09:00", "17:00", "UTC", "UTC"], "between", "clock.local"),
    "a pattern that is none": asked([1], "matches"),
    "a place that is none": asked({"lat": 91, "lng": 0, "km": 1}, "within", "location.point"),
    "a distance that is none": asked({"lat": 51, "lng": 0, "km": "1"}, "within", "location.point"),
    "a network with bits behind its length": asked(["192.0.2.1/24"], "in_network", "network.ip"),
    "a network that is none": asked(["example.com"], "in_network", "network.ip"),
    "a length that is too large": asked(["192.0.2.0/33"], "in_network", "network.ip"),
    "languages that are none": asked([1], "language", "language"),
    "weights that are none": asked({"restaurant": "0.5"}, "at_least_in", "visit.intent"),
    "a list of weights": asked([0.5], "at_least_in", "visit.intent"),
    "nested very deep": nested(900),
}
FACTS = {
    "location.city": "a",
    "visitor.visits": 3,
    "clock.local": "2026-04-18T09:30:00+01:00",
    "location.point": [51.5, -0.1, None],
    "network.ip": "192.0.2.7",
    "language": ["en"],
    "visit.intent": {"restaurant": 0.6, "0": 1},
}


@pytest.mark.node
@pytest.mark.parametrize("condition", NO_CONDITIONS.values(), ids=NO_CONDITIONS)
def test_what_is_no_condition_cannot_be_told(evaluator: Node, condition: Any) -> None:
    assert evaluator.answer(condition, FACTS, {"told": True, "null": True}) is None


@pytest.mark.node
@pytest.mark.parametrize("nothing", [None, 1, "a", [], {}, [None], {"segments": None}, {**RULESET, "segments": 5}])
def test_what_is_no_ruleset_decides_nothing_and_what_is_no_list_of_variants_chooses_nothing(
    evaluator: Node, nothing: Any
) -> None:
    assert evaluator.decide(nothing, IN_FRANCE) == {}
    assert evaluator.needs(nothing) == []
    assert evaluator.choose(nothing, {"abroad": "matched"}) is None
    assert evaluator.decide(RULESET, nothing) == {"abroad": "unknown", "tourist": "unknown"}


@pytest.mark.node
def test_no_address_takes_long(evaluator: Node) -> None:
    condition = asked(["192.0.2.0/24"], "in_network", "network.ip")
    for address in (":" * 1_000_000 + "x", "1" * 1_000_000, "1." * 500_000, "::%" + "/" * 1_000_000):
        assert evaluator.answer(condition, {"network.ip": address}) is None


@pytest.mark.node
def test_what_is_nested_without_end_cannot_be_told() -> None:
    script = f"""
        {EVALUATOR.read_text()}
        let condition = {{ not: {{ all: [] }} }};
        for (let depth = 0; depth < 1_000_000; depth++) condition = {{ not: condition }};
        const segments = {{ deep: {{ condition }}, beside: {{ condition: {{ not: {{ all: [] }} }} }} }};
        const ruleset = {{ format_version: 1, paused: false, segments, facts: {{}} }};
        console.log(JSON.stringify([answer(condition, {{}}), decide(ruleset, {{}})]));
    """
    assert json.loads(in_node(script)) == [None, {"deep": "unknown", "beside": "matched"}]


@pytest.mark.node
@pytest.mark.parametrize(
    "options", [None, {}, {"segments": None, "refused": None, "heldBack": None}, 1, "abroad"], ids=repr
)
def test_options_that_say_nothing_leave_out_nothing(evaluator: Node, options: Any) -> None:
    segments = {"abroad": RULESET["segments"]["abroad"], "broken": None, "none": 5, "list": []}  # type: ignore[index]
    told = {"abroad": "matched"}
    if options != {"segments": None, "refused": None, "heldBack": None}:
        assert evaluator.decide({**RULESET, "segments": segments}, IN_FRANCE, options) == told
    assert evaluator.decide(RULESET, IN_FRANCE, {"refused": None, "heldBack": None}) == {**told, "tourist": "matched"}


@pytest.mark.node
def test_no_number_of_stars_takes_long(evaluator: Node) -> None:
    """That it comes back at all shows it: tried by backtracking, it would not within a lifetime."""
    condition = asked(["*a" * 200 + "*b"], "matches")
    assert evaluator.answer(condition, {"location.city": "a" * 100_000}) is False


@pytest.mark.node
def test_a_thousand_segments_each_inside_the_next_are_decided(evaluator: Node) -> None:
    segments: dict[str, Any] = {"s0": {"condition": asked(["a"])}}
    for number in range(1, 1000):
        segments[f"s{number}"] = {"condition": {"all": [{"segment": f"s{number - 1}"}]}}
    decided = evaluator.decide({**RULESET, "segments": segments}, FACTS, {"segments": ["s999"]})
    assert decided == {"s999": "matched"}
