"""Everything that is signed: a salt of its own, keys that rotate, and whatever is not ours is ignored."""

from __future__ import annotations

import datetime
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory, override_settings

from tests.agency.models import AgencyPage
from tests.factories import hero, make_page, make_segment, personalised
from wagtail_personalise_gov.core.counting import Arm, Counted, Exposure
from wagtail_personalise_gov.core.memory import Past, ThisVisit, VisitorMemory
from wagtail_personalise_gov.editor.exchange import views as exchange
from wagtail_personalise_gov.editor.preview import review_links
from wagtail_personalise_gov.editor.preview.viewpoints import Viewpoint
from wagtail_personalise_gov.models import FirstTimeVisitorRule
from wagtail_personalise_gov.privacy.proof import brings_token, keep_token, new_token
from wagtail_personalise_gov.visit import viewing
from wagtail_personalise_gov.visit.cookies import CONFIRM, COUNT, MEMORY, VIEW_AS, VISIT, Cookie
from wagtail_personalise_gov.visit.header_token import HeaderToken
from wagtail_personalise_gov.visit.stores import SignedCookieStore

pytestmark = pytest.mark.django_db

NOON = datetime.datetime(2026, 4, 18, 12, 0, tzinfo=datetime.UTC)
TODAY = (NOON.date() - datetime.date(1970, 1, 1)).days
STEP = int(NOON.timestamp()) // 600
OLD, NEW = "the key of last year", "the key of this year"

EVERYTHING = VisitorMemory(
    ThisVisit(STEP, landed=True, intent="start-a-business"),
    Past(TODAY, visits=2, this_day=TODAY, last_day=TODAY),
    Counted(TODAY, STEP, (Exposure("e2f9ef40-4d4a-4b1e-9f5e-1f0b6c3a1111", Arm.STANDARD),)),
)


@pytest.fixture(autouse=True)
def noon() -> Any:
    with time_machine.travel(NOON, tick=False), override_settings(SECRET_KEY=OLD):
        yield


def with_cookie(cookie: Cookie, value: str) -> HttpRequest:
    request = RequestFactory().get("/")
    request.META["HTTP_COOKIE"] = f"{cookie.name}={value}"
    request.COOKIES = {cookie.name: value}  # as it is, whatever parsing would have made of it
    return request


def written(write: Callable[[HttpResponse], Any], cookie: Cookie) -> str:
    response = HttpResponse()
    write(response)
    return response.cookies[cookie.name].value


def remembered(cookie: Cookie) -> str:
    return written(lambda response: SignedCookieStore().save(RequestFactory().get("/"), response, EVERYTHING), cookie)


def a_header_token() -> str:
    return HeaderToken({cookie.base_name: remembered(cookie) for cookie in (VISIT, MEMORY, COUNT)}).written()


def somebody() -> User:
    return User.objects.get_or_create(username="somebody", is_superuser=True)[0]


def a_link() -> str:
    page = AgencyPage.objects.get(slug="agency")
    return review_links.new_token(page.save_revision(), somebody(), Viewpoint())


def reads_link(token: str) -> bool:
    try:
        review_links.read_token(token)
    except Exception:  # each of its ways to say no ends in the same page; that is tested with it
        return False
    return True


def an_agreement() -> str:
    return signing.dumps({"document": {}}, salt=f"{exchange.SALT}.1", compress=True)


def reads_agreement(signed: str) -> bool:
    try:
        signing.loads(signed, salt=f"{exchange.SALT}.1", max_age=exchange.MAX_AGE_SECONDS)
    except signing.BadSignature:
        return False
    return True


def confirms_by_cookie(value: str) -> bool:
    field = new_token(with_cookie(CONFIRM, value))[0]
    return brings_token(with_cookie(CONFIRM, value), field)


def confirms_by_field(value: str) -> bool:
    return any(brings_token(with_cookie(CONFIRM, twin), value) for twin in TWINS)


TWINS: list[str] = []


def a_field() -> str:
    field, twin = new_token(RequestFactory().get("/"))
    TWINS.append(twin)
    return field


@dataclass(frozen=True)
class Signed:
    """One thing that is signed: how it is made, and whether it is believed where it comes back."""

    make: Callable[[], str]
    is_believed: Callable[[str], bool]


