"""What was counted, for those who may see the report."""

from base64 import b64encode
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from tests.agency.models import AgencyPage
from tests.editor.counted import FIRST, apart, count, judged, make_goal
from tests.factories import make_page, personalised
from wagtail_personalise_gov.core.counting import Arm
from wagtail_personalise_gov.counting.results import COLUMNS
from wagtail_personalise_gov.models import Segment

from .calling import API, put

pytestmark = pytest.mark.django_db

ADDRESS = f"{API}/results/"


@pytest.fixture
def analyst(client: Client) -> Client:
    """Signed in, and allowed to see results and every page."""
    client.force_login(User.objects.create_superuser("analyst"))
    return client


def test_it_has_the_rows_of_each_block(analyst: Client, agency_page: AgencyPage) -> None:
    make_goal("applied")
    judged("applied")
    assert reverse("personalise_api:results") == ADDRESS
    (block,) = analyst.get(ADDRESS).json()["blocks"]
    assert block["block"] == FIRST
    assert block["versions"] == [FIRST]
    assert block["where"] == [{"page": agency_page.pk, "title": "Flood", "name": "Body → Offer"}]
    assert [list(row) for row in block["rows"]] == [list(COLUMNS)] * 2
    assert [(row["arm"], row["goal"], row["finding"]) for row in block["rows"]] == [
        ("variant", "applied", "higher"),
        ("holdout", "applied", ""),
    ]


def test_small_counts_are_withheld_here_too(analyst: Client, agency_page: AgencyPage) -> None:
    make_goal("applied")
    count(Arm.VARIANT, 97, {"applied": 7}, share=0)
    (row,) = analyst.get(ADDRESS).json()["blocks"][0]["rows"]
    assert (row["visits"], row["reached"], row["rate"]) == (97, "fewer than 11", "")


def test_it_is_never_cached(analyst: Client, agency_page: AgencyPage) -> None:
    for address in (ADDRESS, f"{ADDRESS}?page=0"):
        directives = analyst.get(address)["Cache-Control"]
        assert "private" in directives
        assert "no-store" in directives


def test_it_is_for_those_with_the_permission(client: Client, agency_page: AgencyPage) -> None:
    user = User.objects.create_user("editor")
    for status in (403, 200):
        client.force_login(User.objects.get(pk=user.pk))
        response = client.get(ADDRESS)
        assert response.status_code == status
        user.user_permissions.add(Permission.objects.get(codename="view_dailytally"))
    assert response.json() == {"blocks": []}  # the permission lets nobody see pages


def test_strangers_get_a_problem(client: Client, agency_page: AgencyPage) -> None:
    response = client.get(ADDRESS)
    assert response.status_code in (401, 403)  # by what the site's REST framework asks for first
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["status"] == response.status_code
    assert "no-store" in response["Cache-Control"]


def test_a_script_may_sign_in_by_name_and_password(agency_page: AgencyPage) -> None:
    User.objects.create_superuser("analyst", password="secret")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION="Basic YW5hbHlzdDpzZWNyZXQ=")
    assert client.get(ADDRESS).status_code == 200
    client.credentials(HTTP_AUTHORIZATION="Basic YW5hbHlzdDp3cm9uZw==")
    assert client.get(ADDRESS).status_code in (401, 403)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nothing_can_be_changed(analyst: Client, method: str) -> None:
    assert getattr(analyst, method)(ADDRESS).status_code == 405


def test_one_goal_can_be_asked_for(analyst: Client, agency_page: AgencyPage) -> None:
    make_goal("applied")
    make_goal("called")
    count(Arm.VARIANT, 97, {"applied": 30, "called": 40}, share=0)
    (row,) = analyst.get(ADDRESS, {"goal": "called"}).json()["blocks"][0]["rows"]
    assert (row["goal"], row["reached"]) == ("called", 40)


def test_one_page_can_be_asked_for(
    analyst: Client, agency_page: AgencyPage, home: AgencyPage, riverside: Segment
) -> None:
    other = make_page("Other", ("line", apart(personalised("a", (riverside, "b")), "other")), parent=home)
    (block,) = analyst.get(ADDRESS, {"page": other.pk}).json()["blocks"]
    assert block["where"][0]["title"] == "Other"
    assert len(analyst.get(ADDRESS).json()["blocks"]) == 2


