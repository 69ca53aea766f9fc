"""Review links: a preview for people without an account, for some days, and not a day longer."""

import datetime
import re
from collections.abc import Callable
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Permission, User
from django.core import signing
from django.test import Client
from django.urls import reverse
from wagtail.models import ModelLogEntry, Page, PageLogEntry, PageViewRestriction, Revision

from wagtail_personalise_gov.editor.addresses import content_address
from wagtail_personalise_gov.editor.preview.modes import AS_VISITOR, mode_of
from wagtail_personalise_gov.editor.preview.review_links import SALT, new_token
from wagtail_personalise_gov.editor.preview.viewpoints import SESSION_KEY, Viewpoint
from wagtail_personalise_gov.models import DailyTally, FirstTimeVisitorRule, Segment
from wagtail_personalise_gov.visit.simulation import Described

from ..agency.models import AgencyPage
from ..factories import hero, make_page, make_plain_page, make_segment, personalised, raw_stream
from .pages import desk_of_user, make_editor

pytestmark = pytest.mark.django_db


@pytest.fixture
def flood(home: AgencyPage, riverside: Segment) -> AgencyPage:
    """Never published."""
    page = make_page(
        "Flood", ("offer", personalised(hero("Be ready"), (riverside, hero("Sandbags")))), parent=home, slug="flood"
    )
    page.unpublish()
    page.save_revision()
    return AgencyPage.objects.get(pk=page.pk)


@pytest.fixture
def maker(flood: AgencyPage) -> User:
    return make_editor("maker", flood)


def share(user: User, page: Page, shown_as: str = "", browser: Client | None = None) -> str:
    """The path of the link that somebody makes."""
    browser = browser or desk_of_user(user)
    answer = browser.post(content_address("share", page), {"share-shown_as": shown_as}, follow=True)
    found = re.search(r'id="review-link" value="([^"]+)"', answer.content.decode())
    assert found, answer.content.decode()[-3000:]
    return found[1].removeprefix("http://testserver")


def opened(path: str) -> str:
    """What somebody without an account sees behind a link."""
    answer = Client().get(f"{path}page/")
    assert answer.status_code == 200
    text: str = answer.content.decode()
    return text


def statuses(path: str) -> set[int]:
    return {Client().get(address).status_code for address in (path, f"{path}page/")}


def test_somebody_without_an_account_sees_the_draft(maker: User, flood: AgencyPage, riverside: Segment) -> None:
    assert Client().get("/flood/").status_code == 404
    standard = share(maker, flood)
    assert "Preview of “Flood”" in Client().get(standard).content.decode()
    assert "Be ready" in opened(standard)
    assert "Sandbags" in opened(share(maker, flood, mode_of(riverside)))


def test_as_the_visitor_whom_the_editor_described(maker: User, flood: AgencyPage) -> None:
    browser = desk_of_user(maker)
    browser.post(content_address("overview", flood), {"as": "visitor", "visit-town": "Riverside"})
    path = share(maker, flood, AS_VISITOR, browser)
    assert "From Riverside" in Client().get(path).content.decode()
    assert "Sandbags" in opened(path)


def test_it_shows_the_revision_that_was_shared_and_no_later_one(maker: User, flood: AgencyPage) -> None:
    path = share(maker, flood)
    flood.body = raw_stream(("line", personalised("Changed since")))
    flood.save_revision()
    assert "Be ready" in opened(path)
    assert "Changed since" in opened(share(maker, flood))


def test_people_are_told_the_public_name_of_a_group_and_never_the_editors(
    maker: User, flood: AgencyPage, riverside: Segment
) -> None:
    text = Client().get(share(maker, flood, mode_of(riverside))).content.decode()
    assert "Public name of riverside" in text
    assert "Name of riverside" not in text.replace("Public name of riverside", "")


def told_to_nobody(answer: Any) -> None:
    assert answer["Cache-Control"] == "private, no-store"
    assert answer["Referrer-Policy"] == "no-referrer"
    assert "noindex" in answer["X-Robots-Tag"]


def test_no_search_engine_no_cache_and_no_other_site_learns_of_it(maker: User, flood: AgencyPage) -> None:
    path = share(maker, flood)
    for address in (path, f"{path}page/"):
        told_to_nobody(Client().get(address))


