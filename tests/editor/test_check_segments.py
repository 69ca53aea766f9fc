"""The command that runs the example visits of segments."""

from __future__ import annotations

import json
from datetime import time
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wagtail_personalise_gov.compiling import current_ruleset
from wagtail_personalise_gov.models import DeviceRule, Segment, TimeOfDayRule

from ..agency.models import AgencyPage
from ..factories import make_segment

PHONE = {"facts": {"device.kind": "mobile"}}


def check(*args: str) -> tuple[int, str]:
    """The exit code, and what was written."""
    written = StringIO()
    try:
        call_command("check_segments", *args, stdout=written)
    except SystemExit as end:
        return int(end.code or 0), written.getvalue()
    except CommandError as error:
        return error.returncode, str(error)
    return 0, written.getvalue()


def make(slug: str, *visits: tuple[dict[str, Any], bool], live: bool = True, kind: str = "mobile") -> Segment:
    segment = make_segment(slug, DeviceRule(kinds=[kind]), live=live)
    for name, (visit, must_match) in zip((f"Example of {slug}", "Second"), visits, strict=False):
        segment.examples.create(name=name, must_match=must_match, visit=visit)
    return segment


def test_all_as_expected_ends_with_0(home: AgencyPage) -> None:
    make("phones", (PHONE, True))
    make("tablets", (PHONE, False), kind="tablet")
    assert check() == (0, "2 examples of 2 segments: 2 as expected, 0 not.\n")


def test_no_example_is_no_failure(home: AgencyPage) -> None:
    make("phones")
    assert check() == (0, "No segment has an example.\n")


def test_one_that_fails_is_named_with_the_rules_and_ends_with_1(home: AgencyPage) -> None:
    make("tablets", (PHONE, True), kind="tablet")
    code, text = check()
    assert code == 1
    assert text.splitlines() == [
        "tablets: “Example of tablets” must be in the segment; is not in it.",
        "  no: They use a tablet",
        "    Device: a phone (as you say)",
        "1 example of 1 segment: 0 as expected, 1 not.",
    ]


def test_one_that_cannot_be_run_fails_with_the_reason(home: AgencyPage) -> None:
    make("phones", ({"intent": "gone"}, False))
    code, text = check()
    assert code == 1
    assert "There is no intent 'gone'." in text


def test_drafts_are_left_out_unless_they_are_asked_for(home: AgencyPage) -> None:
    make("draft", (PHONE, False), live=False)
    changed = make("phones", (PHONE, True))
    changed.wagtail_personalise_gov_devicerule_rules.set([DeviceRule(kinds=["tablet"])])
    changed.save_revision()
    assert check()[0] == 0
    code, text = check("--drafts")
    assert code == 1
    assert "draft: “Example of draft” must not be in the segment; is in it." in text
    assert "phones: “Example of phones” must be in the segment; is not in it." in text


def test_one_segment_may_be_named(home: AgencyPage) -> None:
    make("phones", (PHONE, True))
    make("tablets", (PHONE, True), kind="tablet")
    assert check("--segment", "phones")[0] == 0
    assert check("--segment", "phones", "--segment", "tablets")[0] == 1


@pytest.mark.parametrize(
    "args, message",
    [
        (("--segment", "nobody"), "There is no segment 'nobody', or it is archived."),
        (("--segment", "draft"), "Segment 'draft' is not live. Try its draft with --drafts."),
    ],
)
def test_what_cannot_be_tried_is_wrong_use(home: AgencyPage, args: tuple[str, ...], message: str) -> None:
    make("draft", live=False)
    assert check(*args) == (3, message)


def test_wrong_arguments_are_wrong_use(home: AgencyPage) -> None:
    from wagtail_personalise_gov.management.commands.check_segments import Command

    with pytest.raises(SystemExit) as end:
        Command().run_from_argv(["manage.py", "check_segments", "--no-such-thing"])
    assert end.value.code == 3


def test_programs_get_json(home: AgencyPage) -> None:
    make("tablets", (PHONE, True), kind="tablet")
    make("phones", (PHONE, True))
    code, text = check("--format", "json")
    assert code == 1
    assert json.loads(text) == {
        "examples": [
            {
                "segment": "phones",
                "example": "Example of phones",
                "passed": True,
                "expected": True,
                "answer": True,
            },
            {
                "segment": "tablets",
                "example": "Example of tablets",
                "passed": False,
                "expected": True,
                "answer": False,
                "rules": [{"answer": "no", "sentence": "They use a tablet", "why": []}],
            },
        ]
    }


def test_an_example_has_the_time_that_it_says(home: AgencyPage) -> None:
    segment = make_segment("evening", TimeOfDayRule(start=time(18), end=time(22)))
    segment.examples.create(name="At night", must_match=False, visit={"at": "2026-04-18T03:00"})
    segment.examples.create(name="In the evening", must_match=True, visit={"at": "2026-04-18T19:00"})
    assert check()[0] == 0


def test_as_many_queries_for_ten_segments_as_for_one(home: AgencyPage) -> None:
    def queries() -> int:
        current_ruleset()
        with CaptureQueriesContext(connection) as captured:
            assert check()[0] == 0
        return len(captured)

    make("first", (PHONE, True))
    few = queries()
    for number in range(9):
        make(f"more-{number}", (PHONE, True))
    assert queries() <= few


def test_one_that_describes_nobody_fails_alone(home: AgencyPage) -> None:
    make("phones", (PHONE, True), ({"path": "//["}, True))
    make("tablets", (PHONE, False), kind="tablet")
    code, text = check()
    assert code == 1
    first, *_rest, last = text.splitlines()
    assert first.startswith("phones: “Second” must be in the segment; can’t be tried: No request can be made of this")
    assert last == "3 examples of 2 segments: 2 as expected, 1 not."
