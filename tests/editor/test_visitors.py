"""The form in which an editor describes a visitor, and the same visitor in words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.http import QueryDict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.asserts import assertNumQueries
from wagtail import hooks

from wagtail_personalise_gov.compiling import current_ruleset, ruleset_with
from wagtail_personalise_gov.core.facts import KINDS, Fact
from wagtail_personalise_gov.core.preference import Preference
from wagtail_personalise_gov.editor.visitors.form import VisitorForm
from wagtail_personalise_gov.editor.visitors.pages_seen import pages_asked_about
from wagtail_personalise_gov.editor.visitors.words import PRESETS, in_words
from wagtail_personalise_gov.facts import forget_registered
from wagtail_personalise_gov.models import Intent, PagesViewedRule, Segment
from wagtail_personalise_gov.visit.simulation import Described

from ..agency.models import AgencyPage
from ..factories import make_intent, make_page, make_segment


def form(**said: Any) -> VisitorForm:
    data = QueryDict(mutable=True)
    for name, value in said.items():
        data.setlist(f"visit-{name}", value if isinstance(value, list) else [str(value)])
    return VisitorForm(data)


def described(**said: Any) -> Described:
    filled = form(**said)
    assert filled.is_valid(), filled.errors
    return filled.described()


def error_of(field: str, **said: Any) -> str:
    filled = form(**said)
    assert not filled.is_valid()
    assert list(filled.errors) == [field]
    return str(filled.errors[field][0])


def test_nothing_said_is_a_first_visit_of_whom_nothing_is_known(home: AgencyPage) -> None:
    assert described() == Described()


@pytest.mark.parametrize(
    "said, facts",
    [
        (
            {"country": "France"},
            {"location.country": "FR", "location.eu": True, "location.continent": "EU"},
        ),
        (
            {"country": "gb"},
            {"location.country": "GB", "location.eu": False, "location.continent": "EU"},
        ),
        (
            {"region": "Wales"},  # a region says its country
            {
                "location.subdivisions": ["GB-WLS"],
                "location.country": "GB",
                "location.eu": False,
                "location.continent": "EU",
            },
        ),
        (
            {"region": "Cardiff"},  # and the nation that it lies in
            {
                "location.subdivisions": ["GB-WLS", "GB-CRF"],
                "location.country": "GB",
                "location.eu": False,
                "location.continent": "EU",
            },
        ),
        ({"town": "Riverside"}, {"location.city": "Riverside"}),  # there is one in many countries
        # Tables differ about the continent of some countries, so it is not told.
        ({"country": "Turkey"}, {"location.country": "TR", "location.eu": False}),
        ({"device": "mobile"}, {"device.kind": "mobile"}),
        ({"account": "yes"}, {"account.signed_in": True, "account.groups": []}),
        ({"account": "unknown"}, {"account.signed_in": None, "account.groups": None}),
        ({"page_count": 3}, {"visit.page_count": 3, "visitor.page_count": 3}),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else None,
)
def test_what_is_said_becomes_facts_as_far_as_they_follow(
    home: AgencyPage, said: dict[str, Any], facts: dict[str, Any]
) -> None:
    assert described(**said).facts == facts


@pytest.mark.parametrize(
    "link, parts",
    [
        ("/licences/?topic=food#fees", ("", "/licences/", "topic=food")),
        ("https://testserver/licences/", ("", "/licences/", "")),
        ("testserver.example/", None),
        ("?utm_campaign=spring", ("", "/", "utm_campaign=spring")),
        ("licences/", ("", "/licences/", "")),
    ],
)
def test_a_link_is_taken_apart(home: AgencyPage, link: str, parts: tuple[str, str, str] | None) -> None:
    if parts is None:
        assert "There is no site “testserver.example”. The sites are: testserver." in error_of("link", link=link)
    else:
        said = described(link=link)
        assert (said.host, said.path, said.query) == parts


def test_languages_are_weighed_by_their_order(home: AgencyPage) -> None:
    assert described(languages="Welsh, en-GB; English").language == "cy, en-GB;q=0.9, en;q=0.8"


@pytest.mark.parametrize(
    "field, said, message",
    [
        ("country", {"country": "Atlantis"}, "There is no country “Atlantis”."),
        ("country", {"country": "Wales"}, "“Wales” is a region. Write it in the next field"),
        ("region", {"region": "Nowhereshire"}, "There is no region “Nowhereshire”."),
        ("region", {"region": "GB-WLS", "country": "France"}, "There is no region “GB-WLS” in France."),
        ("ip", {"ip": "192.0.2"}, "Write it as 192.0.2.7"),
        ("referrer", {"referrer": "go ogle"}, "“go ogle” is no website."),
        ("referrer", {"referrer": "google"}, "“google” is no website."),
        ("languages", {"languages": "Klingonish"}, "We do not know the language “Klingonish”."),
        ("at", {"at": "yesterday"}, "'yesterday' is no date and time."),
        ("days", {"days": 3, "visits": 1}, "On a first visit there was no last one."),
        ("link", {"link": "mailto:a@b.example"}, "“mailto:a@b.example” is no address of a page."),
        ("link", {"link": "https://[bad/"}, "“https://[bad/” is no address."),
        ("intent", {"intent": "gone"}, "There is no such intent any more."),
        ("groups", {"groups": ["Gone"], "account": "yes"}, "There is no group “Gone” any more."),
        ("seen_now", {"seen_now": ["page-999"]}, "No rule asks about one of these pages any more."),
    ],
)
def test_what_cannot_be_read_is_named_with_a_remedy(
    home: AgencyPage, field: str, said: dict[str, Any], message: str
) -> None:
    assert message in error_of(field, **said)


def test_only_people_who_are_signed_in_are_in_a_group(home: AgencyPage) -> None:
    Group.objects.create(name="Staff")
    assert "Choose “Yes” above" in error_of("groups", groups=["Staff"])
    assert described(groups=["Staff"], account="yes").facts["account.groups"] == ["Staff"]


def test_a_visit_that_cannot_be_tried_says_so_on_the_form(home: AgencyPage) -> None:
    make_intent("licence")
    filled = form(intent="licence")
    visit = filled.visit(ruleset_with())
    assert visit is not None
    assert visit.declared_intent == "licence"
    Segment.objects.all().delete()
    other = form(at="9999-12-31T23:00")
    assert other.visit(ruleset_with()) is None
    assert other.errors


def test_pages_are_offered_that_rules_ask_about_those_of_drafts_too(home: AgencyPage) -> None:
    live, draft, changed, other = (make_page(title, parent=home) for title in ("Live", "Draft", "Changed", "Other"))
    make_segment("live", PagesViewedRule(page=live))
    make_segment("draft", PagesViewedRule(page=draft, what="section"), live=False)
    segment = make_segment("changed", PagesViewedRule(page=live))
    rules = segment.wagtail_personalise_gov_pagesviewedrule_rules
    rules.set([PagesViewedRule(page=changed)])
    segment.save_revision()
    offered = dict(VisitorForm().fields["seen_now"].choices)  # type: ignore[attr-defined]
    assert offered == {
        f"page-{changed.pk}": "Changed",
        f"section-{draft.pk}": "“Draft” or a page below it",
        f"page-{live.pk}": "Live",
    }
    assert str(other.pk) not in "".join(offered)


def test_who_looked_at_a_page_looked_at_its_section_and_ever(home: AgencyPage) -> None:
    section = make_page("Licences", parent=home)
    page = make_page("Food", parent=section)
    make_segment("section", PagesViewedRule(page=section, what="section"))
    make_segment("page", PagesViewedRule(page=page))
    said = described(seen_now=[f"page-{page.pk}"])
    assert said.memory == {
        "pages": [page.pk],
        "sections": [section.pk],
        "past_pages": [page.pk],
        "past_sections": [section.pk],
    }
    assert described(seen_before=[f"page-{page.pk}"]).memory == {
        "past_pages": [page.pk],
        "past_sections": [section.pk],
    }


def test_the_form_makes_as_many_queries_for_eleven_drafts_as_for_one(home: AgencyPage) -> None:
    def changed(slug: str) -> None:
        segment = make_segment(slug, PagesViewedRule(page=make_page(slug, parent=home)))
        segment.save_revision()
        Segment.objects.filter(pk=segment.pk).update(has_unpublished_changes=True)

    changed("first")
    current_ruleset()
    with assertNumQueries(5):  # pages of rules, of drafts, their titles; intents; groups
        VisitorForm()
    for number in range(10):
        changed(f"more-{number}")
    current_ruleset()
    with assertNumQueries(5):
        VisitorForm()


# And back

PLACES = st.sampled_from(["", "France", "GB", "Turkey"])
SAID = st.fixed_dictionaries(
    {},
    optional={
        "referrer": st.sampled_from(["google.com", "https://www.gov.uk/browse?x=1", "HTTPS://News.Example/a"]),
        "link": st.sampled_from(["/licences/", "/?utm_source=a&b=c", "https://testserver/news/", "?q=1"]),
        "intent": st.sampled_from(["licence"]),
        "country": PLACES,
        "town": st.sampled_from(["Riverside", "Swansea"]),
        "ip": st.ip_addresses().map(str),
        "device": st.sampled_from(["mobile", "tablet", "desktop"]),
        "languages": st.lists(st.sampled_from(["cy", "Polish", "en-GB", "zh-Hant"]), max_size=4).map(", ".join),
        "at": st.datetimes(datetime(2001, 1, 1), datetime(2900, 1, 1)).map(datetime.isoformat),
        "visits": st.integers(2, 1000),
        "days": st.integers(0, 395),
        "page_count": st.integers(1, 20),
        "account": st.sampled_from(["", "yes", "unknown"]),
        "refused": st.just("on"),
    },
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(said=SAID)
def test_a_described_visitor_fills_the_form_that_describes_them(home: AgencyPage, said: dict[str, Any]) -> None:
    Intent.objects.get_or_create(slug="licence", defaults={"name": "Licence"})
    visitor = described(**said)
    kept = Described.from_data(visitor.as_data())
    again = VisitorForm.of(kept)
    assert again.is_valid(), again.errors
    assert again.described() == visitor
    # And by way of a link.
    by_link = VisitorForm(QueryDict(again.as_query()))
    assert by_link.is_valid(), by_link.errors
    assert by_link.described() == visitor


def test_pages_looked_at_and_groups_come_back_too(home: AgencyPage) -> None:
    Group.objects.create(name="Staff")
    section = make_page("Licences", parent=home)
    page = make_page("Food", parent=section)
    make_segment("s", PagesViewedRule(page=section, what="section"), PagesViewedRule(page=page))
    assert len(pages_asked_about()) == 2
    visitor = described(
        seen_now=[f"section-{section.pk}"], seen_before=[f"page-{page.pk}"], groups=["Staff"], account="yes"
    )
    assert VisitorForm.of(visitor).visit(ruleset_with()) is not None
    again = VisitorForm.of(visitor)
    assert again.is_valid()
    assert again.described() == visitor


OF_EACH_KIND = {
    "bool": ("no", False),
    "int": ("4", 4),
    "text": ("Riverside", "Riverside"),
    "texts": ("a, b", ["a", "b"]),
    "weights": ("moving: 0.8", {"moving": 0.8}),
    "point": ("51.48, -3.18", [51.48, -3.18, None]),
    "moment": ("2026-04-18T22:30", "2026-04-18T22:30"),
    "address": ("192.0.2.7", "192.0.2.7"),
    "mapping": ("topic=housing", {"topic": "housing"}),
    "pages": ("12, 15", [12, 15]),
}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_each_fact_of_the_site_s_own_has_a_field_of_its_kind(home: AgencyPage, kind: str) -> None:
    words, value = OF_EACH_KIND[kind]

    def own() -> Any:
        return Fact("office", "the office that you chose", kind=kind), lambda request: None

    with hooks.register_temporarily("register_personalise_facts", own):
        forget_registered()
        try:
            visitor = described(fact_office=words)
            assert visitor.facts == {"office": value}
            again = VisitorForm.of(visitor)
            assert again.visit(ruleset_with()) is not None
            assert again.described() == visitor
            if kind not in ("text", "texts"):
                assert list(form(fact_office="no such thing").errors) == ["fact_office"]
        finally:
            forget_registered()


# In words


def test_a_visitor_is_said_in_words(home: AgencyPage) -> None:
    visitor = described(
        region="Wales",
        town="Cardiff",
        referrer="google.com",
        device="mobile",
        languages="cy, en",
        visits=2,
        days=14,
        refused="on",
    )
    assert in_words(visitor) == [
        "Has turned adapting off",
        "From Cardiff, Wales",
        "By a search engine (google.com)",
        "On a phone",
        "Browser set to Welsh then English",
        "Second visit",
        "Last here 14 days ago",
    ]
    assert in_words(Described()) == []


@pytest.mark.parametrize("preset", PRESETS, ids=lambda preset: preset.key)
def test_a_preset_fills_the_form(home: AgencyPage, preset: Any) -> None:
    filled = VisitorForm.of(preset.described)
    assert filled.visit(ruleset_with()) is not None
    assert filled.described() == preset.described


def test_turning_adapting_off_is_a_preset() -> None:
    assert any(preset.described.preference is Preference.REFUSED for preset in PRESETS)
