"""The report on segments to look after: each reason, with a segment that has it and one that has not."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from wagtail_personalise_gov.core.counting import Arm
from wagtail_personalise_gov.editor.addresses import address_of
from wagtail_personalise_gov.models import LocationRule, Rule, Segment, SegmentRule

from ..agency.models import AgencyPage
from ..factories import make_page, make_segment, personalised
from .counted import count, past_days

pytestmark = pytest.mark.django_db

REPORT = "personalise_reports:segments"


def rows(desk: Client, **query: Any) -> list[list[str]]:
    """[segment, why, status, owner, review by] of each row."""
    answer = desk.get(reverse(f"{REPORT}_results"), query)
    assert answer.status_code == 200
    table = BeautifulSoup(answer.content, "html.parser").find("table")
    body = table.find("tbody").find_all("tr", recursive=False) if table else []
    return [[" ".join(cell.get_text(" ").split()) for cell in row.find_all("td", recursive=False)] for row in body]


def why(desk: Client, **query: Any) -> dict[str, str]:
    return {row[0].removeprefix("Name of "): row[1] for row in rows(desk, **query)}


def in_order(slug: str, *rules: Rule, **fields: Any) -> Segment:
    """One that nobody has to look after, but for not being used."""
    fields = {"owner": "Digital", "purpose": "So that they see it.", **fields}
    return make_segment(slug, *(rules or [LocationRule(cities=["Riverside"])]), **fields)


def use(home: AgencyPage, *segments: Segment) -> AgencyPage:
    block = personalised("everyone", *((segment, "some") for segment in segments))
    return make_page(f"Page of {segments[0].slug}", ("line", block), parent=home)


def published_long_ago(*segments: Segment) -> None:
    keys = [segment.pk for segment in segments]
    Segment.objects.filter(pk__in=keys).update(first_published_at=timezone.now() - timedelta(days=90))


def test_a_segment_that_is_in_order_is_not_listed(desk: Client, home: AgencyPage) -> None:
    use(home, in_order("fine"))
    answer = desk.get(reverse(REPORT)).content.decode()
    assert "No segment needs a hand." in answer
    assert rows(desk) == []


def test_a_review_that_is_overdue_or_due_soon_is_listed_with_its_date(desk: Client, home: AgencyPage) -> None:
    today = timezone.localdate()
    days = {"overdue": -1, "today": 0, "soon": 30, "later": 31}
    use(home, *(in_order(slug, review_by=today + timedelta(days=ahead)) for slug, ahead in days.items()))
    assert {slug: text[:15] for slug, text in why(desk).items()} == {
        "overdue": "Its review was ",
        "soon": "Its review is d",
        "today": "Its review is d",
    }
    assert list(why(desk, reason="overdue")) == ["overdue"]
    assert list(why(desk, reason="soon")) == ["soon", "today"]


def test_one_that_nothing_uses_is_listed_and_one_that_another_segment_asks_about_is_not(
    desk: Client, home: AgencyPage
) -> None:
    inner = in_order("inner")
    in_order("outer", SegmentRule(other=inner))
    assert why(desk) == {"outer": "Nothing that is saved uses it."}


def test_one_that_is_broken_says_what_is_wrong(desk: Client, home: AgencyPage) -> None:
    contradictory = [LocationRule(cities=["A"]), LocationRule(cities=["A"], negated=True)]
    use(home, in_order("broken", *contradictory), in_order("fine"))
    (text,) = why(desk, reason="broken").values()
    assert "can’t both be true" in text


def test_what_was_broken_and_is_mended_leaves_the_list(desk: Client, home: AgencyPage) -> None:
    rules = [LocationRule(cities=["A"]), LocationRule(cities=["A"], negated=True)]
    segment = in_order("broken", *rules)
    use(home, segment)
    assert why(desk)
    rules[1].delete()
    assert why(desk) == {}


def test_drafts_and_archived_segments_are_listed_while_something_uses_them(desk: Client, home: AgencyPage) -> None:
    draft, archived, live = in_order("draft", live=False), in_order("archived"), in_order("live")
    in_order("unused-draft", live=False)
    in_order("unused-archived").archive()
    use(home, draft, archived, live)
    archived.archive()
    listed = why(desk)
    assert list(listed) == ["archived", "draft"]
    assert listed["draft"].startswith("It is a draft, so nobody is in it")
    assert listed["archived"].startswith("It is in the archive, so nobody is in it")


def test_missing_words_are_asked_for_where_the_segment_is_live(desk: Client, home: AgencyPage) -> None:
    bare = {"owner": "", "purpose": "", "public_name": ""}
    use(home, in_order("bare", **bare), in_order("fine"))
    in_order("draft", live=False, **bare)
    assert why(desk) == {
        "bare": "Nobody is named who answers for it. It does not say why these visitors are treated apart. "
        "It has no public name: visitors read “Some visitors”, or what its only rule says."
    }
    for reason in ("no-owner", "no-purpose", "no-words"):
        assert list(why(desk, reason=reason)) == ["bare"]


# Visits


@pytest.fixture
def counting(configure: Callable[..., None]) -> None:
    configure(COUNTING=True)


def test_one_without_visits_is_listed_where_visits_are_counted(desk: Client, home: AgencyPage, counting: None) -> None:
    seen, unseen = in_order("seen"), in_order("unseen")
    use(home, seen, unseen)
    published_long_ago(seen, unseen)
    count(Arm.VARIANT, 5, segment="seen", days=past_days(40))
    assert why(desk) == {
        "unseen": "In the last 30 days no visit was counted for a version that is for it.",
    }


def test_a_new_segment_is_not_said_to_have_no_visits(desk: Client, home: AgencyPage, counting: None) -> None:
    use(home, in_order("new"))
    count(Arm.VARIANT, 5, segment="seen", days=past_days(40))
    assert why(desk) == {}


def test_a_visit_long_ago_is_none_of_late(desk: Client, home: AgencyPage, counting: None) -> None:
    segment = in_order("once")
    use(home, segment)
    published_long_ago(segment)
    count(Arm.VARIANT, 5, segment="once", days=past_days(40)[:5])
    assert list(why(desk, reason="never")) == ["once"]


def test_where_visits_are_not_counted_that_is_said_and_nothing_is_claimed(desk: Client, home: AgencyPage) -> None:
    segment = in_order("unseen")
    use(home, segment)
    published_long_ago(segment)
    count(Arm.VARIANT, 5, segment="seen", days=past_days(40))
    assert why(desk) == {}
    assert "Visits are not counted on this site" in desk.get(reverse(REPORT)).content.decode()


def test_where_visits_are_counted_since_a_week_nothing_is_claimed(
    desk: Client, home: AgencyPage, counting: None
) -> None:
    segment = in_order("unseen")
    use(home, segment)
    published_long_ago(segment)
    count(Arm.VARIANT, 5, segment="seen", days=past_days(7))
    assert why(desk) == {}
    assert "have not been counted for 30 days yet" in desk.get(reverse(REPORT)).content.decode()


# The list


def test_it_is_searched_by_name_and_owner(desk: Client) -> None:
    in_order("one", owner="Parks")
    in_order("two", owner="Roads")
    assert list(why(desk, q="parks")) == ["one"]
    assert list(why(desk, q="name of two")) == ["two"]


def test_names_lead_to_what_the_user_may_do(desk: Client, desk_of: Callable[..., Client]) -> None:
    segment = in_order("one")
    assert f'href="{address_of("edit", segment)}"' in desk.get(reverse(REPORT)).content.decode()
    onlooker = desk_of("view_segment").get(reverse(REPORT)).content.decode()
    assert f'href="{address_of("inspect", segment)}"' in onlooker
    assert address_of("edit", segment) not in onlooker


def test_it_is_exported_with_the_reasons(desk: Client) -> None:
    in_order("one", owner="Parks")
    text = b"".join(desk.get(reverse(REPORT), {"export": "csv"}).streaming_content).decode()
    assert list(csv.reader(io.StringIO(text))) == [
        ["Segment", "Slug", "Why", "Status", "Owner", "Review by"],
        ["Name of one", "one", "Nothing that is saved uses it.", "live", "Parks", ""],
    ]


def test_a_filter_that_makes_no_sense_is_no_fault(desk: Client) -> None:
    for query in ({"reason": "x"}, {"p": "x"}, {"ordering": "slug"}, {"q": "\0"}):
        assert desk.get(reverse(REPORT), query).status_code == 200


def test_many_segments_cost_as_many_queries_as_few(desk: Client, home: AgencyPage, counting: None) -> None:
    def grow(first: int, last: int) -> None:
        use(home, *(in_order(f"s{number}", owner="", review_by="2020-01-01") for number in range(first, last)))

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert rows(desk)
        return sum("rulesetstate" not in query["sql"] for query in captured)  # looked up once a second

    grow(0, 2)
    queries()
    few = queries()
    grow(2, 20)
    queries()
    assert queries() <= few
