"""Crawlers are shown what a browser like theirs is shown. They only stay out of memory and counts."""

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from tests.agency.models import AgencyPage, AskRule
from tests.factories import hero, make_page, make_segment, personalised
from tests.visit.user_agents import (
    ANDROID,
    ANDROID_TABLET,
    APPLEBOT_PHONE,
    BINGBOT_DESKTOP,
    GOOGLEBOT_PHONE,
    IPAD,
    IPHONE,
    MAC,
    NAVERBOT_DESKTOP,
    PAIRS,
    WINDOWS,
)
from wagtail_personalise_gov.facts import known_facts
from wagtail_personalise_gov.models import Segment
from wagtail_personalise_gov.visit.devices import is_crawler

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0"


@pytest.mark.parametrize(
    "user_agent",
    [
        GOOGLEBOT_PHONE,
        BINGBOT_DESKTOP,
        APPLEBOT_PHONE,
        NAVERBOT_DESKTOP,  # its name says nothing, but it gives an address of its own
        "Googlebot-Image/1.0",
        "Mediapartners-Google",
        "AdsBot-Google (+http://www.google.com/adsbot.html)",
        f"{ANDROID} (compatible; Google-InspectionTool/1.0;)",
        "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)",
        "Mozilla/5.0 (compatible; YandexImages/3.0; +http://yandex.com/bots)",
        "Mozilla/5.0 (compatible; Baiduspider/2.0; +http://www.baidu.com/search/spider.html)",
        "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
        "usasearch/1.0",
        "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
        "CCBot/2.0 (https://commoncrawl.org/faq/)",
        "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
        "meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)",
        "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
        # Archives
        "Mozilla/5.0 (compatible; archive.org_bot +http://archive.org/details/archive.org_bot)",
        "Mozilla/5.0 (compatible; heritrix/3.4.0 +http://www.webarchive.org.uk/)",
        "bl.uk_lddc_bot/3.4.0-20240101 (+http://www.bl.uk/aboutus/legaldeposit/websites/websites/faqswebmaster)",
        # Monitors
        "Mozilla/5.0+(compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)",
        "Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)",
        "check_http/v2.3.3 (monitoring-plugins 2.3.3)",
        "ELB-HealthChecker/2.0",
        "kube-probe/1.29",
        f"{WINDOWS} Chrome-Lighthouse",
        "W3C_Validator/1.3 http://validator.w3.org/services",
    ],
)
def test_crawlers_and_monitors_say_so(user_agent: str) -> None:
    assert is_crawler(user_agent)
    assert is_crawler(user_agent.upper())


@pytest.mark.parametrize(
    "user_agent",
    [
        IPHONE,
        IPAD,
        ANDROID,
        ANDROID_TABLET,
        WINDOWS,
        MAC,
        f"{WINDOWS} Edg/142.0.0.0",
        "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0",
        "Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)",
        f"Mozilla/5.0 (Linux; Android 11; CUBOT KINGKONG 5) {CHROME} Mobile Safari/537.36",  # a phone of that name
        f"Mozilla/5.0 (Linux; Android 10; CUBOT_X18_Plus) {CHROME} Mobile Safari/537.36",
        f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {CHROME} Mobile/15E148 [FBAN/FBIOS;FBAV/470.0]",
        "Mozilla/5.0 (Linux; U; Linux; de) Chrome/88.0 Safari/537.36 HbbTV/1.5.1 (+DRM; Panasonic; OLED)",
        # Public bodies test their own sites with these, memory included.
        f"Mozilla/5.0 (X11; Linux x86_64) {CHROME.replace('Chrome', 'HeadlessChrome')} Safari/537.36",
        "curl/8.5.0",
        "python-requests/2.32.3",
        "",
    ],
)
def test_browsers_and_fetchers_are_no_crawlers(user_agent: str) -> None:
    assert not is_crawler(user_agent)


# Over real requests


@pytest.fixture
def tailored(home: AgencyPage, new: Segment) -> AgencyPage:
    """At /tailored/: a hero for phones, one for tablets and one for computers; and a line for those who are new."""
    kinds = [
        make_segment(kind, AskRule(question={"fact": "device.kind", "op": "in", "value": [kind]}))
        for kind in ("mobile", "tablet", "desktop")
    ]
    offer = personalised(hero("Unknown device"), *((kind, hero(f"For {kind.slug}")) for kind in kinds))
    line = personalised("Welcome back", (new, "New here?"))
    return make_page("Tailored", ("offer", offer), ("line", line), parent=home, slug="tailored")


@pytest.mark.parametrize("browser, crawler", PAIRS.values(), ids=PAIRS)
def test_a_crawler_is_shown_what_a_browser_like_it_is_shown(tailored: AgencyPage, browser: str, crawler: str) -> None:
    seen = Client().get("/tailored/", headers={"User-Agent": browser})
    crawled = Client().get("/tailored/", headers={"User-Agent": crawler})
    assert "New here?" in seen.content.decode()
    assert "Unknown device" not in seen.content.decode()
    assert crawled.content == seen.content
    assert crawled.status_code == seen.status_code
    assert {name: crawled[name] for name in ("Vary", "Cache-Control")} == {
        name: seen[name] for name in ("Vary", "Cache-Control")
    }


def test_devices_that_differ_are_shown_what_differs(tailored: AgencyPage) -> None:
    """The proof that the page above does depend on the device."""
    assert [
        [kind for kind in ("mobile", "tablet", "desktop") if f"For {kind}" in answer.content.decode()]
        for answer in (Client().get("/tailored/", headers={"User-Agent": agent}) for agent in (ANDROID, IPAD, WINDOWS))
    ] == [["mobile"], ["tablet"], ["desktop"]]


@pytest.mark.parametrize("browser, crawler", PAIRS.values(), ids=PAIRS)
def test_a_crawler_gets_no_cookie_where_a_browser_is_remembered(
    tailored: AgencyPage, browser: str, crawler: str
) -> None:
    seen = Client().get("/tailored/", headers={"User-Agent": browser})
    crawled = Client().get("/tailored/", headers={"User-Agent": crawler})
    assert set(seen.cookies) == {"personalise_visit", "personalise_memory"}
    assert not crawled.cookies
    assert not Session.objects.exists()


def test_a_crawler_is_new_at_each_request(tailored: AgencyPage) -> None:
    visitor, crawler = (Client(headers={"User-Agent": agent}) for agent in (ANDROID, GOOGLEBOT_PHONE))
    for client in (visitor, crawler):
        assert "New here?" in client.get("/tailored/").content.decode()
    assert not crawler.cookies
    assert visitor.cookies


def test_a_driven_browser_keeps_its_memory(tailored: AgencyPage) -> None:
    agent = f"Mozilla/5.0 (X11; Linux x86_64) {CHROME.replace('Chrome', 'HeadlessChrome')} Safari/537.36"
    assert Client().get("/tailored/", headers={"User-Agent": agent}).cookies


def test_rules_are_not_told_who_is_a_crawler() -> None:
    assert not [name for name in known_facts() if "crawl" in name or "bot" in name or "agent" in name]
