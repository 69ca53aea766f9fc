"""What is left of a visit after it was counted: totals, and nothing that says whose."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection, models
from django.test import Client

from tests.agency.models import AgencyPage
from tests.factories import hero, make_page, make_segment, personalised
from wagtail_personalise_gov.core.counting import Arm
from wagtail_personalise_gov.counting.buffer import flush
from wagtail_personalise_gov.models import DailyTally, Goal, ReferrerRule, TallyBatch

# Each of these would tell somebody who reads the database who was here.
ADDRESS = "203.0.113.77"
TELLING = {
    "user-agent": "Mozilla/5.0 (TellTale 4711) Gecko/20100101 Firefox/140.0",
    "referer": "https://www.google.com/?q=tell-tale-words",
    "accept-language": "tlh-TELLTALE",
    "x-request-id": "tell-tale-request",
}
MARKS = (ADDRESS, "TellTale", "tell-tale", "TELLTALE")


@pytest.fixture
def licence(home: AgencyPage, configure: Callable[..., None]) -> AgencyPage:
    configure(COUNTING=True)
    search = make_segment("from-search", ReferrerRule(kinds=["search"]), holdout_percent=10)
    Goal.objects.create(name="Applied", slug="applied", kind=Goal.PAGE, path="/licence/next/")
    offer = personalised(hero("Apply here"), (search, hero("You searched")))
    page = make_page("Licence", ("offer", offer), parent=home, slug="licence")
    make_page("Next", ("hero", hero("Next")), parent=page, slug="next")
    return page


def visit(**cookies: str) -> Client:
    client = Client(headers=TELLING, REMOTE_ADDR=ADDRESS)
    client.cookies.load(cookies)
    client.get("/licence/?tell-tale-query=1")
    client.get("/licence/next/")
    return client


def everything_in_the_database() -> str:
    rows = []
    for table in connection.introspection.table_names():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608
            rows += [repr(row) for row in cursor.fetchall()]
    return "\n".join(rows)


def test_a_visit_goes_all_the_way_into_the_daily_totals(licence: AgencyPage) -> None:
    for _visitor in range(3):
        visit()
    flush()
    shown = DailyTally.objects.filter(goal="")
    assert sum(tally.count for tally in shown) == 3
    assert {tally.arm for tally in shown} <= {Arm.VARIANT, Arm.HOLDOUT}
    assert sum(tally.count for tally in DailyTally.objects.filter(goal="applied")) == 3
    visit()
    flush()  # into the same rows
    assert sum(tally.count for tally in DailyTally.objects.filter(goal="applied")) == 4
    assert len({tally.day for tally in DailyTally.objects.all()}) == 1


def test_a_visit_leaves_nothing_about_the_visitor_on_the_server(licence: AgencyPage, caplog: Any) -> None:
    caplog.set_level("DEBUG", "wagtail_personalise_gov")
    client = visit()
    flush()
    assert DailyTally.objects.exists()
    left = everything_in_the_database() + caplog.text + repr(getattr(cache, "_cache", ""))
    assert not [mark for mark in MARKS if mark in left]
    # Nor is anything of the visitor's cookies there: the lot, or the value of one.
    values = [morsel.value for name, morsel in client.cookies.items() if name.startswith("personalise_")]
    assert len(values) == 3
    assert not [value for value in values if value in left]


def test_what_the_browser_keeps_for_counting_says_nothing_else(licence: AgencyPage) -> None:
    client = visit()
    payload = client.cookies["personalise_count"].value
    from django.core.signing import b64_decode

    kept = json.loads(b64_decode(payload.partition(":")[0].encode()))
    assert set(kept) == {"d", "t", "e", "g"}  # the day, ten minutes, what was shown, which goals
    assert kept["g"] == ["applied"]
    assert not [mark for mark in MARKS if mark in json.dumps(kept)]


def test_the_tables_have_no_room_for_a_person() -> None:
    columns = {
        model: {field.name: field for field in model._meta.get_fields() if isinstance(field, models.Field)}
        for model in (DailyTally, TallyBatch)
    }
    assert set(columns[DailyTally]) == {"id", *DailyTally.KEY, "count"}
    assert set(columns[TallyBatch]) == {"id", "added_at"}
    assert not [field for fields in columns.values() for field in fields.values() if field.is_relation]
    # And none of our other tables leads to them.
    ours = apps.get_app_config("wagtail_personalise_gov").get_models()
    leading = [field.related_model for model in ours for field in model._meta.get_fields() if field.is_relation]
    assert not {DailyTally, TallyBatch} & set(leading)


@pytest.mark.parametrize("choice", ["refused.1", "allowed-uncounted.1"])
def test_of_those_who_refused_not_even_a_total_is_left(choice: str, licence: AgencyPage) -> None:
    client = visit(personalise_choice=choice)
    flush()
    assert not DailyTally.objects.exists()
    assert not re.search(r"personalise_count=\w", client.cookies.output())
