"""Trying as a visitor: the page, and the panel beside a segment's form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from wagtail.models import Revision

from wagtail_personalise_gov.compiling import current_ruleset, pause
from wagtail_personalise_gov.core.geography import Place
from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.editor.trying.fact_words import fact_source, fact_value
from wagtail_personalise_gov.models import (
    DeviceRule,
    FirstTimeVisitorRule,
    LocationRule,
    PagesViewedRule,
    ReferrerRule,
    Segment,
    SegmentRule,
    VisitCountRule,
    VisitIntentRule,
)
from wagtail_personalise_gov.visit.explaining import ExplainedFact
from wagtail_personalise_gov.visit.geo import GeoProvider
from wagtail_personalise_gov.visit.simulation import READ_BY_THE_SITE, TOLD_BY_VISITOR

from ..agency.models import AgencyPage
from ..factories import committed, make_intent, make_segment
from .forms import saved_cards, segment_form

PAGE = "/admin/personalisation/try/"
IN, OUT, UNTOLD = "In this segment", "Not in this segment", "Can’t tell"


class Everywhere(GeoProvider):
    """Everybody is in Riverside."""

    varies_on = frozenset()

    def place(self, request: Any) -> Place:
        return Place(country="GB", city="Riverside")


def tried(desk: Client, *segments: Segment, **said: Any) -> dict[str, str]:
    """The answer on each segment that the page names, by name."""
    traces = page(desk, *segments, **said).context["tried"].traces
    return {trace.name: str(trace.verdict.word) for trace in traces}


def page(desk: Client, *segments: Segment, **said: Any) -> Any:
    query = [("try", "1"), *(("segments", segment.pk) for segment in segments)]
    query += [(f"visit-{name}", value) for name, value in said.items()]
    answer = desk.get(f"{PAGE}?{urlencode(query)}")
    assert answer.status_code == 200
    return answer


def only(desk: Client, segment: Segment, **said: Any) -> Any:
    """How one segment is told, rule by rule."""
    (trace,) = page(desk, segment, **said).context["tried"].traces
    return trace


# Who may


@pytest.mark.parametrize("permission", ["view_segment", "add_segment", "change_segment", "publish_segment"])
def test_whoever_has_to_do_with_segments_may_try(desk_of: Callable[..., Client], permission: str) -> None:
    browser = desk_of(permission)
    assert browser.get(PAGE).status_code == 200
    assert PAGE in browser.get("/admin/").content.decode()  # in the menu


def test_others_may_not_try(desk_of: Callable[..., Client], home: AgencyPage) -> None:
    segment = make_segment("s", FirstTimeVisitorRule())
    browser = desk_of("add_intent")
    for address in (PAGE, f"{PAGE}fields/"):
        assert browser.get(address).status_code == 302
    assert browser.post(address_of("try", segment)).status_code == 302
    assert browser.post(addresses_for("try_new", Segment)).status_code == 302
    assert PAGE not in browser.get("/admin/").content.decode()


def test_only_who_may_change_a_segment_may_try_its_form(desk_of: Callable[..., Client], home: AgencyPage) -> None:
    segment = make_segment("s", FirstTimeVisitorRule())
    data = segment_form(*saved_cards(segment), name="S", slug="s")
    assert desk_of("view_segment").post(address_of("try", segment), data).status_code == 302
    assert desk_of("add_segment").post(address_of("try", segment), data).status_code == 302
    assert desk_of("change_segment").post(address_of("try", segment), data).status_code == 200


# The page


def test_nothing_is_tried_before_it_is_asked(desk: Client, home: AgencyPage) -> None:
    answer = desk.get(PAGE)
    assert "tried" not in answer.context
    assert answer.context["form"].is_bound is False


def test_the_visitor_s_own_segments_come_first(desk: Client, home: AgencyPage) -> None:
    make_segment("abroad", LocationRule(countries=["FR"]))
    make_segment("computers", DeviceRule(kinds=["desktop"]))
    make_segment("phones", DeviceRule(kinds=["mobile"]))
    make_segment("draft", DeviceRule(kinds=["mobile"]), live=False)
    assert list(tried(desk, device="mobile").items()) == [
        ("Name of phones", IN),
        ("Name of abroad", UNTOLD),
        ("Name of computers", OUT),
    ]


def test_what_is_said_stands_in_the_address_and_fills_the_form(desk: Client, home: AgencyPage) -> None:
    html = page(desk, country="France").content.decode()
    assert 'value="France"' in html
    assert "From France" in html


def test_a_preset_is_a_link_that_keeps_the_chosen_segments(desk: Client, home: AgencyPage) -> None:
    segment = make_segment("phones", DeviceRule(kinds=["mobile"]))
    make_segment("other", DeviceRule(kinds=["mobile"]))
    links = {preset.name: preset.url for preset in page(desk, segment).context["presets"]}
    answer = desk.get(links["On a phone, by a search engine"])
    assert [trace.name for trace in answer.context["tried"].traces] == ["Name of phones"]
    assert answer.context["in_words"] == "By a search engine (www.google.com), on a phone"


def test_what_cannot_be_read_is_said_at_its_field(desk: Client, home: AgencyPage) -> None:
    make_segment("s", FirstTimeVisitorRule())
    answer = page(desk, country="Atlantis")
    assert "tried" not in answer.context
    assert "There is no country “Atlantis”" in answer.content.decode()


def test_a_draft_is_tried_as_if_it_were_live(desk: Client, home: AgencyPage) -> None:
    draft = make_segment("draft", DeviceRule(kinds=["mobile"]), live=False)
    assert tried(desk, draft, device="mobile") == {"Name of draft": IN}
    assert tried(desk, draft, device="desktop") == {"Name of draft": OUT}


def test_unpublished_changes_are_what_is_tried_and_that_is_said(desk: Client, home: AgencyPage) -> None:
    segment = make_segment("s", DeviceRule(kinds=["mobile"]))
    segment.wagtail_personalise_gov_devicerule_rules.set([DeviceRule(kinds=["tablet"])])
    segment.save_revision()
    assert tried(desk, device="mobile") == {"Name of s": IN}  # as visitors have it
    assert tried(desk, segment, device="mobile") == {"Name of s": OUT}
    assert "Tried as drafted, with changes that are not published: Name of s" in page(desk, segment).content.decode()


def test_several_drafts_see_each_other(desk: Client, home: AgencyPage) -> None:
    inner = make_segment("inner", DeviceRule(kinds=["mobile"]), live=False)
    outer = make_segment("outer", SegmentRule(other=inner), live=False)
    assert tried(desk, inner, outer, device="mobile") == {"Name of inner": IN, "Name of outer": IN}


def test_a_segment_inside_that_is_not_live_is_why_nothing_can_be_told(desk: Client, home: AgencyPage) -> None:
    inner = make_segment("inner", DeviceRule(kinds=["mobile"]), live=False)
    outer = make_segment("outer", SegmentRule(other=inner), live=False)
    (rule,) = only(desk, outer, device="mobile").rules
    assert rule.verdict.word == UNTOLD
    assert rule.why == ("The segment “inner” is not live, so nobody can be told to be in it.",)


def test_each_rule_is_told_with_what_was_asked(desk: Client, home: AgencyPage) -> None:
    segment = make_segment("s", DeviceRule(kinds=["mobile"]), LocationRule(countries=["FR"]), FirstTimeVisitorRule())
    rules = {str(rule.sentence): rule for rule in only(desk, segment, device="mobile").rules}
    phone = rules["They use a phone"]
    assert phone.verdict.word == "Yes"
    assert [(fact.name, fact.value, fact.source) for fact in phone.facts] == [("Device", "a phone", "as you say")]
    place = rules["They seem to be in France"]
    assert place.verdict.word == UNTOLD
    assert place.why == ("Country: not known of this visitor.",)
    first = rules["This is their first visit"]
    assert [(fact.name, fact.value, fact.source) for fact in first.facts] == [
        ("First visit", "yes", "from what their browser keeps for us")
    ]


def test_who_has_turned_adapting_off_is_not_looked_at(desk: Client, home: AgencyPage) -> None:
    segment = make_segment("s", DeviceRule(kinds=["mobile"]))
    trace = only(desk, segment, device="mobile", refused="on")
    assert trace.verdict.word == UNTOLD
    assert trace.rules[0].why == ("Device: not looked at, since they have turned adapting off.",)
    assert trace.notes == ("They have turned adapting off, so nothing is looked at that is about them.",)


def test_the_segments_inside_are_told_too(desk: Client, home: AgencyPage) -> None:
    inner = make_segment("inner", DeviceRule(kinds=["mobile"]))
    middle = make_segment("middle", SegmentRule(other=inner))
    outer = make_segment("outer", SegmentRule(other=middle, negated=True))
    (rule,) = only(desk, outer, device="mobile").rules
    assert rule.verdict.word == "No"
    (told,) = rule.inside
    assert (told.name, told.verdict.word) == ("Name of middle", IN)
    (deeper,) = told.rules[0].inside
    assert (deeper.name, deeper.verdict.word) == ("Name of inner", IN)
    assert deeper.rules[0].sentence == "They use a phone"


def test_learning_and_empty_segments_say_what_they_are(desk: Client, home: AgencyPage) -> None:
    learning = make_segment("learning", DeviceRule(kinds=["mobile"]), learning=True)
    assert only(desk, learning, device="mobile").notes == (
        "It is in learning mode: they are counted, and see what everyone else sees.",
    )
    empty = make_segment("empty", live=False)
    assert only(desk, empty).notes == ("It has no rules, so nobody is in it.",)


def test_a_pause_is_said_and_tried_without(desk: Client, home: AgencyPage) -> None:
    make_segment("s", DeviceRule(kinds=["mobile"]))
    pause()
    answer = page(desk, device="mobile")
    assert "Personalisation is paused." in answer.content.decode()
    assert answer.context["tried"].inside == 1


def test_a_site_on_which_nothing_adapts_says_so(desk: Client, home: AgencyPage, configure: Callable[..., None]) -> None:
    make_segment("s", DeviceRule(kinds=["mobile"]))
    configure(MODE="off")
    answer = page(desk, device="mobile")
    assert "On this site nothing adapts" in answer.content.decode()
    assert answer.context["tried"].inside == 1  # as if it did


@pytest.mark.parametrize(
    "query", ["segments=x", "segments=99999999999999", "p=no&try=1", "visit-visits=-1", "visit-seen_now=x"]
)
def test_an_address_that_somebody_made_up_is_no_error(desk: Client, home: AgencyPage, query: str) -> None:
    make_segment("s", DeviceRule(kinds=["mobile"]))
    assert desk.get(f"{PAGE}?{query}").status_code == 200


def test_as_many_queries_for_thirty_segments_as_for_one(desk: Client, home: AgencyPage) -> None:
    inner = make_segment("inner", DeviceRule(kinds=["mobile"]))
    make_segment("outer-0", SegmentRule(other=inner), DeviceRule(kinds=["mobile"]), PagesViewedRule(page=home))

    def queries() -> int:
        current_ruleset()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            page(desk, device="mobile")
        return len(captured)

    queries()
    few = queries()
    for number in range(1, 30):
        make_segment(
            f"outer-{number}", SegmentRule(other=inner), DeviceRule(kinds=["mobile"]), PagesViewedRule(page=home)
        )
    assert queries() <= few


# The panel


def answer_to(desk: Client, segment: Segment | None, *cards: Any, said: str = "", **fields: Any) -> dict[str, Any]:
    address = address_of("try", segment) if segment else addresses_for("try_new", Segment)
    answer = desk.post(address, segment_form(*cards, **fields) | {"visitor": said})
    assert answer.status_code == 200, answer.content
    told: dict[str, Any] = answer.json()
    return told


def test_a_segment_is_tried_before_it_is_there(desk: Client, home: AgencyPage) -> None:
    card = (DeviceRule, {"kinds": "mobile"})
    assert answer_to(desk, None, card, said="visit-device=mobile", name="", slug="")["said"] == IN
    assert answer_to(desk, None, card, said="visit-device=desktop", name="", slug="")["said"] == OUT
    assert answer_to(desk, None, card, said="", name="", slug="")["said"] == UNTOLD
    assert not Segment.objects.exists()


def test_a_segment_is_tried_as_its_form_stands(desk: Client, home: AgencyPage) -> None:
    segment = make_segment("s", DeviceRule(kinds=["mobile"]))
    changed = (DeviceRule, {"id": str(segment.get_rules()[0].pk), "kinds": "tablet"})
    revisions = Revision.objects.count()
    assert answer_to(desk, segment, changed, said="visit-device=mobile", name="S", slug="s")["said"] == OUT
    assert answer_to(desk, segment, changed, said="visit-device=tablet", name="S", slug="s")["said"] == IN
    assert Revision.objects.count() == revisions
    assert Segment.objects.get().get_rules()[0].kinds == ["mobile"]  # type: ignore[attr-defined]


def test_a_card_that_is_not_finished_cannot_be_told_and_says_so(desk: Client, home: AgencyPage) -> None:
    told = answer_to(desk, None, (DeviceRule, {}), (FirstTimeVisitorRule, {}), name="", slug="")
    assert told["said"] == UNTOLD
    assert "Device (not finished)" in told["result"]
    assert "Its card is not finished, or something in it is wrong." in told["result"]


def test_a_new_segment_is_taken_for_none_of_the_others(desk: Client, home: AgencyPage) -> None:
    other = make_segment("s", DeviceRule(kinds=["mobile"]))
    card = (SegmentRule, {"other": str(other.pk)})
    # It would be inside itself if it were known by the slug that is typed in.
    assert answer_to(desk, None, card, said="visit-device=mobile", slug="s")["said"] == IN


def test_a_visitor_who_cannot_be_read_gets_the_fields_back(desk: Client, home: AgencyPage) -> None:
    told = answer_to(desk, None, (FirstTimeVisitorRule, {}), said="visit-country=Atlantis")
    assert told["result"] == ""
    assert "There is no country “Atlantis”" in told["fields"]
    assert "can’t be read" in told["said"]


def test_the_panel_stands_beside_both_forms(desk: Client, home: AgencyPage) -> None:
    segment = make_segment("s", DeviceRule(kinds=["mobile"]))
    for address in (address_of("edit", segment), addresses_for("add", Segment)):
        html = desk.get(address).content.decode()
        assert 'data-side-panel="try"' in html
    assert f"{PAGE}?segments={segment.pk}" in desk.get(address_of("edit", segment)).content.decode()


def test_what_is_no_form_of_a_segment_is_no_error(desk: Client, home: AgencyPage) -> None:
    address = addresses_for("try_new", Segment)
    forged = segment_form((FirstTimeVisitorRule, {"id": "999"}))
    initial = next(key for key in forged if key.endswith("firsttimevisitorrule_rules-INITIAL_FORMS"))
    assert desk.post(address, forged | {initial: "1"}).status_code in (200, 400)
    assert desk.post(address, dict.fromkeys(forged, "x")).status_code in (200, 400)
    assert desk.post(address, {"visitor": "visit-device=%00&&&=="}).status_code == 200
    assert desk.get(address).status_code == 405


def test_a_forged_post_is_refused(admin: Any, home: AgencyPage) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(admin)
    assert browser.post(addresses_for("try_new", Segment), segment_form()).status_code == 403


# The story


def test_returning_visitors_of_two_nations_who_searched_for_a_licence_and_are_not_on_a_phone(
    desk: Client, home: AgencyPage
) -> None:
    licence = make_intent("licence", name="Apply for a licence")
    segment = make_segment(
        "licences",
        VisitCountRule(visits=2),
        LocationRule(subdivisions=["GB-WLS", "GB-NIR"]),
        ReferrerRule(kinds=["search"]),
        VisitIntentRule(intent=licence),
        DeviceRule(kinds=["mobile"], negated=True),
        live=False,
    )
    said = {
        "visits": "3",
        "days": "10",
        "region": "Wales",
        "referrer": "www.google.com",
        "intent": "licence",
        "device": "desktop",
    }
    assert tried(desk, segment, **said) == {"Name of licences": IN}
    assert tried(desk, segment, **said | {"region": "Northern Ireland"}) == {"Name of licences": IN}
    for change, sentence in (
        ({"visits": "1", "days": ""}, "They have visited at least 2 times, this visit included"),
        ({"region": "Scotland"}, "They seem to be in Wales or Northern Ireland"),
        ({"referrer": "www.gov.uk"}, "They came from a search engine"),
        ({"intent": ""}, "They seem to want: Apply for a licence"),
        ({"device": "mobile"}, "We can tell they do not use a phone"),
    ):
        trace = only(desk, segment, **said | change)
        assert trace.verdict.word == OUT, change
        assert [rule.sentence for rule in trace.rules if rule.verdict.word != "Yes"] == [sentence]
    # Of whom the device is not known, nothing is said that is not so.
    assert tried(desk, segment, **said | {"device": ""}) == {"Name of licences": UNTOLD}


# Where things come from


def test_a_place_is_told_without_the_name_of_any_code(
    desk: Client, home: AgencyPage, configure: Callable[..., None]
) -> None:
    configure(GEO_PROVIDER="tests.editor.test_trying.Everywhere")
    (rule,) = only(desk, make_segment("s", LocationRule(cities=["Riverside"])), ip="192.0.2.7").rules
    (city,) = [fact for fact in rule.facts if fact.name == "Town or city"]
    assert (city.value, city.source) == ("Riverside", "from their internet address, or what the request says of it")


@pytest.mark.parametrize(
    "source, words", [(TOLD_BY_VISITOR, "as they told us"), (READ_BY_THE_SITE, "as this site reads it")]
)
def test_other_sources_are_told_in_words_for_editors(source: str, words: str) -> None:
    assert fact_source(ExplainedFact("location.city", "", "Riverside", source, False)) == words


# A place of which only a part is said


@pytest.mark.parametrize(
    "region, verdict",
    [
        ("Wales", UNTOLD),  # it may be Cardiff
        ("Cardiff", IN),
        ("Swansea", OUT),
        ("Scotland", OUT),  # wherever there, not in Cardiff
    ],
)
def test_who_says_a_nation_did_not_say_which_county(desk: Client, home: AgencyPage, region: str, verdict: str) -> None:
    segment = make_segment("cardiff", LocationRule(subdivisions=["GB-CRF"]))
    assert only(desk, segment, country="GB", region=region).verdict.word == verdict


def test_an_intent_is_told_by_its_name_and_how_it_is_known(db: None) -> None:
    with committed():
        make_intent("licence", name="Apply for a licence")
    assert fact_value("visit.intent", {"licence": 1.0}) == "“Apply for a licence”, which they told us"
    suggested = "“Apply for a licence”, which the way they arrived suggests (60%)"
    assert fact_value("visit.intent", {"licence": 0.6}) == suggested
    assert fact_value("visit.intent", {}) == "nothing"
