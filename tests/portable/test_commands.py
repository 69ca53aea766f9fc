"""export_segments and import_segments at the command line."""

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, Segment
from wagtail_personalise_gov.portable import export_segments, to_text

from ..factories import make_segment
from .conftest import everything
from .examples import empty


def run(*args: str) -> str:
    """What a command prints."""
    output = io.StringIO()
    call_command(*args, stdout=output)
    return output.getvalue()


@pytest.mark.usefixtures("filled")
def test_what_goes_out_by_one_comes_in_by_the_other(tmp_path: Path) -> None:
    text, path = to_text(export_segments()), tmp_path / "segments.json"
    assert run("export_segments") == text
    said = run("export_segments", "--output", str(path))
    assert said == f"Wrote {Segment.objects.count()} segments and 2 intents.\n"
    assert path.read_bytes() == text.encode()
    empty()
    assert "segment everything: new\n" in run("import_segments", str(path))
    assert run("export_segments") == text


def test_segments_are_chosen_by_slug() -> None:
    for slug in ("one", "two", "three"):
        make_segment(slug)
    assert [entry["slug"] for entry in json.loads(run("export_segments", "two", "one"))["segments"]] == ["one", "two"]


def test_a_slug_that_is_not_there_leaves_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "segments.json"
    path.write_text("what was there")
    with pytest.raises(CommandError, match=r"Nothing was exported\.\nnowhere: There is no segment with this slug\."):
        run("export_segments", "nowhere", "--output", str(path))
    assert path.read_text() == "what was there"


def test_a_file_may_come_through_a_pipe(monkeypatch: pytest.MonkeyPatch) -> None:
    make_segment("one", FirstTimeVisitorRule())
    text = run("export_segments")
    empty()
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(text.encode())))
    assert run("import_segments", "-") == "segment one: new\n"


def test_a_dry_run_prints_the_difference(tmp_path: Path) -> None:
    make_segment("one", LocationRule(cities=["Hilltop"]))
    make_segment("same", FirstTimeVisitorRule())
    path = tmp_path / "segments.json"
    path.write_text(run("export_segments").replace("Hilltop", "Riverside"))
    before = everything()
    said = run("import_segments", str(path), "--dry-run")
    assert everything() == before
    assert "segment one: changed\n--- one (on this site)\n+++ one (in the file)\n" in said
    assert '\n-        "Hilltop"\n+        "Riverside"\n' in said
    assert "segment same: unchanged\n" in said
    assert said.endswith("This was a dry run: nothing was written.\n")
    assert run("import_segments", str(path)) == "segment one: changed\nsegment same: unchanged\n"


@pytest.mark.parametrize("options", [[], ["--dry-run"]])
def test_problems_are_counted_and_listed(tmp_path: Path, options: list[str]) -> None:
    make_segment("one", LocationRule(cities=["Hilltop"]))
    broken: dict[str, Any] = json.loads(run("export_segments"))
    broken["segments"][0]["rules"][0]["in_eu"] = "no"
    broken["segments"][0]["name"] = ""
    path = tmp_path / "segments.json"
    path.write_text(json.dumps(broken))
    with pytest.raises(CommandError) as error:
        run("import_segments", str(path), *options)
    assert str(error.value) == (
        "Nothing was written. 2 problems:\n"
        'segments[0] "one", name: This field cannot be blank.\n'
        'segments[0] "one", rules[0] (LocationRule), in_eu: "no" is not true or false.'
    )


def test_a_file_that_can_not_be_read_or_written_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"nowhere\.json can't be read: "):
        run("import_segments", str(tmp_path / "nowhere.json"))
    with pytest.raises(CommandError, match=r"segments\.json can't be written: "):
        run("export_segments", "--output", str(tmp_path / "nowhere" / "segments.json"))
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(CommandError, match=r"Nothing was written\. 1 problem:\nThe file is not JSON"):
        run("import_segments", str(tmp_path / "broken.json"))
