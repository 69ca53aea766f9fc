"""The banner of a form that is not saved: what a visitor really gets once it is, and nothing is kept for it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from django.test import Client
from django.utils import translation
from wagtail.models import ModelLogEntry, Site

from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.compiling import pause
from wagtail_personalise_gov.models import (
    CampaignRule,
    FirstTimeVisitorRule,
    PersonalisationSettings,
    RulesetState,
    Segment,
    SiteWording,
)

from ..agency.models import AgencyPage
from ..counting.gathered import BROWSER
from ..factories import committed, make_page, make_segment
from .site_forms import banner_address, edit_address, saved_form, site_form

CY = {
    "language": "cy",
    "service_name": "Asiantaeth",
    "banner_heading": "Y dudalen hon",
    "banner_introduction": "Croeso.",
}
VISITOR = {"HTTP_SEC_FETCH_SITE": "same-origin", "HTTP_USER_AGENT": BROWSER}


@pytest.fixture
def site(home: AgencyPage) -> Site:
    return Site.objects.get()


@pytest.fixture(autouse=True)
def places(places_by_address: Any) -> None:
    pass


@pytest.fixture
def welsh_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """The agency's page in Welsh, when ?cy is asked for: as a site with addresses by language would have it."""
    serve = AgencyPage.serve

    def in_language(self: AgencyPage, request: Any, *args: Any, **kwargs: Any) -> Any:
        with translation.override("cy" if "cy" in request.GET else "en"):
            return serve(self, request, *args, **kwargs).render()

    monkeypatch.setattr(AgencyPage, "serve", in_language)


def asked(desk: Client, site: Site, form: dict[str, str], language: str = "en", state: str = "asked") -> dict[str, str]:
    response = desk.post(banner_address(site), {**form, "preview_language": language, "preview_state": state})
    assert response.status_code == 200
    answer: dict[str, str] = json.loads(response.content)
    return answer


def banner_in(html: str) -> str:
    """The banner of a page, as written, but for where its forms lead back to; "" for none."""
    found = BeautifulSoup(html, "html.parser").select_one(".govuk-cookie-banner")
    if found is None:
        return ""
    for field in found.select('input[name="next"]'):
        del field["value"]
    return str(found)


def words(html: str) -> str:
    return " ".join(BeautifulSoup(banner_in(html), "html.parser").get_text(" ").split())


# What visitors get


@pytest.mark.usefixtures("welsh_too")
@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("mode", ["opt_out", "opt_in"])
@pytest.mark.parametrize("counting", [False, True], ids=["not counting", "counting"])
def test_the_banner_shown_is_the_one_that_visitors_get_once_it_is_saved(
    desk: Client, site: Site, agency_page: AgencyPage, configure: Any, language: str, mode: str, counting: bool
) -> None:
    configure(MODE=mode, COUNTING=counting, SERVICE_NAME="Example Agency")
    form = site_form(CY, service_name="Our agency", banner_introduction="Hello & <b>welcome</b>.\nRead on.")
    before = {state: asked(desk, site, form, language, state) for state in ("asked", "on", "off")}
    with committed():
        assert desk.post(edit_address(site), form).status_code == 302

    address = "/flood/?cy" if language == "cy" else "/flood/"
    visitor = Client(**VISITOR)
    shown = visitor.get(address).content.decode()
    assert banner_in(shown) == banner_in(before["asked"]["document"]) != ""
    assert ("Croeso." in words(shown)) is (language == "cy")
    for state, button in (("on", 0), ("off", 1)):
        visitor = Client(**VISITOR)
        press(visitor, visitor.get(address).content.decode(), button)
        assert banner_in(visitor.get(address).content.decode()) == banner_in(before[state]["document"]) != ""


def press(visitor: Client, page: str, number: int) -> None:
    """Send the form of one of the banner's buttons, as a browser without scripts would."""
    button = BeautifulSoup(page, "html.parser").select('.govuk-cookie-banner button[name="choice"]')[number]
    fields = {field["name"]: field["value"] for field in button.find_parent("form").select("input")}
    visitor.post(button.find_parent("form")["action"], {**fields, "choice": button["value"]})


