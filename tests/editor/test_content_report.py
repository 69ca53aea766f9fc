"""The reports on personalised content and on what everyone must see: what each lists, for whom, at what price."""

import csv
import io
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook
from wagtail.models import GroupPagePermission

from example_site.models import ServicePage
from wagtail_personalise_gov.models import LocationRule, Segment

from ..agency.models import AgencyPage
from ..factories import hero, make_page, make_segment, personalised, raw_stream
from .counted import apart

pytestmark = pytest.mark.django_db

CONTENT = "personalise_reports:content"
MUST_SEE = "personalise_reports:must_see"


def rows(desk: Client, report: str = CONTENT, **query: Any) -> list[list[str]]:
    """The cells of the table, each as one line of text."""
    answer = desk.get(reverse(f"{report}_results"), query)
    assert answer.status_code == 200
    table = BeautifulSoup(answer.content, "html.parser").find("table")
    body = table.find("tbody").find_all("tr", recursive=False) if table else []
    return [[" ".join(cell.get_text(" ").split()) for cell in row.find_all("td", recursive=False)] for row in body]


def titles(desk: Client, report: str = CONTENT, **query: Any) -> list[str]:
    return [row[0] for row in rows(desk, report, **query)]


@pytest.fixture
def page_editor(desk_of: Callable[..., Client]) -> Callable[[Any], Client]:
    """The desk of someone who may look at segments, and change this page and those below it."""

    def make(page: Any) -> Client:
        desk = desk_of("view_segment")
        group = Group.objects.create(name="Those of one page")
        permission = Permission.objects.get(content_type__app_label="wagtailcore", codename="change_page")
        GroupPagePermission.objects.create(group=group, page=page, permission=permission)
        User.objects.get(pk=desk.session["_auth_user_id"]).groups.add(group)
        return desk

    return make


def line(*who: Any, name: str = "x", **more: Any) -> tuple[str, dict[str, Any]]:
    return "line", apart(personalised("everyone", *((one, "some") for one in who), **more), name)


# What a row says


def test_a_row_says_where_a_block_stands_with_its_versions_in_order(desk: Client, home: AgencyPage) -> None:
    one, two = make_segment("one", LocationRule(cities=["A"])), make_segment("two", LocationRule(cities=["B"]))
    make_page("Flood", line([two, one], one), parent=home)
    ((where, versions, others, status),) = rows(desk)
    assert (where, others, status) == ("Flood Body → Line Agency page", "The standard version", "Live")
    assert versions.startswith(
        "Name of two, Name of one Name of one No visitor ever sees this version: version 1 comes"
    )


def test_a_row_leads_to_the_block_in_the_form(desk: Client, home: AgencyPage, riverside: Segment) -> None:
    page = make_page("Flood", line(riverside), parent=home)
    answer = desk.get(reverse(CONTENT)).content.decode()
    block = page.body.raw_data[0]["id"]
    assert f'href="{reverse("wagtailadmin_pages:edit", args=[page.pk])}#:w:contentpath=body.{block}"' in answer


def test_blocks_of_one_name_are_numbered(desk: Client, home: AgencyPage, riverside: Segment) -> None:
    """As everywhere, whichever of them are asked for."""
    hilltop = make_segment("hilltop")
    make_page("Flood", line(riverside, name="1"), line(hilltop, name="2"), parent=home).save_revision()
    assert titles(desk) == ["Flood Body → Line Agency page", "Flood Body → Line (2) Agency page"]
    assert titles(desk, segment=hilltop.pk) == ["Flood Body → Line (2) Agency page"]


def test_each_block_has_a_row_and_one_without_versions_has_none(
    desk: Client, home: AgencyPage, riverside: Segment
) -> None:
    inner = [{"type": "inner", "value": apart(personalised("a", (riverside, "b")), "inner"), "id": "i"}]
    make_page("Flood", line(riverside, name="1"), line(), ("nested", personalised([], (riverside, inner))), parent=home)
    assert titles(desk) == [
        "Flood Body → Line Agency page",
        "Flood Body → Nested Agency page",
        "Flood Body → Nested → Inner Agency page",
    ]


def test_that_others_see_nothing_is_said(desk: Client, home: AgencyPage, riverside: Segment) -> None:
    make_page("Flood", line(riverside, nothing_for_others=True), parent=home)
    assert rows(desk)[0][2] == "Nothing"


