"""Processes that are measured in turns, so that a machine's moods meet all of them alike."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Subject:
    """A worker process."""

    def __init__(self, name: str, python: str, database: str, **environment: str) -> None:
        self.name, self.python, self.database = name, python, database
        self.environment = {
            **os.environ,
            "BENCH_SUBJECT": name,
            "BENCH_DATABASE": database,
            "PYTHONHASHSEED": "0",  # else two processes of the same code differ by some percent
            **environment,
        }
        self.process = subprocess.Popen(
            [python, "-W", "ignore", "-m", "tests.benchmarks.worker"],
            cwd=ROOT,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )

    def send(self, do: str, **command: Any) -> None:
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"do": do, **command}) + "\n")
        self.process.stdin.flush()

    def receive(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"The process of {self.name} has ended (code {self.process.wait()}).")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{self.name}: {answer['error']}\n{answer['traceback']}")
        return answer

    def ask(self, do: str, **command: Any) -> dict[str, Any]:
        self.send(do, **command)
        return self.receive()

    def close(self) -> None:
        """End it, and wait until it has ended."""
        with self.process:
            if self.process.stdin:
                self.process.stdin.close()


class Ratio(NamedTuple):
    """The median of the ratios of pairs, the quartiles around it, and the medians of both sides in seconds."""

    median: float
    low: float
    high: float
    floor: float
    subject: float


def ratio(floor: Sequence[float], subject: Sequence[float]) -> Ratio:
    ratios = sorted(one / other for one, other in zip(subject, floor, strict=True))
    low, median, high = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else ratios * 3
    return Ratio(median, low, high, statistics.median(floor), statistics.median(subject))


def in_turns(
    subjects: Mapping[str, Subject], path: str, visitor: str, *, turns: int, times: Mapping[str, int]
) -> dict[str, list[float]]:
    """CPU seconds of a request: one for each turn. Every other turn goes the other way round."""
    costs: dict[str, list[float]] = {name: [] for name in subjects}
    order = list(subjects)
    for name in order:
        subjects[name].ask("run", path=path, visitor=visitor, times=max(2, times[name] // 2))  # warm
    for turn in range(turns):
        for name in order if turn % 2 == 0 else reversed(order):
            costs[name].append(subjects[name].ask("run", path=path, visitor=visitor, times=times[name])["cpu"])
    return costs