def test_each_state_and_language_has_its_own(desk: Client, site: Site, agency_page: AgencyPage) -> None:
    form = site_form(CY, service_name="Agency")
    assert "How Agency adapts to you" in words(asked(desk, site, form)["document"])
    assert "Keep it on" in words(asked(desk, site, form)["document"])
    assert "You’ve turned this on." in words(asked(desk, site, form, state="on")["document"])
    assert "You’ve turned this off." in words(asked(desk, site, form, state="off")["document"])
    welsh = asked(desk, site, form, language="cy")["document"]
    assert "Y dudalen hon" in words(welsh)
    assert "Croeso." in words(welsh)
    assert BeautifulSoup(welsh, "html.parser").html["lang"] == "cy"


def test_the_form_opens_with_the_banner_of_what_is_saved(desk: Client, site: Site, agency_page: AgencyPage) -> None:
    with committed():
        desk.post(edit_address(site), site_form(service_name="Saved agency"))
    frame = BeautifulSoup(desk.get(edit_address(site)).content, "html.parser").select_one("iframe[srcdoc]")
    assert "How Saved agency adapts to you" in words(frame["srcdoc"])
    assert "".join(frame["sandbox"]) == "allow-same-origin"  # no scripts, no forms, and nothing opens
    assert "<script" not in frame["srcdoc"]
    assert "hidden" not in frame.attrs


def test_what_was_posted_and_could_not_be_saved_is_shown_again(
    desk: Client, site: Site, agency_page: AgencyPage
) -> None:
    response = desk.post(edit_address(site), site_form(service_name="New name", holdout_percent="99"))
    page = BeautifulSoup(response.content, "html.parser")
    assert "How New name adapts to you" in words(page.select_one("iframe[srcdoc]")["srcdoc"])
    assert "is left out here" in page.select_one(".personalise-banner-preview__note").get_text()


def test_a_site_is_shown_its_own_words(desk: Client, site: Site, agency_page: AgencyPage) -> None:
    other = Site.objects.create(hostname="other.example", root_page=site.root_page, site_name="Other")
    PersonalisationSettings.objects.create(site=site, service_name="Agency")
    assert "How Council adapts" in words(asked(desk, other, site_form(service_name="Council"))["document"])
    assert "How Agency adapts" in words(asked(desk, site, saved_form(site.personalisationsettings))["document"])


# What is wrong in the form


