"""Break each privacy guard in a copy of the project, one at a time, and see whether the tests notice: ``make guards``.

    python tools/break_guards.py [WORD...]    only the guards whose promise or file holds one of these words

The guards stand in tools/privacy_guards.toml. Nothing here is touched: all of it happens in a temporary folder. Tests
that fail while everything is sound would notice nothing, so they are run like that first. It all takes a quarter of an
hour, so it is no part of what is run before every change, but of every look at privacy.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tools" / "privacy_guards.toml"
PACKAGE = "wagtail_personalise_gov"
COPIED = (PACKAGE, "tests", "example_site", "tools", "docs", "setup.cfg", "pyproject.toml", "manage.py")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.pyc")
TESTS_FAILED = 1  # pytest's exit code; any other failure says that the guard was broken too badly to run at all


@dataclass(frozen=True)
class Guard:
    """A text in a file of the package, what to put in its stead, and the tests that must notice."""

    what: str
    file: str
    guard: str
    broken: str
    tests: str

    @property
    def arguments(self) -> list[str]:
        """For pytest. What stands behind -k is one expression."""
        files, _, words = self.tests.partition(" -k ")
        return [*shlex.split(files), *(["-k", words] if words else [])]

    def problem(self, root: Path = ROOT) -> str | None:
        """Why it can't be broken; None where it can."""
        path = root / PACKAGE / self.file
        times = path.read_text().count(self.guard) if path.exists() else 0
        return None if times == 1 else f"{self.file} holds {self.guard!r} {times} times, not once"


def guards() -> list[Guard]:
    return [Guard(**row) for row in tomllib.loads(TABLE.read_text())["guard"]]


def noticed(guard: Guard, copy: Path) -> tuple[bool, str]:
    """Whether the tests notice that a guard is broken, and in a word or two how that ended."""
    path = copy / PACKAGE / guard.file
    sound = path.read_text()
    path.write_text(sound.replace(guard.guard, guard.broken))
    try:
        code, output = tests(copy, guard.arguments)
    finally:
        path.write_text(sound)
    if code == TESTS_FAILED:
        lines = [line for line in output.splitlines() if line.startswith(("FAILED tests", "ERROR tests"))]
        failed = [line.partition(" ")[2].partition(" - ")[0] for line in lines]
        return True, failed[0].rpartition("::")[2] if failed else "a test"
    return False, "NOBODY NOTICED" if code == 0 else f"could not be run (pytest says {code})"


def tests(copy: Path, arguments: list[str]) -> tuple[int, str]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "--nomigrations", "-p", "no:cacheprovider", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def main(words: list[str]) -> int:
    chosen = [guard for guard in guards() if not words or any(word in guard.what + guard.file for word in words)]
    unnoticed: list[Guard] = []
    sound: dict[str, bool] = {}  # whether these tests pass with every guard in its place
    with tempfile.TemporaryDirectory(prefix="guards-") as folder:
        copy = Path(folder)
        for name in COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, copy / name, ignore=LEFT_OUT)
            else:
                shutil.copy(source, copy / name)
        for guard in chosen:
            start = time.monotonic()
            if guard.tests not in sound:
                sound[guard.tests] = tests(copy, guard.arguments)[0] == 0
            problem = guard.problem(copy) or (None if sound[guard.tests] else "its tests fail with it in its place")
            sees, how = (False, problem) if problem else noticed(guard, copy)
            print(
                f"{'noticed  ' if sees else 'UNNOTICED'} {guard.what}: {how} ({time.monotonic() - start:.0f} s)",
                flush=True,
            )
            if not sees:
                unnoticed.append(guard)
    print(f"{len(chosen) - len(unnoticed)} of {len(chosen)} broken guards were noticed.")
    return 1 if unnoticed or not chosen else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
