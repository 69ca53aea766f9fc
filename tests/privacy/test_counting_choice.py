"""Counting is a purpose of its own: a visitor turns it on and off by itself, and what they say about it holds."""

import datetime
import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.utils.formats import date_format
from wagtail.models import Site

from tests.agency.models import AgencyPage
from tests.choices import without_days
from tests.counting.gathered import BROWSER
from tests.privacy.conftest import SAME
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.core.counting import Tally
from wagtail_personalise_gov.models import PersonalisationSettings, Segment

CHOICE = "/personalisation/choice/"


def choice_of(client: Client) -> str:
    return without_days(client.cookies["personalise_choice"].value)


def holds(client: Client, name: str) -> bool:
    return name in client.cookies and client.cookies[name].value != ""


def memory_of(client: Client) -> Any:
    signer = signing.TimestampSigner(salt="wagtail_personalise_gov.personalise_memory")
    return signer.unsign_object(client.cookies["personalise_memory"].value)


def hold_everybody_back() -> None:
    """On the site as a whole. No editor could: 50 in 100 is the most that the form takes."""
    PersonalisationSettings.objects.create(site=Site.objects.get(), holdout_percent=100)
    compiling.holder.check_again()


# Turning it off and on


def test_turning_counting_off_ends_counting_and_leaves_pages_as_they_are(
    reader: Client, full_page: AgencyPage, counting: Counter[Tally]
) -> None:
    assert "For Riverside" in reader.get("/full/").content.decode()
    assert holds(reader, "personalise_count")
    assert counting
    response = reader.post(CHOICE, {"counting": "refused", "next": "/full/"})
    assert (response.status_code, response.headers["Location"]) == (303, "/full/")
    assert response.cookies["personalise_count"]["max-age"] == 0
    assert set(response.cookies) == {"personalise_choice", "personalise_count"}  # memory stays
    assert choice_of(reader) == "undecided-uncounted.1.n"
    counting.clear()
    assert "For Riverside" in reader.get("/full/").content.decode()
    assert not counting
    assert not holds(reader, "personalise_count")


def test_turning_counting_on_again_counts(reader: Client, full_page: AgencyPage, counting: Counter[Tally]) -> None:
    reader.post(CHOICE, {"counting": "refused"})
    reader.get("/full/")
    assert not counting
    reader.post(CHOICE, {"counting": "allowed"})
    reader.get("/full/")
    assert counting


def test_turning_pages_off_and_on_again_keeps_the_answer_about_counting(
    reader: Client, full_page: AgencyPage, counting: Counter[Tally]
) -> None:
    for data in ({"counting": "refused"}, {"choice": "refused"}, {"choice": "allowed"}):
        reader.post(CHOICE, data)
    assert choice_of(reader) == "allowed-uncounted.1.n"
    assert "For Riverside" in reader.get("/full/").content.decode()
    assert not counting


def test_both_can_be_said_at_once(reader: Client, full_page: AgencyPage, counting: Counter[Tally]) -> None:
    reader.post(CHOICE, {"choice": "allowed", "counting": "refused"})
    assert choice_of(reader) == "allowed-uncounted.1.n"
    reader.post(CHOICE, {"choice": "refused", "counting": "allowed"})
    assert choice_of(reader) == "refused-counted.1.n"


def test_an_answer_about_counting_alone_leaves_the_banners_question_open(
    reader: Client, full_page: AgencyPage, counting: Counter[Tally]
) -> None:
    reader.post(CHOICE, {"counting": "refused"})
    html = reader.get("/full/").content.decode()
    assert 'name="choice" value="allowed"' in html
    assert "Your visits are not counted: you turned that off." in html


def test_refusing_to_be_counted_asks_nothing_of_the_database(visitor: Client) -> None:
    """This test has no database: any query would fail it."""
    response = visitor.post(CHOICE, {"counting": "refused", "next": "/full/"})
    assert response.status_code == 303
    assert without_days(response.cookies["personalise_choice"].value) == "undecided-uncounted.1.n"


def test_what_is_the_same_choice_is_the_same_bytes(full_page: AgencyPage, counting: Counter[Tally]) -> None:
    ways = (
        [{"choice": "allowed", "counting": "refused"}],
        [{"choice": "allowed"}, {"counting": "refused"}],
        [{"counting": "refused"}, {"choice": "refused"}, {"choice": "allowed"}],
    )
    values = set()
    for way in ways:
        client = Client(HTTP_USER_AGENT=BROWSER, **SAME)
        client.get("/full/")
        for data in way:
            client.post(CHOICE, data)
        values.add(choice_of(client))
    assert values == {"allowed-uncounted.1.n"}