@pytest.mark.parametrize(
    "wrong",
    [
        {"holdout_percent": "many"},
        {"last_reviewed": "yesterday"},
        {"banner_introduction": "x" * 301},
        {"policy_link": "nowhere"},
        {"contact_email": "@"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_what_is_wrong_is_left_out_and_the_rest_is_shown(
    desk: Client, site: Site, agency_page: AgencyPage, wrong: dict[str, str]
) -> None:
    answer = asked(desk, site, site_form(service_name="Agency", **wrong))
    assert "How Agency adapts to you" in words(answer["document"])
    assert "xxx" not in answer["document"]
    assert "is left out here" in answer["note"]
    assert asked(desk, site, site_form(service_name="Agency"))["note"] == ""


def test_a_language_that_is_not_chosen_yet_or_stands_there_twice_breaks_nothing(
    desk: Client, site: Site, agency_page: AgencyPage
) -> None:
    for language in ("", "xx", "<b>", "cy"):
        form = site_form(CY, {**CY, "language": language, "banner_heading": "Another"}, service_name="Agency")
        assert "How Agency adapts to you" in words(asked(desk, site, form)["document"])
        assert words(asked(desk, site, form, language="cy")["document"])


def test_words_that_are_deleted_in_the_form_are_shown_no_more(
    desk: Client, site: Site, agency_page: AgencyPage
) -> None:
    desk.post(edit_address(site), site_form(CY, service_name="Agency"))
    form = saved_form(PersonalisationSettings.objects.get(site=site))
    assert "Croeso." in asked(desk, site, form, language="cy")["document"]
    assert "Croeso." not in asked(desk, site, form | {"wordings-0-DELETE": "1"}, language="cy")["document"]


@pytest.mark.parametrize(
    "posted",
    [
        {"wordings-TOTAL_FORMS": "lots"},
        {"wordings-TOTAL_FORMS": "201"},
        {"wordings-TOTAL_FORMS": "1", "wordings-INITIAL_FORMS": "1", "wordings-0-id": "no number"},
    ],
    ids=["no number", "too many", "no key"],
)
def test_what_no_form_of_ours_posts_is_no_error_of_the_server(desk: Client, site: Site, posted: dict[str, str]) -> None:
    response = desk.post(banner_address(site), {**site_form(), **posted})
    assert response.status_code in (200, 400)


def test_a_language_or_state_that_there_is_not_shows_the_first(
    desk: Client, site: Site, agency_page: AgencyPage
) -> None:
    for language, state in (("xx", "asked"), ("en", "elsewhere"), ("", "")):
        assert "Keep it on" in words(asked(desk, site, site_form(), language, state)["document"])


# What there is to say


def test_where_nothing_is_live_it_says_so_and_gives_an_example(desk: Client, site: Site) -> None:
    answer = asked(desk, site, site_form(service_name="Agency"))
    assert "Visitors see no banner now, since nothing that is live asks anything about them." in answer["note"]
    assert "We use roughly where you are." in words(answer["document"])


def test_where_it_is_switched_off_it_says_so(desk: Client, site: Site, agency_page: AgencyPage, configure: Any) -> None:
    configure(MODE="off")
    answer = asked(desk, site, site_form())
    assert answer["document"] == ""
    assert "switched off in your developers’ settings (MODE)" in answer["note"]


def test_while_paused_it_shows_what_comes_afterwards(desk: Client, site: Site, agency_page: AgencyPage) -> None:
    before = asked(desk, site, site_form())
    with committed():
        pause()
    answer = asked(desk, site, site_form())
    assert answer["note"].startswith("Everything is paused, so visitors see no banner now.")
    assert banner_in(answer["document"]) == banner_in(before["document"])


def test_it_tells_what_is_really_live(desk: Client, site: Site, agency_page: AgencyPage) -> None:
    assert "how you got here" not in words(asked(desk, site, site_form())["document"])
    make_segment("campaigners", CampaignRule(name="spring"))
    make_segment("newcomers", FirstTimeVisitorRule(), live=False)
    compiling.holder.check_again()
    told = words(asked(desk, site, site_form())["document"])
    assert "We use roughly where you are and how you got here." in told
    assert "been here before" not in told


# What is kept


def test_nothing_is_written_for_it(desk: Client, site: Site, agency_page: AgencyPage) -> None:
    def written() -> list[Any]:
        return [
            PersonalisationSettings.objects.count(),
            SiteWording.objects.count(),
            ModelLogEntry.objects.count(),
            RulesetState.current().version,
            dict(desk.session),
        ]

    desk.get("/admin/")
    before = written()
    assert before[0] == 0
    response = desk.post(banner_address(site), site_form(CY, service_name="Agency"))
    assert response.status_code == 200
    assert not response.cookies
    assert written() == before
    assert "Agency" not in words(Client(**VISITOR).get("/flood/").content.decode())


def test_it_is_never_a_visit_of_the_editor(
    desk: Client, site: Site, agency_page: AgencyPage, places_by_address: Any
) -> None:
    desk.cookies["personalise_choice"] = "refused.1"  # the editor's own
    asked(desk, site, site_form(), state="on")
    assert "Keep it on" in words(asked(desk, site, site_form())["document"])
    assert places_by_address.looked == 0


def test_it_is_for_those_who_may_change_the_settings_of_that_site(
    desk: Client, desk_of: Callable[..., Client], site: Site
) -> None:
    assert desk_of("change_segment").post(banner_address(site), site_form()).status_code == 302
    assert desk_of("change_personalisationsettings").post(banner_address(site), site_form()).status_code == 200
    assert Client().post(banner_address(site), site_form()).status_code == 302
    assert desk.get(banner_address(site)).status_code == 405
    assert desk.post(banner_address(Site(pk=999)), site_form()).status_code == 404


def test_the_example_is_only_that(desk: Client, site: Site, home: AgencyPage) -> None:
    asked(desk, site, site_form())
    make_page("Plain enough", parent=home, slug="enough")
    assert banner_in(Client(**VISITOR).get("/enough/").content.decode()) == ""
    assert not Segment.objects.exists()