def test_nothing_is_counted_and_no_cookie_is_set(
    maker: User, flood: AgencyPage, configure: Callable[..., None], home: AgencyPage
) -> None:
    configure(COUNTING=True, REMEMBER_LANDING="everywhere", BANNER="everywhere")
    new = make_segment("new", FirstTimeVisitorRule())
    flood.body = raw_stream(("line", personalised("For all", (new, "New"))))
    flood.save_revision()
    path = share(maker, flood, mode_of(new))
    reviewer = Client()
    for address in (path, f"{path}page/"):
        answer = reviewer.get(address, headers={"User-Agent": "Mozilla/5.0", "Referer": "https://www.google.com/"})
        assert answer.status_code == 200
        assert not answer.cookies
        assert "private" in answer["Cache-Control"]
        assert "no-store" in answer["Cache-Control"]
    assert not DailyTally.objects.exists()


def test_the_reviewers_own_cookies_and_account_decide_nothing(
    maker: User, flood: AgencyPage, places_by_header: None, admin: User
) -> None:
    path = share(maker, flood)
    reviewer = desk_of_user(admin)
    answer = reviewer.get(f"{path}page/", headers={"X-City": "Riverside"})
    assert "Be ready" in answer.content.decode()
    assert "wagtail-userbar" not in answer.content.decode()


# Who may make one


def test_who_may_not_edit_the_page_makes_none(home: AgencyPage, flood: AgencyPage) -> None:
    outsider = desk_of_user(make_editor("outsider", make_page("Elsewhere", parent=home, slug="elsewhere")))
    for browser in (outsider, Client()):
        answer = browser.post(content_address("share", flood), {"share-shown_as": ""})
        assert answer.status_code == 302
        assert "link=" not in answer["Location"]
    assert not PageLogEntry.objects.filter(action="wagtail_personalise_gov.share_preview").exists()


def test_another_sites_form_makes_none(maker: User, flood: AgencyPage) -> None:
    browser = desk_of_user(maker, enforce_csrf_checks=True)
    assert browser.post(content_address("share", flood), {}).status_code == 403


def test_making_one_stands_in_the_history_of_the_page(maker: User, flood: AgencyPage) -> None:
    share(maker, flood)
    entry = PageLogEntry.objects.get(action="wagtail_personalise_gov.share_preview")
    assert (entry.user, entry.page_id, entry.revision_id) == (maker, flood.pk, flood.latest_revision_id)
    assert "Made a link" in entry.message
    assert not ModelLogEntry.objects.filter(action="wagtail_personalise_gov.share_preview").exists()


def test_of_a_segment_that_the_page_does_not_use_none_is_made(maker: User, flood: AgencyPage) -> None:
    other = make_segment("elsewhere")
    answer = desk_of_user(maker).post(content_address("share", flood), {"share-shown_as": mode_of(other)}, follow=True)
    assert "That segment is not used on this page any more." in answer.content.decode()


def test_a_visitor_of_whom_too_much_is_said_makes_none(maker: User, flood: AgencyPage) -> None:
    browser = desk_of_user(maker)
    # Nothing that can be written shorter.
    words = "".join(chr(0x4E00 + (number * 7919) % 20000) for number in range(1200))
    browser.post(content_address("overview", flood), {"as": "visitor", "visit-link": f"/flood/?x={words}"})
    answer = browser.post(content_address("share", flood), {"share-shown_as": AS_VISITOR}, follow=True)
    assert "Say less of them." in answer.content.decode()


def test_of_a_described_visitor_the_groups_of_their_account_are_not_told(maker: User, flood: AgencyPage) -> None:
    """What this website calls its groups is not for everybody; that the visitor is signed in is."""
    described = Described(facts={"account.signed_in": True, "account.groups": ["Fraud team"]})
    token = new_token(flood.latest_revision, maker, Viewpoint(described=described))
    text = Client().get(reverse("personalise:review", args=[token])).content.decode()
    assert "Signed in" in text
    assert "Fraud team" not in text


