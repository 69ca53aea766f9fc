"""The report on what was counted."""

import csv
import io
import re
from collections.abc import Sequence
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.html import strip_tags

from wagtail_personalise_gov.core.counting import Arm, Exposure, Tally
from wagtail_personalise_gov.counting import buffer
from wagtail_personalise_gov.counting.reporting import CSV_COLUMNS, harmless
from wagtail_personalise_gov.counting.results import COLUMNS, Finding
from wagtail_personalise_gov.editor.addresses import addresses_for
from wagtail_personalise_gov.editor.results.chart import chart_of
from wagtail_personalise_gov.models import Goal, RulesetState, Segment

from ..agency.models import AgencyPage
from ..counting.gathered import GatheredBuffer
from ..factories import make_page, make_segment, personalised
from .counted import FIRST, apart, count, judged, make_goal, past_days

pytestmark = pytest.mark.django_db

INDEX = "/admin/reports/personalisation/"


def block_address(version: str = FIRST) -> str:
    return reverse("personalise_results:block", args=[version])


def words_of(response: HttpResponse) -> str:
    """What a page says, without its tags."""
    assert response.status_code == 200
    return re.sub(r"\s+", " ", strip_tags(response.content.decode().replace("<", " <")))


def rows_of(response: HttpResponse) -> list[dict[str, str]]:
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.content.decode("utf-8-sig"))))


# Who may see it


def test_it_stands_in_the_menu_of_those_who_may_see_it(desk_of: Any) -> None:
    assert reverse("personalise_results:index") == INDEX
    home = reverse("wagtailadmin_home")
    link = f'"{INDEX}"'  # other reports lie below it
    assert link in desk_of("view_dailytally").get(home).content.decode()
    assert link not in desk_of("change_segment").get(home).content.decode()


@pytest.mark.parametrize("address", [INDEX, f"{INDEX}results/", f"{INDEX}{FIRST}/", f"{INDEX}?export=csv"])
def test_others_are_turned_away(desk_of: Any, agency_page: AgencyPage, address: str) -> None:
    assert desk_of("change_segment").get(address).status_code == 302
    assert Client().get(address).status_code == 302


def test_the_permission_can_be_given_to_groups(desk: Client) -> None:
    form = desk.get(reverse("wagtailusers_groups:add")).context["form"]
    codenames = set(form.fields["permissions"].queryset.values_list("codename", flat=True))
    assert "view_dailytally" in codenames
    assert Permission.objects.filter(codename="view_dailytally").count() == 1


def test_it_holds_only_what_its_reader_may_explore(desk: Client, desk_of: Any, agency_page: AgencyPage) -> None:
    analyst = desk_of("view_dailytally")
    assert "Nothing to report yet" in words_of(analyst.get(INDEX))
    assert analyst.get(block_address()).status_code == 404
    assert desk.get(block_address()).status_code == 200


# The list


def test_before_anything_is_counted_the_list_says_what_to_do(desk: Client, home: AgencyPage) -> None:
    page = words_of(desk.get(INDEX))
    assert "Nothing to report yet" in page
    assert "Add one in a personalised block" in page
    assert "There are no goals yet" in page
    assert "From then on visits are counted" not in page  # counting is off here


def test_where_visits_are_counted_the_empty_list_says_so(desk: Client, home: AgencyPage, configure: Any) -> None:
    configure(COUNTING=True)
    assert "From then on visits are counted" in words_of(desk.get(INDEX))


def test_while_nothing_is_counted_it_says_so_with_the_remedy(
    desk: Client, agency_page: AgencyPage, configure: Any
) -> None:
    for address in (INDEX, block_address()):
        assert "Nothing is counted at the moment" in words_of(desk.get(address))
    configure(COUNTING=True)
    for address in (INDEX, block_address()):
        assert "Nothing is counted at the moment" not in words_of(desk.get(address))


def test_without_personalisation_nothing_is_counted_and_it_says_why(
    desk: Client, agency_page: AgencyPage, configure: Any
) -> None:
    configure(COUNTING=True, MODE="off")
    for address in (INDEX, block_address(), addresses_for("list", Goal)):
        page = words_of(desk.get(address))
        assert "Nothing is counted at the moment. Personalisation is switched off for this website" in page
        assert "Counting is switched off" not in page


