"""The samples in the documentation, as data: which page, which line, what it is and where it belongs.

How a sample says where it belongs: its first line is a comment with the path of a file, "# home/models.py" or
"{# home/templates/home/home_page.html #}". With ", at the end" it is added to that file, else it is the whole file.
Python without a path is run, after the samples before it on its page; a template without one is rendered. A page that
shows something which can't be run says why, in a comment above it that readers do not see: <!-- not run: … -->.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
DOCS = ROOT / "docs"
README = ROOT / "README.md"
TUTORIAL = DOCS / "tutorial" / "first-site.md"

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[\w-]*)[ \t]*$")
NOT_RUN = re.compile(r"<!-- not run: (.+?) -->")
PLACE = re.compile(r"^(?:# |\{# |<!-- )(?P<path>[\w./-]+\.(?:py|html|txt|cfg))(?P<end>, at the end)?(?: #\}| -->)?$")


@dataclass(frozen=True)
class Sample:
    page: Path
    line: int  # of the fence, counted from 1
    language: str
    text: str
    heading: str  # the last heading above it
    not_run: str = ""  # why not

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def path(self) -> str:
        """The file that it belongs to; "" for none."""
        found = PLACE.match(self.first_line)
        return found["path"] if found else ""

    @property
    def at_the_end(self) -> bool:
        """Whether it is added to its file."""
        found = PLACE.match(self.first_line)
        return bool(found and found["end"])

    @property
    def first_line(self) -> str:
        return self.text.partition("\n")[0].strip()

    @property
    def body(self) -> str:
        """Without the line that names its file."""
        return self.text.partition("\n")[2] if self.path else self.text


def pages() -> list[Path]:
    """README and every page of the documentation."""
    return [README, *sorted(DOCS.rglob("*.md"))]


def samples(page: Path) -> Iterator[Sample]:
    """The fenced samples of a page, in order."""
    heading, reason, start = "", "", 0
    indent, language, lines = "", "", list[str]()
    for number, line in enumerate(page.read_text().splitlines(), 1):
        fence = FENCE.match(line)
        if start and fence and not fence["language"]:
            yield Sample(page, start, language, "\n".join(lines) + "\n", heading, reason)
            start, reason = 0, ""
        elif start:
            lines.append(line.removeprefix(indent))
        elif fence:
            start, lines = number, []
            indent, language = fence["indent"], fence["language"]
        elif found := NOT_RUN.search(line):
            reason = found[1]
        elif line.startswith("#"):
            heading = line.lstrip("# ")
        elif line.strip():
            reason = ""
    if start:
        raise ValueError(f"{page}:{start}: this sample has no end.")


def all_samples(*languages: str) -> list[Sample]:
    """The samples of all pages in these languages, in order of page and line."""
    return [sample for page in pages() for sample in samples(page) if sample.language in languages]
