"""The pause: a page, a button and two commands."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from wagtail.models import ModelLogEntry

from wagtail_personalise_gov.compiling import current_ruleset, pause
from wagtail_personalise_gov.models import FirstTimeVisitorRule, RulesetState

from ..factories import make_segment

pytestmark = pytest.mark.django_db


@pytest.fixture
def address() -> str:
    return reverse("personalise_pause:index")


def command(name: str, **options: Any) -> str:
    said = StringIO()
    call_command(name, stdout=said, **options)
    return said.getvalue()


def test_the_page_says_what_the_pause_does(desk: Client, address: str) -> None:
    page = desk.get(address).content.decode()
    assert "Personalisation is on." in page
    assert "Within two seconds every page shows its standard version" in page


def test_the_button_pauses_and_says_since_when_and_by_whom(
    desk: Client, address: str, django_capture_on_commit_callbacks: Any
) -> None:
    make_segment("new-here", FirstTimeVisitorRule())
    assert current_ruleset().segments
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.post(address, {"action": "pause"}).status_code == 302
    assert current_ruleset().paused
    page = desk.get(address).content.decode()
    assert "Personalisation is paused." in page
    assert "Paused by Ada Byron." in page
    with django_capture_on_commit_callbacks(execute=True):
        desk.post(address, {"action": "resume"})
    assert not current_ruleset().paused
    assert current_ruleset().segments


def test_both_are_noted_in_the_site_history(desk: Client, address: str) -> None:
    desk.post(address, {"action": "pause"})
    desk.post(address, {"action": "resume"})
    entries = ModelLogEntry.objects.filter(action__startswith="wagtail_personalise_gov.").order_by("pk")
    assert [entry.user.username for entry in entries] == ["admin", "admin"]
    page = desk.get(reverse("wagtailadmin_reports:site_history")).content.decode()
    assert "Personalisation paused: every page shows its standard version" in page
    assert "Personalisation on again" in page


def test_pausing_twice_keeps_the_first_date_and_name(desk: Client, address: str) -> None:
    pause(by="Grace Hopper")
    first = RulesetState.current()
    desk.post(address, {"action": "pause"})
    again = RulesetState.current()
    assert (again.paused_at, again.paused_by) == (first.paused_at, "Grace Hopper")


@pytest.mark.parametrize("data", [{}, {"action": "nonsense"}, {"action": "resume"}])
def test_anything_else_that_is_posted_changes_nothing(desk: Client, address: str, data: dict[str, str]) -> None:
    assert desk.post(address, data).status_code == 302
    assert RulesetState.current().paused_at is None
    assert not ModelLogEntry.objects.exists()


def test_pausing_needs_the_permission_to_publish_segments(desk_of: Any, address: str) -> None:
    editor, publisher = desk_of("change_segment"), desk_of("publish_segment")
    assert editor.get(address).status_code == 302  # to the admin's home page, with a message
    editor.post(address, {"action": "pause"})
    assert RulesetState.current().paused_at is None
    assert publisher.get(address).status_code == 200
    publisher.post(address, {"action": "pause"})
    assert RulesetState.current().paused_at is not None


def test_the_menu_offers_the_pause_to_those_who_may(desk_of: Any, address: str) -> None:
    home = reverse("wagtailadmin_home")
    assert address in desk_of("change_segment", "publish_segment").get(home).content.decode()
    assert address not in desk_of("change_segment").get(home).content.decode()


def test_the_home_page_warns_those_who_have_to_do_with_segments(desk_of: Any) -> None:
    home = reverse("wagtailadmin_home")
    editor, publisher, stranger = desk_of("change_segment"), desk_of("publish_segment"), desk_of()
    assert "personalise-paused" not in editor.get(home).content.decode()
    pause(by="Ada Byron")
    assert "Paused by Ada Byron." in editor.get(home).content.decode()
    assert "Turn it on again" not in editor.get(home).content.decode()
    assert "Turn it on again" in publisher.get(home).content.decode()
    assert "Personalisation is paused" not in stranger.get(home).content.decode()


def test_the_commands_pause_and_resume_and_say_so(django_capture_on_commit_callbacks: Any) -> None:
    make_segment("new-here", FirstTimeVisitorRule())
    with django_capture_on_commit_callbacks(execute=True):
        assert "Personalisation is paused." in command("personalise_pause", by="the night shift")
    assert current_ruleset().paused
    assert "paused since" in command("personalise_pause")
    assert RulesetState.current().paused_by == "the night shift"
    with django_capture_on_commit_callbacks(execute=True):
        said = command("personalise_resume")
    assert "Personalisation is on again." in said
    assert "by the night shift" in said
    assert not current_ruleset().paused
    assert "not paused" in command("personalise_resume")
    assert list(ModelLogEntry.objects.order_by("pk").values_list("action", flat=True))[-2:] == [
        "wagtail_personalise_gov.pause",
        "wagtail_personalise_gov.resume",
    ]
