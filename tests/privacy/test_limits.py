"""How much and how often may be sent by whoever has no account, and that nothing is kept of who sent it."""

from __future__ import annotations

import datetime
import threading
from collections import Counter
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
import time_machine
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from tests.agency.models import AgencyPage
from tests.choices import without_days
from tests.factories import committed
from tests.visit.leftovers import everything_in_the_cache, everything_in_the_database, everything_logged
from wagtail_personalise_gov.core.counting import Tally
from wagtail_personalise_gov.models import Goal
from wagtail_personalise_gov.visit import limits

FORMS = "/personalisation"
API = "/api/personalise/v1"
NOON = datetime.datetime(2026, 4, 18, 12, 0, 15, tzinfo=datetime.UTC)
HERE, NEIGHBOUR, ELSEWHERE = "192.0.2.7", "192.0.2.200", "198.51.100.7"
LARGEST = 16 * 1024
JSON = "application/json"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing was sent yet in this minute."""
    monkeypatch.setattr(limits, "rate", limits.Rate())


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def answer(client: Client, address: str = HERE, intent: str = "restaurant", **sent: Any) -> Any:
    return client.post(f"{FORMS}/intent/", {"intent": intent}, REMOTE_ADDR=address, **sent)


# How often


def test_the_fourth_of_three_forms_has_to_wait_in_plain_words(
    visitor: Client, full_page: AgencyPage, configure: Any, clock: Any
) -> None:
    configure(FORMS_PER_MINUTE=3)
    assert [answer(visitor).status_code for _ in range(3)] == [303, 303, 303]
    response = answer(visitor)
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "45"  # it is a quarter past
    assert "no-store" in response.headers["Cache-Control"]
    assert "Wait a minute, then send yours again." in response.content.decode()
    # The neighbour shares the network; somebody elsewhere does not.
    assert answer(Client(**SAME), NEIGHBOUR).status_code == 429
    assert answer(Client(**SAME), ELSEWHERE).status_code == 303
    clock.shift(45)
    assert answer(visitor).status_code == 303


SAME = {"HTTP_SEC_FETCH_SITE": "same-origin"}


@pytest.mark.parametrize(
    "one, other, shared",
    [
        ("192.0.2.1", "192.0.2.255", True),
        ("192.0.2.1", "192.0.3.1", False),
        ("2001:db8:1:2::1", "2001:db8:1:ffff::2", True),
        ("2001:db8:1::1", "2001:db8:2::1", False),
    ],
)
def test_a_network_is_so_many_bits(one: str, other: str, shared: bool) -> None:
    assert (limits.network_bytes(ip_address(one)) == limits.network_bytes(ip_address(other))) is shared


def test_everything_that_says_no_always_works(
    visitor: Client, full_page: AgencyPage, configure: Any, clock: Any
) -> None:
    configure(FORMS_PER_MINUTE=1)
    answer(visitor)
    assert answer(visitor).status_code == 429
    for path, data in (
        ("intent", {"intent": ""}),
        ("place", {}),
        ("place", {"place": "none"}),
        ("forget", {}),
        ("choice", {"choice": "hide"}),
        ("choice", {"counting": "refused"}),
        ("choice", {"choice": "refused"}),
    ):
        for _ in range(3):
            assert visitor.post(f"{FORMS}/{path}/", data, REMOTE_ADDR=HERE).status_code == 303, (path, data)
    assert without_days(visitor.cookies["personalise_choice"].value) == "refused-uncounted.1.n"
    response = visitor.put(f"{API}/preference/", {"preference": "refused"}, content_type=JSON, REMOTE_ADDR=HERE)
    assert response.status_code == 200


def test_what_adds_something_has_to_wait(visitor: Client, full_page: AgencyPage, configure: Any, clock: Any) -> None:
    configure(FORMS_PER_MINUTE=1)
    answer(visitor)
    for path, data in (
        ("place", {"country": "FR"}),
        ("choice", {"choice": "allowed"}),
        ("choice", {"counting": "allowed"}),
    ):
        assert visitor.post(f"{FORMS}/{path}/", data, REMOTE_ADDR=HERE).status_code == 429, path
    for path, data in (("preference", {"preference": "allowed"}), ("intent", {"intent": "restaurant"})):
        response = visitor.put(f"{API}/{path}/", data, content_type=JSON, REMOTE_ADDR=HERE)
        assert (response.status_code, response.headers["Retry-After"]) == (429, "45")
        assert response.headers["Content-Type"] == "application/problem+json"
    assert "personalise_choice" not in visitor.cookies


def test_of_a_form_that_refuses_one_thing_and_allows_another_the_refusal_is_done(
    visitor: Client, full_page: AgencyPage, configure: Any, clock: Any
) -> None:
    configure(FORMS_PER_MINUTE=1)
    answer(visitor)
    both = {"choice": "refused", "counting": "allowed"}
    assert visitor.post(f"{FORMS}/choice/", both, REMOTE_ADDR=HERE).status_code == 429
    assert without_days(visitor.cookies["personalise_choice"].value) == "refused.1.n"
    other = Client(**SAME)
    body = {"preference": "refused", "counting": "allowed"}
    assert other.put(f"{API}/preference/", body, content_type=JSON, REMOTE_ADDR=HERE).status_code == 429
    assert without_days(other.cookies["personalise_choice"].value) == "refused.1"


def test_of_those_who_said_no_no_address_is_looked_at_for_it(
    full_page: AgencyPage, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(FORMS_PER_MINUTE=1)
    monkeypatch.setattr(limits, "client_address", lambda request: pytest.fail("an address was looked at"))
    refuser = Client(HTTP_SEC_GPC="1", **SAME)
    for _ in range(3):
        assert answer(refuser).status_code == 303
        assert refuser.post(f"{FORMS}/choice/", {"choice": "refused"}).status_code == 303
        assert refuser.post(f"{FORMS}/forget/").status_code == 303


def test_0_is_no_limit_and_the_default_is_a_generous_one(
    visitor: Client, full_page: AgencyPage, configure: Any, clock: Any
) -> None:
    assert {answer(visitor).status_code for _ in range(50)} == {303}
    configure(FORMS_PER_MINUTE=0)
    limits.rate = limits.Rate()
    assert {answer(visitor).status_code for _ in range(50)} == {303}
    assert limits.rate.add(limits.network_bytes(ip_address(HERE))) == 1  # nothing was counted


def test_a_link_leads_on_for_everybody_but_is_counted_no_more(
    reader: Client, full_page: AgencyPage, counting: Counter[Tally], configure: Any, clock: Any
) -> None:
    configure(FORMS_PER_MINUTE=2)
    with committed():
        Goal.objects.create(name="Onward", slug="onward", kind=Goal.LINK, link="https://example.org/", live=True)
    for number in range(4):
        somebody = Client(HTTP_USER_AGENT=reader.defaults["HTTP_USER_AGENT"], **SAME)
        somebody.get("/full/", REMOTE_ADDR=HERE)
        response = somebody.get(f"{FORMS}/goal/onward/", REMOTE_ADDR=HERE)
        assert response.headers["Location"] == "https://example.org/", number
    assert 1 <= sum(count for tally, count in counting.items() if tally.goal == "onward") <= 2


@pytest.mark.parametrize(
    "sent",
    [
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"},
        {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "image"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "iframe"},
    ],
    ids=lambda sent: "-".join(sent.values()),
)
def test_links_that_nobody_followed_use_up_no_forms(
    sent: dict[str, str],
    reader: Client,
    full_page: AgencyPage,
    counting: Counter[Tally],
    configure: Any,
    clock: Any,
) -> None:
    """A page of another site may have a hundred pictures that are said to stand at a link of ours."""
    configure(FORMS_PER_MINUTE=2)
    with committed():
        Goal.objects.create(name="Onward", slug="onward", kind=Goal.LINK, link="https://example.org/", live=True)
    reader.get("/full/", REMOTE_ADDR=HERE)
    for _ in range(4):
        response = reader.get(f"{FORMS}/goal/onward/", headers=sent, REMOTE_ADDR=HERE)
        assert response.headers["Location"] == "https://example.org/"
    assert not [tally for tally in counting if tally.goal]
    assert answer(reader).status_code == 303
    followed = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "document"}
    reader.get(f"{FORMS}/goal/onward/", headers=followed, REMOTE_ADDR=HERE)
    assert [tally for tally in counting if tally.goal]


def test_behind_a_named_proxy_visitors_are_told_apart_and_behind_another_the_log_says_what_to_do(
    visitor: Client, full_page: AgencyPage, configure: Any, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    configure(FORMS_PER_MINUTE=1, TRUSTED_PROXIES=["10.0.0.0/8"])
    for client in (HERE, ELSEWHERE):
        assert answer(visitor, "10.0.0.1", HTTP_X_FORWARDED_FOR=client).status_code == 303
    assert not caplog.records
    configure(TRUSTED_PROXIES=[])
    assert answer(visitor, "10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.1").status_code == 303
    assert answer(visitor, "10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.2").status_code == 429
    (record,) = [record for record in caplog.records if record.name == "wagtail_personalise_gov"]
    assert "TRUSTED_PROXIES" in record.getMessage()


# What is kept of it


def test_nothing_that_is_kept_leads_back_to_an_address(
    visitor: Client, full_page: AgencyPage, configure: Any, clock: Any, caplog: pytest.LogCaptureFixture
) -> None:
    configure(FORMS_PER_MINUTE=1)
    caplog.set_level("DEBUG")
    for _ in range(3):
        answer(visitor)
    kept = repr(vars(limits.rate)) + repr(limits.rate)
    everywhere = [everything_in_the_database(), everything_in_the_cache(), everything_logged(caplog.records), kept]
    for trace in (HERE, "192.0.2", repr(ip_address(HERE).packed[:3])[2:-1]):
        assert not [place for place in everywhere if trace in place], trace
    # The key of the hash goes with the minute, and the counters with it.
    key, row = limits.rate._key, list(limits.rate._counters)
    assert sum(row) == 3
    clock.shift(60)
    answer(visitor)
    assert limits.rate._key != key
    assert sum(limits.rate._counters) == 1


def test_two_processes_put_one_network_in_different_places(clock: Any) -> None:
    rows = set()
    for _ in range(8):
        rate = limits.Rate()
        rate.add(b"network")
        rows.add(list(rate._counters).index(1))
    assert len(rows) > 1


def test_memory_is_bounded_whoever_sends(clock: Any) -> None:
    rate = limits.Rate()
    for number in range(50_000):
        rate.add(number.to_bytes(6, "big"))
    assert len(rate._counters) * rate._counters.itemsize <= 128 * 1024
    assert sum(rate._counters) == 50_000
    # Of a crowd, nobody is taken for somebody who sends a lot.
    assert max(rate._counters) < 30


def test_threads_count_together(clock: Any) -> None:
    rate = limits.Rate()
    threads = [threading.Thread(target=lambda: [rate.add(b"one") for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rate.add(b"one") == 8 * 500 + 1


# How much


def body_of(size: int) -> str:
    return "choice=refused&x=".ljust(size, "x")


FORM_TYPE = "application/x-www-form-urlencoded"


@pytest.mark.parametrize("form", ["choice", "forget", "intent", "place"])
def test_a_form_of_16_kb_is_read_and_one_byte_more_is_refused_in_words(
    visitor: Client, full_page: AgencyPage, form: str
) -> None:
    path = f"{FORMS}/{form}/"
    assert visitor.post(path, body_of(LARGEST), content_type=FORM_TYPE).status_code in (303, 400)
    visitor.cookies.clear()
    response = visitor.post(path, body_of(LARGEST + 1), content_type=FORM_TYPE)
    assert response.status_code == 413
    assert "This form is larger than any of ours." in response.content.decode()
    assert "no-store" in response.headers["Cache-Control"]
    assert not response.cookies


def test_nothing_is_read_of_a_body_that_says_that_it_is_too_large(visitor: Client, full_page: AgencyPage) -> None:
    class Unread:
        def read(self, *args: Any) -> bytes:
            pytest.fail("it was read")

        readline = read

    sent = {"CONTENT_TYPE": FORM_TYPE, "wsgi.input": Unread()}
    for length in (str(LARGEST + 1), "9" * 400, "-1", "many", "1e9"):
        response = visitor.generic("POST", f"{FORMS}/choice/", **sent, CONTENT_LENGTH=length)
        assert response.status_code == 413, length


def test_files_are_no_way_around_it(visitor: Client, full_page: AgencyPage) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    response = visitor.post(f"{FORMS}/choice/", {"choice": "refused", "x": SimpleUploadedFile("x", b"x" * LARGEST)})
    assert response.status_code == 413


@pytest.mark.parametrize("size, status", [(LARGEST, 303), (LARGEST + 1, 413), (1_000_000, 413)])
@pytest.mark.django_db(transaction=True)
def test_a_body_in_pieces_that_does_not_say_its_length_is_read_no_further(size: int, status: int) -> None:
    class InPieces(AsyncClient):
        def _base_scope(self, **request: Any) -> dict[str, Any]:
            scope: dict[str, Any] = super()._base_scope(**request)
            scope["headers"] = [pair for pair in scope["headers"] if pair[0].lower() != b"content-length"]
            return scope

    client = InPieces(headers={"Sec-Fetch-Site": "same-origin"})
    response = async_to_sync(client.post)(f"{FORMS}/choice/", body_of(size), content_type=FORM_TYPE)
    assert response.status_code == status
    assert ("personalise_choice" in response.cookies) is (status == 303)


def test_the_api_takes_less_still(visitor: Client, full_page: AgencyPage) -> None:
    body = '{"preference": "refused", "x": "%s"}' % ("x" * 4096)
    assert visitor.put(f"{API}/preference/", body, content_type=JSON).status_code == 413
