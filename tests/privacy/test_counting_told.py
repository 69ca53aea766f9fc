"""What visitors are told of counting is what is so: on the page about it, in the banner, in the register."""

import datetime
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from wagtail.models import Site

from tests.agency.models import AgencyPage
from tests.choices import without_days
from tests.counting.gathered import BROWSER
from tests.factories import committed, hero, make_page, make_segment, personalised
from tests.privacy.test_about import ABOUT, CHOICE, read
from tests.privacy.test_banner import banner_of
from tests.privacy.test_browser import (  # noqa: F401  two of them are fixtures
    NARROW,
    frame,
    overflows,
    small_targets,
    styled,
)
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import DateRangeRule, Goal, LocationRule, PersonalisationSettings, Segment

if TYPE_CHECKING:
    from playwright.sync_api import Page

REGISTER = "/personalisation/register.json"


def counted_in(words: str) -> str:
    """The part of the page that is about counting."""
    return words.partition("What we count")[2].partition("What we use")[0]


def learn(segment: Segment) -> None:
    publish(segment, learning=True)


def publish(segment: Segment, **fields: Any) -> None:
    for name, value in fields.items():
        setattr(segment, name, value)
    with committed():
        segment.save_revision().publish()


def hold_back(percent: int) -> None:
    """On the site as a whole."""
    with committed():
        PersonalisationSettings.objects.create(site=Site.objects.get(), holdout_percent=percent)


# The page


def test_a_site_that_does_not_count_says_nothing_of_it(visitor: Client, full_page: AgencyPage) -> None:
    Goal.objects.create(name="Licence", slug="licence")
    words = read(visitor)
    for word in ("What we count", "Licence", "personalise_count", "be counted", "comparison"):
        assert word not in words
    assert 'name="counting"' not in visitor.get(ABOUT).content.decode()


def test_it_says_what_is_counted_and_for_how_long_that_is_kept(
    visitor: Client, full_page: AgencyPage, counting: Any, configure: Any
) -> None:
    Goal.objects.create(name="Internal name", slug="licence", public_name="Applications for a licence")
    Goal.objects.create(name="Leaflets ordered", slug="leaflets")
    Goal.objects.create(name="No longer counted", slug="old", live=False)
    configure(TALLIES_MAX_AGE_DAYS=90, SMALLEST_COUNT=20)
    words = counted_in(read(visitor))
    assert "lead to one of these: Applications for a licence Leaflets ordered We keep totals for each day" in words
    assert "They are kept for 90 days." in words
    assert "Totals from 1 to 19 are never shown, only that they are below 20." in words
    for hidden in ("Internal name", "No longer counted"):
        assert hidden not in words


def test_without_a_goal_it_claims_to_count_none(visitor: Client, full_page: AgencyPage, counting: Any) -> None:
    words = counted_in(read(visitor))
    assert "We count how many visits are shown each version of a part of a page. We keep totals" in words


GPC, DNT = {"HTTP_SEC_GPC": "1"}, {"HTTP_DNT": "1"}
ON = "Your visits are counted"
OFF = "Your visits are not counted"


@pytest.mark.parametrize(
    "keys, headers, cookie, says",
    [
        ({}, {}, None, f"{ON}. You have not chosen yet, and on this site counting is on to begin with."),
        ({}, {}, "allowed.1", f"{ON}. You have not chosen yet"),
        ({}, {}, "allowed-counted.1", f"{ON}, because you turned that on."),
        ({}, {}, "allowed-uncounted.1", f"{OFF}, because you turned that off."),
        ({}, {}, "undecided-uncounted.1", f"{OFF}, because you turned that off."),
        ({}, {}, "refused-uncounted.1", f"{OFF}, because you turned that off."),
        ({}, {}, "refused.1", f"{OFF}, because we count only while pages change to suit your visit."),
        ({}, {}, "refused-counted.1", "That comes before your choice here, which we keep."),
        ({}, GPC, None, f"{OFF}, because your browser sends us a Global Privacy Control signal."),
        ({}, DNT, None, f"{OFF}, because your browser sends us a Do Not Track signal."),
        ({}, GPC, "allowed-counted.1.g", f"{OFF}, because your browser sends us a Global Privacy Control signal."),
        ({"HONOUR_DNT": False}, DNT, None, f"{ON}. You have not chosen yet"),
        ({"MODE": "opt_in"}, {}, None, f"{OFF}, because we count only while pages change to suit your visit."),
        ({"MODE": "opt_in"}, {}, "allowed.1", f"{OFF}. That stays so until you turn it on."),
        ({"MODE": "opt_in"}, {}, "allowed-counted.1", f"{ON}, because you turned that on."),
        ({"MODE": "opt_in", "POLICY_VERSION": 2}, {}, "allowed-counted.1", f"{OFF}, because we count only while"),
        ({"MODE": "off"}, {}, "allowed-counted.1", "Nothing is counted at the moment."),
    ],
)
def test_it_says_whether_this_visitor_is_counted_and_why(
    visitor: Client,
    full_page: AgencyPage,
    counting: Any,
    configure: Any,
    keys: Any,
    headers: Any,
    cookie: str | None,
    says: str,
) -> None:
    configure(**keys)
    if cookie:
        visitor.cookies["personalise_choice"] = cookie
    words = counted_in(read(visitor, **headers))
    assert says in words
    assert not (ON in words and OFF in words.replace("your visits are not counted", ""))