def test_during_the_pause_nothing_is_counted_and_it_says_why(
    desk: Client, desk_of: Any, agency_page: AgencyPage, configure: Any
) -> None:
    configure(COUNTING=True)
    RulesetState.renew(paused_at=timezone.now())
    for address in (INDEX, block_address(), addresses_for("list", Goal)):
        page = words_of(desk.get(address))
        assert "Nothing is counted at the moment. Personalisation has been paused since" in page
        assert "Turn it on again" in page
    assert "Turn it on again" not in words_of(desk_of("view_dailytally").get(INDEX))
    RulesetState.renew(paused_at=None)
    assert "Nothing is counted at the moment" not in words_of(desk.get(INDEX))


def test_the_list_has_a_row_for_each_block_with_its_finding(
    desk: Client, agency_page: AgencyPage, home: AgencyPage, riverside: Segment
) -> None:
    make_goal("applied")
    judged("applied")
    make_page("Quiet", ("line", apart(personalised("a", (riverside, "b")), "quiet")), parent=home)
    page = words_of(desk.get(INDEX))
    assert (
        "Flood Body → Offer Name of riverside Saw this version: 27,000 Held back for comparison: 3,000 "
        "Higher: Name of riverside, “Name of applied”" in page
    )
    assert "Quiet Body → Line Name of riverside Nothing counted yet Nothing counted yet" in page
    assert block_address() in desk.get(INDEX).content.decode()


def test_of_several_findings_the_list_names_the_first_and_how_many_more(
    desk: Client, agency_page: AgencyPage, riverside: Segment
) -> None:
    for goal in ("applied", "called"):
        make_goal(goal)
    days = past_days(30)
    count(Arm.VARIANT, 900, {"applied": 180, "called": 180}, days=days)
    count(Arm.HOLDOUT, 100, {"applied": 10, "called": 10}, days=days)
    assert "Higher: Name of riverside, “Name of applied” and 1 more" in words_of(desk.get(INDEX))


def test_an_alarm_in_the_list_is_of_its_version(desk: Client, agency_page: AgencyPage) -> None:
    days = past_days(30)
    count(Arm.VARIANT, 500, days=days)
    count(Arm.HOLDOUT, 500, days=days)  # half, where a tenth was drawn
    assert "Don’t rely on it: Name of riverside" in words_of(desk.get(INDEX))


def test_where_nothing_is_known_yet_the_list_names_no_version(desk: Client, agency_page: AgencyPage) -> None:
    make_goal("applied")
    count(Arm.VARIANT, 40, share=0)
    page = words_of(desk.get(INDEX))
    assert "Nothing to compare with" in page
    assert "“Name of applied”" not in page


def test_what_only_others_were_shown_is_no_lack_of_goals(desk: Client, agency_page: AgencyPage) -> None:
    count(Arm.STANDARD, 400)
    page = words_of(desk.get(INDEX))
    assert "No goal yet" in page
    assert "Nobody saw a version yet" not in page
    make_goal("applied")
    page = words_of(desk.get(INDEX))
    assert "Nobody saw a version yet" in page
    assert "No goal yet" not in page


def test_a_segment_is_found_by_its_name(
    desk: Client, agency_page: AgencyPage, home: AgencyPage, riverside: Segment
) -> None:
    hilltop = make_segment("hilltop")
    make_page("Quiet", ("line", apart(personalised("a", (hilltop, "b")), "quiet")), parent=home)
    page = words_of(desk.get(INDEX, {"q": "of RIVERside"}))
    assert "Flood Body" in page
    assert "Quiet Body" not in page


def test_it_can_be_searched(desk: Client, agency_page: AgencyPage, home: AgencyPage, riverside: Segment) -> None:
    make_page("Quiet", ("line", apart(personalised("a", (riverside, "b")), "quiet")), parent=home)
    for address in (INDEX, f"{INDEX}results/"):
        page = words_of(desk.get(address, {"q": "fLOOD"}))
        assert "Flood" in page
        assert "Quiet" not in page
    assert "No version stands in a place with these words" in words_of(desk.get(INDEX, {"q": "nowhere"}))


def test_the_list_is_paged(desk: Client, home: AgencyPage, riverside: Segment) -> None:
    blocks = [("line", apart(personalised("a", (riverside, "b")), str(number))) for number in range(51)]
    make_page("Long", *blocks, parent=home)
    assert len(desk.get(INDEX).context["table"].data) == 50
    assert len(desk.get(INDEX, {"p": "2"}).context["table"].data) == 1


def test_many_blocks_cost_as_many_queries_as_one(desk: Client, agency_page: AgencyPage, home: AgencyPage) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get(INDEX)
        return len(captured)

    make_goal("applied")
    queries()
    few = queries()
    for number in range(8):
        segment = make_segment(f"s{number}")
        block = apart(personalised("a", (segment, "b")), str(number))
        make_page(f"P{number}", ("line", block), parent=home)
        count(Arm.VARIANT, 20, {"applied": 12}, variant=block["variants"][0]["id"], segment=f"s{number}")
    assert queries() == few


