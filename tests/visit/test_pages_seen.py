"""The pages that a visitor has seen: remembered only where a live rule asks, and only of those who allow it."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client, TestCase
from django.test.utils import CaptureQueriesContext
from wagtail.models import PageViewRestriction

from tests.agency.models import AgencyPage, PlainPage
from tests.factories import hero, make_page, make_plain_page, make_segment, personalised
from tests.visit.answers import directives
from wagtail_personalise_gov.core.pages import MAX_PAGES
from wagtail_personalise_gov.models import PagesViewedRule, Segment
from wagtail_personalise_gov.visit.visit import Visit

INTERNAL = {"HTTP_REFERER": "http://testserver/"}


@pytest.fixture
def housing(home: AgencyPage, clock: Any) -> PlainPage:
    """A section without a personalised block, with a page below it: /housing/ and /housing/rent/; and /bins/."""
    section: Any = make_plain_page("Housing", ("hero", hero("Housing")), parent=home)
    make_plain_page("Rent", ("hero", hero("Rent")), parent=section)
    make_plain_page("Bins", ("hero", hero("Bins")), parent=home)
    return section


def asking(home: AgencyPage, rule: PagesViewedRule) -> Segment:
    """At /ask/: "Seen" for those in the segment of the rule, "Not told" for everybody else."""
    segment = make_segment("some", rule)
    make_page("Ask", ("line", personalised("Not told", (segment, "Seen"))), parent=home, slug="ask")
    return segment


def sees(client: Client) -> bool:
    return "Seen" in client.get("/ask/", **INTERNAL).content.decode()


def test_who_looked_at_the_page_is_told_from_who_did_not(client: Client, home: AgencyPage, housing: PlainPage) -> None:
    asking(home, PagesViewedRule(page=housing.page_ptr))
    client.get("/housing/")
    assert sees(client)
    other = Client()
    other.get("/bins/")
    assert not sees(other)


def test_a_page_below_is_of_the_section_but_not_the_page(client: Client, home: AgencyPage, housing: PlainPage) -> None:
    asking(home, PagesViewedRule(what="page", page=housing.page_ptr))
    client.get("/housing/rent/")
    assert not sees(client)


def test_any_page_of_a_section(client: Client, home: AgencyPage, housing: PlainPage) -> None:
    asking(home, PagesViewedRule(what="section", page=housing.page_ptr))
    client.get("/housing/rent/")
    assert sees(client)
    other = Client()
    other.get("/bins/")
    assert not sees(other)


def test_so_many_different_pages_the_one_now_included(client: Client, home: AgencyPage, housing: PlainPage) -> None:
    asking(home, PagesViewedRule(what="number", number=3))
    client.get("/housing/")
    client.get("/housing/", **INTERNAL)  # the same page twice is one
    assert not sees(client)
    assert not sees(client)
    client.get("/bins/", **INTERNAL)
    assert sees(client)


def test_who_has_not_looked_at_it_is_told_once_memory_works(
    client: Client, home: AgencyPage, housing: PlainPage
) -> None:
    asking(home, PagesViewedRule(page=housing.page_ptr, negated=True))
    assert "Seen" in client.get("/ask/").content.decode()  # a visit begins here: nothing was seen yet
    stranger = Client()
    assert not sees(stranger)  # came from this site, and brings no memory: it can't be told
    assert sees(stranger)
    stranger.get("/housing/", **INTERNAL)
    assert not sees(stranger)


def test_this_visit_ends_and_ever_does_not(client: Client, home: AgencyPage, housing: PlainPage, clock: Any) -> None:
    asking(home, PagesViewedRule(page=housing.page_ptr))
    ever = make_segment("ever", PagesViewedRule(page=housing.page_ptr, scope="ever"))
    make_page("Ever", ("line", personalised("Not told", (ever, "Once seen"))), parent=home, slug="ever")
    client.get("/housing/")
    clock.shift(60 * 60 * 26)
    assert "Once seen" in client.get("/ever/").content.decode()
    assert not sees(client)


def test_a_watched_page_is_private_and_another_is_untouched(
    client: Client, home: AgencyPage, housing: PlainPage
) -> None:
    asking(home, PagesViewedRule(page=housing.page_ptr))
    watched = client.get("/housing/")
    assert "private" in directives(watched)
    assert "personalise_visit" in watched.cookies
    other = Client().get("/bins/")
    assert not other.cookies
    assert not other.has_header("Vary") or "Cookie" not in other["Vary"]
    assert not other.has_header("Cache-Control")


def test_without_a_live_rule_nothing_is_remembered_and_what_was_is_dropped(
    client: Client, home: AgencyPage, housing: PlainPage
) -> None:
    segment = asking(home, PagesViewedRule(page=housing.page_ptr))
    client.get("/housing/")
    with TestCase.captureOnCommitCallbacks(execute=True):
        segment.archive()
    answer = client.get("/ask/", **INTERNAL)
    assert answer.cookies["personalise_visit"]["max-age"] == 0
    assert not client.get("/housing/", **INTERNAL).cookies


@pytest.mark.parametrize("refusal", [{"HTTP_SEC_GPC": "1"}, {"HTTP_COOKIE": "personalise_choice=refused.1"}])
def test_who_refused_is_not_remembered(home: AgencyPage, housing: PlainPage, refusal: dict[str, str]) -> None:
    asking(home, PagesViewedRule(page=housing.page_ptr))
    answer = Client().get("/housing/", **refusal)
    assert "private" in directives(answer)  # or a cache would give this page to somebody who is to be remembered
    assert not answer.cookies


def test_a_page_that_was_not_shown_was_not_seen(client: Client, home: AgencyPage, housing: PlainPage) -> None:
    PageViewRestriction.objects.create(page=housing, restriction_type="password", password="open sesame")
    asking(home, PagesViewedRule(page=housing.page_ptr, scope="ever"))
    assert not client.get("/housing/").cookies.get("personalise_visit")
    assert not sees(client)


def test_only_what_is_watched_is_kept(client: Client, home: AgencyPage, housing: PlainPage) -> None:
    asking(home, PagesViewedRule(page=housing.page_ptr))
    client.get("/housing/")
    client.get("/bins/", **INTERNAL)
    answer = client.get("/ask/", **INTERNAL)
    kept = Visit(answer.wsgi_request).stored.visit
    assert kept is not None
    assert kept.seen is not None
    assert kept.seen.pages == (housing.pk,)


def test_a_page_that_moved_into_the_section_is_of_it(client: Client, home: AgencyPage, housing: PlainPage) -> None:
    bins = PlainPage.objects.get(title="Bins")
    with TestCase.captureOnCommitCallbacks(execute=True):
        asking(home, PagesViewedRule(what="section", page=housing.page_ptr))
        bins.move(housing, pos="last-child")
    client.get("/housing/bins/")
    assert sees(client)


def test_a_page_without_a_personalised_block_costs_no_query_for_it(
    client: Client, home: AgencyPage, housing: PlainPage
) -> None:
    asking(home, PagesViewedRule(page=housing.page_ptr))
    client.get("/bins/")  # whatever is looked up once in a process is
    with CaptureQueriesContext(connection) as plain:
        client.get("/bins/")
    with CaptureQueriesContext(connection) as watched:
        client.get("/housing/")
    assert len(watched) <= len(plain)


def test_a_crawler_is_not_remembered(client: Client, home: AgencyPage, housing: PlainPage) -> None:
    asking(home, PagesViewedRule(page=housing.page_ptr))
    answer = client.get("/housing/", HTTP_USER_AGENT="Mozilla/5.0 (compatible; Googlebot/2.1)")
    assert not answer.cookies


# What can't be told


def test_of_a_page_that_was_not_noted_when_the_visit_began_absence_can_not_be_told(
    client: Client, home: AgencyPage, housing: PlainPage, clock: Any
) -> None:
    bins = PlainPage.objects.get(title="Bins")
    asking(home, PagesViewedRule(page=housing.page_ptr))
    client.get("/housing/")
    client.get("/bins/", **INTERNAL)  # seen, and noted by nobody
    clock.shift(60 * 11)
    segment = make_segment("bins", PagesViewedRule(page=bins.page_ptr, negated=True))
    make_page("New", ("line", personalised("Not told", (segment, "Not seen"))), parent=home, slug="new")
    assert "Not told" in client.get("/new/", **INTERNAL).content.decode()
    assert "Not told" in client.get("/new/", **INTERNAL).content.decode()
    assert "Not seen" in Client().get("/new/").content.decode()  # whose visit begins now


def test_after_more_pages_than_are_remembered_absence_can_not_be_told(
    client: Client, home: AgencyPage, housing: PlainPage
) -> None:
    pages = [make_plain_page(f"Page {number}", parent=home) for number in range(MAX_PAGES + 1)]
    asking(home, PagesViewedRule(page=pages[0].page_ptr, negated=True))
    for page in pages[1:]:
        make_segment(f"page-{page.pk}", PagesViewedRule(page=page.page_ptr))
    client.get("/page-0/")
    for number in range(1, MAX_PAGES + 1):
        client.get(f"/page-{number}/", **INTERNAL)
    assert not sees(client)


def test_of_what_was_seen_before_turning_it_on_absence_can_not_be_told(
    client: Client, home: AgencyPage, housing: PlainPage
) -> None:
    asking(home, PagesViewedRule(page=housing.page_ptr, negated=True))
    client.cookies["personalise_choice"] = "refused.1"
    client.get("/housing/")
    client.post("/personalisation/choice/", {"choice": "allowed"}, HTTP_SEC_FETCH_SITE="same-origin")
    assert not sees(client)
    assert not sees(client)


def test_while_a_segment_is_not_live_nothing_is_noted_so_it_is_noted_anew_afterwards(
    home: AgencyPage, housing: PlainPage, clock: Any
) -> None:
    segment = asking(home, PagesViewedRule(page=housing.page_ptr))
    first = PagesViewedRule.objects.get().watched_since
    clock.shift(60)
    segment.save_revision().publish()
    assert PagesViewedRule.objects.get().watched_since == first
    segment.unpublish()
    assert PagesViewedRule.objects.get().watched_since is None
    clock.shift(60)
    Segment.objects.get(pk=segment.pk).save_revision().publish()
    assert PagesViewedRule.objects.get().watched_since > first


def test_another_page_in_the_same_rule_is_noted_from_then_on(home: AgencyPage, housing: PlainPage, clock: Any) -> None:
    asking(home, PagesViewedRule(page=housing.page_ptr))
    rule = PagesViewedRule.objects.get()
    first = rule.watched_since
    clock.shift(60)
    rule.page = PlainPage.objects.get(title="Bins").page_ptr
    rule.save()
    assert rule.watched_since > first
