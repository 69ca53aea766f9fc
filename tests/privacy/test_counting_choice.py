"""Counting is a purpose of its own: a visitor turns it on and off by itself, and what they say about it holds."""

from collections import Counter
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from wagtail.models import Site

from tests.agency.models import AgencyPage
from tests.counting.gathered import BROWSER
from tests.privacy.conftest import SAME
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.core.counting import Tally
from wagtail_personalise_gov.models import PersonalisationSettings, Segment
from wagtail_personalise_gov.visit.stores import CompactSerializer

CHOICE = "/personalisation/choice/"


def choice_of(client: Client) -> str:
    return client.cookies["personalise_choice"].value


def holds(client: Client, name: str) -> bool:
    return name in client.cookies and client.cookies[name].value != ""


def memory_of(client: Client) -> Any:
    signer = signing.TimestampSigner(salt="wagtail_personalise_gov.personalise_memory")
    return signer.unsign_object(client.cookies["personalise_memory"].value, serializer=CompactSerializer)


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
    assert response.cookies["personalise_choice"].value == "undecided-uncounted.1.n"


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


@pytest.mark.parametrize(
    "mode, data, days",
    [
        ("opt_out", {"choice": "allowed", "counting": "allowed"}, 183),
        ("opt_out", {"counting": "allowed"}, 183),
        ("opt_out", {"counting": "refused"}, 365),
        ("opt_out", {"choice": "allowed", "counting": "refused"}, 365),  # lost sooner, they would be counted again
        ("opt_out", {"choice": "refused", "counting": "allowed"}, 365),
        ("opt_in", {"choice": "allowed", "counting": "refused"}, 183),  # kept longer, pages would go on adapting
        ("opt_in", {"choice": "refused", "counting": "allowed"}, 183),
        ("opt_in", {"choice": "refused"}, 365),
        ("opt_in", {"counting": "refused"}, 365),
    ],
)
def test_an_answer_is_kept_for_as_long_as_its_weaker_part_bears(
    visitor: Client, db: None, configure: Any, mode: str, data: dict[str, str], days: int
) -> None:
    configure(MODE=mode)
    cookie = visitor.post(CHOICE, data).cookies["personalise_choice"]
    assert cookie["max-age"] == days * 24 * 60 * 60


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