@pytest.mark.parametrize("counted", ["", "maybe", "ALLOWED", "hide"])
@pytest.mark.parametrize("choice", [{}, {"choice": "refused"}])
def test_an_answer_that_is_none_is_refused_and_told_what_there_is(
    visitor: Client, db: None, counted: str, choice: dict[str, str]
) -> None:
    response = visitor.post(CHOICE, {"counting": counted, **choice})
    assert response.status_code == 400
    assert "Your choice about counting is none of these: allowed, refused." in response.content.decode()
    assert not response.cookies


# Each mode × what was chosen × what the browser sends, through real requests

CHOSEN = {"nothing": None, "refused": "refused.1", "allowed": "allowed.1", "counted": "allowed-counted.1"}
SIGNALS: dict[str, dict[str, str]] = {"no signal": {}, "GPC": {"HTTP_SEC_GPC": "1"}, "DNT": {"HTTP_DNT": "1"}}
COUNTED = {
    ("opt_out", "nothing", "no signal"),
    ("opt_out", "allowed", "no signal"),
    ("opt_out", "counted", "no signal"),
    ("opt_in", "counted", "no signal"),
}


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("chosen", [*CHOSEN, "uncounted", "counted despite the signal"])
@pytest.mark.parametrize("mode", ["opt_out", "opt_in", "off"])
def test_a_visit_is_counted_only_where_the_visitor_lets_us(
    reader: Client, full_page: AgencyPage, counting: Counter[Tally], configure: Any, mode: str, chosen: str, signal: str
) -> None:
    configure(MODE=mode)
    cookies = {**CHOSEN, "uncounted": "allowed-uncounted.1", "counted despite the signal": "allowed-counted.1.g"}
    if cookies[chosen]:
        reader.cookies["personalise_choice"] = cookies[chosen]
    reader.get("/full/", **SIGNALS[signal])
    expected = (mode, chosen.removesuffix(" despite the signal"), signal) in COUNTED
    assert bool(counting) is expected
    assert holds(reader, "personalise_count") is expected


def test_an_acceptance_for_an_older_policy_does_not_count(
    reader: Client, full_page: AgencyPage, counting: Counter[Tally], configure: Any
) -> None:
    configure(MODE="opt_in", POLICY_VERSION=2)
    reader.cookies["personalise_choice"] = "allowed-counted.1"
    reader.post(CHOICE, {"choice": "allowed"})
    reader.get("/full/")
    assert choice_of(reader) == "allowed.2"  # confirmed by the page, and nothing said of counting for this policy
    assert not counting


# Who may say it


def test_another_site_can_neither_turn_it_on_nor_off(newcomers: Segment) -> None:
    for said in ("allowed", "refused"):
        client = Client()
        response = client.post(CHOICE, {"counting": said}, HTTP_SEC_FETCH_SITE="cross-site")
        assert response.status_code == 403
        assert not response.cookies


def test_of_two_answers_the_refusal_is_done_and_the_other_is_asked_once_more(db: None) -> None:
    client = Client()
    asked = client.post(CHOICE, {"choice": "allowed", "counting": "refused"})
    assert asked.status_code == 403
    assert choice_of(client) == "undecided-uncounted.1.n"
    html = asked.content.decode()
    assert "What you turned off is off." in html
    assert "nothing has changed yet" not in html
    assert 'name="counting" value="refused"' in html


def test_the_page_that_asks_once_more_says_what_the_button_turns_on(db: None) -> None:
    for data, says in (
        ({"counting": "allowed"}, "turn counting on: your visits will be counted."),
        ({"choice": "allowed", "counting": "allowed"}, "to suit your visit, and your visits will be counted."),
        ({"choice": "allowed"}, "Press the button to turn this on: pages will change to suit your visit.<"),
    ):
        html = Client().post(CHOICE, data).content.decode()
        assert says in html
        assert "Yes, turn it on" in html


# The banner's form, and how long an answer is kept


