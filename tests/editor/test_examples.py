"""Example visits: kept with a segment, run against it, and heard of when it is published."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.messages.storage import default_storage
from django.db import DataError, IntegrityError, connection, transaction
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from wagtail.models import ModelLogEntry

from wagtail_personalise_gov.compiling import current_ruleset, ruleset_with
from wagtail_personalise_gov.editor.addresses import address_of
from wagtail_personalise_gov.editor.segments.publishing import warn_of_examples
from wagtail_personalise_gov.editor.trying.examples import run
from wagtail_personalise_gov.models import (
    DeviceRule,
    ExampleVisit,
    FirstTimeVisitorRule,
    Intent,
    PagesViewedRule,
    Segment,
)
from wagtail_personalise_gov.models.examples import MOST_EXAMPLES

from ..agency.models import AgencyPage
from ..factories import make_segment
from .forms import segment_form

PHONE = {"facts": {"device.kind": "mobile"}}
TABLET = {"facts": {"device.kind": "tablet"}}
SCRIPT = {"X-Requested-With": "XMLHttpRequest"}


@pytest.fixture
def phones(home: AgencyPage) -> Segment:
    return make_segment("phones", DeviceRule(kinds=["mobile"]))


def example(segment: Segment, visit: dict[str, Any], must_match: bool = True, name: str = "On a phone") -> ExampleVisit:
    kept: ExampleVisit = segment.examples.create(name=name, must_match=must_match, visit=visit)
    return kept


def keep(desk: Client, segment: Segment, **said: Any) -> Any:
    data = {"name": "On a phone", "must": "yes", "visitor": "visit-device=mobile", **said}
    return desk.post(f"/admin/personalisation/try/examples/{segment.pk}/", data, headers=SCRIPT)


def test_a_tried_visitor_is_kept(desk: Client, phones: Segment) -> None:
    answer = keep(desk, phones)
    assert answer.json() == {"said": "“On a phone” is kept as an example.", "done": True}
    kept = ExampleVisit.objects.get()
    assert (kept.segment, kept.name, kept.must_match, kept.visit) == (phones, "On a phone", True, PHONE)


@pytest.mark.parametrize(
    "said, message",
    [
        ({"name": " "}, "Give the example a name"),
        ({"name": "x" * 121}, "Use at most 120 characters."),
        ({"must": "perhaps"}, "Say whether this visitor must be in the segment or must not."),
        ({"visitor": "visit-country=Atlantis"}, "Look at the visitor first"),
    ],
    ids=["no name", "long name", "nothing expected", "no visitor"],
)
def test_what_cannot_be_kept_says_why(desk: Client, phones: Segment, said: dict[str, str], message: str) -> None:
    answer = keep(desk, phones, **said)
    assert answer.status_code == 422
    assert message in answer.json()["said"]
    assert not ExampleVisit.objects.exists()


def test_there_are_at_most_so_many_and_each_has_a_name_of_its_own(desk: Client, phones: Segment) -> None:
    keep(desk, phones)
    assert "There is an example “On a phone” already." in keep(desk, phones).json()["said"]
    for number in range(1, MOST_EXAMPLES):
        example(phones, PHONE, name=f"Number {number}")
    told = keep(desk, phones, name="One more").json()["said"]
    assert told == "“Name of phones” has 20 examples, which is the most. Delete one first."


def test_without_scripts_the_editor_comes_back_to_the_page_and_nowhere_else(desk: Client, phones: Segment) -> None:
    address = f"/admin/personalisation/try/examples/{phones.pk}/"
    data = {"name": "A", "must": "no", "visitor": "visit-device=mobile", "next": "/admin/personalisation/try/?try=1"}
    assert desk.post(address, data)["Location"] == "/admin/personalisation/try/?try=1"
    away = desk.post(address, data | {"name": "B", "next": "https://evil.example/"})
    assert away["Location"] == f"/admin/personalisation/try/?segments={phones.pk}"


def test_an_example_is_deleted(desk: Client, phones: Segment) -> None:
    kept = example(phones, PHONE)
    answer = desk.post(f"/admin/personalisation/try/examples/{kept.pk}/delete/", headers=SCRIPT)
    assert answer.json()["said"] == "The example “On a phone” is deleted."
    assert not ExampleVisit.objects.exists()


def test_only_who_may_change_segments_keeps_and_deletes(desk_of: Callable[..., Client], phones: Segment) -> None:
    kept = example(phones, PHONE)
    for permission in ("view_segment", "add_segment", "publish_segment"):
        browser = desk_of(permission)
        assert keep(browser, phones, name="Another").status_code == 403
        assert browser.post(f"/admin/personalisation/try/examples/{kept.pk}/delete/").status_code == 302
        page = browser.get(f"/admin/personalisation/try/?try=1&segments={phones.pk}&visit-device=mobile")
        assert "Must be in the segment" not in page.content.decode()
    assert ExampleVisit.objects.get() == kept
    assert keep(desk_of("change_segment"), phones, name="Another").status_code == 200


def test_it_takes_a_post_and_a_token(desk: Client, admin: Any, phones: Segment) -> None:
    kept = example(phones, PHONE)
    assert desk.get(f"/admin/personalisation/try/examples/{kept.pk}/delete/").status_code == 405
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin)
    assert browser.post(f"/admin/personalisation/try/examples/{kept.pk}/delete/").status_code == 403
    assert ExampleVisit.objects.exists()


# Run


@pytest.mark.parametrize(
    "visit, must_match, passed, got",
    [
        (PHONE, True, True, "is in it"),
        (PHONE, False, False, "is in it"),
        (TABLET, True, False, "is not in it"),
        (TABLET, False, True, "is not in it"),
        ({}, True, False, "we can’t tell, which counts as not in it"),
        ({}, False, True, "we can’t tell, which counts as not in it"),
        (PHONE | {"preference": "refused"}, False, True, "we can’t tell, which counts as not in it"),
    ],
)
def test_an_example_passes_when_it_comes_out_as_expected(
    phones: Segment, visit: dict[str, Any], must_match: bool, passed: bool, got: str
) -> None:
    (ran,) = run(ruleset_with([phones]), phones, [example(phones, visit, must_match)])
    assert ran.passed is passed
    assert ran.got == got


@pytest.mark.parametrize("must_match", [True, False])
def test_an_example_that_cannot_be_tried_any_more_does_not_pass(phones: Segment, must_match: bool) -> None:
    (ran,) = run(ruleset_with([phones]), phones, [example(phones, {"intent": "gone"}, must_match)])
    assert ran.passed is False
    assert "There is no intent 'gone'." in ran.got


def test_a_segment_in_learning_mode_is_tried_by_its_rules(home: AgencyPage) -> None:
    segment = make_segment("s", DeviceRule(kinds=["mobile"]), learning=True, holdout_percent=50)
    (ran,) = run(ruleset_with([segment]), segment, [example(segment, PHONE)])
    assert ran.passed


def test_an_example_is_nothing_to_the_browser_of_the_editor(desk: Client, phones: Segment) -> None:
    example(phones, PHONE)
    desk.cookies["personalise_choice"] = "refused"
    page = desk.get(
        f"/admin/personalisation/try/?try=1&segments={phones.pk}", headers={"User-Agent": "", "Sec-GPC": "1"}
    )
    assert [kept.now.passed for kept in page.context["kept"]] == [True]


# Of anybody's making


NONE_AT_ALL = {
    "no address": {"path": "//["},
    "no preference": {"preference": {}},
    "half a character": {"query": "\ud800"},
    "half a character in a fact": {"facts": {"location.city": "\ud800"}},
    "no header": {"headers": {"X-Place": {"a": 1}}},
    "no memory": {"memory": {"visits": "many", "pages": 3}},
    "no region": {"facts": {"location.subdivisions": 5}},
    "no list": [],
}
broken = pytest.mark.parametrize("visit", NONE_AT_ALL.values(), ids=NONE_AT_ALL.keys())


@broken
def test_what_describes_nobody_is_told_so_wherever_it_stands_and_can_be_deleted(
    desk: Client, phones: Segment, visit: Any
) -> None:
    try:
        with transaction.atomic():
            kept = example(phones, visit, name="Broken")
    except DataError:  # PostgreSQL keeps no half of a character, so nobody meets one there
        assert "\\ud800" in json.dumps(visit)
        return
    example(phones, PHONE)
    page = desk.get(f"/admin/personalisation/try/?try=1&segments={phones.pk}")
    assert [one.now.passed for one in page.context["kept"]] == [False, True]
    assert "can’t be tried: " in page.content.decode()
    card = (DeviceRule, {"id": str(phones.get_rules()[0].pk), "kinds": "mobile"})
    data = segment_form(card, name="Phones", slug="phones") | {"visitor": ""}
    assert "can’t be tried: " in desk.post(address_of("try", phones), data).json()["examples"]
    (warning,) = [message for message in publish(desk, phones, "mobile") if "example" in message]
    assert "“Broken”: it must be in the segment, and can’t be tried: " in warning
    desk.post(f"/admin/personalisation/try/examples/{kept.pk}/delete/", headers=SCRIPT)
    assert not ExampleVisit.objects.filter(pk=kept.pk).exists()


# Where nothing adapts


def test_a_site_that_is_off_tries_its_examples_as_if_it_were_on(
    phones: Segment, configure: Callable[..., None]
) -> None:
    configure(MODE="off")
    kept = [example(phones, PHONE), example(phones, TABLET, False, name="On a tablet")]
    assert [ran.passed for ran in run(ruleset_with([phones]), phones, kept)] == [True, True]


# Locks and the log


def test_of_a_segment_that_is_locked_nothing_is_kept_or_deleted(desk: Client, phones: Segment) -> None:
    kept = example(phones, TABLET, name="Another")
    phones.locked, phones.locked_by, phones.locked_at = True, User.objects.create(username="somebody"), timezone.now()
    phones.save()
    assert "locked" in keep(desk, phones).json()["said"]
    answer = desk.post(f"/admin/personalisation/try/examples/{kept.pk}/delete/", headers=SCRIPT)
    assert answer.status_code == 422
    assert ExampleVisit.objects.get() == kept


def test_of_a_segment_in_the_archive_nothing_is_kept(desk: Client, phones: Segment) -> None:
    phones.archive()
    assert "This segment is in the archive." in keep(desk, phones).json()["said"]
    assert not ExampleVisit.objects.exists()


def test_who_kept_and_deleted_what_stands_in_the_log(desk: Client, admin: Any, phones: Segment) -> None:
    keep(desk, phones)
    desk.post(f"/admin/personalisation/try/examples/{ExampleVisit.objects.get().pk}/delete/", headers=SCRIPT)
    entries = ModelLogEntry.objects.filter(action__contains="_example").order_by("pk")
    assert [(entry.action, entry.data["name"], entry.user) for entry in entries] == [
        ("wagtail_personalise_gov.keep_example", "On a phone", admin),
        ("wagtail_personalise_gov.delete_example", "On a phone", admin),
    ]


def test_the_database_takes_a_name_only_once_too(phones: Segment) -> None:
    example(phones, PHONE)
    with pytest.raises(IntegrityError), transaction.atomic():
        example(phones, TABLET)


# How many queries


def queries_of(ask: Callable[[], Any]) -> int:
    current_ruleset()
    with CaptureQueriesContext(connection) as captured:
        ask()
    return len(captured)


@pytest.fixture
def busy(home: AgencyPage) -> Segment:
    """One that asks for what a visit is for and what was looked at, so that each example has much to say."""
    Intent.objects.create(slug="moving", name="Moving", question_label="Move house")
    return make_segment("phones", DeviceRule(kinds=["mobile"]), PagesViewedRule(what="page", page=home), match="any")


def add_examples(segment: Segment, number: int) -> None:
    """More of them, which fail on a tablet, and come from all over."""
    for more in range(number):
        visit = {"facts": {"device.kind": "tablet"}, "intent": "moving", "path": f"/{more % 2}/", "query": "a=b"}
        example(segment, visit, name=f"Number {ExampleVisit.objects.count()}")


def test_publishing_asks_as_much_for_twenty_examples_as_for_two(desk: Client, busy: Segment) -> None:
    def told() -> None:
        request = RequestFactory().get("/")
        request.session = {}  # type: ignore[assignment]
        request._messages = default_storage(request)  # type: ignore[attr-defined]
        warn_of_examples(request, Segment.objects.get())

    add_examples(busy, 2)
    told()
    few = queries_of(told)
    add_examples(busy, MOST_EXAMPLES - 2)
    assert queries_of(told) <= few


def test_the_panel_asks_as_much_for_twenty_examples_as_for_two(desk: Client, busy: Segment) -> None:
    card = (DeviceRule, {"id": str(busy.get_rules()[0].pk), "kinds": "mobile"})
    data = segment_form(card, name="Phones", slug="phones") | {"visitor": ""}

    def tried() -> None:
        assert desk.post(address_of("try", busy), data).status_code == 200

    add_examples(busy, 2)
    tried()
    few = queries_of(tried)
    add_examples(busy, MOST_EXAMPLES - 2)
    assert queries_of(tried) <= few


# In the panel


def test_the_panel_runs_them_as_the_form_stands_and_as_it_is_live(desk: Client, phones: Segment) -> None:
    example(phones, PHONE)
    card = (DeviceRule, {"id": str(phones.get_rules()[0].pk), "kinds": "tablet"})
    data = segment_form(card, name="Phones", slug="phones") | {"visitor": ""}
    html = " ".join(desk.post(address_of("try", phones), data).json()["examples"].split())
    assert "Not as expected" in html
    assert "Expected: must be in the segment. Here: is not in it. As it is live: is in it." in html


# On publishing


def publish(desk: Client, segment: Segment, kinds: str) -> list[str]:
    card = (DeviceRule, {"id": str(segment.get_rules()[0].pk), "kinds": kinds})
    form = segment_form(card, slug=segment.slug, **{"action-publish": "1"})
    response = desk.post(address_of("edit", segment), form, follow=True)
    assert Segment.objects.get().get_rules()[0].kinds == [kinds]  # type: ignore[attr-defined]
    return [str(message) for message in response.context["messages"]]


def test_publishing_warns_of_an_example_that_fails_and_publishes_all_the_same(desk: Client, phones: Segment) -> None:
    example(phones, PHONE)
    words = publish(desk, phones, "tablet")
    (warning,) = [message for message in words if "example" in message]
    assert "“On a phone”: it must be in the segment, and is not in it." in warning
    assert "more." not in warning
    assert f"/admin/personalisation/try/?try=1&amp;segments={phones.pk}&amp;visit-device=mobile" in warning


def test_of_many_that_fail_publishing_names_three_and_counts_the_rest(desk: Client, phones: Segment) -> None:
    for number in range(MOST_EXAMPLES):
        example(phones, PHONE, name=f"Number {number}.")
    (warning,) = [message for message in publish(desk, phones, "tablet") if "example" in message]
    assert all(f"“Number {number}.”: it must" in warning for number in range(3))
    assert "“Number 3.”" not in warning
    assert "And 17 more." in warning


def test_publishing_says_nothing_of_examples_that_pass(desk: Client, phones: Segment) -> None:
    example(phones, PHONE)
    assert not [message for message in publish(desk, phones, "mobile") if "example" in message]


def test_what_is_expected_stays_while_a_draft_comes_and_goes(phones: Segment) -> None:
    kept = example(phones, PHONE)
    phones.wagtail_personalise_gov_devicerule_rules.set([DeviceRule(kinds=["tablet"])])
    phones.wagtail_personalise_gov_firsttimevisitorrule_rules.set([FirstTimeVisitorRule()])
    phones.save_revision().publish()
    assert ExampleVisit.objects.get() == kept
