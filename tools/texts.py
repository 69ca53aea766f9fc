"""The texts of the package that are to be translated, and which of them visitors read.

Nothing here is a list of texts: they are read from the source, so that a new one can't be forgotten. Which of them are
the visitor's follows from where they stand (`VISITORS`), and from what those places call: a text that can be reached
from one of them is the visitor's, wherever it stands. What only people who work on a site read may stay in English.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "wagtail_personalise_gov"
NAME = PACKAGE.name

# Where visitors' texts begin: a pattern of paths → which of the functions there, or "*" for everything.
VISITORS: dict[str, str] = {
    "privacy/**/*.py": "*",  # the banner, the pages about it, the forms' answers
    "wording/**/*.py": "*",  # what both the pages and the API say
    "visit/**/*.py": "*",  # the purposes of cookies
    "facts.py": "*",  # what each fact means, and where it is read from
    "templatetags/*.py": "*",
    "goals.py": "*",
    "api/serializers.py": "*",  # a front end of its own shows these words to visitors
    "models/rules/*.py": "public_sentence",  # whom a rule describes, as the page about it says
    "blocks/*.py": "default",  # wording that an editor may leave as it is
}
# But for these, whose readers work on the site.
OTHERS = (
    "visit/simulation.py",  # describes a visit for an editor who tries one
    "visit/explaining.py",  # explains a decision to who asks a command or the editor
    "privacy/records/**/*.py",  # documents for a privacy officer, who goes on writing them
)
# Templates are the visitor's, but for those in here.
EDITORS_TEMPLATES = ("editor", "icons")

# What speaks to editors by its contract, whoever calls it: it is not followed.
EDITORS_WORDS = frozenset(
    {"sentence", "sentences", "in_words", "clean", "problems", "warnings", "cannot_match", "link_problem"}
    | {"country_written", "country_code", "subdivision_code", "language_tag", "__init__"}
    | {"condition", "asked", "GROUP_ORDER"}  # what a rule lacks, and the menu of rules
)

# gettext's functions → how many of their arguments are texts, and whether a context comes first.
FUNCTIONS = {
    "gettext": (1, False),
    "gettext_lazy": (1, False),
    "gettext_noop": (1, False),
    "ngettext": (2, False),
    "ngettext_lazy": (2, False),
    "pgettext": (1, True),
    "pgettext_lazy": (1, True),
    "npgettext": (2, True),
    "npgettext_lazy": (2, True),
}
IN_TEMPLATES = {"_": "gettext"} | {name: name for name in FUNCTIONS}
NOTE = "Translators:"


@dataclass(frozen=True, slots=True, order=True)
class Text:
    """One text: with its plural where it counts something, and a context where the words alone may mean two things."""

    singular: str
    plural: str = ""
    context: str = ""


@dataclass(slots=True)
class Found:
    """Where a text stands, what its writer tells translators, and whether visitors read it."""

    first: tuple[str, int]  # file and line; of these, only files are written down
    files: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    visitors: bool = False


class NotTranslatable(ValueError):
    """A call that no translator can follow: its text is put together when the program runs."""


@dataclass(slots=True)
class Module:
    """A module's tree, what stands in it under which name, and what it imports from the package."""

    path: str
    tree: ast.Module
    lines: list[str]
    functions: dict[str, str]  # name here → gettext's own
    named: dict[str, list[ast.AST]]
    imported: dict[str, tuple[str, str]]  # name here → (path of a module, name there or "" for the module)


def texts() -> dict[Text, Found]:
    """Every text of the package."""
    found: dict[Text, Found] = {}
    for path in sorted((PACKAGE / "templates").rglob("*.html")):
        inside = path.relative_to(PACKAGE / "templates" / NAME)
        for line, text, note in texts_of_template(path):
            place = (path.relative_to(ROOT).as_posix(), line)
            _add(found, text, place, note, inside.parts[0] not in EDITORS_TEMPLATES)
    reached = visitors_nodes()
    for module in modules().values():
        for call, text in texts_within(module, module.tree):
            place = (f"{NAME}/{module.path}", call.lineno)
            _add(found, text, place, note_above(module, call), id(call) in reached)
    return found


