"""prune_tallies: daily totals are kept as long as a site says, to the day."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command

from wagtail_personalise_gov.counting.adding import add_to_tallies
from wagtail_personalise_gov.management.commands import prune_tallies
from wagtail_personalise_gov.models import DailyTally, TallyBatch

from .tallies import tally

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
TODAY = (NOON.date() - date(1970, 1, 1)).days


@pytest.fixture(autouse=True)
def fixed_time() -> Any:
    with time_machine.travel(NOON, tick=False):
        yield


def prune(capsys: Any, **options: Any) -> str:
    call_command("prune_tallies", **options)
    return capsys.readouterr().out


def days_kept() -> list[int]:
    return sorted((NOON.date() - day).days for day in DailyTally.objects.values_list("day", flat=True))


def test_the_last_day_that_is_kept_stays_and_the_one_before_goes(capsys: Any) -> None:
    add_to_tallies({tally(day=TODAY - age): 3 for age in (0, 364, 365, 366, 700)})
    said = prune(capsys)
    assert days_kept() == [0, 364, 365]
    assert "Deleted 2 daily totals from before 2025-06-30" in said


@pytest.mark.parametrize(
    "now, kept",
    [
        ("2026-06-30T23:59:59Z", [10]),
        ("2026-07-01T00:00:00Z", []),  # midnight in UTC, whatever the time zone of the site
    ],
)
def test_a_day_is_one_of_utc(capsys: Any, settings: Any, now: str, kept: list[int]) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"
    add_to_tallies({tally(day=TODAY - 10): 1})
    with time_machine.travel(now, tick=False):
        prune(capsys, days=10)
    assert days_kept() == kept


def test_a_dry_run_only_says_how_many_it_would_be(capsys: Any, configure: Any) -> None:
    configure(TALLIES_MAX_AGE_DAYS=30)
    add_to_tallies({tally(day=TODAY - age): 1 for age in (29, 31, 32)})
    assert "Would delete 2 daily totals" in prune(capsys, dry_run=True)
    assert days_kept() == [29, 31, 32]
    assert "Deleted 2 daily totals" in prune(capsys)


@pytest.mark.parametrize("days", [761, 0, -1])
def test_longer_than_25_months_or_less_than_a_day_is_refused(days: int) -> None:
    add_to_tallies({tally(day=TODAY - 800): 1})
    with pytest.raises(CommandError, match=rf"--days {days}: use a whole number from 1 to 760.*25 months"):
        call_command("prune_tallies", days=days)
    assert days_kept() == [800]


def test_many_go_in_portions(capsys: Any, monkeypatch: Any, django_assert_num_queries: Any) -> None:
    monkeypatch.setattr(prune_tallies, "PORTION", 2)
    add_to_tallies({tally(number, day=TODAY - 400): 1 for number in range(5)})
    with django_assert_num_queries(4 + 3 + 1):  # four looks and three deletions; one look for numbers of batches
        prune(capsys)
    assert not DailyTally.objects.exists()


def test_numbers_of_batches_go_after_a_week(capsys: Any) -> None:
    for age in (6, 8):
        with time_machine.travel(NOON - timedelta(days=age), tick=False):
            TallyBatch.objects.create()
    assert "1 old batch numbers" in prune(capsys)
    (left,) = TallyBatch.objects.all()
    assert (NOON - left.added_at).days == 6
