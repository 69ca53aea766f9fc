"""At 320 pixels, which is a window of 1280 enlarged four times, nothing of our screens runs out of the window."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode
from wagtail.models import Site

from example_site.models import EmergencyPage
from wagtail_personalise_gov.editor.addresses import address_of, addresses_for, content_address
from wagtail_personalise_gov.models import (
    ApiToken,
    DateRangeRule,
    DeviceRule,
    FirstTimeVisitorRule,
    LocationRule,
    Segment,
    SegmentRule,
    TimeOfDayRule,
)
from wagtail_personalise_gov.models.api_tokens import Scope

from ..factories import make_segment, personalised

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from pytest_django.live_server_helper import LiveServer

LONG = "From the licensing portal, or by a link in the letter to licence holders"

# What one sees of an element that ends outside of the window; not what a box of its own scrolls or hides, and not
# what is there for screen readers only, nor Wagtail's own map of the form, which waits beside a narrow window.
OUTSIDE = """
() => {
  const width = document.documentElement.clientWidth;
  const cut = (element) => {
    for (let box = element.parentElement; box; box = box.parentElement) {
      if (box.id === 'main' || box === document.body) return false;
      if (getComputedStyle(box).overflowX !== 'visible' && box.getBoundingClientRect().right <= width) return true;
    }
    return false;
  };
  return [...document.querySelectorAll('#main *')]
    .filter((element) => element.checkVisibility({ visibilityProperty: true }))
    .filter((element) => !element.closest('.w-sr-only, .w-minimap'))
    .filter((element) => {
      const { right, width: own, height } = element.getBoundingClientRect();
      return own > 1 && height > 1 && right > width + 1 && !cut(element);
    })
    .map((element) => {
      const right = Math.round(element.getBoundingClientRect().right);
      return `${element.tagName}.${element.className} ends at ${right}: ${element.textContent.trim().slice(0, 60)}`;
    });
}
"""


@pytest.fixture
def portal(db: None) -> Segment:
    inner = make_segment("inner", FirstTimeVisitorRule(), name=LONG + " (those who are new)")
    return make_segment(
        "portal",
        LocationRule(cities=["Riverside"], countries=["GB"]),
        DeviceRule(kinds=["mobile"]),
        DateRangeRule(first_day=datetime.date(2026, 1, 1)),
        TimeOfDayRule(start=datetime.time(9), end=datetime.time(17)),
        SegmentRule(other=inner),
        name=LONG,
    )


@pytest.fixture
def flooding(portal: Segment) -> EmergencyPage:
    root = Site.objects.get(is_default_site=True).root_page
    text = {"type": "text", "value": "<p>For all</p>", "id": "1"}
    body = personalised([text], (portal, [{**text, "value": "<p>Sandbags</p>"}]))
    page = EmergencyPage(
        title="Flooding",
        slug="flooding",
        summary="What to do",
        body=[{"type": "personalised", "value": body, "id": "2"}],
    )
    root.add_child(instance=page)
    page.save_revision().publish()
    return page


@pytest.fixture
def narrow(new_page: Callable[..., Page], live_server: LiveServer, admin: User) -> Iterator[Page]:
    """A browser of 320 pixels in which the administrator is signed in."""
    page = new_page(viewport={"width": 320, "height": 640})
    client = Client()
    client.force_login(admin)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": f"{live_server.url}/"}])
    yield page
    page.goto("about:blank")  # a form says goodbye to the server, which must still be there
    page.wait_for_timeout(300)


def open_all(page: Page) -> None:
    page.evaluate("document.querySelectorAll('#main details').forEach((details) => { details.open = true; })")
    page.wait_for_timeout(300)


SCREENS: dict[str, Callable[[EmergencyPage, Segment], str]] = {
    "overview": lambda page, segment: content_address("overview", page),
    "what one sees": lambda page, segment: (
        f"{reverse('personalise_seen:index')}?{urlencode({'page': page.pk, 'path': '/flooding/'})}"
    ),
    "try": lambda page, segment: f"{reverse('personalise_try:index')}?{urlencode({'try': 1, 'segments': segment.pk})}",
    "segment": lambda page, segment: address_of("edit", segment),
    "new segment": lambda page, segment: addresses_for("add", Segment),
    "tokens": lambda page, segment: reverse("personalise_tokens:index"),
    "new token": lambda page, segment: reverse("personalise_tokens:make"),
    "revoke": lambda page, segment: reverse("personalise_tokens:revoke", args=[ApiToken.objects.get().pk]),
}


@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_runs_out_of_a_narrow_window(
    narrow: Page, flooding: EmergencyPage, portal: Segment, screen: str
) -> None:
    ApiToken.make("Worker at the network that delivers the pages of the council", list(Scope))
    narrow.goto(SCREENS[screen](flooding, portal))
    open_all(narrow)
    assert narrow.evaluate(OUTSIDE) == []


def test_the_last_column_of_a_wide_list_is_reached_by_the_keyboard(narrow: Page, flooding: EmergencyPage) -> None:
    ApiToken.make("Worker at the network that delivers the pages of the council", list(Scope))
    narrow.goto(reverse("personalise_tokens:index"))
    narrow.get_by_role("region", name="API tokens").focus()
    for _press in range(20):
        narrow.keyboard.press("ArrowRight")
    revoke = narrow.get_by_role("link", name="Revoke")
    narrow.wait_for_function("link => link.getBoundingClientRect().right <= innerWidth", arg=revoke.element_handle())


def test_nor_does_a_link_to_a_preview(narrow: Page, flooding: EmergencyPage) -> None:
    narrow.goto(content_address("overview", flooding))
    narrow.get_by_role("button", name="Make a link").press("Enter")
    narrow.get_by_label("Link to the preview").wait_for()
    assert narrow.evaluate(OUTSIDE) == []