def _add(found: dict[Text, Found], text: Text, place: tuple[str, int], note: str, visitors: bool) -> None:
    entry = found.setdefault(text, Found(place))
    entry.first = min(entry.first, place)
    entry.files.add(place[0])
    entry.visitors |= visitors
    if note and note not in entry.notes:
        entry.notes.append(note)


# Templates


def texts_of_template(path: Path) -> Iterator[tuple[int, Text, str]]:
    """(line, text, note) of each text in a template, as Django's own makemessages reads it."""
    note = ""
    for number, line in enumerate(templatize(path.read_text(), origin=path.name).splitlines()):
        if comment := re.search(rf"# *{NOTE}(.*)", line):
            note = comment[1].strip()
            continue
        calls = list(_calls_in_line(line))
        for call in calls:
            yield number, _text(call, IN_TEMPLATES[call.func.id], path.name), note  # type: ignore[attr-defined]
        if calls:
            note = ""


def _calls_in_line(line: str) -> Iterator[ast.Call]:
    """The calls of gettext's functions in a line that is otherwise no Python."""
    for match in re.finditer(r"(?<!\w)(_|n?p?gettext)\(", line):
        for end in (index + 1 for index, letter in enumerate(line) if letter == ")" and index > match.end()):
            try:
                call = ast.parse(line[match.start() : end], mode="eval").body
            except SyntaxError:
                continue  # a bracket inside a text
            if isinstance(call, ast.Call):
                yield call
            break


# Python


@cache
def modules() -> dict[str, Module]:
    """The modules of the package by their paths in it."""
    return {
        module.path: module
        for path in sorted(PACKAGE.rglob("*.py"))
        if "migrations" not in path.parts
        for module in [_read(path)]
    }


def _read(path: Path) -> Module:
    source = path.read_text()
    tree = ast.parse(source)
    module = Module(path.relative_to(PACKAGE).as_posix(), tree, source.splitlines(), {}, {}, {})
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="django.utils.translation", names=names):
                module.functions |= {
                    alias.asname or alias.name: alias.name for alias in names if alias.name in FUNCTIONS
                }
            case ast.ImportFrom():
                module.imported |= dict(_imported(path, node))
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) if name not in EDITORS_WORDS:
                module.named.setdefault(name, []).append(node)
            case ast.Module(body=body) | ast.ClassDef(body=body):
                for name, value in _assigned(body):
                    module.named.setdefault(name, []).append(value)
    return module


