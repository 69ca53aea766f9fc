"""The site that the tutorial makes, with what every other page adds to it, in a folder of its own.

One site for all pages: what one page teaches must not break what another teaches.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import wagtail_personalise_gov
from tests.docs.samples import ROOT, TUTORIAL, Sample, all_samples

PYTHON_PATH = [str(ROOT), str(Path(wagtail_personalise_gov.__file__).resolve().parent.parent)]
SETTINGS = re.compile(r"[A-Z_]+ =")
TIMEOUT = 300  # seconds, on a busy machine


def kind(sample: Sample) -> str:
    """How a sample is tried: as "settings", a "file", "python", a "django" template; "" for not at all.

    What is added to a file of the site is tried with that file. What begins by naming a setting is tried as settings.
    """
    if sample.not_run or sample.language not in ("python", "django"):
        return ""
    if sample.at_the_end:
        return ""
    if SETTINGS.match(sample.text):
        return "settings"
    return "file" if sample.path else sample.language


def in_readers_order(found: list[Sample]) -> list[Sample]:
    """The tutorial first; README repeats it, and what it repeats is left out."""
    tutorial = [sample for sample in found if sample.page == TUTORIAL]
    taught = {sample.body for sample in tutorial}
    return tutorial + [sample for sample in found if sample.page != TUTORIAL and sample.body not in taught]


def tried() -> list[Sample]:
    """The samples that are tried on their own."""
    return in_readers_order([sample for sample in all_samples("python", "django") if kind(sample)])


def files() -> list[Sample]:
    """The samples that are files of the site, or parts of them."""
    placed = [sample for sample in all_samples("python", "django") if sample.path and not sample.not_run]
    return in_readers_order(placed)


class Project:
    """The site in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "council"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CACHE_URL")},
            "DJANGO_SETTINGS_MODULE": "council.settings.dev",
            "PYTHONPATH": os.pathsep.join([str(self.folder), *PYTHON_PATH]),
        }
        self._run(folder, "-m", "wagtail.bin.wagtail", "start", "council")
        for sample in files():
            self._write(sample)
        self.apps = sorted(path.parent.name for path in self.folder.glob("*/models.py"))
        self._install_what_readers_have()

    def _write(self, sample: Sample) -> None:
        path = self.folder / sample.path
        path.parent.mkdir(parents=True, exist_ok=True)
        package = self.folder / Path(sample.path).parts[0]
        if path.suffix == ".py" and package.is_dir():
            (package / "__init__.py").touch()
        before = path.read_text() if sample.at_the_end and path.exists() else ""
        if before and sample.body in before:
            return  # two pages teach the same
        path.write_text(f"{before}\n{sample.body}" if before else sample.body)

    def _install_what_readers_have(self) -> None:
        """An app that a page takes for granted is in the reader's settings already."""
        settings = (self.folder / "council" / "settings" / "base.py").read_text()
        had = [app for app in self.apps if f'"{app}"' not in settings]
        local = f"from .base import INSTALLED_APPS\n\nINSTALLED_APPS += {had!r}\n"
        (self.folder / "council" / "settings" / "local.py").write_text(local)

    def outcomes(self, samples: list[Sample], stories: list[str]) -> dict[str, str]:
        """What came of each sample and each story, by name: "" for fine."""
        results = self.folder / "results.json"
        given = {
            "apps": self.apps,
            "stories": stories,
            "samples": [
                {
                    "name": sample.name,
                    "page": str(sample.page),
                    "kind": kind(sample),
                    "path": sample.path,
                    "text": sample.text,
                }
                for sample in samples
            ],
        }
        self._run(self.folder, "-m", "tests.docs.run", str(results), given=json.dumps(given))
        outcomes: dict[str, str] = json.loads(results.read_text())
        return outcomes

    def _run(self, folder: Path, *command: str, given: str = "") -> None:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=folder,
            env=self.environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
