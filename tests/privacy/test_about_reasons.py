"""The page says why: for each group sentence by sentence, for the page that the visitor came from part by part."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.agency.models import AgencyPage
from tests.factories import committed, hero, make_page, make_segment, personalised
from tests.privacy.test_about import ABOUT, part, read
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import (
    CampaignRule,
    FirstTimeVisitorRule,
    LocationRule,
    PathRule,
    Segment,
    SegmentRule,
)

YES, NO, UNTOLD = "This is so for you.", "This is not so for you.", "We can’t tell whether this is so for you."
UNUSED = "We do not look, because this is off."


def group(words: str, name: str) -> str:
    """What is said of a group."""
    who = part(words, "Who sees something different", "What we keep")
    found = re.split(
        rf"Public name of {re.escape(name)}(?= You are| We do not look whether| We can’t tell whether you are)",
        who,
        maxsplit=1,
    )
    assert len(found) == 2, f"{name} is not there"
    return found[1].partition("Public name of")[0]


def before(client: Client, page: str, **headers: str) -> str:
    """What is said of the page that the visitor came from."""
    return part(read(client, HTTP_REFERER=f"http://testserver{page}", **headers), "You came from this page:", "What we")


# Groups


def test_each_sentence_has_its_answer(visitor: Client, home: AgencyPage) -> None:
    make_segment(
        "mixed",
        LocationRule(cities=["Riverside"]),
        LocationRule(countries=["FR"]),
        FirstTimeVisitorRule(),
        match="any",
    )
    words = group(read(visitor, HTTP_REFERER="http://testserver/plain/"), "mixed")
    assert "You are in this group now. Any of these:" in words
    assert f"People who seem to be in Riverside {YES}" in words
    assert f"People who seem to be in France {NO}" in words
    assert f"People on their first visit here {UNTOLD}" in words


def test_of_a_group_that_one_is_not_in_it_says_what_was_not_so(visitor: Client, home: AgencyPage) -> None:
    make_segment("both", LocationRule(cities=["Riverside"]), LocationRule(countries=["FR"]))
    words = group(read(visitor), "both")
    assert "You are not in this group now. All of these together:" in words
    assert f"in France {NO}" in words


def test_what_can_not_be_told_puts_nobody_in(visitor: Client, newcomers: Segment, home: AgencyPage) -> None:
    words = group(read(visitor, HTTP_REFERER="http://testserver/plain/"), "newcomers")
    assert "We can’t tell whether you are in this group, so we treat you as if you were not." in words


def test_to_who_refused_it_says_that_nothing_was_looked_at(visitor: Client, full_page: AgencyPage) -> None:
    make_segment("nested", SegmentRule(other=Segment.objects.get(slug="riverside")))
    visitor.cookies["personalise_choice"] = "refused.1"
    words = read(visitor)
    for name in ("riverside", "nested"):
        assert "We do not look whether you are in this group, because this is off." in group(words, name)
    assert f"People who seem to be in Riverside {UNUSED}" in words
    assert f"Public name of riverside {UNUSED}" in words
    assert YES not in words


def test_a_group_inside_another_is_answered(visitor: Client, riverside: Segment, home: AgencyPage) -> None:
    make_segment("outside", SegmentRule(other=riverside, negated=True))
    assert f"Not: Public name of riverside {NO}" in read(visitor)


def test_a_learning_group_changes_nothing_and_says_so(
    visitor: Client, riverside: Segment, full_page: AgencyPage
) -> None:
    riverside.learning = True
    with committed():
        riverside.save_revision().publish()
    words = read(visitor, HTTP_REFERER="http://testserver/full/")
    assert "Nothing changes for this group" in group(words, "riverside")
    assert "because you are in it: Public name of riverside" not in words


def test_while_paused_nobody_is_in_anything(visitor: Client, full_page: AgencyPage) -> None:
    compiling.pause(by="a test")
    words = read(visitor)
    assert "this group now" not in words
    assert YES not in words
    assert "People who seem to be in Riverside" in words


def test_a_broken_rule_breaks_neither_the_page_nor_the_other_answers(
    visitor: Client, home: AgencyPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_segment("broken", CampaignRule(name="spring"), LocationRule(cities=["Riverside"]))

    def fail(self: Any) -> Any:
        raise RuntimeError("out of order")

    monkeypatch.setattr(CampaignRule, "condition", fail)
    with committed():
        Segment.objects.get().save_revision().publish()
    words = group(read(visitor), "broken")
    assert "We can’t tell whether you are in this group" in words
    assert f"in Riverside {YES}" in words


def test_where_words_do_not_explain_it_the_page_owns_up(
    visitor: Client, home: AgencyPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CampaignRule, "public_sentence", lambda self: "")  # a rule that has no words for visitors
    make_segment("quiet", LocationRule(cities=["Riverside"]), CampaignRule(name="spring"))
    words = group(read(visitor), "quiet")
    assert "You are not in this group now." in words
    assert f"in Riverside {YES} There is more to this group than can be told in words here." in words


def test_a_group_that_one_is_in_comes_first_and_the_others_are_folded_away(
    visitor: Client, full_page: AgencyPage
) -> None:
    make_segment("a-first-by-name", LocationRule(countries=["FR"]))
    html = visitor.get(ABOUT).content.decode()
    assert html.index('id="group-riverside"') < html.index('id="group-a-first-by-name"')
    folded = html.index("that we do not count you among</summary>")
    assert html.index('id="group-riverside"') < folded < html.index('id="group-a-first-by-name"')


# The page before


def test_it_says_which_version_was_seen_and_for_whom(visitor: Client, full_page: AgencyPage) -> None:
    visitor.get("/full/")
    words = before(visitor, "/full/")
    assert words.startswith(" Full ")
    assert "because you are in it: Public name of riverside" in words
    assert "Part 1 has other versions, for 2 groups Public name of openers Public name of newcomers" in words


def test_it_says_when_that_was_the_standard_version(visitor: Client, full_page: AgencyPage) -> None:
    visitor.post("/personalisation/choice/", {"choice": "refused"})
    words = before(visitor, "/full/")
    assert "You see the standard version." in words
    assert "because you are in it" not in words


def test_it_says_when_nothing_was_shown(visitor: Client, home: AgencyPage) -> None:
    abroad = make_segment("abroad", LocationRule(countries=["FR"]))
    offer = personalised(hero(""), (abroad, hero("From abroad")), nothing_for_others=True)
    make_page("Offer", ("offer", offer), parent=home, slug="offer")
    assert "You see nothing here, because we count you among none of the groups" in before(visitor, "/offer/")


def test_it_says_of_a_page_without_versions_that_it_is_the_same(
    visitor: Client, plain_page: Any, riverside: Segment
) -> None:
    assert "Nothing in the content of that page changes to suit a visit." in before(visitor, "/plain/")


def test_rules_about_the_page_are_answered_for_that_page(visitor: Client, home: AgencyPage) -> None:
    here = make_segment("floods", PathRule(where=PathRule.PATHS, paths=["/flood/"]))
    make_page("Flood", ("offer", personalised(hero("No"), (here, hero("Yes")))), parent=home, slug="flood")
    assert "because you are in it: Public name of floods" in before(visitor, "/flood/")
    assert "You are not in this group now." in group(read(visitor, HTTP_REFERER="http://testserver/"), "floods")


def test_who_is_held_back_reads_that_here_too(
    reader: Client, full_page: AgencyPage, riverside: Segment, counting: Any
) -> None:
    riverside.holdout_percent = 50
    with committed():
        riverside.save_revision().publish()
    html = [reader.get("/full/").content.decode() for _again in range(2)][-1]
    words = before(reader, "/full/")
    if 'data-story="riverside"' in html or "For Riverside" in html:
        assert "because you are in it: Public name of riverside" in words
    else:
        assert "although you are in this group: Public name of riverside" in words


def test_it_does_not_say_what_somebody_else_asked_to_see(visitor: Client, full_page: AgencyPage) -> None:
    words = before(visitor, "/full/?personalise=standard")
    assert "asked for its standard version, so that is what you saw." in words
    assert "shows it as this group sees it: Public name of newcomers" in before(
        visitor, "/full/?personalise_as=newcomers"
    )


def test_it_offers_the_standard_version_of_that_page(visitor: Client, full_page: AgencyPage) -> None:
    html = visitor.get(ABOUT, HTTP_REFERER="http://testserver/full/?a=1").content.decode()
    assert 'href="http://testserver/full/?a=1&amp;personalise=standard"' in html


@pytest.mark.parametrize("restriction", ["login", "password", "draft"])
def test_of_a_page_that_is_not_for_this_visitor_nothing_is_said(
    visitor: Client, full_page: AgencyPage, restriction: str
) -> None:
    if restriction == "draft":
        full_page.unpublish()
    else:
        full_page.view_restrictions.create(restriction_type=restriction, password="x")
    words = read(visitor, HTTP_REFERER="http://testserver/full/")
    assert "You came from this page" not in words
    assert "Go back" not in words


@pytest.mark.parametrize(
    "address",
    ["/personalisation/register.json", "/nowhere/", "/admin/", "/full/%00", "/%ff%fe/", "/full/?" + "x" * 3000],
)
def test_an_address_that_leads_to_no_page_takes_nothing_down(
    visitor: Client, full_page: AgencyPage, address: str
) -> None:
    assert visitor.get(ABOUT, {"back": address}).status_code == 200


def test_a_version_inside_another_is_told_only_where_it_was_seen() -> None:
    from wagtail_personalise_gov.core.contents import personalised_in
    from wagtail_personalise_gov.core.variants import Variant
    from wagtail_personalise_gov.models.streams import FoundContent
    from wagtail_personalise_gov.privacy.reasons import _is_seen

    def block(name: str, default: Any, content: Any) -> dict[str, Any]:
        variant = {"type": "variant", "id": name, "value": {"segments": [1], "content": content}}
        return {"variants": [variant], "default": default}

    raw = [
        {
            "type": "offer",
            "id": "o",
            "value": block("outer", [block("in-default", {}, {})], [block("in-variant", {}, {})]),
        }
    ]
    outer, *inner = (FoundContent(None, content) for content in personalised_in(raw))
    places = {found.content.versions[0].id: found.content.place for found in inner}
    assert [name for name, place in places.items() if _is_seen(place, [(outer, Variant("outer", ("a",)))])] == [
        "in-variant"
    ]
    assert [name for name, place in places.items() if _is_seen(place, [(outer, None)])] == ["in-default"]


# Queries


@pytest.mark.parametrize("address", [ABOUT, f"{ABOUT}?back=/full/", "/personalisation/download/"])
def test_sixty_groups_cost_no_more_queries_than_one(
    visitor: Client, full_page: AgencyPage, riverside: Segment, address: str
) -> None:
    def queries() -> int:
        compiling.holder.check_again()
        compiling.current_ruleset()
        with CaptureQueriesContext(connection) as captured:
            assert visitor.get(address).status_code == 200
        return len(captured)

    queries()
    few = queries()
    for number in range(60):
        one = make_segment(f"more-{number}", LocationRule(countries=["FR"]), SegmentRule(other=riverside))
        if number % 10 == 0:
            offer = personalised(hero("Standard"), (one, hero("Other")))
            make_page(f"Page {number}", ("offer", offer), parent=full_page, slug=f"page-{number}")
    assert queries() <= few
