"""A page's screen "Personalisation": what versions its draft has, for whom, and the draft as each sees it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from wagtail_personalise_gov.editor.addresses import content_address
from wagtail_personalise_gov.editor.preview.buttons import overview_button
from wagtail_personalise_gov.editor.preview.contents import can_hold
from wagtail_personalise_gov.editor.preview.modes import AS_VISITOR, mode_of
from wagtail_personalise_gov.models import DailyTally, FirstTimeVisitorRule, LocationRule, Segment

from ..agency.models import AgencyPage, ContactPage, PlainPage
from ..factories import hero, make_page, make_plain_page, make_segment, personalised, raw_stream
from .pages import desk_of_user, make_editor

pytestmark = pytest.mark.django_db


@pytest.fixture
def hilltop() -> Segment:
    return make_segment("hilltop", LocationRule(cities=["Hilltop"]), live=False)


@pytest.fixture
def flood(home: AgencyPage, riverside: Segment, hilltop: Segment) -> AgencyPage:
    offer = personalised(hero("Be ready"), (riverside, hero("Sandbags")), (hilltop, hero("Stay high")))
    page = make_page("Flood", ("offer", offer), parent=home, slug="flood")
    page.save_revision().publish()
    return AgencyPage.objects.get(pk=page.pk)


def overview(client: Client, page: Any) -> str:
    answer = client.get(content_address("overview", page))
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def preview(client: Client, page: Any, mode: str = "") -> str:
    text: str = client.get(content_address("preview", page), {"mode": mode}).content.decode()
    return text


def test_it_says_for_whom_each_version_is_and_what_everyone_else_sees(desk: Client, flood: AgencyPage) -> None:
    text = overview(desk, flood)
    assert "Body → Offer" in text
    assert "For Name of riverside" in text
    assert "They seem to be in Riverside" in text
    assert "sees the standard version." in text


def test_who_may_not_see_segments_reads_no_rules(home: AgencyPage, riverside: Segment) -> None:
    broken = make_segment("broken", LocationRule(cities=["Atlantis"]), LocationRule(cities=["Hilltop"]))
    page = make_page("Flood", ("line", personalised("All", (riverside, "a"), (broken, "b"))), parent=home)
    insider = overview(desk_of_user(make_editor("insider", page, permissions=("view_segment",))), page)
    outsider = overview(desk_of_user(make_editor("outsider", page)), page)
    assert "They seem to be in Riverside" in insider
    assert "Atlantis" in insider
    assert "They seem to be" not in outsider
    assert "Atlantis" not in outsider
    assert "For Name of riverside" in outsider
    assert "Nobody can be in “Name of broken” as it stands." in outsider


def test_blocks_of_one_name_are_numbered(desk: Client, home: AgencyPage, riverside: Segment) -> None:
    line = personalised("All", (riverside, "Some"))
    text = overview(desk, make_page("Lines", ("line", line), ("line", line), parent=home))
    assert "Body → Line</a>" in text
    assert "Body → Line (2)</a>" in text


def test_it_says_where_others_see_nothing(desk: Client, home: AgencyPage, riverside: Segment) -> None:
    line = personalised("", (riverside, "For you"), nothing_for_others=True)
    assert "sees nothing here." in overview(desk, make_page("Line", ("line", line), parent=home))


def test_it_warns_of_a_segment_that_is_a_draft(desk: Client, flood: AgencyPage) -> None:
    assert "“Name of hilltop” is a draft." in overview(desk, flood)


def test_it_warns_of_a_segment_that_is_gone(
    desk: Client, flood: AgencyPage, hilltop: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Segment, "refuse_while_used", lambda segment: None)
        hilltop.delete()
    assert "A segment of this version was deleted" in overview(desk, flood)


def test_it_is_about_the_draft(desk: Client, flood: AgencyPage, riverside: Segment) -> None:
    flood.body = raw_stream(("line", personalised("For all", (riverside, "Only drafted"))))
    flood.save_revision()
    assert "Body → Line" in overview(desk, flood)
    assert "with changes that are not published" in overview(desk, flood)
    assert "Only drafted" in preview(desk, flood, mode_of(riverside))


def test_a_page_without_versions_says_so(desk: Client, home: AgencyPage) -> None:
    assert "everyone sees the same" in overview(desk, home)


@pytest.mark.parametrize("model, holds", [(AgencyPage, True), (PlainPage, False), (ContactPage, False)])
def test_only_models_that_can_hold_versions_have_the_screen(
    desk: Client, home: AgencyPage, model: type[Any], holds: bool
) -> None:
    assert can_hold(model) is holds


def test_a_page_that_can_hold_no_versions_has_no_screen_and_no_button(desk: Client, home: AgencyPage) -> None:
    plain = make_plain_page("Plain", parent=home)
    assert desk.get(content_address("overview", plain)).status_code == 404
    assert (
        content_address("overview", plain)
        not in desk.get(reverse("wagtailadmin_pages:edit", args=[plain.pk])).content.decode()
    )


def test_the_page_editor_and_the_list_of_pages_lead_there(desk: Client, home: AgencyPage, flood: AgencyPage) -> None:
    address = content_address("overview", flood)
    assert address in desk.get(reverse("wagtailadmin_pages:edit", args=[flood.pk])).content.decode()
    assert address in desk.get(reverse("wagtailadmin_explore", args=[home.pk])).content.decode()


def test_a_key_with_a_slash_has_an_address_too(admin: User, home: AgencyPage) -> None:
    """A snippet's key may be any text; this page stands in its place."""
    home.pk = "a/b"
    (button,) = overview_button(home, admin, 1)
    assert button.url == content_address("overview", home)
    assert "a_2Fb" in button.url