def test_what_this_process_has_gathered_is_added_first(
    desk: Client, agency_page: AgencyPage, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed = []
    monkeypatch.setattr(GatheredBuffer, "flush", lambda self: flushed.append(self) or 0, raising=False)
    configure(COUNTING_BUFFER=f"{GatheredBuffer.__module__}.{GatheredBuffer.__qualname__}")
    buffer.count([Tally(1, Exposure(FIRST, Arm.STANDARD))])
    desk.get(INDEX)
    assert flushed == [buffer.buffer()]


def test_the_report_stands_when_that_fails(
    desk: Client, agency_page: AgencyPage, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: GatheredBuffer) -> int:
        raise OSError("no connection")

    monkeypatch.setattr(GatheredBuffer, "flush", fail, raising=False)
    configure(COUNTING_BUFFER=f"{GatheredBuffer.__module__}.{GatheredBuffer.__qualname__}")
    assert "Flood" in words_of(desk.get(INDEX))


# One block


def test_before_its_first_visit_a_block_says_what_has_to_be_so(desk: Client, agency_page: AgencyPage) -> None:
    make_goal("applied")
    page = words_of(desk.get(block_address()))
    assert "Nothing has been counted here yet" in page
    assert "Your own visits, while you are signed in here, are not counted" in page
    assert "To find out what a version changes, a share of its visitors must also be held back" in page
    assert page.count("Nothing was counted for this version yet.") == 1
    assert "Nothing counted yet" not in page
    assert "Goal: Name of applied" not in page


def test_a_block_is_compared_for_each_goal(desk: Client, agency_page: AgencyPage) -> None:
    make_goal("applied")
    make_goal("called", name="Rang us")
    judged("applied")
    response = desk.get(block_address())
    page = words_of(response)
    assert "Version 1: Name of riverside" in page
    assert "10% were to be held back" in page
    assert "Goal: Name of applied" in page
    assert "Goal: Rang us" in page
    assert "Higher" in page
    assert "20.0%" in page
    assert "10.0%" in page
    (applied, called) = response.context["sections"]
    assert applied.comparisons[0].comparison.finding is Finding.HIGHER
    assert applied.comparisons[0].comparison.words in page
    assert called.comparisons[0].comparison.finding is not Finding.HIGHER


def test_it_begins_with_what_was_found_and_the_worst_of_it(desk: Client, agency_page: AgencyPage) -> None:
    names = ("1-quiet", "2-better", "3-worse")
    for name in names:
        make_goal(name)
    days = past_days(30)
    count(Arm.VARIANT, 900, {"2-better": 180, "3-worse": 45}, days=days)
    count(Arm.HOLDOUT, 100, {"2-better": 10, "3-worse": 20}, days=days)
    response = desk.get(block_address())
    assert [(row.finding, row.goal) for row in response.context["found"]] == [
        (Finding.LOWER, "3-worse"),
        (Finding.HIGHER, "2-better"),
    ]
    assert [section.slug for section in response.context["sections"]] == ["2-better", "3-worse", "1-quiet"]
    page = words_of(response)
    assert "What was found Lower: Version 1 (Name of riverside), “Name of 3-worse” Higher: Version 1" in page
    assert 'href="#goal-3-worse"' in response.content.decode()


def test_before_anything_was_found_it_says_so(desk: Client, agency_page: AgencyPage) -> None:
    make_goal("applied")
    count(Arm.VARIANT, 40, share=0)
    assert "What was found Nothing yet." in words_of(desk.get(block_address()))


def test_small_counts_are_withheld_on_the_page_and_in_csv(desk: Client, agency_page: AgencyPage) -> None:
    make_goal("applied")
    count(Arm.VARIANT, 97, {"applied": 7})
    count(Arm.HOLDOUT, 13, {"applied": 0})
    page = words_of(desk.get(block_address()))
    assert "fewer than 11" in page
    assert "97" in page
    assert not re.search(r"\b7\b|7\.2%", page.split("Goal:")[1])
    rows = rows_of(desk.get(block_address(), {"export": "csv"}))
    assert {row["reached"] for row in rows if row["arm"] == "variant"} == {"fewer than 11"}


def test_what_is_broken_is_said_loudly(desk: Client, agency_page: AgencyPage) -> None:
    make_goal("applied")
    days = past_days(30)
    count(Arm.VARIANT, 500, {"applied": 100}, days=days)
    count(Arm.HOLDOUT, 500, {"applied": 100}, days=days)  # half, where a tenth was drawn
    response = desk.get(block_address())
    assert "help-warning" in response.content.decode()
    (version,) = response.context["versions"]
    assert version.alarm
    assert version.alarm in words_of(response)
    assert version.alarm not in version.notes
    assert "Name of riverside Not to be relied on Saw this version" in words_of(response)  # in the table
    assert "Don’t rely on it: Version 1 (Name of riverside)" in words_of(response)


def test_what_is_sound_is_not_called_broken(desk: Client, agency_page: AgencyPage) -> None:
    make_goal("applied")
    judged("applied")
    assert "Not to be relied on" not in words_of(desk.get(block_address()))


def test_without_goals_it_says_what_was_shown_and_how_to_add_one(desk: Client, agency_page: AgencyPage) -> None:
    count(Arm.VARIANT, 97)
    page = desk.get(block_address())
    assert "Saw this version 97 visits" in words_of(page)
    assert "There are no goals yet" in words_of(page)
    assert addresses_for("add", Goal) in page.content.decode()


def test_visits_without_a_comparison_stand_apart(desk: Client, agency_page: AgencyPage) -> None:
    make_goal("applied")
    make_goal("called")
    count(Arm.STANDARD, 400, {"applied": 40})
    count(Arm.LEARNING, 50, {"applied": 25}, share=0)
    response = desk.get(block_address())
    (section, _called) = response.context["sections"]
    assert [(row.name, row.rate.visits.count) for row in section.others] == [
        ("Version 1, learning mode", 50),
        ("Everyone else", 400),
    ]
    assert words_of(response).count("Don’t compare them with the versions") == 1


def test_versions_for_several_segments_have_a_letter_for_each(
    desk: Client, home: AgencyPage, riverside: Segment
) -> None:
    hilltop = make_segment("hilltop")
    make_page("Flood", ("line", personalised("a", ([riverside, hilltop], "b"))), parent=home)
    count(Arm.VARIANT, 40, share=0)
    count(Arm.VARIANT, 50, segment="hilltop", share=0)
    rows = desk.get(block_address()).context["versions"]
    assert [(row.number, row.segment_name) for row in rows] == [("1a", "Name of riverside"), ("1b", "Name of hilltop")]


def test_a_segment_that_no_version_names_any_more_goes_by_its_slug(desk: Client, agency_page: AgencyPage) -> None:
    count(Arm.VARIANT, 40, segment="long-gone", share=0)
    assert "Version 1: long-gone" in words_of(desk.get(block_address()))


def test_it_says_where_the_block_stands_with_the_ways_there(desk: Client, agency_page: AgencyPage) -> None:
    agency_page.copy(update_attrs={"title": "Llif", "slug": "llif"}, keep_live=True)
    page = desk.get(block_address()).content.decode()
    assert reverse("wagtailadmin_pages:edit", args=[agency_page.pk]) in page
    assert 'href="/flood/"' in page
    assert 'href="/llif/"' in page
    assert "copies of one another" in page


@pytest.mark.parametrize("version", ["6f0a4f2c-4d5e-4f3e-9a53-0d5d3c3f2b11", "no-uuid"])
def test_a_version_that_stands_nowhere_is_not_found(desk: Client, agency_page: AgencyPage, version: str) -> None:
    assert desk.get(f"{INDEX}{version}/").status_code == 404


def test_names_are_escaped(desk: Client, home: AgencyPage) -> None:
    segment = make_segment("riverside", name='<b>Riverside</b> & "others"')
    make_page("<i>Flood</i>", ("line", personalised("a", (segment, "b"))), parent=home)
    make_goal("applied", name="<u>Applied</u>")
    judged("applied")
    for address in (INDEX, block_address()):
        page = desk.get(address).content.decode()
        assert not re.search(r"<(b|i|u)>(Riverside|Flood|Applied)", page)
        assert "&lt;b&gt;Riverside" in page


def test_the_page_has_no_script_and_no_style_of_its_own(desk: Client, agency_page: AgencyPage) -> None:
    make_goal("applied")
    judged("applied")
    main = re.search(
        r'<div class="personalise-results">.*</main>', desk.get(block_address()).content.decode(), re.DOTALL
    )
    assert main
    assert '<svg class="personalise-chart"' in main[0]
    assert not re.search(r"<script|<style|\sstyle=|\son[a-z]+=", main[0])


# CSV


def test_the_csv_has_the_rows_of_the_page(desk: Client, agency_page: AgencyPage) -> None:
    make_goal("applied")
    judged("applied")
    response = desk.get(block_address(), {"export": "csv"})
    assert "attachment" in response["Content-Disposition"]
    rows = rows_of(response)
    assert list(rows[0]) == list(CSV_COLUMNS) == ["where", *COLUMNS]
    assert [(row["where"], row["arm"], row["segment"], row["goal"]) for row in rows] == [
        ("Flood: Body → Offer", "variant", "riverside", "applied"),
        ("Flood: Body → Offer", "holdout", "riverside", "applied"),
    ]
    assert rows[0]["finding"] == "higher"
    assert float(rows[0]["rate"]) == 0.2


def test_the_csv_of_the_list_has_all_blocks_that_match_the_search(
    desk: Client, agency_page: AgencyPage, home: AgencyPage, riverside: Segment
) -> None:
    block = apart(personalised("a", (riverside, "b")), "other")
    make_page("Other", ("line", block), parent=home)
    count(Arm.VARIANT, 40, share=0)
    count(Arm.VARIANT, 50, variant=block["variants"][0]["id"], share=0)
    everything = rows_of(desk.get(INDEX, {"export": "csv"}))
    assert [row["where"].split(":")[0] for row in everything] == ["Flood", "Other"]
    assert [row["visits"] for row in rows_of(desk.get(INDEX, {"export": "csv", "q": "other"}))] == ["50"]


@pytest.mark.parametrize(
    "cell, written",
    [
        ("=1+1", "'=1+1"),
        ("+441234", "'+441234"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("Flood", "Flood"),
        ("fewer than 11", "fewer than 11"),
        (-0.021, -0.021),  # a number is none
        ("", ""),
    ],
)
def test_no_cell_is_a_formula(cell: Any, written: Any) -> None:
    assert harmless(cell) == written


def test_a_page_named_like_a_formula_is_written_harmless(desk: Client, home: AgencyPage, riverside: Segment) -> None:
    make_page("=HYPERLINK(1)", ("line", personalised("a", (riverside, "b"))), parent=home)
    count(Arm.VARIANT, 40, share=0)
    (row,) = rows_of(desk.get(INDEX, {"export": "csv"}))
    assert row["where"].startswith("'=HYPERLINK")


# The chart


class Compared:
    """As much of a comparison as the chart looks at."""

    difference_text = interval_text = "?"

    def __init__(self, difference: float | None, low: float | None, high: float | None, finding: Finding) -> None:
        self.difference, self.low, self.high, self.finding = difference, low, high, finding


def drawn(*rows: tuple[float | None, float | None, float | None]) -> Any:
    return chart_of((f"V{number}", Compared(*row, Finding.HIGHER)) for number, row in enumerate(rows))  # type: ignore[misc]


def percent(text: str) -> float:
    return float(text.removesuffix("%"))


@pytest.mark.parametrize(
    "rows, ticks",
    [
        ([(0.021, 0.003, 0.039)], ["0", "+1", "+2", "+3", "+4"]),
        ([(-0.02, -0.04, -0.001)], ["−4", "−3", "−2", "−1", "0"]),  # noqa: RUF001
        ([(0.1, 0.05, 0.15), (-0.02, -0.04, 0.0)], ["−5", "0", "+5", "+10", "+15"]),  # noqa: RUF001
        ([(0.0, 0.0, 0.0)], ["0", "+0.1"]),
        ([(0.0, -1.0, 1.0)], ["−100", "−50", "0", "+50", "+100"]),  # noqa: RUF001
    ],
)
def test_the_scale_holds_0_and_every_interval(rows: Sequence[Any], ticks: list[str]) -> None:
    chart = drawn(*rows)
    assert [tick.text for tick in chart.ticks] == ticks
    assert [tick.text for tick in chart.ticks if tick.is_zero] == ["0"]
    first, last = percent(chart.ticks[0].x), percent(chart.ticks[-1].x)
    for bar in chart.bars:
        assert first <= percent(bar.low) <= percent(bar.x) <= percent(bar.high) <= last


def test_versions_without_an_interval_are_not_drawn() -> None:
    assert drawn((None, None, None)) is None
    assert drawn((0.02, None, None)) is None
    assert [bar.text for bar in drawn((None, None, None), (0.02, 0.01, 0.03)).bars] == ["V1: ?"]


def test_only_a_clear_difference_has_a_filled_point() -> None:
    rows = [(str(finding), Compared(0.02, 0.01, 0.03, finding)) for finding in Finding]
    chart = chart_of(rows)  # type: ignore[arg-type]
    assert chart is not None
    assert {bar.finding for bar in chart.bars if bar.is_clear} == {Finding.HIGHER, Finding.LOWER}
