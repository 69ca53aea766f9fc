"""Northmoor's stories, walked from outside in both directions: who should see it does, who should not does not."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command
from django.test import Client

from example_site import settings as demo
from example_site.models import ServicePage
from tests.northmoor import NorthmoorTestCase
from wagtail_personalise_gov.core.contents import personalised_in
from wagtail_personalise_gov.counting.buffer import flush
from wagtail_personalise_gov.counting.results import Finding, block_results
from wagtail_personalise_gov.models import DailyTally, Goal, LocationRule, Segment

RIVERSIDE, HILLTOP, FRANCE, NOWHERE = "192.0.2.7", "198.51.100.7", "203.0.113.7", "127.0.0.1"
HOME, LICENCE, EMERGENCY = "/", "/services/business-licence/", "/emergency/"
NOON = datetime(2026, 4, 18, 12, tzinfo=UTC)
COUNCILLORS = "/services/your-councillors/"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Mobile/15E148"
WARNING = "Flood warning: the River Moor"


class Visitor(Client):
    """A browser: it keeps cookies, says where links come from, and sends forms as browsers do."""

    def __init__(self, address: str = NOWHERE, **headers: str) -> None:
        super().__init__(headers={"X-Forwarded-For": address, **headers})

    def arrives(self, path: str, referrer: str = "") -> list[str]:
        """Opens a page from outside. The stories that its personalised blocks show, in order."""
        self.page = self.get(path, headers={"Referer": referrer} if referrer else {})
        assert self.page.status_code == 200
        return re.findall(r'data-story="([^"]*)"', self.page.content.decode())

    def follows(self, path: str) -> list[str]:
        """Follows a link of the site."""
        return self.arrives(path, "http://testserver/")

    def sends(self, action: str, **fields: str) -> None:
        answer = self.post(f"/personalisation/{action}/", fields, headers={"Origin": "http://testserver"})
        assert answer.status_code == 303

    @property
    def says(self) -> str:
        return self.page.content.decode()

    def closes_the_browser(self) -> None:
        for name, cookie in list(self.cookies.items()):
            if not cookie["max-age"]:
                del self.cookies[name]


class WithItsDemoBar(NorthmoorTestCase):
    more = {"MIDDLEWARE": [name for name in demo.MIDDLEWARE if not name.startswith("whitenoise.")]}


class TestStories(WithItsDemoBar):
    def test_a_first_time_visitor_is_welcomed_for_the_whole_first_visit_and_not_on_the_second(self) -> None:
        visitor = Visitor()
        with time_machine.travel(NOON, tick=False) as clock:
            assert "first-time-visitors" in visitor.arrives(HOME)
            clock.shift(timedelta(minutes=20))
            visitor.follows(EMERGENCY)
            clock.shift(timedelta(minutes=20))
            assert "first-time-visitors" in visitor.follows(HOME)
            visitor.closes_the_browser()
            clock.shift(timedelta(days=1))
            assert "first-time-visitors" not in visitor.arrives(HOME)

    def test_everyone_sees_the_warning_and_place_decides_only_what_comes_next(self) -> None:
        for address, story in (
            (RIVERSIDE, "riverside"),
            (HILLTOP, "hilltop"),
            (FRANCE, "standard"),
            (NOWHERE, "standard"),
        ):
            visitor = Visitor(address)
            assert visitor.arrives(EMERGENCY) == [story]
            assert WARNING in visitor.says
            assert visitor.says.index(WARNING) < visitor.says.index("data-story")

    def test_someone_whose_place_can_not_be_told_is_not_abroad(self) -> None:
        assert "abroad" in Visitor(FRANCE).arrives(HOME)
        assert "abroad" not in Visitor(RIVERSIDE).arrives(HOME)
        assert "abroad" not in Visitor(NOWHERE).arrives(HOME)

    def test_what_a_visitor_says_of_their_place_beats_the_guess(self) -> None:
        visitor = Visitor(RIVERSIDE)
        assert visitor.arrives(EMERGENCY) == ["riverside"]
        visitor.sends("place", place="none")
        assert visitor.follows(EMERGENCY) == ["standard"]
        visitor.sends("place", country="GB", city="Hilltop")
        assert visitor.follows(EMERGENCY) == ["hilltop"]
        visitor.sends("place")
        assert visitor.follows(EMERGENCY) == ["riverside"]

    def test_who_comes_from_a_search_or_the_portal_finds_a_fitting_opening_for_the_whole_visit(self) -> None:
        for referrer, story in (
            ("https://www.google.co.uk/", "from-search"),
            ("https://licensing.example.gov/food/apply?reference=123", "from-licensing-portal"),
        ):
            visitor = Visitor()
            assert story in visitor.arrives(LICENCE, referrer)
            visitor.follows(HOME)
            assert story in visitor.follows(LICENCE)
        for referrer in ("", "https://example.org/", "https://licensing.example.gov.evil.example/"):
            assert not {"from-search", "from-licensing-portal"} & set(Visitor().arrives(LICENCE, referrer))

    def test_an_answer_changes_the_next_steps_and_can_be_changed_and_withdrawn(self) -> None:
        visitor = Visitor()
        assert not {"starting-a-business", "restaurant"} & set(visitor.arrives(HOME))
        assert "What do you need to do today?" in visitor.says
        visitor.sends("intent", intent="starting-a-business")
        assert "starting-a-business" in visitor.follows(HOME)
        visitor.sends("intent", intent="restaurant")
        assert "restaurant" in visitor.follows(HOME)
        assert "restaurant" in visitor.follows(LICENCE)
        visitor.sends("intent", intent="daycare")
        assert "daycare" in visitor.follows(HOME)
        visitor.sends("intent", intent="")
        assert not {"starting-a-business", "restaurant", "daycare"} & set(visitor.follows(HOME))
        assert not {"starting-a-business", "restaurant", "daycare"} & set(Visitor().arrives(HOME))

    def test_an_answer_ends_with_the_browser(self) -> None:
        visitor = Visitor()
        visitor.arrives(HOME)
        visitor.sends("intent", intent="restaurant")
        visitor.closes_the_browser()
        assert "restaurant" not in visitor.arrives(HOME)

    def test_a_campaign_or_a_section_suggests_an_intent_without_asking(self) -> None:
        visitor = Visitor()
        assert "starting-a-business" in visitor.arrives(f"{HOME}?utm_campaign=start-up-week")
        assert "starting-a-business" in visitor.follows(HOME)
        visitor = Visitor()
        visitor.arrives(LICENCE)
        assert "starting-a-business" in visitor.follows(HOME)
        assert "starting-a-business" not in Visitor().arrives(f"{HOME}?utm_campaign=other")

    def test_one_click_turns_everything_off_and_one_click_on_again(self) -> None:
        visitor = Visitor(RIVERSIDE)
        assert "riverside" in visitor.arrives(HOME)
        assert "Turn it off" in visitor.says
        visitor.sends("choice", choice="refused", next=HOME)
        assert {name for name, cookie in visitor.cookies.items() if cookie.value} == {"personalise_choice"}
        for path in (HOME, LICENCE, EMERGENCY):
            assert set(visitor.follows(path)) == {"standard"}
        visitor.sends("choice", choice="allowed", next=HOME)
        assert visitor.follows(EMERGENCY) == ["riverside"]

    def test_global_privacy_control_counts_as_no(self) -> None:
        visitor = Visitor(RIVERSIDE, **{"Sec-GPC": "1"})
        for path in (HOME, LICENCE, EMERGENCY):
            assert set(visitor.arrives(path)) == {"standard"}
        assert not visitor.cookies

    def test_the_sites_own_rule_asks_the_sites_own_fact(self) -> None:
        visitor = Visitor()
        assert "riverside-ward" not in visitor.arrives(COUNCILLORS)
        visitor.cookies["northmoor_ward"] = "riverside"
        assert "riverside-ward" in visitor.follows(COUNCILLORS)
        visitor.cookies["northmoor_ward"] = "atlantis"
        assert "riverside-ward" not in visitor.follows(COUNCILLORS)

    def test_the_report_finds_that_the_version_for_phones_helps(self) -> None:
        page = ServicePage.objects.get(slug="garden-waste")
        (content,) = personalised_in(list(page.body.raw_data))
        today = datetime.now(UTC).date()
        result = block_results([version.id for version in content.versions], list(Goal.objects.all()), today)
        (phone,) = [version for version in result.versions if version.segment == "on-a-phone"]
        findings = {comparison.goal: comparison.finding for comparison in phone.comparisons}
        assert findings == {"garden-waste-form": Finding.HIGHER, "other-bins": Finding.NOT_ENOUGH}

    def test_a_visit_on_a_phone_is_counted_and_may_be_held_back(self) -> None:
        before = sum(DailyTally.objects.values_list("count", flat=True))
        stories = set()
        for _visitor in range(200):  # none of them held back: once in 10⁹ runs
            visitor = Visitor(NOWHERE, **{"User-Agent": PHONE})
            stories |= set(visitor.arrives("/services/garden-waste/"))
            answer = visitor.get("/personalisation/goal/garden-waste-form/")
            assert answer["Location"].startswith("https://forms.northmoor.example.gov/")
        flush()
        assert sum(DailyTally.objects.values_list("count", flat=True)) == before + 400
        assert stories == {"on-a-phone", "standard"}

    def test_plain_pages_are_untouched(self) -> None:
        paths = ["/news/", *set(re.findall(r'href="(/news/[^"]+)"', Visitor().get("/news/").content.decode()))]
        assert len(paths) == 7
        for path in (*paths, "/cy/"):
            answer = Visitor(RIVERSIDE).get(path)
            assert answer.status_code == 200
            assert not answer.cookies
            assert "Cookie" not in answer.get("Vary", "")
            assert "private" not in answer.get("Cache-Control", "")
            assert "data-story" not in answer.content.decode()

    def test_an_editor_changes_a_story_in_the_admin(self) -> None:
        """Whatever is told here stands in the database: a rule that is changed changes what is shown."""
        rule = LocationRule.objects.get(segment__slug="riverside")
        with self.captureOnCommitCallbacks(execute=True):
            rule.cities = ["Lyon"]
            rule.countries = ["FR"]
            rule.save()
        assert Visitor(RIVERSIDE).arrives(EMERGENCY) == ["standard"]
        assert Visitor(FRANCE).arrives(EMERGENCY) == ["riverside"]

    def test_a_draft_segment_shows_to_nobody_and_is_named_nowhere(self) -> None:
        draft = Segment.objects.get(live=False)
        for path in (HOME, LICENCE, EMERGENCY, "/personalisation/", "/personalisation/register.json"):
            text = Visitor().get(path).content.decode()
            assert draft.slug not in text
            assert draft.name not in text
            assert draft.public_name not in text

    def test_making_the_content_again_keeps_what_editors_changed(self) -> None:
        Segment.objects.filter(slug="riverside").update(name="Changed by an editor")
        call_command("demo_content", verbosity=0)
        assert Segment.objects.get(slug="riverside").name == "Changed by an editor"
        call_command("demo_content", "--reset", verbosity=0)
        assert Segment.objects.get(slug="riverside").name != "Changed by an editor"


@pytest.mark.parametrize("slug", ["editor", "admin"])
def test_the_logins_are_the_ones_that_are_printed(db: None, slug: str) -> None:
    call_command("demo_content", verbosity=0)
    assert Client().login(username=slug, password=slug)


class TestTheDemoBar(WithItsDemoBar):
    """A reader whose own address has no place on the map may be somebody else."""

    def be(self, persona: str) -> Visitor:
        visitor = Visitor()
        answer = visitor.post("/demo/", {"persona": persona}, headers={"Origin": "http://testserver"})
        assert answer.status_code in (302, 303)
        return visitor

    def test_each_persona_sees_their_story(self) -> None:
        for persona, path, story in (
            ("riverside", EMERGENCY, "riverside"),
            ("hilltop", EMERGENCY, "hilltop"),
            ("abroad", HOME, "abroad"),
            ("search", LICENCE, "from-search"),
            ("portal", LICENCE, "from-licensing-portal"),
            ("yourself", HOME, "first-time-visitors"),
        ):
            assert story in self.be(persona).follows(path), persona

    def test_the_second_visit_and_privacy_control_see_the_standard_version(self) -> None:
        assert "first-time-visitors" not in self.be("second-visit").follows(HOME)
        assert set(self.be("gpc").follows(EMERGENCY)) == {"standard"}