SIGNED = {
    "visit": Signed(
        lambda: remembered(VISIT), lambda value: SignedCookieStore().load(with_cookie(VISIT, value)).visit is not None
    ),
    "memory": Signed(
        lambda: remembered(MEMORY), lambda value: SignedCookieStore().load(with_cookie(MEMORY, value)).past is not None
    ),
    "count": Signed(
        lambda: remembered(COUNT), lambda value: SignedCookieStore().load(with_cookie(COUNT, value)).counted is not None
    ),
    "header token": Signed(a_header_token, lambda value: bool((read := HeaderToken.read(value)).sound and read.values)),
    "confirm, the cookie": Signed(
        lambda: written(lambda response: keep_token(response, new_token(RequestFactory().get("/"))[1]), CONFIRM),
        confirms_by_cookie,
    ),
    "confirm, the field": Signed(a_field, confirms_by_field),
    "view as": Signed(
        lambda: written(lambda response: viewing.begin(response, somebody(), [1]), VIEW_AS),
        lambda value: viewing.asked_in(with_cookie(VIEW_AS, value)) is not None,
    ),
    "review link": Signed(a_link, reads_link),
    "import that was agreed to": Signed(an_agreement, reads_agreement),
}


def test_the_list_is_whole() -> None:
    """Wherever the package signs, it is in the list above."""
    import subprocess

    found = subprocess.run(
        ["grep", "-rlE", r"signing\.|Signer\(", "wagtail_personalise_gov", "--include=*.py"],
        capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip
    assert sorted(found) == [
        "wagtail_personalise_gov/editor/exchange/views.py",
        "wagtail_personalise_gov/editor/preview/review_links.py",
        "wagtail_personalise_gov/privacy/proof.py",
        "wagtail_personalise_gov/visit/header_token.py",
        "wagtail_personalise_gov/visit/stores.py",
        "wagtail_personalise_gov/visit/viewing.py",
    ]


@pytest.mark.parametrize("name", SIGNED)
def test_what_was_signed_is_believed_where_it_belongs_and_nowhere_else(home: AgencyPage, name: str) -> None:
    value = SIGNED[name].make()
    assert [other for other, thing in SIGNED.items() if thing.is_believed(value)] == [name]


def test_what_could_be_read_as_either_is_believed_only_in_the_cookie_that_it_was_signed_for() -> None:
    """The three cookies of memory differ in what they hold; their salts would tell them apart if they did not."""
    said = {"t": STEP, "l": 1, "b": TODAY, "v": 2}
    salts = {cookie: f"wagtail_personalise_gov.{cookie.base_name}" for cookie in (VISIT, MEMORY)}
    for signed_for, salt in salts.items():
        value = signing.TimestampSigner(salt=salt).sign_object(said)
        read = {
            VISIT: SignedCookieStore().load(with_cookie(VISIT, value)).visit is not None,
            MEMORY: SignedCookieStore().load(with_cookie(MEMORY, value)).past is not None,
        }
        assert [cookie for cookie, believed in read.items() if believed] == [signed_for]


@pytest.mark.parametrize("name", SIGNED)
def test_after_a_new_key_it_is_believed_while_the_old_one_is_a_fallback(home: AgencyPage, name: str) -> None:
    thing = SIGNED[name]
    value = thing.make()
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OLD]):
        # The twin of a form's field was signed with the old key too, and is believed as long.
        assert thing.is_believed(value)
        renewed = thing.make()
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[]):
        assert not thing.is_believed(value)
        assert thing.is_believed(renewed)  # written with the new key


