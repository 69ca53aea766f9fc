"""What the documentation promises a reader who follows it, told on the site that they made. Run by `docs_run.py`.

Each story is a function without arguments, in a transaction of its own.
"""

from __future__ import annotations

import json
from typing import Any

from django.test import Client, RequestFactory, override_settings

SETTING = "WAGTAIL_PERSONALISE_GOV"
AT_ONCE = {"RULESET_CHECK_SECONDS": 0}


def login() -> Client:
    from django.contrib.auth import get_user_model

    client = Client()
    client.force_login(get_user_model().objects.create_superuser("editor", "editor@example.org", "editor"))
    return client


def a_segment(slug: str, **values: Any) -> Any:
    from wagtail_personalise_gov.models import Segment

    return Segment.objects.create(name=slug, slug=slug, **values)


def welcome_for(segment: Any) -> Any:
    """The home page of the tutorial, with a version for a segment."""
    from home.models import HomePage

    home = HomePage.objects.get()
    version = {"segments": [segment.pk], "content": {"heading": "New here?", "text": "<p>Start here.</p>"}}
    block = {
        "variants": [{"type": "variant", "value": version}],
        "default": {"heading": "Welcome", "text": "<p>What do you need?</p>"},
    }
    home.body = json.dumps([{"type": "welcome", "value": block}])
    home.save_revision().publish()
    return home


def the_tutorial() -> None:
    """Steps 4 to 6, through the admin's own forms."""
    from django.urls import reverse
    from wagtail.test.utils.form_data import inline_formset, nested_form_data

    from wagtail_personalise_gov.models import Segment

    editor = login()
    address = reverse(Segment.snippet_viewset.get_url_name("add"))  # type: ignore[attr-defined]
    form = editor.get(address).content.decode()
    assert "Add a rule" in form
    formsets: dict[str, Any] = {
        relation.get_accessor_name(): inline_formset([{}])
        if relation.get_accessor_name().endswith("firsttimevisitorrule_rules")
        else inline_formset([])
        for relation in Segment.rule_relations()
    }
    rule = next(key for key in formsets if key.endswith("firsttimevisitorrule_rules"))
    formsets[rule] = inline_formset([{"negated": "False"}])
    data = {
        "name": "First-time visitors",
        "slug": "first-time-visitors",
        "match": "all",
        "public_name": "People on their first visit",
        "action-publish": "1",
        **nested_form_data(formsets),
    }
    response = editor.post(address, data)
    assert response.status_code == 302, response.context["form"].errors
    segment = Segment.objects.get()
    assert segment.live
    assert len(segment.get_rules()) == 1

    home = welcome_for(segment)
    assert ("As: First-time visitors") in [label for _mode, label in home.preview_modes]

    visitor = Client()
    page = visitor.get("/").content.decode()
    assert "New here?" in page
    assert "Turn it off" in page
    assert "Keep it on" in page
    assert "New here?" in visitor.get("/", headers={"referer": "http://testserver/"}).content.decode()

    refused = visitor.post(
        reverse("personalise:choice"), {"choice": "refused", "next": "/"}, headers={"sec-fetch-site": "same-origin"}
    )
    assert (refused.status_code, refused.url) == (303, "/")
    page = visitor.get("/").content.decode()
    assert "Welcome" in page
    assert "New here?" not in page
    assert "turned this off" in page
    kept = {name: cookie.value for name, cookie in visitor.cookies.items() if cookie.value}
    assert list(kept) == ["personalise_choice"]
    assert kept["personalise_choice"].startswith("refused.")
    assert reverse("personalise:about") in page


def content_from_before_the_wrap_is_the_standard_version() -> None:
    from offers.models import OfferBlock

    from wagtail_personalise_gov.blocks import PersonalisedBlock

    block = PersonalisedBlock(OfferBlock())
    (value,) = block.bulk_to_python([{"heading": "Half price", "link": None}])
    assert "Half price" in block.render(value)
    assert value["default"]["heading"] == "Half price"


def a_rule_and_a_fact_of_ones_own() -> None:
    from wards.models import WardRule

    from wagtail_personalise_gov.models import Segment

    assert WardRule in [relation.related_model for relation in Segment.rule_relations()]
    rule = WardRule(segment=a_segment("riverside"), ward="riverside")
    rule.clean()
    rule.save()
    WardRule.objects.create(segment=a_segment("elsewhere"), ward="riverside", negated=True)
    home = welcome_for(rule.segment)
    assert home.live

    def see(**cookies: str) -> str:
        client = Client()
        client.cookies.load(cookies)
        response = client.get("/")
        assert "Cookie" in response["Vary"]
        return response.content.decode()

    assert "New here?" in see(ward="riverside")
    assert "New here?" not in see(ward="hilltop")
    assert "New here?" not in see(ward="atlantis")
    assert "New here?" not in see()
    assert "<" not in rule.sentence()


def who_a_fact_of_ones_own_can_be_told_of() -> None:
    """ "Is not" needs an answer that we can tell."""
    from wards.models import WardRule

    from wagtail_personalise_gov.visit.visit import Visit

    WardRule.objects.create(segment=a_segment("elsewhere"), ward="riverside", negated=True)
    for cookie, within in (("ward=hilltop", True), ("ward=riverside", False), ("", False)):
        assert Visit(RequestFactory().get("/", headers={"cookie": cookie})).includes("elsewhere") is within