@pytest.mark.parametrize(
    "query, field",
    [
        ({"goal": "nowhere"}, "goal"),
        ({"goal": ""}, "goal"),
        ({"goal": "\0"}, "goal"),
        ({"page": "0"}, "page"),
        ({"page": "flood"}, "page"),
        ({"page": "-1"}, "page"),
        ({"page": "9" * 30}, "page"),
        ({"page": "²"}, "page"),
    ],
)
def test_what_is_not_there_is_a_problem_that_names_the_field(
    analyst: Client, agency_page: AgencyPage, query: dict[str, str], field: str
) -> None:
    make_goal("applied")
    response = analyst.get(ADDRESS, query)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    assert list(response.json()["errors"]) == [field]


def test_a_site_without_goals_says_so(analyst: Client, agency_page: AgencyPage) -> None:
    assert "no goals" in analyst.get(ADDRESS, {"goal": "applied"}).json()["detail"]


def test_it_is_json_whatever_is_asked_for(analyst: Client, agency_page: AgencyPage) -> None:
    response: Any = analyst.get(ADDRESS, headers={"Accept": "text/html"})
    assert response["Content-Type"] == "application/json"


def test_a_wrong_password_is_told_and_no_browser_is_made_to_ask_for_one(client: Client, home: AgencyPage) -> None:
    answer = client.get(ADDRESS, headers={"Authorization": "Basic " + b64encode(b"admin:wrong").decode()})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"].startswith("Basic")
    answer = client.get(ADDRESS)
    assert answer.status_code == 403
    assert not answer.has_header("WWW-Authenticate")
    assert answer.json()["detail"].startswith("Results are for those who may see them in the admin.")
    client.force_login(User.objects.create_user("visitor"))
    assert client.get(ADDRESS).json()["detail"].startswith("You may not see results.")


@pytest.mark.parametrize("path", ["results/", "pages/{pk}/?variants=all"])
def test_a_name_or_a_session_that_no_database_can_be_asked_for_is_nobodys(
    client: Client, agency_page: AgencyPage, path: str
) -> None:
    """PostgreSQL takes no NUL."""
    by_name = {"Authorization": "Basic " + b64encode(b"a\0b:c").decode()}
    by_session = {"Cookie": 'sessionid="\\000aaaaaaaaaaaa"'}
    for headers in (by_name, by_session):
        assert client.get(f"{API}/{path.format(pk=agency_page.pk)}", headers=headers).status_code in (401, 403)


MANY = "&".join(f"a{number}=b" for number in range(1001))


def test_a_filter_among_too_many_parameters_is_refused_and_not_passed_over(
    analyst: Client, home: AgencyPage, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
    answer = analyst.get(f"{ADDRESS}?page=999999&{MANY}")
    assert answer.status_code == 400
    assert answer.json()["detail"] == "The address has more parameters than this site reads. Leave some out."


@pytest.mark.parametrize("path", ["results/?", "pages/{pk}/?", "visit/?", "pages/?path=/&", "pages/{pk}/segments/?"])
def test_an_address_with_more_parameters_than_django_takes_is_answered_in_json(
    client: Client, agency_page: AgencyPage, path: str, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
    answer = client.get(f"{API}/{path.format(pk=agency_page.pk)}{MANY}")
    # Of the path nothing is known; and of the page, rich text of Wagtail 8 looks at a parameter.
    expected = {"results/?": {403}, "pages/?path=/&": {400}, "pages/{pk}/?": {200, 400}}
    assert answer.status_code in expected.get(path, {200})
    assert answer["Content-Type"] in ("application/json", "application/problem+json")


def test_a_refusal_is_done_whatever_else_the_address_holds(client: Client, home: AgencyPage, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
    answer = put(client, "preference", {"preference": "refused"}, QUERY_STRING=MANY)
    assert answer.status_code == 200
    assert client.cookies["personalise_choice"].value.startswith("refused")
