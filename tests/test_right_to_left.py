"""Our styles say "start" and "end", so that a page in Arabic or Urdu is laid out from the right by the same sheet."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import wagtail_personalise_gov

PACKAGE = Path(wagtail_personalise_gov.__file__).parent
STYLES = sorted((PACKAGE / "static").rglob("*.css"))
TEMPLATES = sorted((PACKAGE / "templates").rglob("*.html"))

DECLARATION = re.compile(r"(?<![\w-])([a-z-]+)\s*:\s*([^;{}]+)(?=[;}])")
PHYSICAL_PROPERTY = re.compile(r"(^|-)(left|right)(-|$)")
SIDED = {"text-align", "float", "clear", "background-position", "transform-origin", "object-position", "caption-side"}
SIDES = re.compile(r"\b(left|right)\b")
FOUR_VALUES = re.compile(r"^(margin|padding|inset|border-(width|style|color)|scroll-(margin|padding))$")
# Wagtail's own class names for the sides of a box.
PHYSICAL_CLASS = re.compile(
    r"(?<![\w-])(?:[a-z]+:)*-?w-(?:[mp][lr]|left|right|text-(?:left|right)|float|border-[lr]|rounded-[lr])-?"
)


def physical(css: str) -> Iterator[str]:
    """The declarations that say left or right."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    for name, value in DECLARATION.findall(css):
        words = re.sub(r"\([^()]*\)", "()", value.replace("!important", "")).split()
        if (
            PHYSICAL_PROPERTY.search(name)
            or (name in SIDED and SIDES.search(value))
            or (FOUR_VALUES.match(name) and len(words) == 4 and words[1] != words[3])
            or "translateX(" in value
        ):
            yield f"{name}: {value.strip()}"


@pytest.mark.parametrize("style", STYLES, ids=lambda path: path.name)
def test_no_style_says_left_or_right(style: Path) -> None:
    assert list(physical(style.read_text())) == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.relative_to(PACKAGE / "templates").as_posix())
def test_no_template_says_left_or_right(template: Path) -> None:
    assert PHYSICAL_CLASS.findall(template.read_text()) == []


@pytest.mark.parametrize(
    "css, is_physical",
    [
        ("a { margin-left: 1rem; }", True),
        ("a{padding-right:0}", True),
        ("a { border-left: 1px solid }", True),
        ("a { border-top-left-radius: 1px; }", True),
        ("a { left: 0; }", True),
        ("a { text-align: right; }", True),
        ("a { float: left !important; }", True),
        ("a { margin: 0 1rem 0 2rem; }", True),
        ("a { transform: translateX(3px); }", True),
        ("a { margin: 0 1rem 2rem 1rem; }", False),
        ("a { margin-inline-start: 1rem; text-align: start; }", False),
        ("a { inset-inline-end: 0; border-start-start-radius: 1px; }", False),
        ("/* left: 0; */ a { color: red; }", False),
        (".left-out a:hover { width: calc(100% - 1rem); }", False),
    ],
)
def test_what_counts_as_left_or_right(css: str, is_physical: bool) -> None:
    assert bool(list(physical(css))) is is_physical
