"""The table of privacy guards fits the code: `make guards` breaks each of them, and wants a test to notice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools import audit_dependencies
from tools.break_guards import ROOT, Guard, guards


@pytest.mark.parametrize("guard", guards(), ids=lambda guard: guard.what)
def test_every_guard_stands_in_the_code_once_and_names_tests_that_exist(guard: Guard) -> None:
    assert guard.problem() is None
    assert guard.broken != guard.guard
    files = guard.arguments[: guard.arguments.index("-k")] if "-k" in guard.arguments else guard.arguments
    for name in files:
        assert (ROOT / name).exists(), name


def test_no_promise_is_made_twice() -> None:
    promises = [guard.what for guard in guards()]
    assert len(set(promises)) == len(promises)


# What the audit of dependencies makes of a report


def report(*dependencies: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(dependencies)}


SOUND = {"name": "sound", "version": "1.0", "vulns": []}
MENDED = {"name": "old", "version": "1.0", "vulns": [{"id": "X-1", "fix_versions": ["1.1"]}]}
UNMENDED = {"name": "sad", "version": "1.0", "vulns": [{"id": "X-2", "fix_versions": []}]}
UNKNOWN = {"name": "unheard-of", "skip_reason": "not found"}


@pytest.mark.parametrize(
    "given, code, said",
    [
        (report(SOUND), 0, ""),
        (report(SOUND, MENDED), 1, ""),
        (report(SOUND, UNMENDED), 0, "sad 1.0: X-2, which nobody has mended yet"),
        (report(SOUND, UNKNOWN), 0, "could not be looked up: unheard-of"),
        # Whatever answers for all of them that it knows none is no database of vulnerabilities.
        (report(UNKNOWN), 0, "dependencies were NOT audited"),
        ("no report at all", 0, "dependencies were NOT audited"),
    ],
    ids=["sound", "mended", "unmended", "unknown", "all unknown", "nobody there"],
)
def test_the_audit_fails_on_what_can_be_mended_and_says_what_it_could_not_tell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: Any, code: int, said: str
) -> None:
    class Answer:
        stdout = json.dumps(given) if isinstance(given, dict) else given

    monkeypatch.setattr(audit_dependencies.subprocess, "run", lambda *args, **kwargs: Answer())
    notes = tmp_path / "ci" / "notes"
    assert audit_dependencies.main(notes) == code
    assert said in notes.read_text()
    assert bool(said) is bool(notes.read_text())
