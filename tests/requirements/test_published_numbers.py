"""What was counted, as it is shown: small counts are withheld, and can't be worked out from the others."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from html import unescape
from itertools import product
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tests.agency.models import AgencyPage
from tests.factories import block_id
from tests.requirements.marks import requirement
from tests.requirements.visitors import API, words
from wagtail_personalise_gov.core.counting import Arm
from wagtail_personalise_gov.models import DailyTally, Goal

VERSION = block_id("variant", 0)  # of the block on /flood/
REPORT = "/admin/reports/personalisation/"


@pytest.fixture
def analyst(agency_page: AgencyPage, client: Client) -> Client:
    """One who may see the report."""
    client.force_login(User.objects.create_superuser("analyst"))
    yesterday = datetime.now(UTC).date() - timedelta(days=400)
    Goal.objects.create(name="Applied", slug="applied", kind=Goal.CODE, smallest_difference=5, counted_since=yesterday)
    return client


def counted(visits: int, reached: int, arm: Arm = Arm.VARIANT, share: int = 0) -> None:
    """So many visits saw the version today, and so many of these applied."""
    for goal, number in (("", visits), ("applied", reached)):
        DailyTally.objects.create(
            day=datetime.now(UTC).date(),
            block=VERSION,
            variant=VERSION,
            segment="riverside",
            arm=arm,
            share=share,
            goal=goal,
            count=number,
        )


def shown(analyst: Client) -> list[dict[str, str]]:
    """The same rows as the page shows, in the CSV and in the API, each as text; and the page must say them too."""
    answer = analyst.get(f"{REPORT}{VERSION}/", {"export": "csv"})
    text = b"".join(answer.streaming_content) if answer.streaming else answer.content
    rows = list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"))))
    (block,) = analyst.get(f"{API}/results/").json()["blocks"]
    for row, same in zip(rows, block["rows"], strict=True):
        for column in ("visits", "reached", "rate"):
            assert str(same[column] if same[column] is not None else "") == row[column]
    page = words(unescape(analyst.get(f"{REPORT}{VERSION}/").content.decode()))
    for row in rows:
        for column in ("visits", "reached"):
            assert row[column] in page or f"{int(row[column]):,}" in page
    return rows


@requirement(49)
@pytest.mark.parametrize(
    "smallest, count, text",
    [
        (11, 0, "0"),
        (11, 1, "fewer than 11"),
        (11, 10, "fewer than 11"),
        (11, 11, "11"),
        (5, 4, "fewer than 5"),
        (5, 5, "5"),
    ],
)
def test_a_count_below_the_threshold_is_shown_as_fewer_than_it_and_nothing_as_0(
    analyst: Client, configure: Any, smallest: int, count: int, text: str
) -> None:
    configure(SMALLEST_COUNT=smallest)
    counted(1000, count)
    (row,) = shown(analyst)
    assert (row["visits"], row["reached"]) == ("1000", text)


@requirement(49)
def test_the_threshold_is_11_where_a_site_says_nothing(analyst: Client) -> None:
    counted(10, 0)
    (row,) = shown(analyst)
    assert row["visits"] == "fewer than 11"


@requirement(50)
def test_what_is_left_of_a_shown_total_and_the_rate_are_withheld_with_a_small_count(analyst: Client) -> None:
    counted(97, 90, share=1000)  # the other 7 would be told
    counted(500, 7, Arm.HOLDOUT, share=1000)
    rows = {row["arm"]: row for row in shown(analyst)}
    assert rows["variant"]["visits"] == "97"
    assert rows["variant"]["reached"] not in ("90", "")
    assert rows["holdout"]["reached"] == "fewer than 11"
    for row in rows.values():
        assert row["rate"] == ""
        assert not [column for column in ("difference", "low", "high") if row.get(column)]
    page = words(unescape(analyst.get(f"{REPORT}{VERSION}/").content.decode())).partition("Goal:")[2]
    assert not {"90", "7", "92.8%", "1.4%"} & set(page.replace("(", " ").replace(")", " ").split())


@requirement(50)
def test_whoever_sees_every_text_of_the_report_can_work_out_no_small_count(analyst: Client) -> None:
    """Every pair of counts that would look the same is gathered; none of the sets pins a small one down."""
    from wagtail_personalise_gov.counting.publishing import publish, publish_part

    looks: dict[tuple[str, str], set[tuple[int, int]]] = {}
    for visits, reached in product(range(60), repeat=2):
        if reached <= visits:
            looks.setdefault((publish(visits).text, publish_part(reached, visits).text), set()).add((visits, reached))
    small = set(range(1, 11))
    for possible in looks.values():
        for cell in ({v for v, _ in possible}, {r for _, r in possible}, {v - r for v, r in possible}):
            assert not (len(cell) == 1 and cell & small), possible
    counted(45, 38)  # and the report uses just these texts
    (row,) = shown(analyst)
    assert (row["visits"], row["reached"]) == (publish(45).text, publish_part(38, 45).text)


@requirement(51)
def test_counts_are_rounded_to_5_where_a_site_says_so(analyst: Client, configure: Any) -> None:
    counted(1232, 613)
    (row,) = shown(analyst)
    assert (row["visits"], row["reached"]) == ("1232", "613")
    configure(ROUND_COUNTS_TO=5)
    (row,) = shown(analyst)
    assert (row["visits"], row["reached"]) == ("1230", "615")