def test_a_segment_that_keeps_a_version_from_being_seen_is_named(desk: Client, home: AgencyPage) -> None:
    draft = make_segment("draft", live=False)
    archived = make_segment("archived")
    broken = make_segment("broken", LocationRule(cities=["A"]), LocationRule(cities=["A"], negated=True))
    fine = make_segment("fine", LocationRule(cities=["A"]))
    gone = make_segment("gone")
    make_page("Flood", line([draft, archived, broken, fine, gone]), parent=home)
    archived.archive()
    Segment.objects.filter(pk=gone.pk)._raw_delete("default")  # as a script may
    (row,) = rows(desk)
    for sentence in (
        "A segment of this version was deleted",
        "“Name of archived” is archived, so nobody is in it.",
        "“Name of draft” is a draft.",
        "can’t both be true",
    ):
        assert sentence in row[1]
    assert "“Name of fine”" not in row[1]


# Live, draft, and not published yet


def test_a_page_that_was_never_published_is_listed_as_a_draft(
    desk: Client, home: AgencyPage, riverside: Segment
) -> None:
    make_page("Flood", line(riverside), parent=home, live=False)
    assert rows(desk)[0][3] == "Draft"
    assert titles(desk, status="live") == []
    assert len(titles(desk, status="draft")) == 1


def test_unpublished_changes_are_another_list(desk: Client, home: AgencyPage, riverside: Segment) -> None:
    page = make_page("Flood", line(riverside), parent=home)
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    page.title = "Flood, rewritten"
    page.body = page.body.stream_block.to_python(raw_stream(line(hilltop, riverside)))
    page.save_revision()
    assert [row[:2] for row in rows(desk)] == [["Flood Body → Line Agency page", "Name of riverside"]]
    assert [row[:2] for row in rows(desk, content="draft")] == [
        ["Flood, rewritten Body → Line Agency page", "Name of hilltop Name of riverside"]
    ]
    assert titles(desk, content="draft", segment=hilltop.pk)
    assert titles(desk, segment=hilltop.pk) == []


def test_a_page_whose_changes_are_published_has_no_unpublished_ones(
    desk: Client, home: AgencyPage, riverside: Segment
) -> None:
    make_page("Flood", line(riverside), parent=home).save_revision().publish()
    assert titles(desk, content="draft") == []


# Filters


def test_it_is_narrowed_by_segment_block_kind_and_words(desk: Client, home: AgencyPage, riverside: Segment) -> None:
    hilltop = make_segment("hilltop")
    make_page("Flood", line(riverside), ("offer", personalised(hero("a"), (hilltop, hero("b")))), parent=home)
    make_page("Fire", line(hilltop), parent=home)
    one, offer, fire = "Flood Body → Line Agency page", "Flood Body → Offer Agency page", "Fire Body → Line Agency page"
    assert titles(desk) == [fire, one, offer]
    assert titles(desk, segment=riverside.pk) == [one]
    assert titles(desk, block="offer") == [offer]
    assert titles(desk, segment=hilltop.pk, block="line") == [fire]
    assert titles(desk, kind="agency.agencypage") == [fire, one, offer]
    assert titles(desk, q="FIRE") == [fire]


def test_the_filters_offer_only_what_stands_in_content_that_is_seen(
    desk: Client,
    desk_of: Callable[..., Client],
    page_editor: Callable[[Any], Client],
    home: AgencyPage,
    riverside: Segment,
) -> None:
    own = make_page("Own", line(riverside), parent=home)
    inner = [{"type": "inner", "value": apart(personalised("a", (riverside, "b")), "inner"), "id": "i"}]
    make_page("Hidden", ("nested", personalised([], (riverside, inner))), parent=home)

    def offered(who: Client, name: str) -> list[str]:
        page = BeautifulSoup(who.get(reverse(CONTENT)).content, "html.parser")
        fields = page.select(f'[name="{name}"]')
        return [field.get("value") or "" for field in fields if field.get("value")] + [
            option.get("value") for field in fields for option in field.find_all("option") if option.get("value")
        ]

    assert set(offered(desk, "block")) == {"line", "nested", "inner"}
    editor, stranger = page_editor(own), desk_of("view_segment")
    assert (offered(editor, "block"), offered(editor, "kind")) == (["line"], ["agency.agencypage"])
    assert (offered(stranger, "block"), offered(stranger, "kind")) == ([], [])