def test_of_a_segment_that_was_deleted_since_it_was_chosen_none_is_made(maker: User, flood: AgencyPage) -> None:
    gone = make_segment("gone")
    browser = desk_of_user(maker)
    session = browser.session
    session[SESSION_KEY] = Viewpoint(segments=(gone.pk,)).as_data()
    session.save()
    assert share(maker, flood, AS_VISITOR, browser)
    gone.delete()
    answer = browser.post(content_address("share", flood), {"share-shown_as": AS_VISITOR}, follow=True)
    assert "The segment that was chosen was deleted. Choose another." in answer.content.decode()
    assert PageLogEntry.objects.filter(action="wagtail_personalise_gov.share_preview").count() == 1


# How it ends


def ended(path: str) -> None:
    for address in (path, f"{path}page/"):
        answer = Client().get(address)
        assert answer.status_code == 410
        text = answer.content.decode()
        assert "This link no longer works" in text
        assert "“Flood”" not in text
        assert "no-store" in answer["Cache-Control"]


def test_it_ends_after_some_days(maker: User, flood: AgencyPage) -> None:
    with time_machine.travel(datetime.datetime(2026, 4, 18, tzinfo=datetime.UTC), tick=False) as clock:
        path = share(maker, flood)
        clock.shift(datetime.timedelta(days=6, hours=23))
        assert statuses(path) == {200}
        clock.shift(datetime.timedelta(hours=2))
        ended(path)


def test_a_lower_setting_ends_older_links_and_a_higher_one_brings_none_back(
    maker: User, flood: AgencyPage, configure: Callable[..., None]
) -> None:
    with time_machine.travel(datetime.datetime(2026, 4, 18, tzinfo=datetime.UTC), tick=False) as clock:
        path = share(maker, flood)
        clock.shift(datetime.timedelta(days=3))
        configure(REVIEW_LINK_DAYS=2)
        ended(path)
        configure(REVIEW_LINK_DAYS=90)
        assert statuses(path) == {200}
        clock.shift(datetime.timedelta(days=5))
        ended(path)


def test_it_ends_when_its_maker_may_no_longer_edit_the_page(maker: User, flood: AgencyPage) -> None:
    path = share(maker, flood)
    maker.groups.clear()
    ended(path)


def test_it_ends_when_its_maker_is_inactive_or_gone(maker: User, flood: AgencyPage) -> None:
    path = share(maker, flood)
    User.objects.filter(pk=maker.pk).update(is_active=False)
    ended(path)
    User.objects.filter(pk=maker.pk).delete()
    ended(path)


def test_it_ends_when_its_maker_may_no_longer_enter_the_admin(maker: User, flood: AgencyPage) -> None:
    path = share(maker, flood)
    maker.user_permissions.remove(Permission.objects.get(codename="access_admin"))
    ended(path)


def test_it_ends_with_the_revision_and_with_the_page(maker: User, flood: AgencyPage) -> None:
    path, again = share(maker, flood), share(maker, flood)
    Revision.objects.filter(pk=flood.latest_revision_id).delete()
    ended(path)
    Page.objects.get(pk=flood.pk).delete()
    ended(again)


def test_it_ends_when_a_segment_of_it_is_deleted(maker: User, flood: AgencyPage, riverside: Segment) -> None:
    """Else a reviewer would take the standard version for what that segment sees."""
    gone = make_segment("gone")
    tokens = [
        new_token(flood.latest_revision, maker, Viewpoint(segments=segments))
        for segments in ((gone.pk,), (riverside.pk, gone.pk), (riverside.pk,))
    ]
    alone, both, other = [reverse("personalise:review", args=[token]) for token in tokens]
    assert statuses(alone) == statuses(both) == {200}
    gone.delete()
    ended(alone)
    ended(both)
    assert "Sandbags" in opened(other)


def test_it_ends_when_its_visitor_can_not_be_any_more(maker: User, flood: AgencyPage) -> None:
    """What a visitor told the site was taken away since."""
    token = new_token(flood.latest_revision, maker, Viewpoint(described=Described(intent="deleted-since")))
    ended(reverse("personalise:review", args=[token]))