def a_geo_provider_of_ones_own() -> None:
    from council.geo import OfficeGeo

    provider = OfficeGeo()
    assert "X-Office" in provider.varies_on
    request = RequestFactory().get("/", headers={"x-office": "depot"}, REMOTE_ADDR="10.20.0.1")
    assert provider.place(request) is None
    with override_settings(**{SETTING: {"TRUSTED_PROXIES": ["10.20.0.0/16"]}}):
        place = provider.place(request)
        assert place is not None
        assert place.city == "Hilltop"


def a_visitor_store_of_ones_own() -> None:
    from django.http import HttpResponse
    from council.stores import CacheStore

    from wagtail_personalise_gov.core.memory import Past, ThisVisit, VisitorMemory

    store, memory = CacheStore(), VisitorMemory(ThisVisit(step=1, landed=True), Past(began=20_000, visits=2))
    response = HttpResponse()
    assert store.load(RequestFactory().get("/")) == VisitorMemory()
    store.save(RequestFactory().get("/"), response, memory)
    back = RequestFactory().get("/")
    back.COOKIES = {name: morsel.value for name, morsel in response.cookies.items()}
    assert store.load(back) == memory
    gone = HttpResponse()
    store.forget(back, gone)
    assert store.load(back) == VisitorMemory()
    assert all(morsel["max-age"] == 0 for morsel in gone.cookies.values())
    back.COOKIES = {name: "x" * 5000 for name in back.COOKIES}
    assert store.load(back) == VisitorMemory()


def what_everyone_must_see_stands_in_no_version() -> None:
    from alerts.blocks import AlertsBlock
    from django.core.exceptions import ValidationError

    block, segment = AlertsBlock(), a_segment("riverside")

    def saved(variant: list[Any], default: list[Any]) -> bool:
        variants = [{"type": "variant", "value": {"segments": [segment.pk], "content": variant}}] if variant else []
        try:
            block.clean(block.to_python({"variants": variants, "default": default}))
        except ValidationError:
            return False
        return True

    plain = [{"type": "notice", "value": {"text": "Bins are late", "must_see": False}}]
    vital = [{"type": "notice", "value": {"text": "Boil your water", "must_see": True}}]
    flood = [{"type": "flood_warning", "value": {"text": "Leave now"}}]
    assert saved(plain, plain)
    assert saved([], vital)
    assert not saved(vital, plain)
    assert not saved(plain, vital)
    assert not saved(flood, plain)


def a_preview_of_a_page_and_of_a_snippet() -> None:
    from notices.models import Notice, NoticePage

    segment = a_segment("riverside", live=False)
    value = {"variants": [{"type": "variant", "value": {"segments": [segment.pk], "content": "<p>x</p>"}}], "default": ""}
    for instance in (NoticePage(title="Notice"), Notice()):
        instance.body = json.dumps([{"type": "text", "value": value}])
        assert "As: riverside" in [label for _mode, label in instance.preview_modes]


def a_page_cache_keeps_nobodys_page() -> None:
    """With the middleware in the order that the page teaches, warm and cold."""
    from django.conf import settings

    from wagtail_personalise_gov.models import FirstTimeVisitorRule

    segment = a_segment("first-time-visitors")
    FirstTimeVisitorRule.objects.create(segment=segment)
    welcome_for(segment)
    update, fetch = (f"django.middleware.cache.{name}CacheMiddleware" for name in ("Update", "FetchFrom"))
    with override_settings(MIDDLEWARE=[update, *settings.MIDDLEWARE, fetch]):
        for _round in range(2):
            refuser = Client()
            refuser.cookies.load({"personalise_choice": "refused.1"})
            assert "New here?" in Client().get("/").content.decode()
            assert "New here?" not in refuser.get("/").content.decode()


def the_pause() -> None:
    from wagtail_personalise_gov.compiling import pause, resume
    from wagtail_personalise_gov.models import FirstTimeVisitorRule

    segment = a_segment("first-time-visitors")
    FirstTimeVisitorRule.objects.create(segment=segment)
    welcome_for(segment)
    assert "private" in Client().get("/")["Cache-Control"]
    pause(by="the night shift")
    response = Client().get("/")
    assert "New here?" not in response.content.decode()
    assert "Turn it off" not in response.content.decode()
    assert "Cache-Control" not in response
    resume()
    assert "New here?" in Client().get("/").content.decode()


STORIES = [
    story.__name__
    for story in (
        the_tutorial,
        content_from_before_the_wrap_is_the_standard_version,
        a_rule_and_a_fact_of_ones_own,
        who_a_fact_of_ones_own_can_be_told_of,
        a_geo_provider_of_ones_own,
        a_visitor_store_of_ones_own,
        what_everyone_must_see_stands_in_no_version,
        a_preview_of_a_page_and_of_a_snippet,
        a_page_cache_keeps_nobodys_page,
        the_pause,
    )
]
