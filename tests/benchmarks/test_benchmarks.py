"""The benchmark works, and judges rightly. No test asks what it measured: a busy machine would make it fail."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks import report
from tests.benchmarks.goals import GOALS, Goal, judged
from tests.benchmarks.load import as_http
from tests.benchmarks.measuring import Bench, Scale
from tests.benchmarks.pairs import ratio
from tests.benchmarks.services import Databases

SMALLEST = Scale(generations=1, turns=2, goal_turns=2, whole=False)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Two turns of a few pages with ten segments, in processes of their own."""
    bench = Bench(SMALLEST)
    bench.environment |= {"day": "2026-01-01", "quick": True, "processor": "2 × any", "python": "3", "load": 0.0}
    databases = Databases(folder=tmp_path_factory.mktemp("bench"))
    bench.pages(databases, sys.executable, [10])
    return bench


def rows_of(bench: Bench, **wanted: Any) -> list[dict[str, Any]]:
    return [row for row in bench.rows if wanted.items() <= row.items()]


def test_the_smallest_run_compares_a_page_that_adapts_with_the_floor(bench: Bench) -> None:
    [row] = rows_of(bench, page="3 blocks", visitor="new")
    assert row["segments"] == 10
    assert row["ours"] > 0
    assert row["floor_ms"] > 0


def test_a_page_that_adapts_makes_the_queries_of_the_floor(bench: Bench) -> None:
    rows = rows_of(bench, section="page")
    assert {row["visitor"] for row in rows} == {"new", "returning", "refused"}
    for row in rows:
        floor, ours = row["queries"]
        assert ours == floor, row
    assert bench.figures["more_queries"] == 0


def test_a_page_without_a_block_that_adapts_has_the_headers_of_the_floor(bench: Bench) -> None:
    assert bench.figures["plain_headers"] == 0


def test_what_was_measured_stands_in_the_tables_with_a_line_for_each_goal(bench: Bench) -> None:
    text = report.as_text(bench)
    assert "no block that adapts" in text
    assert sum(line.strip().startswith(("MET", "NOT MET", "NOT MEASURED  ")) for line in text.splitlines()) == len(
        GOALS
    )


def test_the_page_of_the_docs_can_be_written_again(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "performance.md"
    page.write_text(report.PAGE.read_text())
    monkeypatch.setattr(report, "PAGE", page)
    for _ in range(2):
        report.write_docs(report.as_markdown(bench))
    text = page.read_text()
    assert text.count("| 3 blocks | 10 | new |") == 1
    assert "## What it does not show" in text


def test_what_is_missing_is_named_and_never_passed_over() -> None:
    bench = Bench(SMALLEST)
    bench.skip("Pages on PostgreSQL", "it is not installed")
    assert "NOT MEASURED\n  Pages on PostgreSQL: it is not installed." in report.as_text(bench)


@pytest.mark.parametrize(
    "bound, figure, verdict",
    [
        ("≤", 1.04, "met"),
        ("≤", 1.05, "met"),  # the goal itself is good enough
        ("≤", 1.06, "not met"),
        ("≥", 1.06, "met"),
        ("≥", 1.04, "not met"),
        ("≤", None, "not measured"),
        ("≤", float("inf"), "not met"),  # it never happened
    ],
)
def test_a_goal_is_met_only_by_a_figure_that_is_good_enough(bound: Any, figure: float | None, verdict: str) -> None:
    assert Goal("any", "any", bound, 1.05).verdict(figure) == verdict


def test_a_figure_that_is_worse_than_its_goal_reads_not_met() -> None:
    bench = Bench(SMALLEST)
    bench.figures["cpu_1000"] = 1.2
    bench.figures["cached_rps"] = 0.9
    verdicts = {goal.key: verdict for goal, _figure, verdict in judged(bench.figures)}
    assert verdicts["cpu_1000"] == "not met"
    assert verdicts["cached_rps"] == "met"
    assert "NOT MET       CPU of a personalised page" in report.as_text(bench)


def test_a_ratio_is_the_median_of_pairs_and_not_of_sums() -> None:
    # One pair was disturbed, on both sides: that says nothing about the subject.
    measured = ratio([1.0, 10.0, 1.0, 1.0, 1.0], [1.1, 11.0, 1.1, 1.1, 9.0])
    assert measured.median == pytest.approx(1.1)


def test_a_request_goes_over_the_wire_as_the_worker_described_it() -> None:
    environ = {"PATH_INFO": "/three/", "QUERY_STRING": "topic=a", "HTTP_HOST": "localhost", "HTTP_COOKIE": "a=b"}
    assert as_http(environ) == "GET /three/?topic=a HTTP/1.1\r\nHost: localhost\r\nCookie: a=b\r\n\r\n"