def test_with_opt_in_one_press_turns_both_on_and_the_other_neither(
    reader: Client, full_page: AgencyPage, counting: Counter[Tally], configure: Any
) -> None:
    configure(MODE="opt_in")
    html = reader.get("/full/").content.decode()
    banner = html[html.index("govuk-cookie-banner") : html.index("See what is used")]
    on, off = banner.split("</form>")[:2]
    assert ('name="counting" value="allowed"' in on, 'value="allowed" class' in on) == (True, True)
    assert ("counting" in off, 'value="refused" class' in off) == (False, True)
    reader.post(CHOICE, {"choice": "allowed", "counting": "allowed"})
    reader.get("/full/")
    assert counting


@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
@pytest.mark.parametrize(
    "data, days",
    [
        ({"choice": "allowed", "counting": "allowed"}, 183),
        ({"counting": "allowed"}, 183),
        ({"counting": "refused"}, 365),
        ({"choice": "refused"}, 365),
        ({"choice": "allowed", "counting": "refused"}, 365),
        ({"choice": "refused", "counting": "allowed"}, 365),
    ],
)
def test_an_answer_is_kept_until_the_last_of_its_parts_ends(
    visitor: Client, db: None, configure: Any, mode: str, data: dict[str, str], days: int
) -> None:
    configure(MODE=mode)
    cookie = visitor.post(CHOICE, data).cookies["personalise_choice"]
    assert cookie["max-age"] == days * DAY


# How long each part holds. The cookie may outlast one of them, so the day of each is in it.

DAY = 24 * 60 * 60
BEGIN = datetime.datetime(2026, 11, 26, 12, tzinfo=datetime.UTC)
ADAPTS, ASKS, UNCOUNTED = "For Riverside", 'name="choice" value="allowed"', "not counted: you turned that off"


@pytest.fixture
def clock() -> Iterator[Callable[[int], None]]:
    """``clock(184)``: so many days after the beginning."""
    with time_machine.travel(BEGIN, tick=False) as traveller:
        yield lambda day: traveller.move_to(BEGIN + datetime.timedelta(days=day))


def age_left(client: Client) -> float:
    return float(client.cookies["personalise_choice"]["max-age"]) / DAY


@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
@pytest.mark.parametrize(
    "ways",
    [
        [{"choice": "allowed", "counting": "refused"}],
        [{"choice": "allowed"}, {"counting": "refused"}],
        [{"counting": "refused"}, {"choice": "allowed"}],
    ],
    ids=["at once", "allowed first", "refused first"],
)
def test_an_acceptance_beside_a_refusal_is_asked_again_in_its_time_and_the_refusal_stays(
    reader: Client,
    full_page: AgencyPage,
    counting: Counter[Tally],
    configure: Any,
    clock: Any,
    mode: str,
    ways: list[dict[str, str]],
) -> None:
    configure(MODE=mode)
    for data in ways:
        reader.post(CHOICE, data)
    for day, asked in ((0, False), (182, False), (184, True), (364, True)):
        clock(day)
        html = reader.get("/full/").content.decode()
        assert (ASKS in html) is asked, day
        assert (ADAPTS in html) is (not asked or mode == "opt_out"), day
        assert (UNCOUNTED in html) is asked, day  # the question knows what was refused
    assert age_left(reader) <= 365
    clock(366)
    assert UNCOUNTED not in reader.get("/full/").content.decode()  # were the browser to keep it on
    assert bool(counting) is (mode == "opt_out")


@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
@pytest.mark.parametrize("first", ["choice", "counting"])
def test_a_refusal_beside_an_acceptance_is_not_lost_when_that_ends(
    reader: Client, full_page: AgencyPage, counting: Counter[Tally], configure: Any, clock: Any, mode: str, first: str
) -> None:
    configure(MODE=mode)
    said = {"choice": "refused", "counting": "allowed"}
    for name in sorted(said, key=lambda name: name != first):
        reader.post(CHOICE, {name: said[name]})
    assert age_left(reader) == 365
    for day, counts in ((182, True), (184, False), (364, False)):
        clock(day)
        html = reader.get("/full/").content.decode()
        assert (ASKS in html, ADAPTS in html) == (False, False), day
        assert ("Your visits may be counted" in reader.get("/personalisation/").content.decode()) is counts, day
    clock(366)
    assert ASKS in reader.get("/full/").content.decode()
    assert not counting or mode == "opt_out"


