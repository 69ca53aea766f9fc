"""What real requests add to the daily totals, and what they keep for it in the visitor's browser."""

import datetime
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core import signing
from django.test import Client
from wagtail.models import Site

from tests.agency.models import AgencyPage, ContactField, ContactPage, PlainPage
from tests.counting.gathered import BROWSER, PATH, GatheredBuffer
from tests.factories import block_id, committed, hero, make_page, make_segment, personalised
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.core.counting import Arm, Counted, Exposure, Tally, dealt
from wagtail_personalise_gov.goals import goal_reached
from wagtail_personalise_gov.models import (
    DateRangeRule,
    FirstTimeVisitorRule,
    Goal,
    PersonalisationSettings,
    ReferrerRule,
    Segment,
)
from wagtail_personalise_gov.visit.stores import CompactSerializer

SEARCH = {"headers": {"referer": "https://www.google.com/"}}
FIRST, SECOND = block_id("variant", 0), block_id("variant", 1)
STANDARD = Exposure(FIRST, Arm.STANDARD)


@pytest.fixture
def totals(configure: Callable[..., None]) -> Iterator[Counter[Tally]]:
    """What was counted in this test."""
    configure(COUNTING=True, COUNTING_BUFFER=PATH)
    GatheredBuffer.totals.clear()
    yield GatheredBuffer.totals
    GatheredBuffer.totals.clear()


@pytest.fixture
def visitor() -> Client:
    return browser()


def browser(**headers: str) -> Client:
    return Client(headers={"user-agent": BROWSER, **headers})


@pytest.fixture
def search(db: None) -> Segment:
    return make_segment("from-search", ReferrerRule(kinds=["search"]))


@pytest.fixture
def licence(home: AgencyPage, search: Segment, clock: Any) -> AgencyPage:
    """At /licence/: "You searched" for those from search engines, else "Apply here"."""
    offer = personalised(hero("Apply here"), (search, hero("You searched")))
    return make_page("Licence", ("offer", offer), parent=home, slug="licence")


@pytest.fixture
def thanks(home: AgencyPage) -> PlainPage:
    return make_page("Thanks", ("hero", hero("Thank you")), parent=home, model=PlainPage, slug="thanks")


def make_goal(slug: str, **fields: Any) -> Goal:
    goal = Goal(name=slug, slug=slug, **fields)
    goal.full_clean()
    with committed():
        goal.save()
    return goal


def hold_back(segment: Segment, percent: int) -> None:
    segment.holdout_percent = percent
    with committed():
        segment.save_revision().publish()


def shown(totals: Counter[Tally]) -> Counter[Exposure]:
    return Counter({tally.exposure: count for tally, count in totals.items() if not tally.goal})


def achieved(totals: Counter[Tally]) -> Counter[tuple[str, Exposure]]:
    return Counter({(tally.goal, tally.exposure): count for tally, count in totals.items() if tally.goal})


def in_cookie(client: Client) -> Any:
    """What the cookie for counting holds; None where there is none."""
    cookie = client.cookies.get("personalise_count")
    if cookie is None or not cookie.value:
        return None
    signer = signing.TimestampSigner(salt="wagtail_personalise_gov.personalise_count")
    return signer.unsign_object(cookie.value, serializer=CompactSerializer)


SEEN = Exposure(FIRST, Arm.VARIANT, FIRST, "from-search")


# What was shown


