"""Who may do what is given to groups, as for any snippet."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.models import FirstTimeVisitorRule, Intent, Segment

from ..factories import make_segment
from .forms import segment_form

pytestmark = pytest.mark.django_db


def test_groups_can_be_given_each_permission(desk: Client) -> None:
    page = desk.get(reverse("wagtailusers_groups:add")).content.decode()
    assert "Segment" in page
    assert "Intent" in page
    form = desk.get(reverse("wagtailusers_groups:add")).context["form"]
    codenames = {permission.codename for permission in form.fields["permissions"].queryset}
    assert {f"{action}_segment" for action in ("add", "change", "delete", "publish", "view")} <= codenames
    assert {f"{action}_intent" for action in ("add", "change", "delete")} <= codenames


def test_the_menu_stands_for_those_who_have_to_do_with_it(desk_of: Any) -> None:
    home = reverse("wagtailadmin_home")
    editor = desk_of("change_segment", "change_intent").get(home).content.decode()
    assert addresses_for("list", Segment) in editor
    assert addresses_for("list", Intent) in editor
    stranger = desk_of().get(home).content.decode()
    assert addresses_for("list", Segment) not in stranger


def test_who_may_not_publish_saves_drafts_only(desk_of: Any) -> None:
    editor = desk_of("add_segment", "change_segment")
    form = segment_form((FirstTimeVisitorRule, {}), **{"action-publish": "1"})
    assert editor.post(addresses_for("add", Segment), form).status_code == 302
    assert not Segment.objects.get().live


@pytest.mark.parametrize("view", ["list", "add", "archive", "restore"])
def test_strangers_are_turned_away(desk_of: Any, view: str) -> None:
    segment = make_segment("new-here")
    assert desk_of().get(f"{addresses_for(view, Segment)}?id={segment.pk}").status_code in (302, 403, 404)


@pytest.mark.parametrize("view", ["edit", "delete", "history", "copy", "inspect"])
def test_strangers_see_nothing_of_a_segment(desk_of: Any, client: Client, view: str) -> None:
    segment = make_segment("new-here")
    for browser in (desk_of(), client):
        assert browser.get(address_of(view, segment)).status_code in (302, 403)