SPOILT: dict[str, Callable[[str], str]] = {
    "nothing": lambda value: "",
    "cut off at the end": lambda value: value[:-1],
    "cut off at the beginning": lambda value: value[1:],
    "cut in half": lambda value: value[: len(value) // 2],
    "without its signature": lambda value: value.rpartition(":")[0],
    "another's signature": lambda value: f"{value.rpartition(':')[0]}:{'A' * 43}",
    "longer": lambda value: value + "A",
    "far too long": lambda value: value + "A" * 100_000,
    "said twice": lambda value: f"{value}:{value}",
    "bytes": lambda value: "\x00\x01\x7f\xff\ud800",
    "no letters at all": lambda value: ":::::",
    "what unpacks to a gigabyte": lambda value: (
        "." + signing.b64_encode(zlib.compress(b"0" * 10**7)).decode() + ":1xUydA:" + "A" * 43
    ),
    "another form": lambda value: "{}",
    "a time that is none": lambda value: ":".join([value.split(":")[0], "!!!", value.split(":")[-1]]),
}


@pytest.mark.parametrize("name", SIGNED)
@pytest.mark.parametrize("way", SPOILT)
def test_what_is_spoilt_is_not_believed_and_breaks_nothing(home: AgencyPage, name: str, way: str) -> None:
    thing = SIGNED[name]
    assert not thing.is_believed(SPOILT[way](thing.make()))


@pytest.mark.parametrize(
    "name, lasts",
    [
        ("visit", datetime.timedelta(hours=4, minutes=10)),  # ten minutes are the grain of the time that is signed
        ("memory", None),  # by what it says itself: the day that it began
        ("count", datetime.timedelta(hours=4, minutes=10)),
        ("header token", None),  # by what each of its parts says
        ("confirm, the cookie", datetime.timedelta(hours=1)),
        ("confirm, the field", datetime.timedelta(hours=1)),
        ("view as", datetime.timedelta(minutes=30)),
        ("review link", datetime.timedelta(days=7)),
        ("import that was agreed to", datetime.timedelta(seconds=exchange.MAX_AGE_SECONDS)),
    ],
)
def test_what_is_too_old_is_not_believed(home: AgencyPage, name: str, lasts: datetime.timedelta | None) -> None:
    thing = SIGNED[name]
    value = thing.make()
    if lasts is not None:
        with time_machine.travel(NOON + lasts + datetime.timedelta(seconds=1), tick=False):
            assert not thing.is_believed(value)


def test_what_would_last_longer_than_any_of_ours_is_not_believed(home: AgencyPage) -> None:
    """As from a server whose clock was wrong, or from a release that allowed more."""
    later = NOON + datetime.timedelta(hours=5)
    with time_machine.travel(later, tick=False):
        value = SIGNED["view as"].make()
    assert not SIGNED["view as"].is_believed(value)


# The same through pages


@pytest.fixture
def welcome(home: AgencyPage) -> AgencyPage:
    new = make_segment("new", FirstTimeVisitorRule())
    offer = personalised(hero("Welcome back"), (new, hero("New here?")))
    return make_page("Welcome", ("offer", offer), parent=home, slug="welcome")


def returning() -> Client:
    """Somebody who was here yesterday, and is here again."""
    client = Client()
    with time_machine.travel(NOON - datetime.timedelta(days=1), tick=False):
        client.get("/welcome/")
    assert client.cookies["personalise_memory"].value
    return client


def test_a_visitor_is_known_again_while_the_old_key_is_a_fallback_and_their_cookies_get_the_new_one(
    welcome: AgencyPage,
) -> None:
    client = returning()
    before = client.cookies["personalise_memory"].value
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[OLD]):
        assert "Welcome back" in client.get("/welcome/").content.decode()
    assert client.cookies["personalise_memory"].value != before
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[]):
        assert "Welcome back" in client.get("/welcome/").content.decode()


def test_without_a_fallback_everybody_is_a_stranger_and_gets_a_page(welcome: AgencyPage) -> None:
    client = returning()
    with override_settings(SECRET_KEY=NEW, SECRET_KEY_FALLBACKS=[]):
        response = client.get("/welcome/")
    assert response.status_code == 200
    assert "New here?" in response.content.decode()


@pytest.mark.parametrize("choice", ["refused.1", "allowed.1", "undecided-uncounted.1"])
def test_a_choice_outlives_every_key(welcome: AgencyPage, choice: str) -> None:
    client = Client()
    client.cookies["personalise_choice"] = choice
    told = []
    for key in (OLD, NEW, "a third"):
        with override_settings(SECRET_KEY=key, SECRET_KEY_FALLBACKS=[]):
            told.append(client.get("/api/personalise/v1/visit/").json()["preference"])
    assert told == [choice.partition(".")[0].partition("-")[0]] * 3


@pytest.mark.parametrize("way", SPOILT)
def test_a_page_comes_whatever_the_cookies_hold(welcome: AgencyPage, way: str) -> None:
    client = returning()
    for name in ("personalise_visit", "personalise_memory", "personalise_count", "personalise_confirm"):
        sound = client.cookies[name].value if name in client.cookies else "x"
        client.cookies[name] = SPOILT[way](sound).encode("ascii", "ignore").decode().replace("\x00", "")
    response = client.get("/welcome/")
    assert response.status_code == 200
    assert "New here?" in response.content.decode()
