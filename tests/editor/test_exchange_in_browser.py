"""A file of segments in a browser: out and in by keyboard, and with axe's eye."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from wagtail_personalise_gov.editor.addresses import addresses_for
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, Segment

from ..factories import make_segment
from ..portable.conftest import FIRST_TIME, document, rule, segment
from .test_in_browser import desk

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

__all__ = ["desk"]


def tab_to(desk: Page, wanted: Locator, most: int = 40) -> None:
    """Press Tab until the focus is there."""
    for _press in range(most):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        desk.keyboard.press("Tab")
    pytest.fail(f"{wanted} is not reached by Tab")


def choose(desk: Page, given: object, folder: Path) -> None:
    """Open the import, and choose a file of this."""
    path = folder / "council.json"
    path.write_text(json.dumps(given))
    desk.goto(addresses_for("import", Segment))
    desk.get_by_label("File").set_input_files(path)


def test_segments_leave_by_keyboard(desk: Page, tmp_path: Path) -> None:
    make_segment("one", LocationRule(cities=["Riverside"]))
    desk.goto(addresses_for("list", Segment))
    opener = desk.get_by_role("button", name="Actions")
    tab_to(desk, opener)
    desk.keyboard.press("Enter")
    way_out = desk.get_by_role("link", name="Export as a file").first
    way_out.wait_for()
    tab_to(desk, way_out)
    with desk.expect_download() as download:
        desk.keyboard.press("Enter")
    download.value.save_as(tmp_path / "out.json")
    assert [entry["slug"] for entry in json.loads((tmp_path / "out.json").read_text())["segments"]] == ["one"]


def test_ticked_segments_leave_by_keyboard(desk: Page, tmp_path: Path) -> None:
    make_segment("one")
    make_segment("two")
    desk.goto(addresses_for("list", Segment))
    desk.locator("tbody input[type=checkbox]").nth(1).focus()
    desk.keyboard.press("Space")
    way_out = desk.get_by_role("link", name="Export selected segments as a file")
    way_out.wait_for()
    way_out.focus()
    with desk.expect_download() as download:
        desk.keyboard.press("Enter")
    assert download.value.suggested_filename == "two.json"


def test_a_file_comes_in_by_keyboard(desk: Page, tmp_path: Path) -> None:
    make_segment("one", FirstTimeVisitorRule())
    choose(desk, document(segment("one", rule("LocationRule", cities=["Riverside"]))), tmp_path)
    look = desk.get_by_role("button", name="See what changes")
    tab_to(desk, look)
    desk.keyboard.press("Enter")
    agree = desk.get_by_role("button", name="Yes, import this")
    agree.wait_for()
    assert desk.get_by_role("row", name="Rules").inner_text().count("Riverside") == 1
    tab_to(desk, agree)
    desk.keyboard.press("Enter")
    desk.get_by_text("Imported from “council.json”: 1 changed.").wait_for()
    assert Segment.objects.get().sentences() == ["They seem to be in Riverside"]


def test_the_screens_have_no_faults_that_axe_sees(
    desk: Page, tmp_path: Path, accessibility_faults: Callable[[Page], list[str]]
) -> None:
    make_segment("one", FirstTimeVisitorRule(), name="One", owner="Web team")
    screens = {
        "preview": document(
            segment("one", rule("LocationRule", cities=["Riverside"])),
            segment("two", FIRST_TIME, purpose="To try"),
            segment("three"),
            intents=[{"slug": "start", "name": "Start", "signals": [{"kind": "campaign", "text": "spring"}]}],
        ),
        "problems": document(segment("one", rule("LocationRul"))),
    }
    faults: dict[str, list[str]] = {}
    for name, given in screens.items():
        choose(desk, given, tmp_path)
        faults[f"{name}, before"] = accessibility_faults(desk)
        desk.get_by_role("button", name="See what changes").click()
        desk.wait_for_load_state()
        faults[name] = accessibility_faults(desk)
    assert {name: found for name, found in faults.items() if found} == {}
