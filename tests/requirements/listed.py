"""The list of requirements, and which test proves which, read from the files: no test is run or imported for it."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
LIST = FOLDER / "requirements.toml"
MARK = "requirement"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One row of the list. `sources` are written out; `reason` says why it is not done, and stands for a test."""

    number: int
    level: str
    text: str
    sources: tuple[str, ...]
    note: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    letter: str
    title: str
    requirements: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """A test, and the numbers that it says it proves."""

    file: str
    name: str
    numbers: tuple[int, ...]

    def __str__(self) -> str:
        return f"{self.file}::{self.name}"


@cache
def sections() -> tuple[Section, ...]:
    read = tomllib.loads(LIST.read_text())
    return tuple(
        Section(
            section["letter"],
            section["title"],
            tuple(
                Requirement(
                    **{**row, "sources": tuple(_written_out(source, read["sources"]) for source in row["sources"])}
                )
                for row in section["requirements"]
            ),
        )
        for section in read["sections"]
    )


def _written_out(source: str, names: dict[str, str]) -> str:
    """ "gdpr: Article 7" → "General Data Protection Regulation, Article 7"."""
    key, _colon, where = source.partition(": ")
    return f"{names[key]}, {where}" if where else names[key]


def requirements() -> tuple[Requirement, ...]:
    return tuple(row for section in sections() for row in section.requirements)


@cache
def proofs() -> tuple[Proof, ...]:
    """Every test of this folder, in the order of the files; one without the mark proves no number."""
    return tuple(proof for path in sorted(FOLDER.glob("test_*.py")) for proof in _proofs_in(path))


def proofs_of(number: int) -> list[Proof]:
    return [proof for proof in proofs() if number in proof.numbers]


def _proofs_in(path: Path) -> Iterator[Proof]:
    for node in ast.parse(path.read_text()).body:
        for test in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                name = test.name if test is node else f"{node.name}::{test.name}"
                yield Proof(path.name, name, tuple(_numbers_of(test)))


def _numbers_of(test: ast.FunctionDef) -> Iterator[int]:
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and isinstance(mark.func, ast.Name) and mark.func.id == MARK:
            yield from (ast.literal_eval(number) for number in mark.args)
