"""The documentation says what the code does: names, tables, links. Its samples are run by test_docs_samples."""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands
from django.template import engines
from django.utils import translation

from tests.docs.samples import DOCS, README, ROOT, TUTORIAL, Sample, all_samples, pages, samples
from tools.write_reference import written

PACKAGE = ROOT / "wagtail_personalise_gov"
REFERENCE = DOCS / "reference"
LANGUAGES = {"python", "django", "sh", "json", ""}

LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\((?P<target>[^)\s]+)\)")
HEADING = re.compile(r"^#+ (?P<text>.+)$", re.MULTILINE)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def reference(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text()


def prose(page: Path) -> str:
    """A page without its code."""
    return CODE.sub("", page.read_text())


# --- Pages and links --------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """The names under which the headings of a page can be linked to, as both GitHub and MkDocs make them."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    headings = (heading["text"].replace("`", "").lower() for heading in HEADING.finditer(text))
    return {re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading).strip()) for heading in headings}


def links(page: Path) -> Iterator[str]:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    return (link["target"] for link in LINK.finditer(text))


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in links(page):
        if target.startswith(("https://", "http://")):
            continue
        path, _hash, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.is_relative_to(ROOT), f"{target} leads out of the project"
        assert there.is_file(), f"{target} is not there"
        if anchor:
            assert anchor in anchors(there), f"{target}: there is no such heading"
        if page != README:
            assert there.is_relative_to(DOCS), f"{target} leads out of docs/, where MkDocs can't follow"


def test_the_navigation_names_every_page_once() -> None:
    def listed(entries: object) -> Iterator[str]:
        if isinstance(entries, str):
            yield entries
        elif isinstance(entries, list):
            for entry in entries:
                yield from listed(entry)
        elif isinstance(entries, dict):
            for entry in entries.values():
                yield from listed(entry)

    named = list(listed(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]))
    assert sorted(named) == sorted(page.relative_to(DOCS).as_posix() for page in pages() if page != README)


