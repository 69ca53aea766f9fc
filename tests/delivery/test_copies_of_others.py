"""What a page or a part of one holds of its visitor is in no copy that another gets, whatever a site's templates do."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.test import Client
from wagtail import hooks

from tests.agency.models import AgencyPage, AskRule
from tests.counting.gathered import BROWSER, PATH
from tests.factories import block_id, committed, hero, make_intent, make_page, make_segment, personalised
from wagtail_personalise_gov.compiling import pause
from wagtail_personalise_gov.core.facts import Fact
from wagtail_personalise_gov.facts import forget_registered
from wagtail_personalise_gov.models import LocationRule, PagesViewedRule, QueryRule, Segment, VisitIntentRule

from . import urls_of_templates as views
from .page_caches import HILLTOP, NOWHERE, RIVERSIDE, behind, text, visitor

VERSION, STANDARD = "Sandbags in Riverside", "Be ready"


@pytest.fixture(autouse=True)
def with_templates(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = views.__name__
    cache.clear()
    yield
    views.answers.clear()


def asks_of_itself(page: AgencyPage, segment: Segment) -> None:
    """Let the page show "You are here" to a segment."""
    value = personalised(hero(STANDARD), (segment, hero("You are here")))
    page.body = [{"type": "offer", "id": block_id("offer", 0), "value": value}]
    page.save()


@pytest.mark.parametrize("cached", [False, True])
@pytest.mark.parametrize("read", ["place.city", "source.kind", "memory.visit.landed", "stored", "begins", "arrival"])
def test_whatever_of_the_visitor_a_template_reads_makes_the_page_theirs(
    riverside: Segment, home: AgencyPage, places_by_address: Any, settings: Any, read: str, cached: bool
) -> None:
    if cached:
        behind("Django's", settings)
    views.template(f"[{{{{ request.visit.{read} }}}}]")
    search = {"Referer": "https://www.google.com/"}
    first = visitor(RIVERSIDE, "personalise_choice=allowed.1", **search).get("/tried/")
    assert first["Cache-Control"] == "private, no-cache"
    second = text(visitor(HILLTOP, "personalise_choice=refused.1").get("/tried/"))
    cache.clear()
    assert second == text(visitor(HILLTOP, "personalise_choice=refused.1").get("/tried/"))


@pytest.mark.parametrize("inside", ["banner", "question"])
def test_a_part_with_a_form_that_leads_back_leads_nobody_to_another_s_address(home: AgencyPage, inside: str) -> None:
    make_segment("permit", VisitIntentRule(intent=make_intent("permit")))
    page = make_page("Start", ("intent_question", {"heading": "What?", "hint": ""}), parent=home, slug="start")
    part = {
        "banner": '{% personalise_banner %}{% segment "permit" %}{% endsegment %}{% endpersonalise_banner %}',
        "question": "{% include_block request.page.body %}",
    }[inside]
    views.template("{% personalise_cache 600 'head' %}" + part + "{% endpersonalise_cache %}")
    render = views.answers[-1]

    def with_page(request: HttpRequest) -> HttpResponse:
        request.page = page  # type: ignore[attr-defined]
        return render(request)

    views.answers.append(with_page)
    assert "my-illness" in text(Client().get("/tried/one/?q=my-illness"))
    other = text(Client().get("/tried/two/"))
    assert "my-illness" not in other
    assert "/tried/two/" in other


def test_an_answer_without_a_body_is_kept_for_nobody(
    page_cache: str, riverside: Segment, places_by_address: Any, settings: Any
) -> None:
    middleware = settings.MIDDLEWARE
    settings.MIDDLEWARE = [*middleware[:3], "django.middleware.http.ConditionalGetMiddleware", *middleware[3:]]
    views.template("{% segment 'riverside' %}In{% else %}Out{% endsegment %}")
    tag = visitor(RIVERSIDE).get("/tried/")["ETag"]
    cache.clear()
    assert visitor(RIVERSIDE, If_None_Match=tag).get("/tried/").status_code == 304
    answer = visitor(RIVERSIDE).get("/tried/")
    assert (answer.status_code, text(answer)) == (200, "In")


@pytest.mark.parametrize("cached", [False, True])
def test_a_page_that_asks_how_many_were_seen_counts_itself(home: AgencyPage, settings: Any, cached: bool) -> None:
    if cached:
        behind("Django's", settings)
    make_page("Other", ("hero", hero("x")), parent=home, slug="other")
    page = make_page("Fees", ("hero", hero("x")), parent=home, slug="fees")
    asks_of_itself(page, make_segment("second", PagesViewedRule(what="number", number=2)))
    for _twice in range(2):
        assert STANDARD in text(Client().get("/fees/"))
        client = Client()
        client.get("/other/")
        assert "You are here" in text(client.get("/fees/", headers={"Referer": "http://testserver/other/"}))


@pytest.mark.parametrize("cached", [False, True])
def test_a_page_that_asks_whether_it_was_seen_tells_who_refused_from_who_allowed(
    home: AgencyPage, settings: Any, cached: bool
) -> None:
    if cached:
        behind("Django's", settings)
    page = make_page("Fees", ("hero", hero("x")), parent=home, slug="fees")
    asks_of_itself(page, make_segment("saw", PagesViewedRule(page=page)))
    for _twice in range(2):
        assert STANDARD in text(visitor(NOWHERE, "personalise_choice=refused.1").get("/fees/"))
        client = visitor(NOWHERE, "personalise_choice=allowed.1")
        client.get("/")
        assert "You are here" in text(client.get("/fees/"))


@pytest.mark.parametrize("what", ["pause", "off", "opt_in", "publication"])
def test_a_page_of_fragments_in_a_page_cache_follows_what_changes(
    page_cache: str, home: AgencyPage, places_by_address: Any, configure: Any, what: str
) -> None:
    riverside = make_segment("riverside", LocationRule(cities=["Riverside"]))
    configure(DELIVERY="fragment")
    offer = personalised(hero(STANDARD), (riverside, hero(VERSION)))
    make_page("Flood", ("offer", offer), parent=home, slug="flood")

    def change() -> None:
        if what == "pause":
            with committed():
                pause(by="a test")
        elif what == "publication":
            make_segment("query", QueryRule(parameter="topic", values=["x"]))
        else:
            configure(MODE=what)

    before = text(Client().get("/flood/"))
    change()
    kept = text(Client().get("/flood/"))
    cache.clear()
    assert kept == text(Client().get("/flood/"))
    assert kept != before


def test_what_was_kept_while_paused_is_over_with_the_pause(
    page_cache: str, home: AgencyPage, places_by_address: Any, configure: Any
) -> None:
    riverside = make_segment("riverside", LocationRule(cities=["Riverside"]))
    configure(DELIVERY="fragment", MODE="off")
    offer = personalised(hero(STANDARD), (riverside, hero(VERSION)))
    make_page("Flood", ("offer", offer), parent=home, slug="flood")
    assert "personalise-fragment" not in text(Client().get("/flood/"))
    configure(MODE="opt_out")
    assert "personalise-fragment" in text(Client().get("/flood/"))


def test_a_site_s_own_hook_that_keeps_a_page_back_keeps_its_fragments_back(
    home: AgencyPage, configure: Any, places_by_address: Any
) -> None:
    configure(DELIVERY="fragment")
    riverside = make_segment("riverside", LocationRule(cities=["Riverside"]))
    offer = personalised(hero(STANDARD), (riverside, hero(VERSION)))
    page = make_page("Secret", ("offer", offer), parent=home, slug="secret")

    def ask() -> HttpResponse:
        told = {"page": page.pk, "path": "/secret/"}
        answer = visitor(RIVERSIDE).post("/personalisation/fragments/", told, headers={"Sec-Fetch-Site": "same-origin"})
        return answer  # type: ignore[return-value]

    assert VERSION in text(ask())
    with hooks.register_temporarily("before_serve_page", lambda *args: HttpResponse("no", status=403)):
        assert VERSION not in text(ask())
        assert ask().status_code == 404


def test_a_key_for_copies_tells_who_is_held_back(
    home: AgencyPage, configure: Any, places_by_address: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(COUNTING=True, COUNTING_BUFFER=PATH)
    monkeypatch.setattr("wagtail_personalise_gov.visit.visit.held_back", lambda lot, slug, *shares: slug == "riverside")
    make_segment("riverside", LocationRule(cities=["Riverside"]), holdout_percent=50)
    make_segment("valley", LocationRule(cities=["Riverside", "Hilltop"]))
    make_segment("learnt", LocationRule(cities=["Hilltop"]), learning=True)
    keys: list[str] = []

    def view(request: HttpRequest) -> HttpResponse:
        keys.append(request.visit.cache_key("riverside", "valley", "learnt"))  # type: ignore[attr-defined]
        return HttpResponse()

    views.answers.append(view)
    for address in (RIVERSIDE, HILLTOP, NOWHERE):
        visitor(address, User_Agent=BROWSER).get("/tried/")
    assert keys == ["riverside=held,valley", "learnt=learning,valley", ""]


@pytest.mark.parametrize("cached", [False, True])
def test_a_reader_that_needs_the_view_is_asked_again_once_there_is_one(
    home: AgencyPage, settings: Any, cached: bool
) -> None:
    if cached:
        behind("Django's", settings)
    fact = Fact("x.view", "the view", about_visitor=False)
    with hooks.register_temporarily(
        "register_personalise_facts", lambda: (fact, lambda request: request.resolver_match.url_name)
    ):
        forget_registered()
        here = make_segment("here", AskRule(question={"fact": "x.view", "op": "in", "value": ["wagtail_serve"]}))
        make_page("Office", ("line", personalised("Elsewhere", (here, "Here"))), parent=home, slug="office")
        for _visitor in range(4):
            assert "Here" in text(Client().get("/office/"))
    forget_registered()


@pytest.mark.parametrize("noted", [{"old": 1}, "junk", None])
def test_a_copy_of_another_release_is_a_private_page_and_no_failure(
    riverside: Segment, home: AgencyPage, places_by_address: Any, settings: Any, noted: Any
) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "copies"}}
    cache.clear()
    behind("Django's", settings)
    views.template("{% segment 'riverside' %}In{% else %}Out{% endsegment %}")
    visitor(RIVERSIDE).get("/tried/")
    for key, kept in list(cache._cache.items()):
        response = pickle.loads(kept)  # noqa: S301  our own
        if isinstance(response, HttpResponse):
            response.personalise_made_1 = noted  # type: ignore[attr-defined]
            cache._cache[key] = pickle.dumps(response)
    answer = visitor(RIVERSIDE).get("/tried/")
    assert (answer.status_code, text(answer)) == (200, "In")
    if noted is not None:
        assert "private" in answer["Cache-Control"]


@pytest.mark.parametrize("junk", ["junk", ("In", {}), ("In",), 5])
def test_a_part_of_another_release_is_made_anew(
    riverside: Segment, home: AgencyPage, places_by_address: Any, settings: Any, junk: Any
) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "parts"}}
    cache.clear()
    part = "{% segment 'riverside' %}In{% else %}Out{% endsegment %}"
    views.template("{% personalise_cache 600 'part' %}" + part + "{% endpersonalise_cache %}")
    visitor(RIVERSIDE).get("/tried/")
    spoilt = [key for key in cache._cache if ".part." in key]
    assert len(spoilt) == 2
    for key in spoilt:
        kept = dict(cache._cache)
        cache._cache[key] = pickle.dumps(junk)
        assert text(visitor(RIVERSIDE).get("/tried/")) == "In"
        cache._cache.update(kept)


class CopiesMeta:
    """Middleware of a site's own that puts other headers in the place of the request's."""

    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.META = dict(request.META)
        answer: HttpResponse = self.get_response(request)
        return answer


def test_where_the_headers_were_replaced_nothing_is_kept(
    page_cache: str, agency_page: AgencyPage, places_by_address: Any, settings: Any
) -> None:
    middleware = settings.MIDDLEWARE
    settings.MIDDLEWARE = [*middleware[:3], f"{__name__}.CopiesMeta", *middleware[3:]]
    for address, words in ((RIVERSIDE, VERSION), (HILLTOP, STANDARD), (RIVERSIDE, VERSION)):
        assert words in text(visitor(address).get("/flood/"))