def test_a_visit_counts_once_for_what_it_was_shown(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    assert b"You searched" in visitor.get("/licence/", **SEARCH).content
    assert b"You searched" in visitor.get("/licence/").content
    assert totals == {Tally(20_561, SEEN): 1}  # 18 April 2026


def test_who_is_shown_the_standard_version_is_counted_for_that(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    assert b"Apply here" in visitor.get("/licence/").content
    assert shown(totals) == {STANDARD: 1}


def test_the_next_visit_counts_again(licence: AgencyPage, totals: Counter[Tally], visitor: Client, clock: Any) -> None:
    visitor.get("/licence/", **SEARCH)
    clock.shift(41 * 60)
    visitor.get("/licence/", **SEARCH)
    assert shown(totals) == {SEEN: 2}


def test_a_visit_over_midnight_counts_on_the_day_it_began(
    licence: AgencyPage, thanks: PlainPage, totals: Counter[Tally], visitor: Client, clock: Any
) -> None:
    make_goal("applied", page=thanks)
    clock.shift(11 * 3600 + 50 * 60)
    visitor.get("/licence/", **SEARCH)
    clock.shift(20 * 60)
    visitor.get("/thanks/")
    assert totals == {Tally(20_561, SEEN): 1, Tally(20_561, SEEN, "applied"): 1}


def test_two_visitors_count_twice_and_hold_the_same_bytes(
    licence: AgencyPage, totals: Counter[Tally], clock: Any
) -> None:
    one, other = browser(), browser()
    one.get("/licence/", **SEARCH)
    clock.shift(9 * 60 + 59)  # in the same ten minutes
    other.get("/licence/", **SEARCH)
    assert shown(totals) == {SEEN: 2}
    assert one.cookies["personalise_count"].value == other.cookies["personalise_count"].value
    # With the second in which it was signed, the cookie would be as good as a number for each of them.
    assert one.cookies["personalise_visit"].value == other.cookies["personalise_visit"].value


def test_a_page_without_a_personalised_block_counts_nothing_and_stays_untouched(
    plain_page: PlainPage, licence: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    response = visitor.get("/plain/")
    assert not response.cookies
    assert "Cache-Control" not in response.headers
    assert not totals


def test_the_cookie_is_written_once_while_nothing_changes(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    assert "personalise_count" in visitor.get("/licence/", **SEARCH).cookies
    assert not visitor.get("/licence/").cookies


@pytest.mark.parametrize("method", ["head", "post", "options"])
def test_only_looking_shows_something(
    method: str, licence: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    getattr(visitor, method)("/licence/", **SEARCH)
    assert not totals


def test_a_block_in_a_view_that_fails_was_not_shown(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client, settings: Any
) -> None:
    settings.ROOT_URLCONF = __name__
    visitor.raise_request_exception = False
    assert visitor.get("/failing/", **SEARCH).status_code == 500
    assert not totals


@pytest.mark.parametrize("days, opened", [(0, True), (1, True), (2, False), (-1, False)])
def test_no_visit_is_drawn_out_for_days(days: int, opened: bool) -> None:
    # What was concluded from a day's totals must stand: a kiosk, or a script, may go on and on.
    kept = Counted(day=20_561, step=0)
    assert bool(kept.opened(step=9, today=20_561 + days, continues=True) is not None) is opened
    assert kept.opened(step=9, today=20_561, continues=False) is None


def test_a_visit_that_goes_on_for_three_days_begins_anew(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client, clock: Any
) -> None:
    for _hours in range(0, 60, 3):
        visitor.get("/licence/", headers={"referer": "http://testserver/"})
        clock.shift(3 * 3600)
    assert totals == {Tally(20_561, STANDARD): 1, Tally(20_563, STANDARD): 1}


# Who is not counted


def test_nothing_is_counted_unless_the_site_says_so(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client, configure: Callable[..., None]
) -> None:
    configure(COUNTING=False)
    assert b"You searched" in visitor.get("/licence/", **SEARCH).content
    assert not totals
    assert "personalise_count" not in visitor.cookies


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-gpc": "1"},
        {"dnt": "1"},
        {"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"user-agent": ""},
        {"sec-purpose": "prefetch;prerender"},
        {"purpose": "prefetch"},
        {"x-moz": "prefetch"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_these_are_not_counted(headers: dict[str, str], licence: AgencyPage, totals: Counter[Tally]) -> None:
    client = browser(**headers)
    assert client.get("/licence/", **SEARCH).status_code == 200
    assert not totals
    assert in_cookie(client) is None


@pytest.mark.parametrize("choice", ["refused.1", "refused-counted.1", "allowed-uncounted.1", "undecided-uncounted.1"])
def test_who_refused_is_not_counted(choice: str, licence: AgencyPage, totals: Counter[Tally], visitor: Client) -> None:
    visitor.cookies["personalise_choice"] = choice
    content = visitor.get("/licence/", **SEARCH).content
    assert (b"You searched" in content) is not choice.startswith("refused")  # turning counting off leaves adapting
    assert not totals
    assert in_cookie(visitor) is None


@pytest.mark.parametrize("choice, counts", [("", 0), ("allowed.1", 0), ("allowed-counted.1", 1)])
def test_where_visitors_are_asked_first_counting_needs_its_own_yes(
    choice: str,
    counts: int,
    licence: AgencyPage,
    totals: Counter[Tally],
    visitor: Client,
    configure: Callable[..., None],
) -> None:
    configure(MODE="opt_in")
    if choice:
        visitor.cookies["personalise_choice"] = choice
    visitor.get("/licence/", **SEARCH)
    assert sum(totals.values()) == counts


def editor(username: str, *, admin: bool) -> User:
    user = User.objects.create_user(username, password=username)
    if admin:
        group = Group.objects.create(name=f"{username}s")
        group.permissions.add(Permission.objects.get(codename="access_admin"))
        user.groups.add(group)
    return user


def test_editors_are_not_counted_and_other_accounts_are(licence: AgencyPage, totals: Counter[Tally]) -> None:
    for name, admin in (("eve", True), ("vic", False)):
        client = browser()
        client.force_login(editor(name, admin=admin))
        client.get("/licence/", **SEARCH)
    assert sum(totals.values()) == 1


def test_a_preview_is_not_counted(
    licence: AgencyPage, totals: Counter[Tally], admin_client: Client, search: Segment
) -> None:
    admin_client.defaults["HTTP_USER_AGENT"] = BROWSER
    response = admin_client.get(f"/admin/pages/{licence.pk}/view_draft/")
    assert response.status_code == 200
    licence.make_preview_request(preview_mode=f"segment-{search.pk}")
    assert not totals


def test_while_everything_is_paused_nothing_is_counted(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    with committed():
        compiling.pause()
    visitor.get("/licence/", **SEARCH)
    assert not totals


def test_what_is_kept_for_counting_goes_with_the_refusal(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    visitor.get("/licence/", **SEARCH)
    visitor.post("/personalisation/choice/", {"counting": "refused"}, headers={"sec-fetch-site": "same-origin"})
    assert in_cookie(visitor) is None
    assert visitor.cookies["personalise_visit"].value  # adapting goes on
    assert b"You searched" in visitor.get("/licence/").content
    assert sum(totals.values()) == 1


# Goals


def test_a_goal_is_counted_once_for_what_the_visit_was_shown(
    licence: AgencyPage, thanks: PlainPage, totals: Counter[Tally], visitor: Client
) -> None:
    make_goal("applied", page=thanks)
    visitor.get("/licence/", **SEARCH)
    visitor.get("/thanks/")
    visitor.get("/thanks/")
    assert achieved(totals) == {("applied", SEEN): 1}


def test_a_goal_of_who_was_shown_nothing_is_not_counted(
    licence: AgencyPage, thanks: PlainPage, totals: Counter[Tally], visitor: Client
) -> None:
    make_goal("applied", page=thanks)
    visitor.get("/thanks/")
    assert not totals
    assert in_cookie(visitor) is None


def test_what_is_shown_only_with_the_goal_did_not_lead_to_it(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    make_goal("looked", page=licence)
    visitor.get("/licence/", **SEARCH)
    assert achieved(totals) == {}
    visitor.get("/licence/")  # it counts once a visit, and that was before it was shown anything
    assert achieved(totals) == {("looked", SEEN): 1}


def test_the_page_of_a_goal_is_private_for_everybody(
    licence: AgencyPage, thanks: PlainPage, totals: Counter[Tally]
) -> None:
    assert "Cache-Control" not in browser().get("/thanks/").headers
    make_goal("applied", page=thanks)
    # Else a cache would keep the answer to somebody who is not counted, and answer for all others.
    assert browser().get("/thanks/")["Cache-Control"] == "private, no-cache"


@pytest.mark.parametrize("path, goals", [("/hello/", 1), ("/hello", 1), ("/other/", 0)])
def test_a_goal_may_be_an_address(
    path: str, goals: int, licence: AgencyPage, totals: Counter[Tally], visitor: Client, settings: Any
) -> None:
    settings.ROOT_URLCONF = __name__
    make_goal("hello", path=path)
    visitor.get("/licence/", **SEARCH)
    visitor.get("/hello/")
    assert sum(achieved(totals).values()) == goals


def test_a_goal_that_is_not_live_is_not_counted(
    licence: AgencyPage, thanks: PlainPage, totals: Counter[Tally], visitor: Client
) -> None:
    make_goal("applied", page=thanks, live=False)
    visitor.get("/licence/", **SEARCH)
    assert "Cache-Control" not in visitor.get("/thanks/").headers
    assert achieved(totals) == {}


@pytest.mark.parametrize(
    "answer, goals",
    [("redirect", 1), ("again", 0), ("login", 0)],
    ids=["taken in", "with mistakes", "sign in first"],
)
def test_a_form_counts_when_it_was_taken_in(
    answer: str, goals: int, licence: AgencyPage, totals: Counter[Tally], visitor: Client, settings: Any
) -> None:
    settings.ROOT_URLCONF = __name__
    make_goal("sent", kind=Goal.FORM, path="/form/")
    visitor.get("/licence/", **SEARCH)
    visitor.get("/form/")
    assert achieved(totals) == {}  # to look at the form is not to send it
    visitor.post("/form/", {"answer": answer})
    visitor.post("/form/", {"answer": answer})
    assert sum(achieved(totals).values()) == goals


def test_a_form_page_of_wagtail_counts_when_it_was_taken_in(
    licence: AgencyPage, home: AgencyPage, totals: Counter[Tally], visitor: Client
) -> None:
    page = ContactPage(title="Contact", slug="contact")
    page.form_fields = [ContactField(label="name", field_type="singleline", required=True)]
    home.add_child(instance=page)
    make_goal("sent", kind=Goal.FORM, page=page)
    visitor.get("/licence/", **SEARCH)
    visitor.get("/contact/")
    assert b"Thank you" not in visitor.post("/contact/", {"name": ""}).content
    assert achieved(totals) == {}
    assert b"Thank you" in visitor.post("/contact/", {"name": "Ada"}).content
    assert achieved(totals) == {("sent", SEEN): 1}


def test_a_form_sent_from_another_site_reaches_nothing(
    licence: AgencyPage, totals: Counter[Tally], settings: Any
) -> None:
    settings.ROOT_URLCONF = __name__
    make_goal("sent", kind=Goal.FORM, path="/form/")
    # The browser leaves our cookies out, so nothing is known of what the visit was shown.
    browser().post("/form/", {"answer": "redirect"}, headers={"sec-fetch-site": "cross-site"})
    assert not totals


def test_a_link_counts_and_leads_on(licence: AgencyPage, totals: Counter[Tally], visitor: Client) -> None:
    make_goal("apply", kind=Goal.LINK, link="https://apply.example.gov/start?a=1")
    visitor.get("/licence/", **SEARCH)
    for _time in range(2):
        response = visitor.get("/personalisation/goal/apply/")
        assert (response.status_code, response["Location"]) == (302, "https://apply.example.gov/start?a=1")
        assert "no-store" in response["Cache-Control"]
    assert achieved(totals) == {("apply", SEEN): 1}


def test_a_link_leads_on_for_those_who_are_not_counted_too(
    licence: AgencyPage, totals: Counter[Tally], configure: Callable[..., None]
) -> None:
    make_goal("apply", kind=Goal.LINK, link="tel:+441134960000")
    make_goal("old", kind=Goal.LINK, link="/licence/", live=False)
    assert browser(**{"sec-gpc": "1"}).get("/personalisation/goal/apply/")["Location"] == "tel:+441134960000"
    assert browser().get("/personalisation/goal/old/")["Location"] == "/licence/"
    configure(COUNTING=False)
    assert browser().get("/personalisation/goal/apply/")["Location"] == "tel:+441134960000"
    assert not totals


@pytest.mark.parametrize("slug", ["unknown", "applied"])
def test_there_is_no_link_but_those_of_goals(slug: str, licence: AgencyPage, thanks: PlainPage) -> None:
    make_goal("applied", page=thanks)
    assert browser().get(f"/personalisation/goal/{slug}/?to=https://evil.example/").status_code == 404


@pytest.mark.parametrize("link", ["https://[::1", "http://]", "//evil.example/", "javascript:alert(1)", " ", "x" * 50])
def test_a_link_that_no_form_would_take_leads_nowhere(link: str, home: AgencyPage) -> None:
    Goal.objects.create(name="Odd", slug="odd", kind=Goal.LINK, link=link)
    assert browser().get("/personalisation/goal/odd/").status_code == 404


def test_a_page_that_is_reached_through_the_api_counts_too(
    licence: AgencyPage, thanks: PlainPage, totals: Counter[Tally], visitor: Client
) -> None:
    make_goal("applied", page=thanks)
    visitor.get(f"/api/personalise/v1/pages/{licence.pk}/", **SEARCH)
    visitor.get(f"/api/personalise/v1/pages/{thanks.pk}/")
    assert achieved(totals) == {("applied", SEEN): 1}


def test_code_says_that_a_goal_is_reached(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client, settings: Any
) -> None:
    settings.ROOT_URLCONF = __name__
    make_goal("by-code", kind=Goal.CODE)
    visitor.get("/licence/", **SEARCH)
    for _time in range(2):
        assert visitor.get("/reaching/?goal=by-code")["Cache-Control"] == "private, no-cache"
    assert achieved(totals) == {("by-code", SEEN): 1}


def test_what_fails_after_all_has_reached_nothing(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client, settings: Any
) -> None:
    settings.ROOT_URLCONF = __name__
    visitor.raise_request_exception = False
    make_goal("by-code", kind=Goal.CODE)
    visitor.get("/licence/", **SEARCH)
    assert visitor.get("/reaching/?goal=by-code&then=fail").status_code == 500
    assert achieved(totals) == {}


def test_a_site_without_accounts_of_its_own_counts_forms_too(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client, settings: Any
) -> None:
    settings.ROOT_URLCONF = __name__
    settings.LOGIN_URL = "no-such-view"
    make_goal("sent", kind=Goal.FORM, path="/form/")
    visitor.get("/licence/", **SEARCH)
    visitor.post("/form/", {"answer": "redirect"})
    assert sum(achieved(totals).values()) == 1


def test_a_goal_that_nobody_made_is_told_in_the_log(
    licence: AgencyPage, totals: Counter[Tally], visitor: Client, settings: Any, caplog: Any
) -> None:
    settings.ROOT_URLCONF = __name__
    visitor.get("/licence/", **SEARCH)
    assert visitor.get("/reaching/?goal=never-made").status_code == 200
    assert achieved(totals) == {}
    assert "'never-made'" in caplog.text


# Held back, and learning


def with_lot(client: Client, lot: int, day: int = 20_561) -> Client:
    """A browser that came before and drew this lot."""
    signer = signing.TimestampSigner(salt="wagtail_personalise_gov.personalise_memory")
    client.cookies["personalise_memory"] = signer.sign_object(
        {"b": day, "v": 0, "l": lot}, serializer=CompactSerializer
    )
    return client


HELD_LOT, FREE_LOT = 17, 9_000


@pytest.fixture
def tenth_held_back(licence: AgencyPage, search: Segment) -> Segment:
    hold_back(search, 10)
    return search


def test_who_is_held_back_sees_the_standard_version_and_is_counted_beside(
    tenth_held_back: Segment, totals: Counter[Tally], home: AgencyPage
) -> None:
    held = next(lot for lot in range(10_000) if dealt("from-search", lot) < 1_000)
    free = next(lot for lot in range(10_000) if dealt("from-search", lot) == 1_000)
    assert b"Apply here" in with_lot(browser(), held).get("/licence/", **SEARCH).content
    assert b"You searched" in with_lot(browser(), free).get("/licence/", **SEARCH).content
    assert shown(totals) == {
        Exposure(FIRST, Arm.HOLDOUT, FIRST, "from-search", 1_000): 1,
        Exposure(FIRST, Arm.VARIANT, FIRST, "from-search", 1_000): 1,
    }


def test_a_lot_is_drawn_once_and_kept(tenth_held_back: Segment, totals: Counter[Tally], visitor: Client) -> None:
    first = visitor.get("/licence/", **SEARCH)
    kept = visitor.cookies["personalise_memory"].value
    for _time in range(5):
        again = visitor.get("/licence/", **SEARCH)
        assert again.content == first.content
        assert "personalise_memory" not in again.cookies
    assert visitor.cookies["personalise_memory"].value == kept
    assert sum(totals.values()) == 1


def test_as_many_are_held_back_as_was_said(tenth_held_back: Segment, totals: Counter[Tally]) -> None:
    for _visitor in range(300):
        browser().get("/licence/", **SEARCH)
    held = sum(count for exposure, count in shown(totals).items() if exposure.arm is Arm.HOLDOUT)
    # 30 of 300; a fair draw leaves these bounds less than once in a million runs.
    assert 8 <= held <= 62


def test_without_a_share_no_lot_is_drawn(licence: AgencyPage, totals: Counter[Tally], visitor: Client) -> None:
    visitor.get("/licence/", **SEARCH)
    assert "personalise_memory" not in visitor.cookies


def test_a_lot_goes_with_the_share(tenth_held_back: Segment, totals: Counter[Tally]) -> None:
    client = with_lot(browser(), FREE_LOT)
    hold_back(tenth_held_back, 0)
    client.get("/licence/", **SEARCH)
    assert not client.cookies["personalise_memory"].value


@pytest.mark.parametrize("choice", ["allowed-uncounted.1", "undecided-uncounted.1"])
def test_who_is_not_counted_is_not_held_back(choice: str, licence: AgencyPage, home: AgencyPage, totals: Any) -> None:
    share_of_site(50)
    client = with_lot(browser(), HELD_LOT)
    client.cookies["personalise_choice"] = choice
    assert b"You searched" in client.get("/licence/", **SEARCH).content
    assert not client.cookies["personalise_memory"].value  # nor is the lot kept
    assert not totals


def share_of_site(percent: int) -> None:
    site = Site.objects.get()
    with committed():
        PersonalisationSettings.objects.update_or_create(site=site, defaults={"holdout_percent": percent})


def test_a_share_of_the_site_sees_the_standard_version_everywhere(licence: AgencyPage, totals: Counter[Tally]) -> None:
    share_of_site(5)
    assert b"Apply here" in with_lot(browser(), 499).get("/licence/", **SEARCH).content
    assert b"You searched" in with_lot(browser(), 500).get("/licence/", **SEARCH).content
    assert shown(totals) == {
        Exposure(FIRST, Arm.HOLDOUT, FIRST, "from-search", 500): 1,
        Exposure(FIRST, Arm.VARIANT, FIRST, "from-search", 500): 1,
    }


def test_nobody_misses_a_date_for_the_share_of_the_site(home: AgencyPage, totals: Counter[Tally], clock: Any) -> None:
    share_of_site(50)
    before = make_segment("before-may", DateRangeRule(last_day=datetime.date(2026, 5, 1)))
    offer = personalised(hero("You can register in autumn"), (before, hero("Register by 1 May")))
    make_page("Register", ("offer", offer), parent=home, slug="register")
    assert b"Register by 1 May" in with_lot(browser(), HELD_LOT).get("/register/").content
    assert shown(totals) == {Exposure(FIRST, Arm.VARIANT, FIRST, "before-may"): 1}
    # But an editor may hold back from the very segment.
    hold_back(before, 50)
    held = next(lot for lot in range(10_000) if dealt("before-may", lot) < 5_000)
    assert b"You can register in autumn" in with_lot(browser(), held).get("/register/").content


def test_the_share_of_one_site_is_not_that_of_another(licence: AgencyPage, totals: Counter[Tally]) -> None:
    other = Site.objects.create(hostname="other.example", root_page=licence.get_parent())
    PersonalisationSettings.objects.create(site=other, holdout_percent=50)
    assert b"You searched" in with_lot(browser(), 0).get("/licence/", **SEARCH).content


def test_a_segment_in_learning_mode_is_counted_and_changes_nothing(
    licence: AgencyPage, search: Segment, totals: Counter[Tally], visitor: Client
) -> None:
    search.learning = True
    with committed():
        search.save_revision().publish()
    assert b"Apply here" in visitor.get("/licence/", **SEARCH).content
    assert shown(totals) == {Exposure(FIRST, Arm.LEARNING, FIRST, "from-search"): 1, STANDARD: 1}


def test_past_a_segment_in_learning_mode_the_next_version_is_shown(
    home: AgencyPage, search: Segment, totals: Counter[Tally], visitor: Client, clock: Any
) -> None:
    new = make_segment("new", FirstTimeVisitorRule(), learning=True)
    offer = personalised(hero("Apply here"), (new, hero("New here?")), (search, hero("You searched")))
    make_page("Both", ("offer", offer), parent=home, slug="both")
    assert b"You searched" in visitor.get("/both/", **SEARCH).content
    assert shown(totals) == {
        Exposure(FIRST, Arm.LEARNING, FIRST, "new"): 1,
        Exposure(FIRST, Arm.VARIANT, SECOND, "from-search"): 1,
    }


def test_who_is_held_back_from_the_first_version_does_not_get_the_second(
    home: AgencyPage, search: Segment, totals: Counter[Tally], clock: Any
) -> None:
    share_of_site(50)
    new = make_segment("new", FirstTimeVisitorRule())
    offer = personalised(hero("Apply here"), (new, hero("New here?")), (search, hero("You searched")))
    make_page("Both", ("offer", offer), parent=home, slug="both")
    held = browser()
    assert b"Apply here" in with_lot(held, HELD_LOT, day=20_561).get("/both/", **SEARCH).content
    assert [exposure.arm for exposure in shown(totals)] == [Arm.HOLDOUT]


def test_the_tag_and_the_api_hold_back_too(tenth_held_back: Segment, totals: Counter[Tally]) -> None:
    share_of_site(50)
    inside = with_lot(browser(), FREE_LOT).get("/api/personalise/v1/visit/", **SEARCH).json()
    outside = with_lot(browser(), 0).get("/api/personalise/v1/visit/", **SEARCH).json()
    assert [row["slug"] for row in inside["segments"]] == ["from-search"]
    assert outside["segments"] == []


# The site's own addresses, for the tests that ask for them


def failing(request: Any) -> Any:
    from django.template import engines

    page = AgencyPage.objects.get(slug="licence")
    engines["django"].from_string("{{ page.body }}").render({"page": page}, request)
    raise RuntimeError("after everything was rendered")


def hello(request: Any) -> Any:
    from django.http import HttpResponse

    return HttpResponse("Hello")


def form(request: Any) -> Any:
    from django.http import HttpResponse, HttpResponseRedirect

    answers = {"redirect": "/hello/", "login": "/accounts/login/?next=/form/"}
    given = request.POST.get("answer")
    return HttpResponseRedirect(answers[given]) if given in answers else HttpResponse("Fill this in")


def reaching(request: Any) -> Any:
    goal_reached(request, request.GET["goal"])
    if "then" in request.GET:
        raise RuntimeError("after it was reached")
    return hello(request)


def _urls() -> list[Any]:
    from django.urls import path
    from django.views.decorators.csrf import csrf_exempt

    from example_site.urls import urlpatterns as of_the_site

    return [
        path("failing/", failing),
        path("hello/", hello),
        path("form/", csrf_exempt(form)),
        path("reaching/", reaching),
        *of_the_site,
    ]


urlpatterns = _urls()
