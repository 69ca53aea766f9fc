"""Goals in the admin."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch
from django.utils.html import strip_tags

from wagtail_personalise_gov.core.counting import Arm
from wagtail_personalise_gov.editor import goals
from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.editor.goals import reached_when
from wagtail_personalise_gov.models import DailyTally, Goal

from ..agency.models import AgencyPage
from ..factories import make_page
from .counted import count, make_goal, past_days, today

pytestmark = pytest.mark.django_db


def goal_form(**fields: Any) -> dict[str, Any]:
    return {
        "name": "Licence applied for",
        "slug": "applied",
        "kind": "code",
        "live": "on",
        "smallest_difference": "2.0",
        **fields,
    }


def test_each_goal_says_in_words_what_reaches_it(home: AgencyPage) -> None:
    assert reached_when(Goal(kind="page", page=home)) == "“Agency” is reached"
    assert reached_when(Goal(kind="page", path="/done/")) == "/done/ is reached"
    assert reached_when(Goal(kind="form", page=home)) == "The form on “Agency” is sent"
    assert reached_when(Goal(kind="link", link="https://example.gov/")) == "A link to https://example.gov/ is followed"
    assert reached_when(Goal(kind="code")) == "The site’s own code says so"
    assert reached_when(Goal(kind="page")) == "Nothing: its page was deleted. Choose another one"


def test_the_list_says_what_reaches_each_and_whether_it_is_counted(desk: Client, home: AgencyPage) -> None:
    make_goal("done", kind="page", page=home)
    make_goal("old", kind="page", path="/old/done/", live=False)
    page = strip_tags(desk.get(addresses_for("list", Goal)).content.decode())
    words = re.sub(r"\s+", " ", page)
    assert "“Agency” is reached Yes" in words
    assert "/old/done/ is reached No" in words


def test_many_goals_cost_as_many_queries_as_one(desk: Client, home: AgencyPage) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            desk.get(addresses_for("list", Goal))
        return len(captured)

    make_goal("first", kind="page", page=home)
    queries()
    few = queries()
    for number in range(5):
        make_goal(f"g{number}", kind="page", page=make_page(f"P{number}", parent=home))
    assert queries() == few


def test_while_nothing_is_counted_the_list_says_so_with_the_remedy(desk: Client, configure: Any) -> None:
    assert "Nothing is counted at the moment" in desk.get(addresses_for("list", Goal)).content.decode()
    configure(COUNTING=True)
    assert "Nothing is counted at the moment" not in desk.get(addresses_for("list", Goal)).content.decode()


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "page", "path": "/apply/done/"},
        {"kind": "form", "path": "/apply/"},
        {"kind": "link", "link": "https://apply.example.gov/start"},
        {"kind": "code"},
    ],
)
def test_a_goal_of_each_kind_is_saved(desk: Client, fields: dict[str, str]) -> None:
    assert desk.post(addresses_for("add", Goal), goal_form(**fields)).status_code == 302
    goal = Goal.objects.get()
    assert {name: getattr(goal, name) for name in fields} == fields


def test_one_that_is_reached_at_a_page_is_saved(desk: Client, home: AgencyPage) -> None:
    assert desk.post(addresses_for("add", Goal), goal_form(kind="page", page=str(home.pk))).status_code == 302
    assert Goal.objects.get().page_id == home.pk


@pytest.mark.parametrize(
    "fields, field",
    [
        ({"kind": "page"}, "page"),
        ({"kind": "form"}, "page"),
        ({"kind": "page", "path": "apply/"}, "path"),
        ({"kind": "page", "path": "/apply/?step=2"}, "path"),
        ({"kind": "link"}, "link"),
        ({"kind": "link", "link": "javascript:alert(1)"}, "link"),
        ({"kind": "link", "link": "/personalisation/goal/another/"}, "link"),  # round in a circle
        ({"kind": "link", "link": "https://example.gov/personalisation/goal/apply/"}, "link"),
        ({"smallest_difference": "0"}, "smallest_difference"),
    ],
)
def test_what_is_wrong_with_a_goal_is_said_at_its_field(desk: Client, fields: dict[str, str], field: str) -> None:
    response = desk.post(addresses_for("add", Goal), goal_form(**fields))
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]


def test_two_goals_of_one_name_could_not_be_told_apart(desk: Client) -> None:
    make_goal("applied", name="Licence applied for")
    response = desk.post(addresses_for("add", Goal), goal_form(name="licence Applied for", slug="again"))
    assert list(response.context["form"].errors) == ["name"]


def test_an_empty_slug_is_made_of_the_name(desk: Client) -> None:
    assert desk.post(addresses_for("add", Goal), goal_form(slug="")).status_code == 302
    assert desk.post(addresses_for("add", Goal), goal_form(name="Licence applied for!", slug="")).status_code == 302
    long = "Everybody who lives in the valley was told where sandbags are to be had"
    assert desk.post(addresses_for("add", Goal), goal_form(name=long, slug="")).status_code == 302
    assert list(Goal.objects.order_by("pk").values_list("slug", flat=True)) == [
        "licence-applied-for",
        "licence-applied-for-2",
        "everybody-who-lives-in-the-valley-was-told-where-s",
    ]


def test_a_name_without_plain_letters_makes_none(desk: Client) -> None:
    response = desk.post(addresses_for("add", Goal), goal_form(name="许可证", slug=""))
    assert list(response.context["form"].errors) == ["slug"]
    assert "Write one" in response.content.decode()


def test_a_slug_that_is_none_is_not_replaced(desk: Client) -> None:
    response = desk.post(addresses_for("add", Goal), goal_form(slug="Not a slug"))
    assert list(response.context["form"].errors) == ["slug"]


def test_what_was_filled_in_for_another_kind_is_let_go(desk: Client, home: AgencyPage) -> None:
    leftovers = {"page": str(home.pk), "path": "not an address", "link": "nor this"}
    assert desk.post(addresses_for("add", Goal), goal_form(kind="code", **leftovers)).status_code == 302
    goal = Goal.objects.get()
    assert (goal.page_id, goal.path, goal.link) == (None, "", "")


@pytest.mark.parametrize(
    "before, fields, anew",
    [
        ({}, {"name": "Other words", "smallest_difference": "1.0", "public_name": "Applications"}, False),
        ({}, {"path": "/apply/done"}, False),  # the same address
        ({}, {"path": "/applied/"}, True),
        ({}, {"kind": "form"}, True),
        ({"live": False}, {}, True),  # switched on again
        ({"live": False}, {"live": ""}, False),
        ({}, {"live": ""}, False),
        ({"kind": "link", "path": "", "link": "https://a.example/"}, {"link": "https://b.example/"}, True),
        ({"kind": "link", "path": "", "link": "https://a.example/"}, {}, False),
    ],
)
def test_a_goal_is_counted_anew_when_it_is_switched_on_or_something_else_reaches_it(
    desk: Client, before: dict[str, Any], fields: dict[str, str], anew: bool
) -> None:
    made = today() - timedelta(days=40)
    goal = make_goal("applied", counted_since=made, **{"kind": "page", "path": "/apply/done/", **before})
    form = {name: getattr(goal, name) for name in ("kind", "path", "link")}
    assert desk.post(address_of("edit", goal), goal_form(**{**form, **fields})).status_code == 302
    goal.refresh_from_db()
    assert goal.counted_since == (today() if anew else made)


def test_another_page_makes_it_counted_anew_also_where_only_that_is_saved(home: AgencyPage) -> None:
    goal = make_goal("applied", kind="page", page=home, counted_since=today() - timedelta(days=40))
    goal.page = make_page("Thanks", parent=home)
    goal.save(update_fields=["page"])
    goal.refresh_from_db()
    assert goal.counted_since == today()


def test_a_new_goal_and_a_copy_are_counted_from_now_on(desk: Client) -> None:
    count(Arm.VARIANT, 90, days=past_days(3))  # something was, before they were made
    desk.post(addresses_for("add", Goal), goal_form())
    goal = Goal.objects.get()
    assert goal.counted_since == today()
    Goal.objects.update(counted_since=today() - timedelta(days=40))
    form = goal_form(name="A copy", slug="copy")
    assert desk.post(address_of("copy", goal), form).status_code == 302
    assert Goal.objects.get(slug="copy").counted_since == today()


def test_a_goal_that_was_made_before_anything_was_counted_has_no_beginning(desk: Client) -> None:
    desk.post(addresses_for("add", Goal), goal_form())
    assert Goal.objects.get().counted_since is None
    # Nor has one of which something was counted already, such as one that comes with its totals from elsewhere.
    count(Arm.VARIANT, 90, {"called": 30}, days=past_days(3))
    assert make_goal("called", counted_since=None).counted_since is None
    assert make_goal("other", counted_since=None).counted_since == today()


def test_a_slug_that_was_counted_stays(desk: Client) -> None:
    goal = make_goal("applied")
    count(Arm.VARIANT, 20, {"applied": 12})
    response = desk.post(address_of("edit", goal), goal_form(slug="another"))
    assert list(response.context["form"].errors) == ["slug"]


def test_the_form_of_a_link_says_the_address_to_link_to(desk: Client) -> None:
    goal = make_goal("start", kind="link", link="https://apply.example.gov/start")
    page = desk.get(address_of("edit", goal)).content.decode()
    assert "<code>/personalisation/goal/start/</code>" in page


def test_where_the_site_has_no_such_address_it_says_what_is_missing(
    desk: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(*args: Any, **kwargs: Any) -> str:
        raise NoReverseMatch

    goal = make_goal("start", kind="link", link="https://apply.example.gov/start")
    monkeypatch.setattr(goals, "reverse", unknown)
    page = desk.get(address_of("edit", goal)).content.decode()
    assert "include wagtail_personalise_gov.urls" in page


def test_the_form_says_how_code_reaches_a_goal(desk: Client) -> None:
    page = desk.get(address_of("edit", make_goal("applied"))).content.decode()
    assert 'goal_reached(request, "applied")' in page
    assert '{% goal "applied" %}' in page


def test_a_goal_that_is_not_saved_has_no_address_yet(desk: Client) -> None:
    assert "goal_reached" not in desk.get(addresses_for("add", Goal)).content.decode()


def test_deleting_a_goal_leaves_what_was_counted_and_says_so(desk: Client) -> None:
    goal = make_goal("applied")
    count(Arm.VARIANT, 20, {"applied": 12})
    assert "What was counted is deleted when its time comes" in desk.get(address_of("delete", goal)).content.decode()
    assert desk.post(address_of("delete", goal)).status_code == 302
    assert not Goal.objects.exists()
    assert DailyTally.objects.filter(goal="applied").exists()


@pytest.mark.parametrize("view", ["edit", "delete", "usage", "history", "copy"])
def test_each_view_of_a_goal_opens(desk: Client, view: str) -> None:
    assert desk.get(address_of(view, make_goal("applied"))).status_code == 200


def test_the_list_can_be_exported(desk: Client) -> None:
    make_goal("done", kind="page", path="/done/")
    response = desk.get(addresses_for("list", Goal), {"export": "csv"})
    assert "/done/" in b"".join(response.streaming_content).decode()


def test_goals_are_for_those_who_may_change_them(desk_of: Any) -> None:
    goal = make_goal("applied")
    assert desk_of("change_goal").get(address_of("edit", goal)).status_code == 200
    assert desk_of("change_segment").get(address_of("edit", goal)).status_code == 302