@pytest.mark.parametrize("kind", [PageViewRestriction.PASSWORD, PageViewRestriction.LOGIN])
def test_a_private_page_is_never_shown_by_a_link(maker: User, home: AgencyPage, flood: AgencyPage, kind: str) -> None:
    """Not by one that was made before, either; nor is one made, here or below."""
    path = share(maker, flood)
    PageViewRestriction.objects.create(page=home, restriction_type=kind, password="x")
    ended(path)
    answer = desk_of_user(maker).post(content_address("share", flood), {"share-shown_as": ""}, follow=True)
    assert "This page is private." in answer.content.decode()
    assert "review-link" not in answer.content.decode()


def test_a_link_that_was_tampered_with_leads_nowhere(maker: User, flood: AgencyPage) -> None:
    token = new_token(flood.latest_revision, maker, Viewpoint())
    said, time, signature = token.rsplit(":", 2)
    other = signing.TimestampSigner(salt="another").sign_object({"revision": flood.latest_revision_id})
    for forged in (
        "x",
        f"{said}x:{time}:{signature}",
        f"{said}:{time}x:{signature}",
        f"{said}:{time}:{signature}x",
        f"{said}:{signature}",
        other,
        "a" * 5000,
        "..:::",
    ):
        assert statuses(reverse("personalise:review", args=[forged])) == {404}


@pytest.mark.parametrize("said", [[], {}, {"revision": 1}, {"days": "x", "revision": 1}, "x", None], ids=repr)
def test_what_was_signed_but_is_no_link_leads_nowhere(flood: AgencyPage, said: Any) -> None:
    token = signing.TimestampSigner(salt=SALT).sign_object(said)
    assert statuses(reverse("personalise:review", args=[token])) == {404}


@pytest.mark.parametrize(
    "changed",
    [
        {"revision": "x"},
        {"revision": None},
        {"revision": []},
        {"revision": {}},
        {"user": "x"},
        {"user": {}},
        {"days": None},
        {"made": "x"},
        {"made": 10**30},
        {"as": {"segments": [10**30]}},
        {"as": []},
        {"as": {"visitor": {"path": 1}}},
    ],
    ids=repr,
)
def test_what_was_signed_with_values_of_another_kind_shows_nothing(
    maker: User, flood: AgencyPage, changed: dict[str, Any]
) -> None:
    said = {"revision": flood.latest_revision_id, "user": str(maker.pk), "as": {}, "days": 7, "made": 1_776_000_000}
    sound, token = (signing.TimestampSigner(salt=SALT).sign_object(one) for one in (said, said | changed))
    assert statuses(reverse("personalise:review", args=[sound])) == {200}
    assert statuses(reverse("personalise:review", args=[token])) <= {404, 410}


def test_it_goes_on_working_when_the_secret_key_is_rotated(maker: User, flood: AgencyPage, settings: Any) -> None:
    path = share(maker, flood)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a new one"
    assert statuses(path) == {200}
    settings.SECRET_KEY_FALLBACKS = []
    assert statuses(path) == {404}


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_there_is_nothing_to_send(maker: User, flood: AgencyPage, method: str) -> None:
    path = share(maker, flood)
    for address in (path, f"{path}page/"):
        answer = getattr(Client(), method)(address)
        assert answer.status_code == 405
        told_to_nobody(answer)


def test_what_is_no_link_is_told_to_nobody_either(maker: User, flood: AgencyPage) -> None:
    path = reverse("personalise:review", args=["x"])
    for address in (path, f"{path}page/"):
        answer = Client().get(address)
        assert answer.status_code == 404
        assert not answer.cookies
        told_to_nobody(answer)


def test_the_link_of_another_editor_is_not_shown_as_ones_own(maker: User, flood: AgencyPage) -> None:
    token = new_token(flood.latest_revision, maker, Viewpoint())
    other = desk_of_user(make_editor("other", flood))
    answer = other.get(content_address("share", flood), {"link": token})
    assert answer.status_code == 302


def test_a_page_that_was_never_saved_by_anybody_has_none_yet(maker: User, home: AgencyPage, flood: AgencyPage) -> None:
    page = make_page("New", parent=flood, slug="new")
    answer = desk_of_user(maker).post(content_address("share", page), {"share-shown_as": ""}, follow=True)
    assert "Save this page once" in answer.content.decode()
    assert make_plain_page("Plain", parent=home).latest_revision_id is None
