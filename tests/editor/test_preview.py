"""A draft seen as the segments that it is written for."""

from typing import Any

import pytest
from django.db import connection, models
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext, isolate_apps
from django.urls import reverse
from wagtail.models import Page, PreviewableMixin
from wagtail.test.utils.form_data import nested_form_data, streamfield

from wagtail_personalise_gov.editor.preview import modes
from wagtail_personalise_gov.editor.preview.modes import AS_VISITOR, PersonalisedPreviewMixin, mode_of
from wagtail_personalise_gov.editor.preview.viewpoints import SESSION_KEY, Viewpoint
from wagtail_personalise_gov.models import FirstTimeVisitorRule, Segment

from ..agency.models import AgencyPage
from ..factories import hero, make_page, make_segment, personalised, raw_stream

pytestmark = pytest.mark.django_db


@pytest.fixture
def hilltop() -> Segment:
    """Only a draft: nobody is in it, but editors may look."""
    return make_segment("hilltop", FirstTimeVisitorRule(), live=False)


@pytest.fixture
def flood(home: AgencyPage, riverside: Segment, hilltop: Segment) -> AgencyPage:
    offer = personalised(hero("Be ready"), (riverside, hero("Sandbags")), (hilltop, hero("Stay high")))
    return make_page("Flood", ("offer", offer), parent=home, slug="flood")


def shown(page: Any, mode: str) -> str:
    content: str = page.make_preview_request(preview_mode=mode).content.decode()
    return content


def test_there_is_a_mode_for_each_segment_in_the_order_of_the_content(
    flood: AgencyPage, riverside: Segment, hilltop: Segment
) -> None:
    make_segment("elsewhere")
    assert [(mode, str(label)) for mode, label in flood.preview_modes] == [
        ("", "Default"),
        (AS_VISITOR, "As a visitor…"),
        (mode_of(riverside), "As: “Name of riverside”"),
        (mode_of(hilltop), "As: “Name of hilltop”"),
    ]


