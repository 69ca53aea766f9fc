"""Where a visitor stands is the same in JavaScript as on the server: for every choice, age, signal and mode."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
import time_machine
from django.test import RequestFactory

from wagtail_personalise_gov.visit.preference import standing_of

from .node import SCRIPTS
from .test_module import in_node

PREFERENCE = SCRIPTS / "preference.js"
NOW = datetime(2026, 4, 18, 12, tzinfo=UTC)
TODAY = int(NOW.timestamp()) // 86_400
DAYS = {"today": TODAY, "tomorrow": TODAY + 1, "to come": TODAY + 2, "last": TODAY - 182, "over": TODAY - 183}
REFUSED_DAYS = {"last": TODAY - 365, "over": TODAY - 366}

CHOICES = [
    *("allowed.1", "allowed.2", "allowed.1.g", "allowed.1.d", "allowed.1.gn", "refused.1", "refused.2.n"),
    *(f"allowed.1.{day}" for day in DAYS.values()),
    *(f"allowed.1.{day}.g" for day in DAYS.values()),
    *(f"refused.1.{day}" for day in [*DAYS.values(), *REFUSED_DAYS.values()]),
    *(f"undecided-counted.1.{day}" for day in DAYS.values()),
    *(f"undecided-uncounted.1.{day}" for day in REFUSED_DAYS.values()),
    f"allowed-uncounted.1.{TODAY - 300}-{TODAY}.g",
    f"refused-counted.1.{TODAY - 400}-{TODAY}.n",
    f"allowed-counted.2.{TODAY}",
]
NONE_AT_ALL = ["", "allowed", "refused.", "undecided.1", "allowed.1.", "allowed.1.x", "allowed.12345678", "ALLOWED.1"]
NONE_AT_ALL += ["allowed.1.²", "refused.1.2.3.4", "a" * 5000]
SEVERAL = [
    "personalise_choice={allowed}; personalise_choice=refused.1",
    "personalise_choice=refused.1; personalise_choice={allowed}",
    "personalise_choice=undecided-counted.1; personalise_choice={allowed}",
    "personalise_choice=rubbish; personalise_choice={allowed}; other=refused.1",
    f"personalise_choice=refused.1.{TODAY - 366}; personalise_choice={{allowed}}",
    "__Host-personalise_choice={allowed}",
    "__Host-personalise_choice=refused.1",
    "__Host-personalise_choice=refused.1; personalise_choice={allowed}",
    'personalise_choice="refused.1"',
    " personalise_choice = {allowed} ;x",
    "personalise_choice",
    "xpersonalise_choice=refused.1",
]
COOKIES = [
    "",
    *(f"personalise_choice={choice}" for choice in [*CHOICES, *NONE_AT_ALL]),
    *(cookies.format(allowed=f"allowed.1.{TODAY}.g") for cookies in SEVERAL),
]
SIGNALS = [{}, {"Sec-GPC": "1"}, {"DNT": "1"}, {"Sec-GPC": "1", "DNT": "1"}, {"Sec-GPC": "0", "DNT": "yes"}]
SETTINGS = [
    {"MODE": mode, "POLICY_VERSION": version, "HONOUR_GPC": gpc, "HONOUR_DNT": dnt, "COOKIE_SECURE": secure}
    for mode, version, (gpc, dnt), secure in product(
        ["opt_out", "opt_in", "off"], [1, 2], [(True, True), (True, False), (False, True)], [False, True]
    )
]


def as_told(settings: dict[str, Any]) -> dict[str, Any]:
    """What a ruleset tells of these settings."""
    return {
        "mode": settings["MODE"],
        "policy_version": settings["POLICY_VERSION"],
        "honour_gpc": settings["HONOUR_GPC"],
        "honour_dnt": settings["HONOUR_DNT"],
        "allowed_max_age_days": 183,
        "refused_max_age_days": 365,
        "cookie": "__Host-personalise_choice" if settings["COOKIE_SECURE"] else "personalise_choice",
    }


def in_javascript(rows: list[tuple[dict[str, Any], dict[str, str]]]) -> list[dict[str, Any]]:
    script = f"""
        {PREFERENCE.read_text()}
        const asked = new Set();
        const answers = {json.dumps(rows)}.map(([settings, sent]) => {{
          const headers = {{ get(name) {{ asked.add(name); return sent[name] ?? null; }} }};
          return settle(settings, headers, {int(NOW.timestamp() * 1000)});
        }});
        console.log(JSON.stringify([answers, [...asked].sort()]));
    """
    answers, asked = json.loads(in_node(script))
    assert asked == ["Cookie", "DNT", "Sec-GPC"]
    found: list[dict[str, Any]] = answers
    return found


@pytest.mark.node
def test_every_visitor_stands_where_the_server_says(configure: Callable[..., None]) -> None:
    rows, expected = [], []
    for settings in SETTINGS:
        configure(**settings, ALLOWED_MAX_AGE_DAYS=183, REFUSED_MAX_AGE_DAYS=365)
        for cookies, signals in product(COOKIES, SIGNALS):
            sent = {**signals, **({"Cookie": cookies} if cookies else {})}
            with time_machine.travel(NOW, tick=False):
                standing = standing_of(RequestFactory().get("/", headers=sent))
            rows.append((as_told(settings), sent))
            expected.append(
                {
                    "preference": str(standing.preference),
                    "because": str(standing.because),
                    "adapts": standing.adapts,
                }
            )
    wrong = [
        (row, answer, wanted)
        for row, answer, wanted in zip(rows, in_javascript(rows), expected, strict=True)
        if answer != wanted
    ]
    assert wrong == []
    seen = Counter((wanted["because"], wanted["adapts"]) for wanted in expected)
    assert set(seen) == {
        *(("choice", adapts) for adapts in (True, False)),
        *(("default", adapts) for adapts in (True, False)),
        *((signal, False) for signal in ("gpc", "dnt", "mode")),
    }


@pytest.mark.node
def test_it_agrees_on_an_age_that_a_site_sets(configure: Callable[..., None]) -> None:
    configure(ALLOWED_MAX_AGE_DAYS=1, MODE="opt_in")
    told = {**as_told({"MODE": "opt_in", "POLICY_VERSION": 1, "HONOUR_GPC": 1, "HONOUR_DNT": 1, "COOKIE_SECURE": 0})}
    told["allowed_max_age_days"] = 1
    for day, adapts in [(TODAY, True), (TODAY - 1, False)]:
        cookies = {"Cookie": f"personalise_choice=allowed.1.{day}"}
        with time_machine.travel(NOW, tick=False):
            assert standing_of(RequestFactory().get("/", headers=cookies)).adapts is adapts
        (answer,) = in_javascript_one(told, cookies)
        assert answer["adapts"] is adapts


def in_javascript_one(settings: dict[str, Any], sent: dict[str, str]) -> list[dict[str, Any]]:
    signals = {"DNT": "0", "Sec-GPC": "0"}  # said, so that all three headers are asked
    return in_javascript([(settings, {**signals, **sent})])


def test_it_is_small_alone_and_has_its_types_beside_it() -> None:
    text = PREFERENCE.read_text()
    assert len(gzip.compress(PREFERENCE.read_bytes(), compresslevel=9, mtime=0)) < 2048
    assert re.findall(r'^\s*import\b|\bfrom "|require\(|\beval\b', text, re.MULTILINE) == []
    assert re.findall(r"^export (?:const|function) (\w+)", text, re.MULTILINE) == ["settle"]
    assert re.findall(r"^export function (\w+)", (SCRIPTS / "preference.d.ts").read_text(), re.MULTILINE) == ["settle"]


@pytest.mark.node
def test_to_import_it_needs_nothing_but_the_language() -> None:
    script = f"""
        import vm from "node:vm";
        const worker = vm.createContext({{}}, {{ codeGeneration: {{ strings: false, wasm: false }} }});
        const module = new vm.SourceTextModule({json.dumps(PREFERENCE.read_text())}, {{ context: worker }});
        await module.link(() => {{ throw Error("it imports something"); }});
        await module.evaluate();
        const settings = {{ mode: "opt_out", cookie: "personalise_choice" }};
        console.log(module.namespace.settle(settings, {{ get: () => null }}, 0).adapts);
    """
    command = ["node", "--experimental-vm-modules", "--no-warnings", "--input-type=module"]
    answer = subprocess.run(command, input=script, capture_output=True, text=True, check=True).stdout.strip()
    assert answer == "true"
