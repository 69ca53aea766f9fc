"""Who may bring a file in, and do all that it says."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from wagtail_personalise_gov.editor.addresses import addresses_for
from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    Segment,
)

from ...factories import make_intent, make_segment
from ...portable.conftest import FIRST_TIME, document, everything, intent, segment
from .desk import EVERYTHING, IN_RIVERSIDE, agree, agreement, read, upload

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("searchable")]


def test_the_way_in_is_for_those_who_may_add_or_change(desk_of: Callable[..., Client]) -> None:
    address = addresses_for("import", Segment)
    for codename in ("add_segment", "change_segment"):
        assert desk_of(codename).get(address).status_code == 200
        assert f'href="{address}"' in desk_of(codename).get(addresses_for("list", Segment)).content.decode()
    for codename in ("view_segment", "change_page", "publish_segment"):
        stranger = desk_of(codename)
        assert stranger.get(address).status_code in {302, 403}
        assert upload(stranger, document(segment("one", FIRST_TIME, live=False))).status_code in {302, 403}
    assert address not in desk_of("view_segment").get(addresses_for("list", Segment)).content.decode()
    assert not Segment.objects.exists()


@pytest.mark.parametrize(
    "lacking, given, told",
    [
        (
            "add_segment",
            document(segment("new", FIRST_TIME, live=False)),
            "You may not add segments, and these are new",
        ),
        ("change_segment", document(segment("a-draft", IN_RIVERSIDE, live=False)), "You may not change segments"),
        ("publish_segment", document(segment("new", FIRST_TIME)), "Ask somebody who may publish."),
        ("publish_segment", document(segment("is-live", IN_RIVERSIDE)), "Ask somebody who may publish."),
        ("publish_segment", document(segment("is-live", FIRST_TIME, live=False)), "Ask somebody who may publish."),
        ("publish_segment", document(segment("is-live", live=False, archived=True)), "Ask somebody who may publish."),
        ("add_intent", document(intents=[intent("new")]), "You may not add intents"),
        ("change_intent", document(intents=[intent("start", question_label="x")]), "You may not change intents"),
    ],
)
def test_whoever_may_not_do_it_all_may_look_and_hears_why_not(
    desk_of: Callable[..., Client], lacking: str, given: Any, told: str
) -> None:
    make_segment("a-draft", FirstTimeVisitorRule(), live=False)
    make_segment("is-live", FirstTimeVisitorRule())
    make_intent("start")
    before = everything()
    editor = desk_of(*(codename for codename in EVERYTHING if codename != lacking))
    response = upload(editor, given)
    assert told in read(response)
    assert agreement(response) == ""
    assert everything() == before
    able = upload(desk_of(*EVERYTHING), given)
    assert told not in read(able)
    assert agreement(able) != ""


def test_a_permission_that_was_taken_away_in_between_counts(desk_of: Callable[..., Client]) -> None:
    editor = desk_of(*EVERYTHING)
    first = upload(editor, document(segment("one", FIRST_TIME)))
    user = User.objects.get(pk=editor.session["_auth_user_id"])
    user.user_permissions.remove(user.user_permissions.get(codename="publish_segment"))
    assert "Ask somebody who may publish." in read(agree(editor, first))
    assert not Segment.objects.exists()


def test_what_somebody_else_has_locked_stays_locked(desk_of: Callable[..., Client], admin: Any) -> None:
    one = make_segment("one", FirstTimeVisitorRule())
    one.locked, one.locked_by, one.locked_at = True, admin, timezone.now()
    one.save()
    response = upload(desk_of(*EVERYTHING), document(segment("one", IN_RIVERSIDE)))
    assert "These are locked, and not for you to change: “One”." in read(response)
    assert agreement(response) == ""