def test_an_acceptance_despite_gpc_beats_it_no_longer_for_a_refusal_beside_it(
    reader: Client, full_page: AgencyPage, counting: Counter[Tally], clock: Any
) -> None:
    gpc = {"HTTP_SEC_GPC": "1"}
    reader.post(CHOICE, {"choice": "allowed"}, **gpc)
    clock(10)
    reader.post(CHOICE, {"counting": "refused"}, **gpc)
    assert reader.cookies["personalise_choice"].value == "allowed-uncounted.1.20783-20793.gn"
    for day, adapts in ((182, True), (184, False), (370, False)):
        clock(day)
        assert (ADAPTS in reader.get("/full/", **gpc).content.decode()) is adapts, day
    assert not counting


@pytest.mark.parametrize("answer, days", [("allowed", 183), ("refused", 365)])
def test_to_be_told_months_later_begins_no_new_term(
    reader: Client, full_page: AgencyPage, clock: Any, answer: str, days: int
) -> None:
    reader.post(CHOICE, {"choice": answer})
    assert age_left(reader) == days
    clock(150)
    assert "You’ve turned this" in reader.get("/full/").content.decode()
    assert reader.cookies["personalise_choice"].value == f"{answer}.1.20783"
    assert age_left(reader) == days - 150
    clock(days + 1)
    assert ASKS in reader.get("/full/").content.decode()


def test_to_say_the_one_makes_the_other_last_no_longer(
    reader: Client, full_page: AgencyPage, counting: Counter[Tally], clock: Any
) -> None:
    reader.post(CHOICE, {"choice": "allowed"})
    for day in (60, 120, 180):
        clock(day)
        reader.post(CHOICE, {"counting": "allowed"})
    assert reader.cookies["personalise_choice"].value == "allowed-counted.1.20783-20963.n"
    assert age_left(reader) == 183
    clock(184)
    assert ASKS in reader.get("/full/").content.decode()
    clock(190)
    reader.post(CHOICE, {"choice": "refused"})  # what had ended is not taken up again, the other is
    assert reader.cookies["personalise_choice"].value == "refused-counted.1.20973-20963.n"


def test_the_page_tells_the_days_that_the_cookie_holds(
    reader: Client, full_page: AgencyPage, counting: Counter[Tally], clock: Any
) -> None:
    reader.post(CHOICE, {"choice": "allowed"})
    clock(10)
    html = reader.get("/personalisation/").content.decode()
    assert "The day of your choice" in html
    assert "The day of your choice about counting" not in html
    reader.post(CHOICE, {"counting": "refused"})
    html = re.sub(r"<[^>]+>|\s+", " ", reader.get("/personalisation/").content.decode())
    for words, day in (("choice", datetime.date(2026, 11, 26)), ("choice about counting", datetime.date(2026, 12, 6))):
        assert re.search(f"The day of your {words} +{re.escape(date_format(day))}", html), words


def test_an_acceptance_of_a_day_to_come_is_not_believed_and_a_refusal_is(
    reader: Client, full_page: AgencyPage, clock: Any
) -> None:
    for value, asks in (("allowed.1.20785", True), ("allowed.1.20784", False), ("refused.1.20999", False)):
        reader.cookies["personalise_choice"] = value
        assert (ASKS in reader.get("/full/").content.decode()) is asks, value


def test_a_cookie_from_before_it_had_days_holds_and_is_given_one_when_it_is_written(
    reader: Client, full_page: AgencyPage, counting: Counter[Tally], clock: Any
) -> None:
    reader.cookies["personalise_choice"] = "allowed.1"
    assert ASKS not in reader.get("/full/").content.decode()
    assert reader.cookies["personalise_choice"].value == "allowed.1"
    reader.post(CHOICE, {"counting": "refused"})
    assert reader.cookies["personalise_choice"].value == "allowed-uncounted.1.20783.n"


# Lots


def test_turning_counting_off_drops_the_lot_and_shows_what_suits(
    reader: Client, full_page: AgencyPage, counting: Counter[Tally]
) -> None:
    hold_everybody_back()
    assert "Standard" in reader.get("/full/").content.decode()
    assert "l" in memory_of(reader)
    reader.post(CHOICE, {"counting": "refused"})
    assert "l" not in memory_of(reader)
    assert "For Riverside" in reader.get("/full/").content.decode()
    assert "l" not in memory_of(reader)
