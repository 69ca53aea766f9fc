"""The guides for developers: each thing of one's own does what its page says."""

from __future__ import annotations

import json
import time
from typing import Any

from django.test import Client, RequestFactory, override_settings

from tests.docs.stories.common import AT_ONCE, SETTING, a_home_page_for_newcomers, a_segment, login, welcome_for


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
    from council.stores import CacheStore
    from django.http import HttpResponse

    from wagtail_personalise_gov.core.memory import Past, ThisVisit, VisitorMemory

    today = int(time.time()) // (24 * 60 * 60)
    store, memory = CacheStore(), VisitorMemory(ThisVisit(step=1, landed=True), Past(began=today, visits=2))
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
    back.COOKIES = dict.fromkeys(back.COOKIES, "x" * 5000)
    assert store.load(back) == VisitorMemory()
    what_each_store_does_on_the_site()


def what_each_store_does_on_the_site() -> None:
    """A visitor is known by the store's own cookie and no other, the public page says so, and refusing ends it."""
    a_home_page_for_newcomers()
    for store, name in (
        ("wagtail_personalise_gov.visit.stores.DjangoSessionStore", "sessionid"),
        ("council.stores.CacheStore", "council_memory"),
    ):
        with override_settings(**{SETTING: {**AT_ONCE, "VISITOR_STORE": store}}):
            client = Client()
            answer = client.get("/")
            assert "New here?" in answer.content.decode()
            assert set(answer.cookies) == {name}
            assert client.get("/api/personalise/v1/visit/").json()["segments"]
            about = client.get("/personalisation/").content.decode()
            assert f"<code>{name}</code>" in about
            assert "<code>personalise_memory</code>" not in about
            assert client.get("/", headers={"Sec-GPC": "1"}).cookies[name]["max-age"] == 0


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
    value = {
        "variants": [{"type": "variant", "value": {"segments": [segment.pk], "content": "<p>x</p>"}}],
        "default": "",
    }
    for instance in (NoticePage(title="Notice"), Notice()):
        instance.body = json.dumps([{"type": "text", "value": value}])
        assert "As: “riverside”" in [label for _mode, label in instance.preview_modes]


def the_headless_api() -> None:
    """What the reference shows has the keys that the API gives."""
    from guides.models import GuidePage
    from home.models import HomePage

    from tests.docs.samples import DOCS, samples
    from wagtail_personalise_gov.counting.results import COLUMNS
    from wagtail_personalise_gov.models import FirstTimeVisitorRule

    elsewhere = ("Every version", "`GET pages/{id}/segments/`", "`POST decisions/`", "`GET ruleset/`")  # other stories
    shown = [
        json.loads(sample.text)
        for sample in samples(DOCS / "reference" / "api.md")
        if sample.language == "json" and sample.heading not in elsewhere
    ]
    index, visit, page, _preference, _counting, standing, intents, _intent, kept, _place, place_kept, results = shown
    segment = a_segment("first-time-visitors", public_name="People on their first visit")
    FirstTimeVisitorRule.objects.create(segment=segment)
    version = {"segments": [segment.pk], "content": "<p>New here?</p>"}
    block = {"variants": [{"type": "variant", "id": "v", "value": version}], "default": "<p>Welcome</p>"}
    guide = GuidePage(title="Guide", slug="guide", body=json.dumps([{"type": "text", "value": block}]))
    HomePage.objects.get().add_child(instance=guide)
    client, base = Client(SERVER_NAME="localhost"), "/api/personalise/v1/"
    told = client.get(base).json()
    assert (told.keys(), told["addresses"].items() >= index["addresses"].items()) == (index.keys(), True)
    answer = client.get(f"{base}visit/")
    question, shown_question = answer.json()["question"], visit["question"]
    assert answer.json() == {**visit, "question": question}
    assert question.keys() == shown_question.keys()
    assert {key: question[key] for key in ("allow", "refuse", "about")} == {
        key: shown_question[key] for key in ("allow", "refuse", "about")
    }
    assert set(shown_question["sentences"]) < set(question["sentences"])
    assert "no-store" in answer["Cache-Control"]
    assert client.get(f"{base}intent/").json().keys() == intents.keys()
    answer = client.get(f"{base}pages/{guide.pk}/").json()
    assert answer.keys() == page.keys()
    assert answer["body"][0].keys() == page["body"][0].keys()
    assert answer["body"][0]["value"] == {"variant": "v", "content": "<p>New here?</p>"}

    def put(path: str, data: Any) -> Any:
        return client.put(base + path, json.dumps(data), content_type="application/json")

    assert put("intent/", {"intent": None}).json().keys() == kept.keys()
    assert put("place/", {"place": "none"}).json().keys() == place_kept.keys()
    with override_settings(**{SETTING: {**AT_ONCE, "COUNTING": True}}):
        answered = put("preference/", {"counting": "refused"}).json()
        assert (answered.keys(), answered["counting"]) == (standing.keys(), standing["counting"])
        (counted,) = login().get(f"{base}results/").json()["blocks"]
    assert results["blocks"][0].keys() == counted.keys()
    assert tuple(results["blocks"][0]["rows"][0]) == COLUMNS
    assert put("preference/", {"preference": "refused"}).json()["adapts"] is False
    assert client.get(f"{base}pages/{guide.pk}/").json()["body"][0]["value"]["variant"] is None
    for path, data, status in (
        ("preference/", {"preference": "x"}, 400),
        ("intent/", {"intent": "x"}, 400),
        ("intent/", {"intent": "x" * 5000}, 413),
    ):
        response = put(path, data)
        assert response.status_code == status
        assert response["Content-Type"] == "application/problem+json"
    assert client.put(f"{base}intent/", "intent=x", content_type="text/plain").status_code == 415
    assert client.get(f"{base}pages/999999/").status_code == 404
    assert client.post(f"{base}visit/").status_code == 405