def test_a_filter_that_makes_no_sense_is_no_fault(desk: Client, agency_page: AgencyPage) -> None:
    for query in ({"segment": "x"}, {"block": "'"}, {"kind": "a.b.c"}, {"p": "-1"}, {"content": "\0"}, {"q": "\0"}):
        assert desk.get(reverse(CONTENT), query).status_code == 200


# Who sees what


def test_an_editor_sees_only_what_they_may_explore(
    page_editor: Callable[[Any], Client], desk: Client, agency_page: AgencyPage, home: AgencyPage, riverside: Segment
) -> None:
    other = make_page("Other", line(riverside), parent=home)
    assert len(titles(desk)) == 2
    assert titles(page_editor(other)) == ["Other Body → Line Agency page"]


@pytest.mark.parametrize("report", [CONTENT, MUST_SEE, "personalise_reports:segments"])
def test_the_reports_are_for_those_who_have_to_do_with_segments(desk_of: Callable[..., Client], report: str) -> None:
    address, results = reverse(report), reverse(f"{report}_results")
    stranger, insider = desk_of(), desk_of("view_segment")
    assert stranger.get(address).status_code == stranger.get(results).status_code == 302
    assert insider.get(address).status_code == insider.get(results).status_code == 200
    assert address in insider.get(reverse("wagtailadmin_home")).content.decode()
    assert address not in stranger.get(reverse("wagtailadmin_home")).content.decode()


# Spreadsheets


def test_it_is_exported_whole_whatever_a_page_of_it_shows(desk: Client, home: AgencyPage, riverside: Segment) -> None:
    for number in range(60):
        make_page(f"Page {number:02}", line(riverside, name=str(number)), parent=home)
    assert len(rows(desk)) == 50
    answer = desk.get(reverse(CONTENT), {"export": "csv"})
    table = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert table[0] == [
        "Where",
        "Kind of page or snippet",
        "Block",
        "Versions, in their order",
        "Everyone else sees",
        "Status",
        "What is wrong",
    ]
    assert [row[0] for row in table[1:]] == [f"Page {number:02}" for number in range(60)]
    assert table[1][1:] == ["Agency page", "Body → Line", "1. Name of riverside", "The standard version", "Live", ""]
    answer = desk.get(reverse(CONTENT), {"export": "xlsx"})
    sheet = load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active
    assert [row[0].value for row in sheet.iter_rows(min_row=2)] == [f"Page {number:02}" for number in range(60)]


def test_no_title_is_run_as_a_formula(desk: Client, home: AgencyPage, riverside: Segment) -> None:
    make_page("=1+1", line(riverside), parent=home, slug="sum")
    text = b"".join(desk.get(reverse(CONTENT), {"export": "csv"}).streaming_content).decode()
    assert "'=1+1" in text


# The price


@pytest.mark.parametrize("query", [{}, {"content": "draft"}, {"export": "csv"}], ids=["list", "drafts", "csv"])
def test_many_pages_cost_as_many_queries_as_few(desk: Client, home: AgencyPage, query: dict[str, str]) -> None:
    def grow(first: int, last: int) -> None:
        for number in range(first, last):
            who = make_segment(f"s{number}", LocationRule(cities=["A"]))
            page = make_page(f"P{number}", line(who, name=f"{number}"), parent=home)
            page.save_revision()

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            answer = desk.get(reverse(CONTENT), query)
            assert answer.status_code == 200
            if answer.streaming:
                b"".join(answer.streaming_content)
        return sum("rulesetstate" not in query["sql"] for query in captured)  # looked up once a second

    grow(0, 2)
    queries()  # content types and the like are known from now on
    few = queries()
    grow(2, 14)
    queries()  # which segments are broken is found out anew
    assert queries() <= few


# Everyone must see


def test_what_is_marked_is_listed_with_its_first_words(desk: Client, home: AgencyPage) -> None:
    make_page("Flood", ("hero", hero("Leave now", everyone=True)), ("hero", hero("Be ready")), parent=home)
    make_page("Fire", ("hero", hero("Stay in")), parent=home)
    assert rows(desk, MUST_SEE) == [["Flood Body → Hero Agency page", "“Leave now”", "Everyone", "Live"]]