def test_its_modes_are_made_once_for_a_draft(
    flood: AgencyPage, riverside: Segment, hilltop: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wagtail asks for all of them at each of them."""
    made: list[Segment] = []
    monkeypatch.setattr(modes, "mode_of", lambda segment: made.append(segment) or mode_of(segment))
    flood.preview_modes.clear()  # as a class with modes of its own may: the list is the caller's
    assert len([flood.preview_modes for _time in range(5)][-1]) == 4
    assert made == [riverside, hilltop]
    flood.body = raw_stream(("line", personalised("All", (riverside, "Some"))))
    assert [mode for mode, _label in flood.preview_modes] == ["", AS_VISITOR, mode_of(riverside)]


def test_a_page_without_personalised_content_has_its_own_modes_only(home: AgencyPage) -> None:
    assert home.preview_modes == Page.DEFAULT_PREVIEW_MODES


def test_each_mode_shows_what_its_segment_sees(flood: AgencyPage, riverside: Segment, hilltop: Segment) -> None:
    assert "Sandbags" in shown(flood, mode_of(riverside))
    assert "Be ready" not in shown(flood, mode_of(riverside))
    assert "Stay high" in shown(flood, mode_of(hilltop))


@pytest.mark.parametrize("mode", ["", "nonsense", "segment-", "segment-x", "segment-999999", "segment-1 or 1=1"])
def test_the_default_and_any_unknown_mode_show_the_standard_version(flood: AgencyPage, mode: str) -> None:
    content = shown(flood, mode)
    assert "Be ready" in content
    assert "Sandbags" not in content


def test_a_segment_that_this_draft_does_not_use_is_no_mode_of_it(flood: AgencyPage) -> None:
    assert "Be ready" in shown(flood, mode_of(make_segment("elsewhere")))


def test_the_editors_own_browser_never_decides(flood: AgencyPage, places_by_header: None) -> None:
    """The dummy request of a preview carries the editor's cookies and address."""
    editor = RequestFactory().get("/", headers={"X-City": "Riverside", "Cookie": "personalise_visit=x"})
    editor.META["REMOTE_ADDR"] = "127.0.0.1"
    response = flood.make_preview_request(editor, "")
    assert "Be ready" in response.content.decode()
    assert not response.cookies


def test_the_modes_are_those_of_the_draft_and_not_of_the_saved_page(
    flood: AgencyPage, riverside: Segment, hilltop: Segment
) -> None:
    flood.body = raw_stream(("line", personalised("For all", (hilltop, "For the hill"))))
    flood.save_revision()
    draft = AgencyPage.objects.get(pk=flood.pk).get_latest_revision_as_object()
    assert dict(draft.preview_modes).keys() == {"", AS_VISITOR, mode_of(hilltop)}
    saved = AgencyPage.objects.get(pk=flood.pk)
    assert dict(saved.preview_modes).keys() == {"", AS_VISITOR, mode_of(riverside), mode_of(hilltop)}


def test_segments_inside_structs_and_streams_are_found(home: AgencyPage, riverside: Segment, hilltop: Segment) -> None:
    page = make_page(
        "Deep",
        ("column", {"title": "x", "offer": personalised(hero("a"), (riverside, hero("b")))}),
        ("nested", personalised([], (riverside, raw_stream(("inner", personalised("c", (hilltop, "d"))))))),
        parent=home,
    )
    assert page.segments_in_draft() == [riverside, hilltop]


def test_a_segment_that_is_gone_is_left_out(
    flood: AgencyPage, hilltop: Segment, riverside: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Segment, "refuse_while_used", lambda segment: None)
        hilltop.delete()
    page = AgencyPage.objects.get(pk=flood.pk)
    assert page.segments_in_draft() == [riverside]
    assert "Be ready" in shown(page, mode_of(hilltop))


def test_the_segments_are_looked_up_once_for_an_object(flood: AgencyPage) -> None:
    flood = AgencyPage.objects.get(pk=flood.pk)
    flood.preview_modes  # noqa: B018  read, for its effect
    with CaptureQueriesContext(connection) as captured:
        flood.preview_modes  # noqa: B018
        flood.default_preview_mode  # noqa: B018
    assert not captured.captured_queries


def test_the_preview_panel_offers_the_modes_and_shows_what_is_in_the_form(
    desk: Client, flood: AgencyPage, riverside: Segment
) -> None:
    edit = desk.get(reverse("wagtailadmin_pages:edit", args=[flood.pk])).content.decode()
    assert f'<option value="{mode_of(riverside)}">As: “Name of riverside”</option>' in edit

    # The form says something else than the saved page.
    address = reverse("wagtailadmin_pages:preview_on_edit", args=[flood.pk])
    variants = streamfield(
        [
            (
                "variant",
                {
                    "segments-count": "1",
                    "segments-0-deleted": "",
                    "segments-0-order": "0",
                    "segments-0-type": "item",
                    "segments-0-value": str(riverside.pk),
                    "segments-0-id": "",
                    "content": "New words for the river",
                },
            )
        ]
    )
    line = {"variants": variants, "default": "New words for all", "nothing_for_others": ""}
    form = nested_form_data({"title": "Flood", "slug": "flood", "body": streamfield([("line", line)])})
    assert desk.post(address, form).json() == {"is_valid": True, "is_available": True}
    assert "New words for the river" in desk.get(address, {"mode": mode_of(riverside)}).content.decode()
    standard = desk.get(address).content.decode()
    assert "New words for all" in standard
    assert "New words for the river" not in standard


# As a visitor whom the editor chose


def in_panel(desk: Client, page: AgencyPage, mode: str) -> str:
    """What the preview panel shows of what was saved."""
    content: str = desk.get(
        reverse("wagtailadmin_pages:preview_on_edit", args=[page.pk]), {"mode": mode}
    ).content.decode()
    return content


def choose(desk: Client, data: Any) -> None:
    session = desk.session
    session[SESSION_KEY] = data
    session.save()


@pytest.fixture
def posted(desk: Client, flood: AgencyPage, riverside: Segment, hilltop: Segment) -> AgencyPage:
    """The page as it stands in a form: a line for Riverside, and one for Hilltop."""

    def version(segment: Segment, words: str) -> tuple[str, dict[str, str]]:
        fields = {"deleted": "", "order": "0", "type": "item", "value": str(segment.pk), "id": ""}
        listed = {f"segments-0-{name}": value for name, value in fields.items()}
        return "variant", {"segments-count": "1", **listed, "content": words}

    variants = streamfield([version(riverside, "For the river"), version(hilltop, "For the hill")])
    line = {"variants": variants, "default": "For all", "nothing_for_others": ""}
    form = nested_form_data({"title": "Flood", "slug": "flood", "body": streamfield([("line", line)])})
    answer = desk.post(reverse("wagtailadmin_pages:preview_on_edit", args=[flood.pk]), form)
    assert answer.json() == {"is_valid": True, "is_available": True}
    return flood


def test_the_panel_shows_the_form_to_the_visitor_whom_the_editor_chose(
    desk: Client, posted: AgencyPage, riverside: Segment, hilltop: Segment
) -> None:
    choose(desk, {"segments": [hilltop.pk]})
    assert "For the hill" in in_panel(desk, posted, AS_VISITOR)
    choose(desk, {"segments": [hilltop.pk, riverside.pk]})
    assert "For the river" in in_panel(desk, posted, AS_VISITOR)  # the first version, in the editor's order
    choose(desk, {"visitor": {"facts": {"location.city": "Riverside"}}})
    assert "For the river" in in_panel(desk, posted, AS_VISITOR)
    assert "For all" in in_panel(desk, posted, "")


def test_a_segment_that_is_not_live_counts_as_live_for_a_described_visitor(desk: Client, posted: AgencyPage) -> None:
    choose(desk, {"visitor": {}})  # a first visit, and hilltop is for those; it is a draft
    assert "For the hill" in in_panel(desk, posted, AS_VISITOR)


@pytest.mark.parametrize(
    "data",
    [
        None,
        "x",
        [],
        {"segments": "x"},
        {"segments": [True]},
        {"segments": [2**70]},
        {"visitor": 1},
        {"visitor": {"x": 1}},
    ],
    ids=repr,
)
def test_without_a_visitor_who_can_be_read_the_panel_asks_for_one(desk: Client, posted: AgencyPage, data: Any) -> None:
    choose(desk, data)
    assert "As which visitor?" in in_panel(desk, posted, AS_VISITOR)


def test_a_visitor_who_can_not_be_any_more_is_told_as_such(desk: Client, posted: AgencyPage) -> None:
    choose(desk, {"visitor": {"intent": "deleted-since"}})
    text = in_panel(desk, posted, AS_VISITOR)
    assert "This visitor can’t be shown any more" in text
    assert "deleted-since" in text


def test_with_a_segment_that_is_gone_the_panel_says_so_and_shows_nothing_else(
    desk: Client, posted: AgencyPage, riverside: Segment
) -> None:
    for keys, words in (
        ([999_999], "The segment that was chosen was deleted."),
        ([riverside.pk, 999_999], "1 of the segments that were chosen was deleted."),
    ):
        choose(desk, {"segments": keys})
        text = in_panel(desk, posted, AS_VISITOR)
        assert words in text
        assert "For all" not in text
        assert "For the river" not in text


@pytest.mark.parametrize("viewpoint", [Viewpoint(), Viewpoint(segments=(1, 2))], ids=["nobody", "two"])
def test_a_viewpoint_comes_back_from_its_data(viewpoint: Viewpoint) -> None:
    assert Viewpoint.from_data(viewpoint.as_data()) == viewpoint


def test_no_preview_of_wagtails_own_begins_a_visit(
    desk: Client, posted: AgencyPage, riverside: Segment, configure: Any
) -> None:
    """The request for the preview is one to this site, too, and an editor's."""
    configure(COUNTING=True, REMEMBER_LANDING="everywhere")
    make_segment("new", FirstTimeVisitorRule())
    choose(desk, {"segments": [riverside.pk]})
    for mode in ("", AS_VISITOR, mode_of(riverside)):
        answer = desk.get(
            reverse("wagtailadmin_pages:preview_on_edit", args=[posted.pk]),
            {"mode": mode},
            headers={"Referer": "https://www.google.com/", "User-Agent": "Mozilla/5.0"},
        )
        assert not [name for name in answer.cookies if name.startswith("personalise")]


def ours(model: type[models.Model]) -> list[str]:
    """The checks of ours that a model fails. Django's own miss Segment among apps that are isolated."""
    return [problem.id for problem in model.check() if problem.id.startswith("wagtail_personalise_gov.")]


def test_a_model_with_modes_of_its_own_keeps_them(riverside: Segment) -> None:
    """They show the standard version; a segment is shown in the first of them."""
    with isolate_apps("tests.agency"):

        class Form(PreviewableMixin, models.Model):
            preview_modes = [("form", "Form"), ("landing", "Thank you")]

            class Meta:
                app_label = "agency"
                abstract = True

            def serve_preview(self, request: Any, mode_name: str) -> HttpResponse:
                return HttpResponse(f"{mode_name}:{','.join(request.visit.segments)}")

        class Feedback(PersonalisedPreviewMixin, Form):  # noqa: DJ008
            segment = models.ForeignKey(Segment, on_delete=models.CASCADE)

            class Meta:
                app_label = "agency"

        feedback = Feedback(segment=riverside)
        assert [mode for mode, _label in feedback.preview_modes] == ["form", "landing", AS_VISITOR, mode_of(riverside)]
        assert feedback.default_preview_mode == "form"
        assert shown(feedback, "form") == "form:"
        assert shown(feedback, "landing") == "landing:"
        assert shown(feedback, mode_of(riverside)) == "form:riverside"
        assert shown(feedback, "nonsense") == "form:"
        assert not ours(Feedback)

        class Hidden(PersonalisedPreviewMixin, Form):  # noqa: DJ008
            preview_modes = [("form", "Form")]

            class Meta:
                app_label = "agency"

        assert ours(Hidden) == ["wagtail_personalise_gov.W030"]


def test_a_model_whose_preview_is_off_stays_so(riverside: Segment) -> None:
    with isolate_apps("tests.agency"):

        class Unseen(PreviewableMixin, models.Model):
            preview_modes: list[Any] = []

            class Meta:
                app_label = "agency"
                abstract = True

        class Note(PersonalisedPreviewMixin, Unseen):  # noqa: DJ008
            segment = models.ForeignKey(Segment, on_delete=models.CASCADE)

            class Meta:
                app_label = "agency"

        assert Note(segment=riverside).preview_modes == []
        assert not Note(segment=riverside).is_previewable()
