"""A module of ours in Node: one process, asked a line at a time."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent.parent / "wagtail_personalise_gov"
SCRIPTS = PACKAGE / "static" / "wagtail_personalise_gov" / "js"
EVALUATOR = SCRIPTS / "evaluator.js"
SIGNATURE = SCRIPTS / "signature.js"
OLDEST = 18  # the major version of Node


def node_lacks() -> str | None:
    """Why what needs Node can't run here, or None when it can."""
    path = shutil.which("node")
    if path is None:
        return "node is not on the PATH"
    version = subprocess.run([path, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    if int(version.removeprefix("v").partition(".")[0]) < OLDEST:
        return f"node is {version}, and {OLDEST} is the oldest that the evaluator is written for"
    return None


class Node:
    """A module in a process of Node. ``node.answer(condition, facts)`` calls what it exports by that name."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *given: self.call(name, *given)

    def call(self, name: str, *given: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(as_json([name, *given]) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())


@contextmanager
def running(module: Path) -> Iterator[Node]:
    command = ["node", str(HERE / "run.mjs"), str(module)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Node(process)
        assert process.stdin is not None
        process.stdin.close()


def as_json(value: Any) -> str:
    """As JSON, in ASCII. It has no NaN and no infinity: in their place stands a number that no runtime can hold."""
    return json.dumps(value).replace("NaN", "1e999").replace("Infinity", "1e999")