def test_a_whole_page_that_is_marked_is_listed(desk: Client, home: AgencyPage) -> None:
    home.add_child(instance=ServicePage(title="Rights", slug="rights", summary="Yours", must_see=True))
    home.add_child(instance=ServicePage(title="Parks", slug="parks", summary="Yours"))
    assert rows(desk, MUST_SEE) == [["Rights The whole page Service page", "", "Everyone", "Live"]]


def written_by_a_script(page: AgencyPage, *blocks: tuple[str, Any]) -> None:
    """Past every guard, and past the reference index."""
    AgencyPage.objects.filter(pk=page.pk).update(body=page.body.stream_block.to_python(raw_stream(*blocks)))


def test_what_a_script_put_into_a_version_is_found(desk: Client, home: AgencyPage, riverside: Segment) -> None:
    page = make_page("Flood", parent=home)
    make_page("Fine", ("hero", hero("For all", everyone=True)), line(riverside), parent=home)
    vital, other = hero("Leave now", everyone=True), hero("Be ready")
    written_by_a_script(
        page,
        ("offer", personalised(other, (riverside, vital))),
        ("offer", personalised(vital, (riverside, other))),
        ("offer", personalised(vital)),
    )
    in_version = "Not everyone: it stands in a version for some visitors, so others miss it."
    replaced = "Not everyone: those who get a version for some visitors miss it."
    found = [row[2] for row in rows(desk, MUST_SEE, q="Flood")]
    assert found == [in_version, replaced, "Everyone"]
    assert [row[2] for row in rows(desk, MUST_SEE, show="missed")] == [in_version, replaced]


def test_what_stands_among_malformed_versions_is_found(desk: Client, home: AgencyPage, riverside: Segment) -> None:
    """Visitors get the version that is well-formed."""
    offer = personalised(hero("Be ready"), (riverside, hero("Leave now", everyone=True)))
    offer["variants"].insert(0, None)
    written_by_a_script(make_page("Flood", parent=home), ("offer", offer))
    assert [row[1] for row in rows(desk, MUST_SEE, show="missed")] == ["“Leave now”"]


def test_a_marked_page_that_a_script_gave_versions_is_found(desk: Client, home: AgencyPage, riverside: Segment) -> None:
    page = home.add_child(instance=ServicePage(title="Rights", slug="rights", summary="Yours", must_see=True))
    body = page.body.stream_block.to_python(raw_stream(("personalised", personalised([], (riverside, [])))))
    ServicePage.objects.filter(pk=page.pk).update(body=body)
    (row,) = rows(desk, MUST_SEE, show="missed")
    assert row[2] == "Not everyone: there are versions for some visitors in “Body → Any content”."


def test_that_only_versions_link_to_a_marked_page_is_said(desk: Client, home: AgencyPage, riverside: Segment) -> None:
    page = home.add_child(instance=ServicePage(title="Rights", slug="rights", summary="Yours", must_see=True))
    link = ("offer", personalised(hero("a"), (riverside, hero("b", page=page.pk))))
    make_page("Flood", link, parent=home)
    assert "only versions for some visitors link to it" in rows(desk, MUST_SEE)[0][2]
    make_page("Fire", ("hero", hero("a", page=page.pk)), parent=home)
    assert rows(desk, MUST_SEE)[0][2] == "Everyone"


def test_what_an_editor_may_not_explore_is_not_listed(
    page_editor: Callable[[Any], Client], desk: Client, home: AgencyPage
) -> None:
    seen, _unseen = (make_page(title, ("hero", hero(title, everyone=True)), parent=home) for title in ("Flood", "Fire"))
    assert len(rows(desk, MUST_SEE)) == 2
    assert [row[1] for row in rows(page_editor(seen), MUST_SEE)] == ["“Flood”"]


def test_many_marks_cost_as_many_queries_as_few(desk: Client, home: AgencyPage) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert desk.get(reverse(MUST_SEE)).status_code == 200
        return sum("rulesetstate" not in query["sql"] for query in captured)  # looked up once a second

    make_page("First", ("hero", hero("x", everyone=True)), parent=home)
    home.add_child(instance=ServicePage(title="Rights", slug="rights", summary="Yours", must_see=True))
    queries()
    few = queries()
    for number in range(10):
        make_page(f"P{number}", ("hero", hero("x", everyone=True)), parent=home)
        home.add_child(instance=ServicePage(title=f"R{number}", slug=f"r{number}", summary="Yours", must_see=True))
    assert queries() <= few
