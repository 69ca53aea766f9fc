"""Rows as tables: on the terminal, as JSON, and in docs/explanation/performance.md between two marks."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .goals import judged, line
from .measuring import Bench
from .pairs import ROOT
from .services import FOLDER

PAGE = ROOT / "docs" / "explanation" / "performance.md"
BEGIN, END = "<!-- latest: written by `make bench ARGS=--write-docs` -->", "<!-- latest: end -->"

Row = Mapping[str, Any]


def number(value: Any, digits: int = 2) -> str:
    return "-" if value is None else f"{value:,.{digits}f}"


def times(value: float) -> str:
    return f"{value:.3f}" if value < 10 else f"{value:,.0f}"


def spread(row: Row) -> str:
    return f"{times(row['quartiles'][0])} to {times(row['quartiles'][1])}"


def of_both(row: Row) -> str:
    return f"{row['queries'][0]} / {row['queries'][1]}"


def memory(row: Row) -> str:
    told = row["memory_mb"]
    return f"{told['Rss']:.0f} / {told['Pss']:.0f}" if told else "-"


# section: (heading, [(column, its text of a row)])
TABLES: dict[str, tuple[str, list[tuple[str, Callable[[Row], str]]]]] = {
    "page": (
        "A page, in process: CPU time as a multiple of the floor's",
        [
            ("database", lambda row: row["database"]),
            ("page", lambda row: row["page"]),
            ("segments", lambda row: f"{row['segments']:,}"),
            ("visitor", lambda row: row["visitor"]),
            ("floor, ms", lambda row: number(row["floor_ms"])),
            ("ours", lambda row: times(row["ours"])),
            ("quartiles", spread),
            ("floor again", lambda row: times(row["control"])),
            ("SQL floor / ours", of_both),
        ],
    ),
    "served": (
        "A page with 3 blocks under gunicorn, one process of 4 threads, new visitors",
        [
            ("database", lambda row: row["database"]),
            ("segments", lambda row: f"{row['segments']:,}"),
            ("subject", lambda row: row["subject"]),
            ("requests/s", lambda row: number(row["rps"], 0)),
            ("of the floor", lambda row: times(row["of_floor"])),
            ("p50, ms", lambda row: number(row["p50_ms"], 1)),
            ("p99, ms", lambda row: number(row["p99_ms"], 1)),
            ("failed", lambda row: str(row["failures"])),
            ("RSS / PSS, MB", memory),
        ],
    ),
    "peer": (
        "With the peer, on a Wagtail that it works with: CPU time as a multiple of the floor's, 3 blocks",
        [
            ("segments", lambda row: f"{row['segments']:,}"),
            ("visitor", lambda row: row["visitor"]),
            ("subject", lambda row: row["subject"]),
            ("floor, ms", lambda row: number(row["floor_ms"])),
            ("of the floor", lambda row: times(row["cpu"])),
            ("quartiles", spread),
            ("SQL floor / subject", of_both),
        ],
    ),
    "peer served": (
        "The same under gunicorn, new visitors",
        [
            ("segments", lambda row: f"{row['segments']:,}"),
            ("subject", lambda row: row["subject"]),
            ("requests/s", lambda row: number(row["rps"], 1)),
            ("of the floor", lambda row: times(row["of_floor"])),
            ("p50, ms", lambda row: number(row["p50_ms"], 1)),
            ("p99, ms", lambda row: number(row["p99_ms"], 1)),
            ("failed", lambda row: str(row["failures"])),
            ("RSS / PSS, MB", memory),
        ],
    ),
    "cached": (
        "A hit in Django's page cache on Redis, in process: CPU time",
        [
            ("page", lambda row: row["page"]),
            ("segments", lambda row: f"{row['segments']:,}"),
            ("visitor", lambda row: row["visitor"]),
            ("floor, ms", lambda row: number(row["floor_ms"], 3)),
            ("added, ms", lambda row: number(row["added_ms"], 3)),
            ("ours", lambda row: times(row["ours"])),
            ("quartiles", spread),
            ("SQL floor / ours", of_both),
            ("a hit", lambda row: "yes" if row["hit"] else "no"),
        ],
    ),
    "cached served": (
        "The same under gunicorn",
        [
            ("page", lambda row: row["page"]),
            ("segments", lambda row: f"{row['segments']:,}"),
            ("visitor", lambda row: row["visitor"]),
            ("subject", lambda row: row["subject"]),
            ("requests/s", lambda row: number(row["rps"], 0)),
            ("of the floor", lambda row: times(row["of_floor"])),
            ("p50, ms", lambda row: number(row["p50_ms"], 2)),
            ("p99, ms", lambda row: number(row["p99_ms"], 2)),
            ("failed", lambda row: str(row["failures"])),
        ],
    ),
    "core": (
        "The core by itself: segments of 4 conditions",
        [
            ("segments", lambda row: f"{row['segments']:,}"),
            ("decide all, µs", lambda row: number(row["decide_us"], 1)),
            ("decide six, µs", lambda row: number(row["decide_six_us"], 1)),
            ("explain one, µs", lambda row: number(row["explain_us"], 1)),
            ("compile all, ms", lambda row: number(row["compile_all_ms"], 1)),
            ("plan for six, µs", lambda row: number(row["plan_of_six_us"], 0)),
            ("memory, kB", lambda row: number(row["memory_kb"], 0)),
            ("with a plan for all, kB", lambda row: number(row["memory_with_plan_kb"], 0)),
        ],
    ),
    "look-up": (
        "Places and devices",
        [
            ("what", lambda row: row["what"]),
            ("first, µs", lambda row: number(row["first_us"])),
            ("again, µs", lambda row: number(row["again_us"])),
        ],
    ),
    "publishing": (
        "A segment is published under load, two processes of 4 threads",
        [
            ("database", lambda row: row["database"]),
            ("segments", lambda row: f"{row['segments']:,}"),
            ("all serve it after, s", lambda row: number(row["seconds"])),
            ("failed", lambda row: f"{row['failures']} of {row['requests']:,}"),
            ("longest, ms", lambda row: number(row["longest_ms"], 0)),
            ("longest before, ms", lambda row: number(row["longest_before_ms"], 0)),
            ("p99 before, ms", lambda row: number(row["p99_before_ms"], 0)),
            ("one compile, ms", lambda row: number(row["compile_ms"], 0)),
        ],
    ),
    "profile": (
        "A profile of requests: share of the whole time between a request's arrival and its end",
        [
            ("what", lambda row: row["what"]),
            ("largest function of ours, %", lambda row: number(row["largest_percent"])),
            ("which", lambda row: f"`{row['function']}`"),
            ("own time of all of ours, %", lambda row: number(row["all_of_ours_percent"], 1)),
        ],
    ),
}


def cells(rows: Sequence[Row], section: str) -> list[list[str]]:
    _heading, columns = TABLES[section]
    mine = [row for row in rows if row["section"] == section]
    return [[name for name, _text in columns], *([text(row) for _name, text in columns] for row in mine)]


def as_text(bench: Bench) -> str:
    """The tables, what was not measured, and a line for each goal."""
    lines: list[str] = []
    for section, (heading, _columns) in TABLES.items():
        table = cells(bench.rows, section)
        if len(table) == 1:
            continue
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines += ["", heading]
        lines += [
            "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in table
        ]
    if bench.skipped:
        lines += ["", "NOT MEASURED", *(f"  {what}" for what in bench.skipped)]
    lines += ["", "Goals", *(f"  {line(*verdict)}" for verdict in judged(bench.figures))]
    return "\n".join(lines)


def as_markdown(bench: Bench) -> str:
    lines = [f"Taken on {bench.environment['day']}{', the short run' if bench.environment['quick'] else ''}."]
    lines += ["", "| goal | figure | |", "|---|---|---|"]
    for goal, figure, verdict in judged(bench.figures):
        unit = f" {goal.unit}" if goal.unit else ""
        told = "-" if figure is None else f"{figure:.4g}{unit}"
        lines.append(f"| {goal.what} {goal.bound} {goal.limit:g}{unit} | {told} | {verdict} |")
    for section, (heading, _columns) in TABLES.items():
        table = cells(bench.rows, section)
        if len(table) == 1:
            continue
        head, *body = table
        lines += ["", f"### {heading}", "", "| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
        lines += ["| " + " | ".join(row) + " |" for row in body]
    if bench.skipped:
        lines += ["", "Not measured in this run:", "", *(f"* {what}" for what in bench.skipped)]
    lines += ["", "### On what", "", *(f"* {what}: {text}" for what, text in machine(bench).items())]
    return "\n".join(lines)


def machine(bench: Bench) -> dict[str, str]:
    told = {"Processor": bench.environment["processor"], "Python": bench.environment["python"]}
    for name, versions in bench.environment.get("versions", {}).items():
        told[f"On {name}"] = f"Django {versions['Django']}, Wagtail {versions['Wagtail']}, {versions['database']}"
    if peer := bench.environment.get("peer"):
        told["With the peer"] = (
            f"Django {peer['Django']}, Wagtail {peer['Wagtail']}, wagtail-personalisation {peer['peer']}"
        )
    if redis := bench.environment.get("redis"):
        told["Redis"] = redis
    told["Load when it began"] = f"{bench.environment['load']:.1f} processes that wanted a processor"
    return told


def processor() -> str:
    """The model and number of processors, as the system tells it."""
    import os

    model = platform.machine()
    told = Path("/proc/cpuinfo")
    if told.exists() and (found := re.search(r"model name\s*: (.+)", told.read_text())):
        model = found[1]
    return f"{os.cpu_count()} × {model}"


def today() -> str:
    return datetime.now(UTC).date().isoformat()


def write_json(bench: Bench) -> Path:
    goals = [
        {
            "key": goal.key,
            "what": goal.what,
            "goal": f"{goal.bound} {goal.limit:g}",
            "figure": figure,
            "verdict": verdict,
        }
        for goal, figure, verdict in judged(bench.figures)
    ]
    told = {"environment": bench.environment, "goals": goals, "not_measured": bench.skipped, "rows": bench.rows}
    path = FOLDER / "latest.json"
    path.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return path


def write_docs(markdown: str) -> None:
    """Put the tables between the marks of the page."""
    before, rest = PAGE.read_text().split(BEGIN)
    after = rest.split(END)[1]
    PAGE.write_text(f"{before}{BEGIN}\n\n{markdown}\n\n{END}{after}")