def test_while_paused_it_says_that_nothing_is_counted(visitor: Client, full_page: AgencyPage, counting: Any) -> None:
    compiling.pause(by="a test")
    assert "Nothing is counted at the moment." in counted_in(read(visitor))


def test_an_editor_reads_that_their_own_looks_are_not_counted(
    visitor: Client, full_page: AgencyPage, counting: Any
) -> None:
    visitor.force_login(User.objects.create_superuser("editor"))
    assert "not counted while you are signed in as an editor" in counted_in(read(visitor))


def test_it_says_that_a_signal_comes_first_only_where_the_site_acts_on_it(
    visitor: Client, full_page: AgencyPage, counting: Any, configure: Any
) -> None:
    assert "a Global Privacy Control or a Do Not Track signal, your visits are not" in counted_in(read(visitor))
    configure(HONOUR_DNT=False)
    assert "sends a Global Privacy Control signal, your visits are not" in counted_in(read(visitor))
    configure(HONOUR_GPC=False)
    assert "signal, your visits are not" not in counted_in(read(visitor))


@pytest.mark.parametrize(
    "cookie, checked",
    [
        (None, ["refused", "refused"]),
        ("allowed-uncounted.1", ["allowed", "refused"]),
        ("allowed-counted.1", ["allowed", "allowed"]),
        ("refused-counted.1", ["refused", "allowed"]),
        ("undecided-counted.0", ["refused", "refused"]),  # for an older policy
    ],
)
def test_the_radios_show_each_choice_by_itself(
    visitor: Client, full_page: AgencyPage, counting: Any, cookie: str | None, checked: list[str]
) -> None:
    if cookie:
        visitor.cookies["personalise_choice"] = cookie
    assert re.findall(r'value="(\w+)" checked', visitor.get(ABOUT).content.decode()) == checked


def test_saving_the_choice_about_counting_says_so_once(visitor: Client, full_page: AgencyPage, counting: Any) -> None:
    saved = visitor.post(CHOICE, {"counting": "refused", "next": ABOUT}, follow=True).content.decode()
    assert "Your choice is saved" in saved
    assert "Your choice is saved" not in read(visitor)
    assert without_days(visitor.cookies["personalise_choice"].value) == "undecided-uncounted.1"


# Comparison


def test_it_says_that_some_are_held_back_only_while_some_are(
    visitor: Client, full_page: AgencyPage, riverside: Segment, counting: Any, configure: Any
) -> None:
    assert "for comparison" not in read(visitor)
    publish(riverside, holdout_percent=10)
    words = read(visitor)
    assert "some visitors see the standard version instead" in counted_in(words)
    assert "You are not one of them now." in counted_in(words)
    assert words.count("About 10 in every 100 of them, drawn by lot, see the standard version instead") == 1
    configure(COUNTING=False)
    assert "for comparison" not in read(visitor)


def test_it_says_how_many_are_held_back_from_everything(visitor: Client, full_page: AgencyPage, counting: Any) -> None:
    hold_back(5)
    words = read(visitor)
    assert "On all of this site, these are 5 in every 100 visitors." in counted_in(words)
    assert words.count("About 5 in every 100 of them") == 3  # groups


def test_it_tells_a_visitor_who_is_held_back_that_they_are(
    reader: Client, full_page: AgencyPage, counting: Any
) -> None:
    hold_back(100)
    assert "You are not one of them now." in read(reader)  # no lot has been drawn, and looking here draws none
    assert "personalise_memory" not in reader.cookies
    reader.get("/full/")
    words = read(reader)
    assert "You are one of them now, on all of this site." in counted_in(words)
    assert "Public name of riverside (you see the standard version, for comparison)" in words
    reader.post(CHOICE, {"counting": "refused"})
    words = read(reader)
    assert "You are not one of them now." in counted_in(words)
    assert "(you see the standard version" not in words


def test_it_names_the_groups_that_a_visitor_is_held_back_from(
    reader: Client, full_page: AgencyPage, riverside: Segment, counting: Any
) -> None:
    Segment.objects.filter(pk=riverside.pk).update(holdout_percent=100)  # no editor could: 50 is the most
    compiling.retire()
    compiling.holder.check_again()
    reader.get("/full/")
    assert "You are one of them now, as one of: Public name of riverside." in counted_in(read(reader))


