"""The kind of a device: what is told, what is not, and how seldom a User-Agent is parsed."""

from typing import Any

import pytest
import user_agents
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from ua_parser import user_agent_parser

from tests.agency.models import AgencyPage, AskRule
from tests.factories import make_page, make_segment, personalised
from tests.visit.user_agents import ANDROID, ANDROID_TABLET, IPAD, IPHONE, MAC, PAIRS, WINDOWS
from wagtail_personalise_gov.visit import devices
from wagtail_personalise_gov.visit.devices import device_kind

CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0"


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The user agents that were parsed, in a process that remembers none."""
    texts: list[str] = []
    parse = user_agents.parse

    def note(text: str) -> Any:
        texts.append(text)
        return parse(text)

    monkeypatch.setattr(devices, "_kinds", {})
    monkeypatch.setattr(user_agents, "parse", note)
    return texts


@pytest.mark.parametrize(
    "user_agent, kind",
    [
        # Phones
        (IPHONE, "mobile"),
        (IPHONE.replace("Version/18.6", "CriOS/142.0.7444.77"), "mobile"),
        (ANDROID, "mobile"),
        (f"Mozilla/5.0 (Linux; Android 14; SM-S928B) {CHROME} Mobile Safari/537.36", "mobile"),
        (f"Mozilla/5.0 (Linux; Android 11; CUBOT KINGKONG 5) {CHROME} Mobile Safari/537.36", "mobile"),  # no bot
        ("Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0", "mobile"),
        ("Mozilla/5.0 (Windows Phone 8.1; ARM; Trident/7.0; Touch; rv:11.0; IEMobile/11.0; NOKIA; Lumia 530) "
         "like Gecko",
         "mobile"),
        ("Mozilla/5.0 (BB10; Touch) AppleWebKit/537.10+ (KHTML, like Gecko) Version/10.0.9.2372 "
         "Mobile Safari/537.10+",
         "mobile"),
        ("Nokia6230i/2.0 (03.25) Profile/MIDP-2.0 Configuration/CLDC-1.1", "mobile"),
        ("Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5", "mobile"),
        ("Opera/9.80 (J2ME/MIDP; Opera Mini/7.1.32052/29.3709; U; en) Presto/2.8.119 Version/11.10", "mobile"),
        # Tablets
        (IPAD, "tablet"),
        (ANDROID_TABLET, "tablet"),  # as a phone's, but for "Mobile"
        (f"Mozilla/5.0 (Linux; Android 13; SM-X900) {CHROME} Safari/537.36", "tablet"),
        ("Mozilla/5.0 (Android 13; Tablet; rv:144.0) Gecko/144.0 Firefox/144.0", "tablet"),
        ("Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/120.4.1 like "
         "Chrome/120.0.6099.231 Safari/537.36", "tablet"),
        ("Mozilla/5.0 (X11; U; Linux armv7l like Android; en-us) AppleWebKit/531.2+ (KHTML, like Gecko) Version/5.0 "
         "Safari/533.2+ Kindle/3.0+", "tablet"),
        # Computers
        (WINDOWS, "desktop"),
        (f"{WINDOWS} Edg/142.0.0.0", "desktop"),
        ("Mozilla/5.0 (Windows NT 10.0; WOW64; Trident/7.0; rv:11.0) like Gecko", "desktop"),
        ("Mozilla/5.0 (compatible; MSIE 9.0; Windows NT 6.1; Trident/5.0)", "desktop"),
        (MAC, "desktop"),  # and any iPad since iPadOS 13: it wants to be taken for one
        ("Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "desktop"),
        ("Mozilla/5.0 (X11; FreeBSD amd64; rv:144.0) Gecko/20100101 Firefox/144.0", "desktop"),
        ("Mozilla/5.0 (Wayland; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "desktop"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME} Safari/537.36", "desktop"),
        (f"Mozilla/5.0 (X11; Linux x86_64) {CHROME.replace('Chrome', 'HeadlessChrome')} Safari/537.36", "desktop"),
        # Televisions and consoles, on systems of phones and computers
        (f"Mozilla/5.0 (Web0S; Linux/SmartTV) {CHROME} Safari/537.36 WebAppManager", None),
        ("Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) AppleWebKit/537.36 (KHTML, like Gecko) 76.0.3809.146/6.0 TV "
         "Safari/537.36", None),
        (f"Mozilla/5.0 (Linux; Android 12; Android TV Build/STTL.230630.002) {CHROME} Safari/537.36", None),
        (f"Mozilla/5.0 (Linux; Android 9; BRAVIA 4K UR2 Build/PTT1.190515.001.S104) {CHROME} Safari/537.36", None),
        (f"Mozilla/5.0 (Linux; Android 7.1.2; AFTMM Build/NS6281; wv) Version/4.0 {CHROME} Mobile Safari/537.36", None),
        ("Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/13.0 "
         "Safari/605.1.15", None),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox Series X) {CHROME} Safari/537.36 Edge/20.02", None),
        ("Mozilla/5.0 (Nintendo Switch; WifiWebAuthApplet) AppleWebKit/606.4 (KHTML, like Gecko) NF/6.0.1.15.4 "
         "NintendoBrowser/5.1.0.20393", None),
        # What is no browser, or does not say what it runs on
        ("curl/8.5.0", None),
        ("python-requests/2.32.3", None),
        ("Mozilla/5.0", None),
        ("Mozilla/5.0 AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1", None),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", None),
        ("junk", None),
        ("", None),
    ],
)  # fmt: skip
def test_what_a_user_agent_says(user_agent: str, kind: str | None) -> None:
    assert device_kind(user_agent) == kind


@pytest.mark.parametrize("browser, crawler", PAIRS.values(), ids=PAIRS)
def test_a_crawler_is_the_device_that_its_browser_is(browser: str, crawler: str) -> None:
    assert device_kind(browser) is not None
    assert device_kind(crawler) == device_kind(browser)


def test_a_crawler_without_a_system_is_told_by_its_browser_whatever_its_own_name() -> None:
    webkit = "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; ChatGPT-User/1.0; +https://openai.com/bot)"
    assert device_kind(webkit) == "desktop"
    assert device_kind(f"{webkit} Chrome/142.0.0.0 Mobile Safari/537.36") == "mobile"


@pytest.mark.parametrize(
    "user_agent, hint, kind",
    [
        (ANDROID, "?1", "mobile"),
        (WINDOWS, "?1", "mobile"),  # a computer whose user wants what phones get
        ("", "?1", "mobile"),
        (WINDOWS, "?0", "desktop"),
        (ANDROID_TABLET, "?0", "tablet"),
        (ANDROID, "?0", None),  # the two contradict each other
        ("", "?0", None),
        # Not as browsers send it: as if it weren't there.
        (ANDROID, "0", "mobile"),
        (ANDROID, "false", "mobile"),
        (WINDOWS, "1", "desktop"),
        (WINDOWS, "true", "desktop"),
        (WINDOWS, " ?1", "desktop"),
        (WINDOWS, "?1, ?1", "desktop"),
        (WINDOWS, "?1;a", "desktop"),
    ],
)
def test_a_client_hint_counts_in_its_exact_form(user_agent: str, hint: str, kind: str | None) -> None:
    assert device_kind(user_agent, hint) == kind


@given(user_agent=st.text(), hint=st.text())
def test_any_user_agent_is_one_of_four(user_agent: str, hint: str) -> None:
    assert device_kind(user_agent, hint) in {"mobile", "tablet", "desktop", None}


# How often it is parsed


def test_a_user_agent_is_parsed_once(parsed: list[str]) -> None:
    assert [device_kind(ANDROID), device_kind(WINDOWS), device_kind(ANDROID)] == ["mobile", "desktop", "mobile"]
    assert parsed == [ANDROID, WINDOWS]


def test_one_that_says_nothing_is_parsed_once_too(parsed: list[str]) -> None:
    assert [device_kind("junk"), device_kind("junk")] == [None, None]
    assert parsed == ["junk"]


def test_a_hint_that_says_a_phone_spares_the_parsing(parsed: list[str]) -> None:
    device_kind(ANDROID, "?1")
    assert parsed == []
    device_kind(WINDOWS, "?0")  # a tablet or a computer?
    assert parsed == [WINDOWS]


def test_only_so_many_are_remembered_and_the_oldest_goes(parsed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "MAX_KINDS", 2)
    for name in ("a", "b", "c"):
        device_kind(name)
    assert len(devices._kinds) == 2
    device_kind("c")
    assert parsed == ["a", "b", "c"]
    device_kind("a")
    assert parsed == ["a", "b", "c", "a"]


def test_what_differs_after_512_characters_is_not_looked_at(parsed: list[str]) -> None:
    device_kind("x" * 512 + "a")
    device_kind("x" * 512 + "b")
    assert parsed == ["x" * 512]


def test_the_text_of_a_user_agent_is_not_kept() -> None:
    user_agents.parse(f"{WINDOWS} Rare/77.30")
    assert [text for text in user_agent_parser._PARSE_CACHE if "Rare/77" in text]  # what the parser would keep
    user_agent_parser._PARSE_CACHE.clear()
    device_kind(f"{WINDOWS} Rare/77.31")
    device_kind(f"{ANDROID} Rare/77.32 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
    assert not [text for text in user_agent_parser._PARSE_CACHE if "Rare/77" in text]
    assert {len(digest) for digest in devices._kinds} == {16}


@pytest.fixture
def phone_page(home: AgencyPage) -> AgencyPage:
    """At /phone/: "On your phone" for phones. At /cymraeg/: "Cymraeg" for those who read Welsh."""
    phone = make_segment("phone", AskRule(question={"fact": "device.kind", "op": "in", "value": ["mobile"]}))
    welsh = make_segment("welsh", AskRule(question={"fact": "language", "op": "language", "value": ["cy"]}))
    make_page("Cymraeg", ("line", personalised("Standard", (welsh, "Cymraeg"))), parent=home, slug="cymraeg")
    return make_page("Phone", ("line", personalised("Standard", (phone, "On your phone"))), parent=home, slug="phone")


def test_a_page_that_does_not_ask_for_devices_parses_nothing(phone_page: AgencyPage, parsed: list[str]) -> None:
    headers = {"User-Agent": ANDROID, "Accept-Language": "cy"}
    assert "Cymraeg" in Client().get("/cymraeg/", headers=headers).content.decode()
    assert parsed == []
    assert "On your phone" in Client().get("/phone/", headers=headers).content.decode()
    assert "On your phone" in Client().get("/phone/", headers=headers).content.decode()
    assert parsed == [ANDROID]


def test_the_hint_of_a_request_is_used(phone_page: AgencyPage, parsed: list[str]) -> None:
    headers = {"User-Agent": WINDOWS, "Sec-CH-UA-Mobile": "?1"}
    assert "On your phone" in Client().get("/phone/", headers=headers).content.decode()
    headers["Sec-CH-UA-Mobile"] = "?0"
    assert "Standard" in Client().get("/phone/", headers=headers).content.decode()
    assert parsed == [WINDOWS]