def test_the_built_pages_load_nothing_from_other_hosts() -> None:
    theme = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["theme"]
    assert theme["name"] == "readthedocs"  # its fonts and scripts come with it
    assert theme["highlightjs"] is False  # this would not
    assert not [page for page in pages() if re.search(r"!\[[^\]]*\]\(https?:|<(?:script|img|link)\b", prose(page))]


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_a_page_begins_with_its_one_title(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    assert text.startswith("# ")
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_a_page_names_no_folder_of_anybodys_machine(page: Path) -> None:
    assert not re.findall(r"(?<![\w.])/(?:work|tmp|root|home)/\w+", page.read_text())


# --- Samples ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_sample_is_in_a_language_that_is_tried(page: Path) -> None:
    assert {sample.language for sample in samples(page)} <= LANGUAGES


@pytest.mark.parametrize("sample", all_samples("json"), ids=lambda sample: sample.name)
def test_json_can_be_read(sample: Sample) -> None:
    if not sample.not_run:
        json.loads(sample.text)


@pytest.mark.parametrize("sample", all_samples("sh"), ids=lambda sample: sample.name)
def test_commands_exist(sample: Sample) -> None:
    targets = re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    for line in sample.text.splitlines():
        if found := re.match(r"make ([\w-]+)", line):
            assert found[1] in targets
        if found := re.match(r"python manage\.py ([\w-]+)", line):
            assert found[1] in {*get_commands(), "test"}


def test_the_steps_of_installing_are_those_of_the_tutorial() -> None:
    """But for the folders, which the tutorial knows and README does not."""

    def steps(page: Path, heading: str) -> list[str]:
        return [sample.body for sample in samples(page) if sample.heading.endswith(heading)]

    readme, tutorial = steps(README, "Install it in five steps"), steps(TUTORIAL, "Install the package")
    assert readme[1:] == [body for body in tutorial if body != "python manage.py check\n"]
    assert readme[0].startswith("python -m pip install ")


# --- What the code knows best -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", [page for page in pages() if "<!-- generated: " in page.read_text()], ids=name_of)
def test_generated_parts_are_up_to_date(page: Path) -> None:
    with translation.override("en"):
        assert page.read_text() == written(page.read_text()), "Run 'python tools/write_reference.py'."


def named_in(text: str, names: object) -> None:
    missing = [name for name in sorted(names) if f"`{name}`" not in text]  # type: ignore[call-overload]
    assert not missing, f"not documented: {', '.join(missing)}"


def test_every_template_tag_is_documented() -> None:
    named_in(reference("template-tags"), engines["django"].engine.template_libraries["personalise"].tags)


def test_every_address_is_documented() -> None:
    from wagtail_personalise_gov.api import urls as api_urls
    from wagtail_personalise_gov.privacy import urls as privacy_urls

    text = reference("urls")
    named_in(text, {f"personalise:{pattern.name}" for pattern in privacy_urls.urlpatterns})
    named_in(text, {f"personalise_api:{pattern.name}" for pattern in api_urls.urlpatterns})


def test_every_call_of_the_api_is_documented() -> None:
    from wagtail_personalise_gov.api.urls import urlpatterns

    text = reference("api")
    for pattern in urlpatterns:
        if pattern.name == "missing":  # it takes every method at every other address, to say that there is none
            continue
        path = re.sub(r"<int:pk>", "{id}", str(pattern.pattern)) or "./"
        methods = {name for name in ("get", "put", "post", "delete") if hasattr(pattern.callback.view_class, name)}
        for method in methods:
            assert f"## `{method.upper()} {path}`" in text


def test_every_check_is_documented_and_every_documented_check_exists() -> None:
    source = "\n".join(path.read_text() for path in PACKAGE.rglob("*.py"))
    exist = set(re.findall(r'id=f?"(?:\{ID\}|wagtail_personalise_gov)\.([EWI]\d{3})"', source))
    assert exist == set(re.findall(r"^\| `wagtail_personalise_gov\.([EWI]\d{3})`", reference("checks"), re.MULTILINE))


def test_every_block_is_documented() -> None:
    from wagtail_personalise_gov import blocks

    named_in(reference("blocks"), blocks.__all__)


def test_every_rule_is_documented() -> None:
    from wagtail_personalise_gov import models

    named_in(reference("rules"), [name for name in models.__all__ if name.endswith("Rule") and name != "Rule"])


def test_everything_that_can_be_asked_of_a_visit_is_documented() -> None:
    from wagtail_personalise_gov.core.decision import Reason
    from wagtail_personalise_gov.core.preference import Because, Mode, Preference
    from wagtail_personalise_gov.visit.visit import Visit

    text = reference("visit")
    named_in(text, [*Reason, *Because, *Preference])
    named_in(reference("settings"), Mode)
    public = [name for name in vars(Visit) if not name.startswith("_")]
    assert not [name for name in public if not re.search(rf"`(?:Visit\.)?{name}\b", text)]


def test_hooks_signals_and_log_entries_are_documented() -> None:
    from wagtail_personalise_gov.editor.logs import ACTIONS
    from wagtail_personalise_gov.facts import HOOK

    text = reference("hooks")
    named_in(text, {HOOK, *(f"wagtail_personalise_gov.{action}" for action in ACTIONS)})
    assert "ruleset_retired" in text


def test_the_items_of_memory_are_documented() -> None:
    from wagtail_personalise_gov.core.facts import MEMORY_ITEMS
    from wagtail_personalise_gov.facts import FACTS

    used = frozenset().union(*(fact.remembers for fact in FACTS.values()))
    named_in(reference("cookies"), MEMORY_ITEMS & used)


# --- The house --------------------------------------------------------------------------------------------------------


def test_the_architecture_draws_the_layers_that_the_contract_keeps() -> None:
    contract = configparser.ConfigParser()
    contract.read(ROOT / "setup.cfg")
    layers = contract["importlinter:contract:layers"]["layers"].split("\n")
    kept = [layer.strip() for layer in layers if layer.strip() and not layer.strip().startswith("(")]
    drawn = next(
        sample.text.splitlines()
        for sample in samples(DOCS / "explanation" / "architecture.md")
        if sample.heading == "Imports only point down"
    )
    assert [line.split("   ")[0].strip() for line in drawn] == kept


def test_the_modules_that_the_architecture_names_exist() -> None:
    text = (DOCS / "explanation" / "architecture.md").read_text()
    names = set(re.findall(r"`((?:\w+/)+(?:\w+\.py)?|\w+\.py)`", text))
    rules = PACKAGE / "models" / "rules"
    missing = [name for name in sorted(names) if not (PACKAGE / name).exists() and not (rules / name).exists()]
    assert names
    assert not missing


def test_readme_supports_what_is_tried() -> None:
    text = README.read_text().partition("## Supported versions")[2]
    combinations = re.findall(r'"(3\.\d+ \d\.\d \d\.\d)"', (ROOT / ".ci" / "run").read_text())
    assert len(combinations) == 4
    for versions in combinations:
        for version in versions.split():
            assert re.search(rf"\b{re.escape(version)}\b", text), version
