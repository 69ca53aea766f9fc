"""The guides for operators, and the tables about modes and caches."""

from __future__ import annotations

import json

from django.test import Client, override_settings

from tests.docs.stories.common import AT_ONCE, SETTING, a_home_page_for_newcomers, see


def a_page_cache_keeps_nobodys_page() -> None:
    """With the middleware in the order that the page teaches, warm and cold."""
    from django.conf import settings

    a_home_page_for_newcomers()
    update, fetch = (f"django.middleware.cache.{name}CacheMiddleware" for name in ("Update", "FetchFrom"))
    with override_settings(MIDDLEWARE=[update, *settings.MIDDLEWARE, fetch]):
        for _round in range(2):
            refuser = Client()
            refuser.cookies.load({"personalise_choice": "refused.1"})
            assert "New here?" in Client().get("/").content.decode()
            assert "New here?" not in refuser.get("/").content.decode()


def the_pause() -> None:
    from wagtail_personalise_gov.compiling import pause, resume

    a_home_page_for_newcomers()
    assert "private" in Client().get("/")["Cache-Control"]
    pause(by="the night shift")
    response = Client().get("/")
    assert "New here?" not in response.content.decode()
    assert "Turn it off" not in response.content.decode()
    assert "Cache-Control" not in response
    resume()
    assert "New here?" in Client().get("/").content.decode()


def what_each_mode_does_before_a_choice() -> None:
    a_home_page_for_newcomers()
    for mode, adapts, asks in (("opt_out", True, True), ("opt_in", False, True), ("off", False, False)):
        with override_settings(**{SETTING: {**AT_ONCE, "MODE": mode}}):
            response = see()
            page = response.content.decode()
            assert ("New here?" in page) is adapts, mode
            assert ('role="region"' in page) is asks, mode
            assert bool(response.cookies) is adapts, mode


def which_pages_are_private() -> None:
    from home.models import HomePage

    home = HomePage.objects.get()
    assert "Cache-Control" not in see()
    home.body = json.dumps([{"type": "welcome", "value": {"heading": "Welcome", "text": ""}}])
    home.save_revision().publish()
    assert "Cache-Control" not in see()
    segment = a_home_page_for_newcomers()
    assert see()["Cache-Control"] == "private, no-cache"
    assert see(sec_gpc="1")["Cache-Control"] == "private, no-cache"
    with override_settings(**{SETTING: {**AT_ONCE, "MODE": "off"}}):
        assert "Cache-Control" not in see()
    home.body = "[]"
    home.save_revision().publish()
    assert segment.live
    for setting in ({"BANNER": "everywhere"}, {"REMEMBER_LANDING": "everywhere"}):
        assert "Cache-Control" not in see()
        with override_settings(**{SETTING: {**AT_ONCE, **setting}}):
            assert see()["Cache-Control"] == "private, no-cache", setting
