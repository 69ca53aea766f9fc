"""Where personalised blocks stand, as far as someone may see it: the report names its rows by it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from wagtail.models import GroupPagePermission

from wagtail_personalise_gov.counting.contents import StandingBlocks
from wagtail_personalise_gov.models import Segment

from ..agency.models import AgencyPage
from ..factories import hero, make_page, make_segment, personalised
from .counted import FIRST, SECOND, apart

pytestmark = pytest.mark.django_db


def standing(user: User) -> list[list[str]]:
    """The places of each block, as sentences."""
    return [[f"{place.title}: {place.name}" for place in block.places] for block in StandingBlocks(user).all]


@pytest.fixture
def editor_of() -> Callable[[Any], User]:
    """Someone who may change this page and those below it, and nothing else."""

    def make(page: Any) -> User:
        group = Group.objects.create(name="Those of one page")
        permission = Permission.objects.get(content_type__app_label="wagtailcore", codename="change_page")
        GroupPagePermission.objects.create(group=group, page=page, permission=permission)
        user = User.objects.create_user("editor")
        user.groups.add(group)
        return user

    return make


def test_blocks_are_named_by_the_labels_that_lead_to_them(admin: User, home: AgencyPage, riverside: Segment) -> None:
    offer = personalised(hero("a"), (riverside, hero("b")))
    column = {"title": "x", "offer": apart(offer, "column")}
    nested = personalised(
        [], (riverside, [{"type": "inner", "value": apart(personalised("a", (riverside, "b")), "n")}])
    )
    page = make_page("Flood", ("offer", offer), ("column", column), ("nested", apart(nested, "nested")), parent=home)
    assert page.live
    assert standing(admin) == [
        ["Flood: Body → Offer"],
        ["Flood: Body → Column → Offer"],
        ["Flood: Body → Nested"],
        ["Flood: Body → Nested → Inner"],
    ]


def test_two_of_the_same_name_are_numbered(admin: User, home: AgencyPage, riverside: Segment) -> None:
    first = personalised("a", (riverside, "b"))
    make_page("Flood", ("line", first), ("line", apart(first, "second")), parent=home)
    assert standing(admin) == [["Flood: Body → Line"], ["Flood: Body → Line (2)"]]


def test_versions_are_in_the_order_of_the_content_with_their_segments(admin: User, home: AgencyPage) -> None:
    one, two = make_segment("one"), make_segment("two")
    make_page("Flood", ("line", personalised("a", (two, "b"), ([one, two], "c"))), parent=home)
    blocks = StandingBlocks(admin)
    (block,) = blocks.all
    assert [(version.id, version.segments) for version in block.versions] == [
        (FIRST, (two.pk,)),
        (SECOND, (one.pk, two.pk)),
    ]
    assert blocks.segments == {one.pk: one, two.pk: two}
    assert blocks.with_version(SECOND) is block
    assert blocks.with_version("another") is None


def test_copies_of_a_page_are_one_block_in_two_places(admin: User, agency_page: AgencyPage) -> None:
    agency_page.copy(update_attrs={"title": "Flood in Welsh", "slug": "llif"}, keep_live=True)
    assert standing(admin) == [["Flood: Body → Offer", "Flood in Welsh: Body → Offer"]]


def test_a_place_that_shares_versions_with_two_blocks_makes_them_one(
    admin: User, home: AgencyPage, riverside: Segment
) -> None:
    first = personalised("a", (riverside, "b"))
    second = apart(first, "second")
    make_page("A", ("line", first), parent=home)
    make_page("B", ("line", second), parent=home)
    assert len(standing(admin)) == 2
    both = {**first, "variants": [*first["variants"], *second["variants"]]}
    make_page("C", ("line", both), parent=home)
    assert standing(admin) == [["A: Body → Line", "B: Body → Line", "C: Body → Line"]]
    (block,) = StandingBlocks(admin).all
    assert block.version_ids == [FIRST, second["variants"][0]["id"]]


def test_what_visitors_do_not_see_is_left_out(admin: User, home: AgencyPage, riverside: Segment) -> None:
    draft = make_page("Draft", ("line", personalised("a", (riverside, "b"))), parent=home)
    assert standing(admin)
    draft.unpublish()
    assert standing(admin) == []


def test_a_version_without_an_id_is_left_out_since_nothing_is_counted_for_it(
    admin: User, home: AgencyPage, riverside: Segment
) -> None:
    block = personalised("a", (riverside, "b"))
    del block["variants"][0]["id"]
    make_page("By hand", ("line", block), parent=home)
    assert standing(admin) == []


def test_an_editor_sees_only_what_they_may_explore(
    admin: User, editor_of: Callable[[Any], User], agency_page: AgencyPage, home: AgencyPage, riverside: Segment
) -> None:
    other = make_page("Other", ("line", apart(personalised("a", (riverside, "b")), "other")), parent=home)
    assert len(standing(admin)) == 2
    assert standing(editor_of(other)) == [["Other: Body → Line"]]
    assert standing(User.objects.create_user("stranger")) == []


def test_places_that_an_editor_may_not_see_count_and_are_not_named(
    editor_of: Callable[[Any], User], agency_page: AgencyPage
) -> None:
    copy = agency_page.copy(update_attrs={"title": "Copy", "slug": "copy"}, keep_live=True)
    (block,) = StandingBlocks(editor_of(copy)).all
    assert [place.title for place in block.places] == ["Copy"]
    assert block.places_unseen == 1


def test_many_pages_cost_as_many_queries_as_one(admin: User, agency_page: AgencyPage, home: AgencyPage) -> None:
    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            blocks = StandingBlocks(admin)
            assert blocks.all
            assert blocks.segments
        return len(captured)

    queries()
    few = queries()
    for number in range(8):
        segment = make_segment(f"s{number}")
        make_page(f"P{number}", ("line", apart(personalised("a", (segment, "b")), f"{number}")), parent=home)
    assert queries() == few
    assert len(standing(admin)) == 9