def _assigned(body: Iterable[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    """What stands under a name in a module or class, but for fields of models, whose labels only editors read."""
    for node in body:
        if not isinstance(node, ast.Assign | ast.AnnAssign) or node.value is None or _is_field(node.value):
            continue
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            names = [each.id for each in ast.walk(target) if isinstance(each, ast.Name)]
            yield from ((name, node.value) for name in names if name not in EDITORS_WORDS)


def _is_field(value: ast.expr) -> bool:
    if not isinstance(value, ast.Call):
        return False
    called = value.func.attr if isinstance(value.func, ast.Attribute) else getattr(value.func, "id", "")
    return called.endswith(("Field", "ForeignKey", "ParentalKey"))


def _imported(path: Path, node: ast.ImportFrom) -> Iterator[tuple[str, tuple[str, str]]]:
    if node.level:
        base = path.parents[node.level - 1]
    elif (node.module or "").split(".")[0] == NAME:
        base = ROOT
    else:
        return
    base = base.joinpath(*(node.module or "").split(".")) if node.module else base
    for alias in node.names:
        name = alias.asname or alias.name
        if (inner := _module_at(base / alias.name)) is not None:
            yield name, (inner, "")
        elif (whole := _module_at(base)) is not None:
            yield name, (whole, alias.name)


def _module_at(path: Path) -> str | None:
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file() and file.is_relative_to(PACKAGE):
            return file.relative_to(PACKAGE).as_posix()
    return None


def texts_within(module: Module, node: ast.AST) -> Iterator[tuple[ast.Call, Text]]:
    """The calls in a piece of a module that mark a text, and their texts."""
    for call in ast.walk(node):
        match call:
            case ast.Call(func=ast.Name(id=name)) if name in module.functions:
                yield call, _text(call, module.functions[name], f"{module.path}:{call.lineno}")
            case ast.Call(func=ast.Attribute(value=ast.Name(id="translation"), attr=name)) if name in FUNCTIONS:
                # `translation.gettext(name)` looks up what is marked elsewhere, or what Django knows.
                with suppress(NotTranslatable):
                    yield call, _text(call, name, module.path)


def _text(call: ast.Call, function: str, where: str) -> Text:
    count, has_context = FUNCTIONS[function]
    values = [
        argument.value if isinstance(argument, ast.Constant) else None
        for argument in call.args[: count + int(has_context)]
    ]
    strings = [value for value in values if isinstance(value, str)]
    if len(strings) != count + int(has_context):
        raise NotTranslatable(f"{where}: give {function}() its text as it is, not put together.")
    context = strings.pop(0) if has_context else ""
    return Text(strings[0], strings[1] if count == 2 else "", context)


def note_above(module: Module, call: ast.Call) -> str:
    """What a comment right above a call tells translators."""
    lines: list[str] = []
    for line in reversed(module.lines[: call.lineno - 1]):
        if not (text := line.strip()).startswith("#"):
            break
        lines.insert(0, text.lstrip("# "))
        if lines[0].startswith(NOTE):
            return " ".join(lines).removeprefix(NOTE).strip()
    return ""


# Which of them visitors read


@cache
def visitors_nodes() -> frozenset[int]:
    """The identities of the calls that mark a text which visitors read."""
    waiting = list(_beginnings())
    seen: set[int] = set()
    calls: set[int] = set()
    while waiting:
        module, node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        calls |= {id(call) for call, _text_of_it in texts_within(module, node)}
        waiting += _named_in(module, node)
    return frozenset(calls)


def _beginnings() -> Iterator[tuple[Module, ast.AST]]:
    for pattern, which in VISITORS.items():
        for module in modules_like(pattern):
            if any(module in modules_like(other) for other in OTHERS):
                continue
            if which == "*":
                yield module, module.tree
            elif which == "default":
                for node in ast.walk(module.tree):
                    if isinstance(node, ast.keyword) and node.arg == "default":
                        yield module, node.value
            else:
                yield from ((module, node) for node in module.named.get(which, []))


@cache
def _like(pattern: str) -> frozenset[str]:
    return frozenset(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.glob(pattern))


def modules_like(pattern: str) -> list[Module]:
    return [module for path, module in modules().items() if path in _like(pattern)]


def _named_in(module: Module, node: ast.AST) -> Iterator[tuple[Module, ast.AST]]:
    """What a piece of a module may call or use, of the package."""
    for each in ast.walk(node):
        match each:
            case ast.Name(id=name):
                yield from _definitions(module, name)
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner in ("self", "cls"):
                yield from _definitions(module, name)
            case ast.Attribute(value=ast.Name(id=owner), attr=name) if module.imported.get(owner, ("", "-"))[1] == "":
                yield from _definitions(modules()[module.imported[owner][0]], name)
            case ast.Attribute(attr=name):
                # A method of some object: of a rule, a segment, a goal…
                for other in modules_like("models/**/*.py"):
                    yield from ((other, each) for each in other.named.get(name, []) if _is_said_of(each))


def _is_said_of(node: ast.AST) -> bool:
    """Whether it is a method that takes nothing but its object, as those do that say something of it."""
    return isinstance(node, ast.FunctionDef) and [each.arg for each in node.args.args] == ["self"]


def _definitions(module: Module, name: str) -> Iterable[tuple[Module, ast.AST]]:
    here = [(module, node) for node in module.named.get(name, [])]
    if here or name not in module.imported:
        return here
    path, there = module.imported[name]
    home = modules().get(path)
    return _definitions(home, there) if home and there and home is not module else []
