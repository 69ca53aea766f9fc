"""Sites that want looking after, on the admin's home page and in the system check."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format
from wagtail.models import Site

from wagtail_personalise_gov.checks import check_sites
from wagtail_personalise_gov.models import PersonalisationSettings, Segment

from ..agency.models import AgencyPage
from .site_forms import edit_address

OURS = "wagtail_personalise_gov."


@pytest.fixture
def site(home: AgencyPage) -> Site:
    return Site.objects.get()


def notes(desk: Client) -> dict[str, str]:
    page = BeautifulSoup(desk.get(reverse("wagtailadmin_home")).content, "html.parser")
    panel = page.select_one('[id^="panel-personalised-sites"], [id^="personalised-sites"]')
    return {link.get_text(strip=True): link["href"] for link in panel.select("li a")} if panel else {}


def test_the_home_page_says_what_a_site_wants_and_leads_to_it(desk: Client, site: Site, riverside: Segment) -> None:
    row = PersonalisationSettings.objects.create(site=site, last_reviewed=date(2020, 5, 4))
    day = date_format(date(2020, 5, 4))
    assert notes(desk) == {
        "Agency: visitors are not told who answers for what adapts, or whom to ask": edit_address(site),
        f"Agency: what adapts was last reviewed on {day}, more than a year ago": edit_address(site),
    }
    row.responsible, row.contact_link, row.last_reviewed = "Team", "/contact/", date.today()
    row.save()
    assert notes(desk) == {}


def test_it_is_for_those_who_may_see_to_it(desk_of: Callable[..., Client], site: Site, riverside: Segment) -> None:
    assert len(notes(desk_of("change_personalisationsettings"))) == 1
    assert notes(desk_of("change_segment")) == {}


# The check


def heard(**options: object) -> list[str]:
    return [
        str(message.id).removeprefix(OURS)
        for message in run_checks(**options)
        if str(message.id) in (f"{OURS}W050", f"{OURS}W051")
    ]


def test_the_check_says_it_when_it_is_let_to_the_database(site: Site, riverside: Segment) -> None:
    assert heard() == []  # without a database none is asked
    assert heard(databases=["default"]) == ["W050"]
    row = PersonalisationSettings.objects.create(site=site, last_reviewed=date(2020, 5, 4))
    assert heard(databases=["default"]) == ["W050", "W051"]
    [nobody, overdue] = check_sites(None, databases=["default"])
    assert "Site 'Agency [default]'" in nobody.msg
    assert "who is responsible" in str(nobody.hint)
    assert "last reviewed on 2020-05-04, more than 365 days ago" in overdue.msg
    row.responsible, row.contact_email, row.last_reviewed = "Team", "team@example.gov", date.today()
    row.save()
    assert heard(databases=["default"]) == []


def test_it_says_it_from_the_command_line(site: Site, riverside: Segment, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check", databases=["default"])
    assert f"{OURS}W050" in capsys.readouterr().err
    call_command("check")
    assert f"{OURS}W050" not in capsys.readouterr().err


def test_another_database_is_not_asked_for(site: Site, riverside: Segment) -> None:
    assert check_sites(None, databases=["archive"]) == []


@pytest.mark.django_db(transaction=True)
def test_before_there_are_tables_it_says_nothing(home: AgencyPage, riverside: Segment) -> None:
    table = PersonalisationSettings._meta.db_table
    with connection.schema_editor() as editor:
        editor.alter_db_table(PersonalisationSettings, table, f"{table}_away")
    try:
        assert check_sites(None, databases=["default"]) == []
    finally:
        with connection.schema_editor() as editor:
            editor.alter_db_table(PersonalisationSettings, f"{table}_away", table)
