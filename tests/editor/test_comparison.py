"""Learning mode and the share held back, where editors set them: for a segment, and for the whole site."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags
from wagtail.models import Site

from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.models import FirstTimeVisitorRule, PersonalisationSettings, Segment

from ..agency.models import AgencyPage
from ..factories import make_segment
from .forms import segment_form

pytestmark = pytest.mark.django_db

SETTING = "/admin/settings/wagtail_personalise_gov/personalisationsettings/"


def words_of_list(desk: Client, **query: Any) -> str:
    page = strip_tags(desk.get(addresses_for("list", Segment), query).content.decode())
    return re.sub(r"\s+", " ", page)


def test_both_are_saved_with_the_segment(desk: Client) -> None:
    form = segment_form((FirstTimeVisitorRule, {}), learning="on", holdout_percent="10")
    assert desk.post(addresses_for("add", Segment), form).status_code == 302
    segment = Segment.objects.get()
    assert segment.learning
    assert segment.holdout_percent == 10


def test_the_form_says_what_a_change_of_the_share_ends(desk: Client) -> None:
    page = desk.get(addresses_for("add", Segment)).content.decode()
    assert page.count("Changing the share ends a running comparison and begins another.") == 1


@pytest.mark.parametrize("written", ["", "0"])
def test_an_empty_share_means_that_nobody_is_held_back(desk: Client, written: str) -> None:
    form = segment_form((FirstTimeVisitorRule, {}), holdout_percent=written)
    assert desk.post(addresses_for("add", Segment), form).status_code == 302
    assert Segment.objects.get().holdout_percent == 0


@pytest.mark.parametrize("written", ["51", "-1", "1.5", "a tenth"])
def test_a_share_that_is_none_is_refused_at_its_field(desk: Client, written: str) -> None:
    form = segment_form((FirstTimeVisitorRule, {}), **{"holdout_percent": written, "action-publish": "1"})
    response = desk.post(addresses_for("add", Segment), form)
    assert list(response.context["form"].errors) == ["holdout_percent"]


def test_the_list_says_learning_of_live_segments_only(desk: Client) -> None:
    make_segment("live", learning=True)
    make_segment("draft", learning=True, live=False)
    assert words_of_list(desk).count("Learning") == 2  # the first is the filter's


def test_the_list_says_how_many_are_held_back(desk: Client) -> None:
    make_segment("compared", holdout_percent=10)
    make_segment("learning", holdout_percent=20, learning=True)  # nobody is, in learning mode
    words = words_of_list(desk)
    assert "10% held back" in words
    assert "20% held back" not in words


def test_segments_in_learning_mode_can_be_listed_alone(desk: Client) -> None:
    make_segment("live")
    make_segment("learning", learning=True)
    make_segment("draft", learning=True, live=False)
    words = words_of_list(desk, status="learning")
    assert "Name of learning" in words
    assert "Name of live" not in words
    assert "Name of draft" not in words


def test_who_may_only_look_sees_both(desk: Client) -> None:
    page = desk.get(address_of("inspect", make_segment("compared", holdout_percent=10))).content.decode()
    assert "learning mode" in page.lower()
    assert "share held back for comparison" in page.lower()


def test_the_share_of_the_whole_site_is_one_of_its_settings(desk: Client, home: AgencyPage) -> None:
    assert SETTING in desk.get(reverse("wagtailadmin_home")).content.decode()
    site = Site.objects.get()
    address = reverse("wagtailsettings:edit", args=["wagtail_personalise_gov", "personalisationsettings", site.pk])
    assert desk.get(address).status_code == 200
    assert desk.post(address, {"holdout_percent": "5"}).status_code == 302
    assert PersonalisationSettings.for_site(site).holdout_percent == 5
    assert list(desk.post(address, {"holdout_percent": "60"}).context["form"].errors) == ["holdout_percent"]


def test_the_setting_is_for_those_who_may_change_it(desk_of: Any, home: AgencyPage) -> None:
    assert SETTING not in desk_of("change_segment").get(reverse("wagtailadmin_home")).content.decode()
    assert SETTING in desk_of("change_personalisationsettings").get(reverse("wagtailadmin_home")).content.decode()
