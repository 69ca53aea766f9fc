"""Material for a DPIA and the UK's transparency record: from what is live and set; what is left to write is marked."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from wagtail.models import Page, Site

from tests.agency.models import AgencyPage, PlainPage
from tests.factories import committed, hero, make_page, make_segment, personalised
from wagtail_personalise_gov.models import (
    AccountRule,
    FirstTimeVisitorRule,
    LocationRule,
    PagesViewedRule,
    PersonalisationSettings,
    Segment,
)

KINDS = ["dpia", "atrs"]


def export(kind: str, *options: str) -> str:
    out = StringIO()
    call_command("export_records", "--format", kind, *options, stdout=out)
    return out.getvalue()


def record(kind: str, *options: str) -> dict[str, dict[str, Any]]:
    """The fields of a record by section and key."""
    data = json.loads(export(kind, "--as", "json", *options))
    assert data["record"] == kind
    return {section["key"]: {field["key"]: field for field in section["fields"]} for section in data["sections"]}


def known(field: dict[str, Any]) -> str:
    return "\n".join(field["known"])


@pytest.fixture
def flood(home: AgencyPage) -> Segment:
    """Visitors in Riverside, for whom /flood/ changes; and a draft."""
    segment = make_segment("riverside", LocationRule(cities=["Riverside"]), purpose="So that they find sandbags.")
    make_segment("draft", LocationRule(cities=["Hush"]), live=False, public_name="Hush", purpose="Hush.")
    offer = personalised(hero("Standard"), (segment, hero("Sandbags")))
    make_page("Flood", ("offer", offer), parent=home, slug="flood")
    return segment


# What is live


def test_the_dpia_describes_what_is_live_and_what_is_read_for_it(flood: Segment) -> None:
    dpia = record("dpia")
    assert known(dpia["scope"]["segments"]) == (
        "Public name of riverside. Who is in it: People who seem to be in Riverside. Why: So that they find sandbags. "
        "What is read: the town or city that you seem to be in. Pages that change: Flood (/flood/)."
    )
    read = known(dpia["nature"]["collection"])
    assert read.startswith("“the town or city that you seem to be in”.")
    assert read.endswith("For: Public name of riverside.")
    assert known(dpia["purposes"]["purposes"]) == "“Public name of riverside”: So that they find sandbags."
    assert "wrong_guess" in dpia["risks"]
    assert "account" not in dpia["risks"]


def test_the_transparency_record_has_the_fields_of_the_template(flood: Segment) -> None:
    atrs = record("atrs")
    labels = [field["label"] for section in atrs.values() for field in section.values()]
    for label in (
        "1 - Name",
        "4 - Contact email",
        "1.3 - Senior responsible owner",
        "2.4 - Alternatives considered",
        "3.2 - Human review",
        "4.1.5 - Models",
        "4.2.8 - Datasets and their purposes",
        "4.3.9 - Data sharing agreements",
        "4.4.5 - Data sharing agreements",
        "5.2 - Risks and mitigations",
    ):
        assert label in labels
    assert "Public name of riverside" in known(atrs["rationale"]["2.1"])
    assert "the town or city" in known(atrs["tool"]["4.1.2"])
    assert known(atrs["tier_1"]["1.website"]) == "http://testserver/personalisation/"


@pytest.mark.parametrize("kind", KINDS)
def test_changing_a_segment_changes_the_record(flood: Segment, kind: str) -> None:
    before = export(kind)
    assert "on their first visit" not in before.lower()
    with committed():
        FirstTimeVisitorRule.objects.create(segment=flood, sort_order=1)
        changed = Segment.objects.get(pk=flood.pk)
        changed.purpose = "So that newcomers find sandbags."
        changed.save_revision().publish()
    after = export(kind)
    assert "People on their first visit here" in after
    assert "newcomers find sandbags" in after
    remembered = "What is remembered of earlier visits: 180 days at most"
    assert remembered in after
    assert remembered not in before


@pytest.mark.parametrize("kind", KINDS)
def test_a_draft_is_in_no_record(flood: Segment, kind: str) -> None:
    assert "Hush" not in export(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_site_has_a_record_too(home: AgencyPage, kind: str) -> None:
    assert "Nothing about visitors is read at the moment." in export(kind).replace("\\", "")


# What is set


def test_measures_stand_there_only_while_they_hold(flood: Segment, configure: Callable[..., None]) -> None:
    def told() -> str:
        return "\n".join(known(field) for field in record("dpia")["risks"].values())

    configure(HONOUR_GPC=True, COOKIE_SECURE=True, COUNTING=False)
    safe = told()
    assert "Measure: A browser’s Global Privacy Control signal counts as turning it off." in safe
    assert "Measure: Cookies travel over https only" in safe
    assert "Measure: No cookie of this holds a number" in safe
    assert "Only daily totals are kept" not in safe
    configure(
        HONOUR_GPC=False,
        COOKIE_SECURE=False,
        COUNTING=True,
        VISITOR_STORE="wagtail_personalise_gov.visit.stores.DjangoSessionStore",
    )
    loose = told()
    assert "Measure: A browser’s Global Privacy Control" not in loose
    assert "Open: Global Privacy Control signals are ignored (HONOUR_GPC)." in loose
    assert "Open: Cookies may travel unencrypted" in loose
    assert "Open: What is remembered is kept on the server under the key of a session" in loose
    assert "Measure: No cookie of this holds a number" not in loose
    assert "Measure: Only daily totals are kept" in loose


@pytest.mark.parametrize(
    "mode, says", [("opt_out", "On until a visitor turns it off"), ("opt_in", "Off until"), ("off", "Switched off")]
)
def test_it_says_in_which_mode_the_site_is(
    flood: Segment, configure: Callable[..., None], mode: str, says: str
) -> None:
    configure(MODE=mode)
    assert says in known(record("dpia")["context"]["control"])
    assert says in known(record("atrs")["tier_1"]["1.description"])


def test_accounts_are_kept_apart_unless_visitors_are_asked_first(
    home: AgencyPage, configure: Callable[..., None]
) -> None:
    make_segment("members", AccountRule())
    assert "both about accounts and about earlier visits is stopped" in known(record("dpia")["risks"]["account"])
    configure(MODE="opt_in")
    assert "Open: After a visitor has turned it on" in known(record("dpia")["risks"]["account"])


def test_sensitive_pages_are_named_as_a_measure_or_as_a_gap(
    home: AgencyPage, plain_page: PlainPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_segment("readers", PagesViewedRule(what="page", page=Page.objects.get(pk=plain_page.pk)))
    before = known(record("dpia")["risks"]["sensitive"])
    assert "Open: No kind of page on this site can be marked as sensitive" in before
    monkeypatch.setattr(PlainPage, "sensitive", True, raising=False)
    after = known(record("dpia")["risks"]["sensitive"])
    assert "Measure: Pages can be marked as sensitive" in after
    assert "are stopped: Public name of readers." in after


def test_who_answers_for_it_is_taken_from_the_site_and_marked_where_it_is_missing(flood: Segment) -> None:
    assert record("atrs")["tier_1"]["1.contact"]["to_complete"]
    assert "Open: No review of all of this is on record" in known(record("dpia")["risks"]["unaware"])
    with committed():
        row = PersonalisationSettings.objects.create(
            site=Site.objects.get(),
            responsible="Digital team",
            contact_email="ask@example.gov",
            last_reviewed=date(2020, 1, 1),
        )
    atrs = record("atrs")
    assert known(atrs["tier_1"]["1.contact"]) == "ask@example.gov"
    assert not atrs["tier_1"]["1.contact"]["to_complete"]
    assert known(atrs["owner"]["1.2"]) == "Digital team"
    assert "Open: The last review, of 2020-01-01" in known(record("dpia")["risks"]["unaware"])
    with committed():
        row.last_reviewed = timezone.localdate() - timedelta(days=1)
        row.save()
    assert "review" not in known(record("dpia")["risks"]["unaware"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_says_something_or_is_marked(flood: Segment, kind: str) -> None:
    fields = [field for section in record(kind).values() for field in section.values()]
    assert not [field["key"] for field in fields if not field["known"] and not field["to_complete"]]
    assert [field for field in fields if field["to_complete"]]


def test_only_the_body_names_its_lawful_basis_and_signs(flood: Segment) -> None:
    dpia = record("dpia")
    assert "Name the lawful basis" in dpia["necessity"]["basis"]["to_complete"]
    assert all(field["to_complete"] and not field["known"] for field in dpia["sign_off"].values())


# The command


def test_the_text_is_markdown_that_marks_what_is_left_and_in_which_editors_words_are_words(home: AgencyPage) -> None:
    make_segment("odd", FirstTimeVisitorRule(), public_name="# <b>*odd*</b>", purpose="[a](b)\n\n# c")
    text = export("dpia")
    assert text.startswith("# Personalisation of Example Agency: material for a data protection impact assessment\n")
    assert "> **To be completed by you:** Name the lawful basis" in text
    assert "\n\\# \\<b\\>\\*odd\\*\\</b\\>. Who is in it" in text
    assert "\\[a\\](b) # c" in text
    assert "\n# c" not in text
    assert "\n### 1.3 - Senior responsible owner\n" in export("atrs")


def test_it_is_of_one_site(flood: Segment) -> None:
    offer = personalised(hero("Standard"), (flood, hero("Hello")))
    other = make_page("Other home", ("offer", offer), parent=Page.objects.get(depth=1), slug="other")
    Site.objects.create(hostname="other.example", root_page=other, site_name="Other")
    assert "Pages that change: Flood (/flood/)." in known(record("dpia")["scope"]["segments"])
    assert "Pages that change: Other home (/)." in known(record("dpia", "--site", "other.example")["scope"]["segments"])
    with pytest.raises(CommandError, match=r"no site 'nowhere'.*other\.example, testserver"):
        export("dpia", "--site", "nowhere")


def test_it_is_written_to_a_file_and_says_how_much_is_left(flood: Segment, tmp_path: Path) -> None:
    file = tmp_path / "dpia.md"
    assert "You have to complete" in export("dpia", "--output", str(file))
    assert file.read_text(encoding="utf-8").startswith("# Personalisation of")
    with pytest.raises(CommandError, match="can't be written"):
        export("dpia", "--output", str(tmp_path))