def test_who_may_not_edit_the_page_sees_neither_screen_nor_preview(home: AgencyPage, flood: AgencyPage) -> None:
    elsewhere = make_page("Elsewhere", parent=home, slug="elsewhere")
    insider = desk_of_user(make_editor("insider", flood))
    outsider = desk_of_user(make_editor("outsider", elsewhere, permissions=("change_segment",)))
    for view in ("overview", "preview"):
        assert insider.get(content_address(view, flood)).status_code == 200
        assert outsider.get(content_address(view, flood)).status_code == 302  # as Wagtail refuses
        assert Client().get(content_address(view, flood)).status_code == 302
    assert outsider.post(content_address("overview", flood), {"as": "visitor"}).status_code == 302
    assert not outsider.session.get("wagtail_personalise_gov.preview")


@pytest.mark.parametrize(
    "place",
    [
        ("nonsense", "page", "1"),
        ("agency", "nonsense", "1"),
        ("auth", "user", "1"),
        ("wagtail_personalise_gov", "segment", "1"),
        ("agency", "agencypage", "999999"),
        ("agency", "agencypage", "x"),
        ("agency", "agencypage", "9" * 40),
        ("agency", "agencypage", "_"),
    ],
)
def test_an_address_of_nothing_is_not_found(desk: Client, home: AgencyPage, place: tuple[str, str, str]) -> None:
    for view in ("overview", "preview", "share"):
        assert desk.get(reverse(f"personalise_content:{view}", args=place)).status_code == 404


# Previews from there


def test_each_version_can_be_previewed(desk: Client, flood: AgencyPage, riverside: Segment, hilltop: Segment) -> None:
    text = overview(desk, flood)
    for segment, words in ((riverside, "Sandbags"), (hilltop, "Stay high")):
        assert f"{content_address('preview', flood)}?mode={mode_of(segment)}" in text
        assert words in preview(desk, flood, mode_of(segment))
    assert "Be ready" in preview(desk, flood)


@pytest.mark.parametrize("mode", ["nonsense", "segment-", "segment-x", "segment-99999999999999999999"])
def test_an_unknown_mode_shows_the_standard_version(desk: Client, flood: AgencyPage, mode: str) -> None:
    assert "Be ready" in preview(desk, flood, mode)


def test_as_several_segments_the_first_version_wins(
    desk: Client, flood: AgencyPage, riverside: Segment, hilltop: Segment
) -> None:
    answer = desk.post(content_address("overview", flood), {"as": "segments", "segments": [riverside.pk, hilltop.pk]})
    assert answer["Location"] == f"{content_address('preview', flood)}?mode={AS_VISITOR}"
    assert "Sandbags" in preview(desk, flood, AS_VISITOR)
    desk.post(content_address("overview", flood), {"as": "segments", "segments": [hilltop.pk]})
    assert "Stay high" in preview(desk, flood, AS_VISITOR)


@pytest.mark.parametrize("ticked", [[], ["x"], ["999999"], ["9" * 40]], ids=["none", "words", "gone", "huge"])
def test_to_tick_nothing_that_is_there_is_told(desk: Client, flood: AgencyPage, ticked: list[str]) -> None:
    answer = desk.post(content_address("overview", flood), {"as": "segments", "segments": ticked})
    assert "Tick at least one segment." in answer.content.decode()


def test_as_a_described_visitor_drafts_of_segments_count_as_live(desk: Client, flood: AgencyPage) -> None:
    desk.post(content_address("overview", flood), {"as": "visitor", "visit-town": "Hilltop"})
    assert "Stay high" in preview(desk, flood, AS_VISITOR)
    assert "From Hilltop" in overview(desk, flood)
    desk.post(content_address("overview", flood), {"as": "visitor", "visit-town": "Riverside"})
    assert "Sandbags" in preview(desk, flood, AS_VISITOR)
    desk.post(content_address("overview", flood), {"as": "visitor", "visit-town": "Riverside", "visit-refused": "on"})
    assert "Be ready" in preview(desk, flood, AS_VISITOR)


def test_what_can_not_be_read_of_a_visitor_is_told_at_its_field(desk: Client, flood: AgencyPage) -> None:
    answer = desk.post(content_address("overview", flood), {"as": "visitor", "visit-ip": "nowhere"})
    assert "That is no internet address." in answer.content.decode()
    assert "As which visitor?" in preview(desk, flood, AS_VISITOR)