# Groups that are only counted


def test_a_group_that_changes_nothing_is_listed_with_what_it_reads_and_says_so(
    visitor: Client, full_page: AgencyPage, riverside: Segment, counting: Any, configure: Any
) -> None:
    learn(riverside)
    words = read(visitor)
    assert "Nothing changes for this group. We only count how many visits belong to it." in words
    assert "Public name of riverside (nothing changes for you)" in words
    assert "The town or city that you seem to be in" in words
    configure(COUNTING=False)
    words = read(visitor)
    assert "Nothing changes for this group at the moment." in words
    assert "We only count" not in words


# Cookies


def cookie_row(client: Client, name: str) -> str:
    html = client.get(ABOUT).content.decode()
    row = re.search(rf'<tr>\s*<th scope="row"><code>{name}</code>.*?</tr>', html, re.DOTALL)
    return "" if row is None else re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row[0]))


def test_the_cookie_for_counting_is_told_as_it_is_set(reader: Client, full_page: AgencyPage, counting: Any) -> None:
    row = cookie_row(reader, "personalise_count")
    assert "Remembers what this visit has been counted for" in row
    assert "When you see something that is counted" in row
    assert "Until you close your browser" in row
    assert row.strip().endswith("No")
    assert reader.get("/full/").cookies["personalise_count"]["max-age"] == ""
    assert cookie_row(reader, "personalise_count").strip().endswith("Yes")


def test_a_cookie_that_is_left_from_when_the_site_counted_is_told_of(visitor: Client, full_page: AgencyPage) -> None:
    visitor.cookies["personalise_count"] = "left over"
    assert "Not at the moment: nothing here needs it" in cookie_row(visitor, "personalise_count")


def test_the_lot_is_told_of_only_while_lots_are_drawn(
    visitor: Client, home: AgencyPage, riverside: Segment, counting: Any
) -> None:
    assert "Not at the moment" in cookie_row(visitor, "personalise_memory")
    publish(riverside, holdout_percent=10)
    row = cookie_row(visitor, "personalise_memory")
    assert "a number from 0 to 9999 that was drawn by lot" in row
    assert "that you have been here before" not in row  # no live rule asks for it
    assert "while counting is on" in row


def test_the_lot_is_told_of_beside_what_else_is_remembered(
    visitor: Client, full_page: AgencyPage, riverside: Segment, counting: Any
) -> None:
    assert "drawn by lot" not in cookie_row(visitor, "personalise_memory")
    publish(riverside, holdout_percent=10)
    row = cookie_row(visitor, "personalise_memory")
    assert "that you have been here before, and when, to the day. Holds a number" in row


@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
def test_the_choice_lasts_as_is_said(
    visitor: Client, full_page: AgencyPage, counting: Any, configure: Any, mode: str
) -> None:
    configure(MODE=mode)
    row = cookie_row(visitor, "personalise_choice")
    assert "Each choice: 183 days if you turn it on, 365 days if you turn it off" in row
    assert "and the day on which you said so" in row
    assert "It also remembers whether your visits may be counted." in row


# The banner


@pytest.mark.parametrize(
    "mode, goal, says",
    [
        ("opt_out", False, "We count how often each version is shown, as daily totals"),
        ("opt_out", True, "We count how often each version is shown and what visits lead to, as daily totals"),
        ("opt_in", False, "We then also count how often each version is shown, as daily totals"),
        ("opt_in", True, "We then also count how often each version is shown and what visits lead to, as daily totals"),
    ],
)
def test_the_banner_says_what_is_counted(
    visitor: Client, full_page: AgencyPage, counting: Any, configure: Any, mode: str, goal: bool, says: str
) -> None:
    configure(MODE=mode)
    if goal:
        Goal.objects.create(name="Licence", slug="licence")
        compiling.retire()
        compiling.holder.check_again()
    words = banner_of(visitor.get("/full/").content.decode())
    assert says in words


def test_whoever_is_counted_is_asked_also_where_nothing_about_them_is_used(home: AgencyPage, counting: Any) -> None:
    autumn = make_segment("autumn", DateRangeRule(first_day=datetime.date(2020, 1, 1)))
    page = personalised(hero("All year"), (autumn, hero("From September")))
    make_page("Register", ("offer", page), parent=home, slug="register")
    visitor = Client(headers={"user-agent": BROWSER})
    response = visitor.get("/register/")
    assert visitor.cookies["personalise_count"].value
    words = banner_of(response.content.decode())
    assert "change with the date, the time or the page, for everybody alike" in words
    assert "We count how often each version is shown" in words
    assert "We use" not in words
    visitor.post("/personalisation/choice/", {"choice": "refused"}, headers={"sec-fetch-site": "same-origin"})
    assert "From September" in visitor.get("/register/").content.decode()  # a date goes on working
    assert not visitor.cookies["personalise_count"].value