def test_before_a_visitor_was_chosen_the_preview_says_where(desk: Client, flood: AgencyPage) -> None:
    text = preview(desk, flood, AS_VISITOR)
    assert "As which visitor?" in text
    assert content_address("overview", flood) in text


def test_the_visitor_is_the_editors_own(desk: Client, flood: AgencyPage, riverside: Segment) -> None:
    desk.post(content_address("overview", flood), {"as": "segments", "segments": [riverside.pk]})
    other = desk_of_user(make_editor("other", flood))
    assert "As which visitor?" in preview(other, flood, AS_VISITOR)


def test_a_page_of_a_class_without_the_mixin_has_previews_too(
    desk: Client, flood: AgencyPage, riverside: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wagtail.models import Page

    monkeypatch.setattr(AgencyPage, "serve_preview", Page.serve_preview)
    monkeypatch.setattr(AgencyPage, "preview_modes", Page.preview_modes)
    assert "Sandbags" in preview(desk, flood, mode_of(riverside))
    assert "Be ready" in preview(desk, flood)


def test_previews_count_nothing_and_set_nothing(
    desk: Client, flood: AgencyPage, riverside: Segment, configure: Callable[..., None], places_by_header: None
) -> None:
    configure(COUNTING=True, REMEMBER_LANDING="everywhere")
    new = make_segment("new", FirstTimeVisitorRule())
    flood.body = raw_stream(("line", personalised("For all", (new, "New"), (riverside, "River"))))
    flood.save_revision()
    desk.post(content_address("overview", flood), {"as": "visitor", "visit-town": "Riverside", "visit-visits": "3"})
    for mode in ("", mode_of(riverside), AS_VISITOR):
        answer = desk.get(
            content_address("preview", flood),
            {"mode": mode},
            headers={"User-Agent": "Mozilla/5.0", "X-City": "Riverside"},
        )
        assert not [name for name in answer.cookies if name.startswith("personalise")]
        assert "private" in answer["Cache-Control"]
        assert ("River" in answer.content.decode()) is bool(mode)
    assert not DailyTally.objects.exists()


def test_as_a_segment_that_is_gone_the_draft_is_not_shown(desk: Client, flood: AgencyPage) -> None:
    """It would be the standard version, under that segment's name."""
    text = preview(desk, flood, "segment-999999")
    assert "The segment that was chosen was deleted. Choose another." in text
    assert "Be ready" not in text


def test_beside_a_version_that_nobody_gets_stands_what_its_preview_shows(
    desk: Client, home: AgencyPage, riverside: Segment
) -> None:
    words = "The preview shows the earlier version, which these visitors get."
    twice = personalised("All", (riverside, "First"), (riverside, "Never"))
    page = make_page("Twice", ("line", twice), parent=home, slug="twice")
    text = overview(desk, page)
    assert text.count(words) == 1
    assert text.index("No visitor ever sees this version") < text.index(words)
    once = make_page("Once", ("line", personalised("All", (riverside, "First"))), parent=home, slug="once")
    assert words not in overview(desk, once)


# What it costs


def test_as_many_queries_for_many_blocks_and_segments_as_for_few(
    desk: Client, home: AgencyPage, configure: Any
) -> None:
    configure(RULESET_CHECK_SECONDS=60)  # else it depends on the clock whether the version is looked up

    def page_of(blocks: int, segments: int, name: str) -> AgencyPage:
        made = [
            make_segment(f"{name}-{number}", LocationRule(cities=["Riverside"]), FirstTimeVisitorRule())
            for number in range(segments)
        ]
        lines = [("line", personalised("All", *((segment, "Some") for segment in made))) for _block in range(blocks)]
        page = make_page(name, *lines, parent=home, slug=name)
        page.save_revision()
        return page

    few, many = page_of(1, 2, "few"), page_of(40, 20, "many")
    for page in (few, many):
        overview(desk, page)  # what a process keeps is kept
    with CaptureQueriesContext(connection) as of_few:
        overview(desk, few)
    with CaptureQueriesContext(connection) as of_many:
        overview(desk, many)
    assert len(of_many) <= len(of_few)


def test_the_list_of_pages_asks_nothing_more_for_each_page(desk: Client, home: AgencyPage, riverside: Segment) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get(reverse("wagtailadmin_explore", args=[home.pk]))
        return len(captured)

    line = personalised("All", (riverside, "Some"))
    make_page("First", ("line", line), parent=home, slug="first")
    desk.get(reverse("wagtailadmin_explore", args=[home.pk]))
    one = queries()
    for number in range(15):
        make_page(f"Page {number}", ("line", line), parent=home, slug=f"page-{number}")
    assert queries() <= one + 2  # what Wagtail itself asks by the number of pages


def test_a_superuser_needs_no_group(admin: User, desk: Client, flood: AgencyPage) -> None:
    assert "Preview as “Name of riverside”" in overview(desk, flood)