@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
def test_the_banner_of_a_site_that_does_not_count_says_nothing_of_it(
    visitor: Client, full_page: AgencyPage, configure: Any, mode: str
) -> None:
    configure(MODE=mode)
    html = visitor.get("/full/").content.decode()
    assert "count" not in banner_of(html)
    assert 'name="counting"' not in html


@pytest.mark.parametrize(
    "data, says",
    [
        ({"choice": "allowed"}, "Your visits are counted."),
        ({"choice": "allowed", "counting": "refused"}, "Your visits are not counted."),
        ({"choice": "refused"}, "Your visits are not counted."),
    ],
)
def test_the_confirmation_says_whether_visits_are_counted(
    visitor: Client, full_page: AgencyPage, counting: Any, configure: Any, data: dict[str, str], says: str
) -> None:
    visitor.post(CHOICE, data)
    assert says in banner_of(visitor.get("/full/").content.decode())
    visitor.post(CHOICE, data)
    configure(COUNTING=False)
    assert "counted" not in banner_of(visitor.get("/full/").content.decode())


def test_with_opt_in_a_visitor_who_turned_counting_off_turns_on_pages_alone(
    visitor: Client, full_page: AgencyPage, counting: Any, configure: Any
) -> None:
    configure(MODE="opt_in")
    visitor.cookies["personalise_choice"] = "undecided-uncounted.1"
    html = visitor.get("/full/").content.decode()
    assert "Your visits are not counted: you turned that off." in banner_of(html)
    assert 'name="counting"' not in html


# The register


def test_the_register_says_what_is_counted(client: Client, full_page: AgencyPage, counting: Any) -> None:
    Goal.objects.create(name="Internal name", slug="licence", public_name="Applications for a licence")
    make_segment("abroad", LocationRule(countries=["FR"]), learning=True)
    make_segment("near", LocationRule(countries=["GB"]), holdout_percent=10)
    hold_back(5)
    register = client.get(REGISTER).json()
    assert register["counting"] == {
        "on": True,
        "goals": [{"slug": "licence", "name": "Applications for a licence"}],
        "kept_days": 365,
        "held_back_percent": 5,
    }
    told = {segment["slug"]: (segment["learning"], segment["held_back_percent"]) for segment in register["segments"]}
    assert told["abroad"] == (True, 0)
    assert told["near"] == (False, 10)
    assert told["riverside"] == (False, 0)


# In a browser


@pytest.mark.usefixtures("frame")
@pytest.mark.parametrize("options", [{}, {"java_script_enabled": False}], ids=["scripts", "no scripts"])
def test_a_visitor_turns_counting_off_and_on(
    new_page: Callable[..., "Page"], full_page: AgencyPage, counting: Any, options: dict[str, Any]
) -> None:
    page = new_page(**options)
    page.goto("/full/")
    assert "personalise_count" in {cookie["name"] for cookie in page.context.cookies()}
    page.goto("/personalisation/")
    page.get_by_label("Leave my visits out").check()
    page.get_by_role("button", name="Save what I chose about counting").click()
    page.get_by_text("Your visits are not counted, because you turned that off.").wait_for()
    assert "personalise_count" not in {cookie["name"] for cookie in page.context.cookies()}
    page.get_by_label("Count my visits").check()
    page.get_by_role("button", name="Save what I chose about counting").click()
    page.get_by_text("Your visits are counted, because you turned that on.").wait_for()


@pytest.mark.usefixtures("frame")
def test_what_is_told_of_counting_is_accessible(
    new_page: Callable[..., "Page"], full_page: AgencyPage, counting: Any, accessibility_faults: Any
) -> None:
    Goal.objects.create(name="Licence", slug="licence")
    page = new_page(**NARROW)
    page.goto("/personalisation/")
    page.get_by_role("heading", name="What we count").wait_for()
    assert accessibility_faults(page) == []
    assert small_targets(page, ".personalise-about") == []
    assert not overflows(page)


@pytest.mark.usefixtures("styled")
def test_the_banner_that_allows_both_is_accessible(
    new_page: Callable[..., "Page"], full_page: AgencyPage, counting: Any, configure: Any, accessibility_faults: Any
) -> None:
    configure(MODE="opt_in")
    page = new_page(**NARROW)
    page.goto("/full/")
    assert accessibility_faults(page) == []
    assert small_targets(page, ".govuk-cookie-banner") == []
    assert not overflows(page)
    page.get_by_role("button", name="Turn it on").click()
    page.get_by_text("Your visits are counted.").wait_for()
