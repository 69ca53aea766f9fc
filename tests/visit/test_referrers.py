"""Where a link came from: the host of a Referer and its kind."""

import datetime
import json
import time
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from tests.agency.models import AgencyPage
from wagtail_personalise_gov.core.intents import MAX_WORDS
from wagtail_personalise_gov.core.memory import MAX_HOST
from wagtail_personalise_gov.visit.referrers import KINDS, NAME, TABLE, Source, host_name, source_of, table

OWN = "www.northmoor.gov.uk"


@pytest.mark.parametrize(
    "referer, kind, host",
    [
        ("", "direct", ""),
        ("   ", "direct", ""),
        # Search engines
        ("https://www.google.com/", "search", "www.google.com"),
        ("https://www.google.co.uk/search?q=bins", "search", "www.google.co.uk"),
        ("https://google.de", "search", "google.de"),
        ("https://duckduckgo.com/", "search", "duckduckgo.com"),
        ("https://www.bing.com/search?q=bins", "search", "www.bing.com"),
        ("https://search.yahoo.com/", "search", "search.yahoo.com"),
        ("https://uk.search.yahoo.com/", "search", "uk.search.yahoo.com"),
        ("https://www.ecosia.org/", "search", "www.ecosia.org"),
        ("https://yandex.ru/", "search", "yandex.ru"),
        ("https://www.yandex.com.tr/search/?text=bins", "search", "www.yandex.com.tr"),
        ("https://ya.ru/", "search", "ya.ru"),
        ("https://m.search.naver.com/search.naver?query=x", "search", "m.search.naver.com"),
        ("https://images.google.ca/", "search", "images.google.ca"),
        ("https://scholar.google.de/", "search", "scholar.google.de"),
        ("https://search.usa.gov/search?affiliate=x&query=y", "search", "search.usa.gov"),  # that of public bodies
        ("https://chatgpt.com/", "search", "chatgpt.com"),  # asked, answered, and followed a link of the answer
        ("https://www.perplexity.ai/", "search", "www.perplexity.ai"),
        ("https://copilot.microsoft.com/", "search", "copilot.microsoft.com"),
        ("https://gemini.google.com/app", "search", "gemini.google.com"),
        ("android-app://com.google.android.googlequicksearchbox/", "search", "com.google.android.googlequicksearchbox"),
        ("android-app://com.google.android.googlequicksearchbox/https/www.google.com", "search",
         "com.google.android.googlequicksearchbox"),
        # What else the owners of search engines run
        ("https://docs.google.com/document/d/1", "other", "docs.google.com"),
        ("https://sites.google.com/view/x", "other", "sites.google.com"),
        ("https://translate.google.com/", "other", "translate.google.com"),
        ("https://accounts.google.com/", "other", "accounts.google.com"),
        ("https://classroom.google.com/", "other", "classroom.google.com"),
        ("https://drive.google.com/", "other", "drive.google.com"),
        ("https://meet.google.com/", "other", "meet.google.com"),
        ("https://www.docs.google.com/", "other", "www.docs.google.com"),
        ("https://translate.yandex.ru/", "other", "translate.yandex.ru"),
        ("https://disk.yandex.com/", "other", "disk.yandex.com"),
        ("https://www.yahoo.com/", "other", "www.yahoo.com"),
        ("https://teams.microsoft.com/", "other", "teams.microsoft.com"),
        ("https://blog.naver.com/x", "other", "blog.naver.com"),
        ("https://tieba.baidu.com/", "other", "tieba.baidu.com"),
        # Only like one
        ("https://google.com.evil.example/", "other", "google.com.evil.example"),  # only looks like it
        ("https://notgoogle.com/", "other", "notgoogle.com"),
        ("https://google.evil/", "other", "google.evil"),
        ("https://www.google.com.co.uk/", "other", "www.google.com.co.uk"),
        ("https://google.tk/", "other", "google.tk"),  # a country where it has no domain
        ("https://yandex.co.uk/", "other", "yandex.co.uk"),
        ("https://evilbing.com/", "other", "evilbing.com"),
        ("android-app://com.google.android.googlequicksearchbox.evil/", "other",
         "com.google.android.googlequicksearchbox.evil"),
        ("android-app://www.gov.uk/", "other", "www.gov.uk"),  # an app may call itself anything
        ("https://com.google.android.gm/", "other", "com.google.android.gm"),
        # Social media
        ("https://www.facebook.com/", "social", "www.facebook.com"),
        ("https://l.facebook.com/l.php?u=x", "social", "l.facebook.com"),
        ("https://t.co/abc", "social", "t.co"),
        ("https://uk.linkedin.com/in/x", "social", "uk.linkedin.com"),
        ("https://bsky.app/", "social", "bsky.app"),
        ("android-app://com.linkedin.android/", "social", "com.linkedin.android"),
        ("https://rabbit.co/", "other", "rabbit.co"),  # ends in the letters of t.co
        # Mail on the web, before the search engine that it belongs to
        ("https://mail.google.com/mail/u/0/", "email", "mail.google.com"),
        ("https://outlook.live.com/mail/", "email", "outlook.live.com"),
        ("https://mail.yandex.ru/", "email", "mail.yandex.ru"),
        ("https://uk.mail.yahoo.com/", "email", "uk.mail.yahoo.com"),
        ("https://mail.evil.example/", "other", "mail.evil.example"),  # a name that its owner chose
        ("android-app://com.google.android.gm/", "email", "com.google.android.gm"),
        # Public bodies
        ("https://www.gov.uk/browse/business", "government", "www.gov.uk"),
        ("https://www.bristol.gov.uk/", "government", "www.bristol.gov.uk"),
        ("https://licensing.example.gov/apply", "government", "licensing.example.gov"),
        ("https://www.nhs.uk/", "government", "www.nhs.uk"),
        ("https://www.gov.scot/", "government", "www.gov.scot"),
        ("https://www.canada.ca/en.html", "government", "www.canada.ca"),
        ("https://www.economie.gouv.fr/", "government", "www.economie.gouv.fr"),
        ("https://www.nsw.gov.au/", "government", "www.nsw.gov.au"),
        ("https://www.nidirect.gov.uk/", "government", "www.nidirect.gov.uk"),
        ("https://gov.uk/", "government", "gov.uk"),
        ("https://www.gov.wales/", "government", "www.gov.wales"),
        ("https://www.llyw.cymru/", "government", "www.llyw.cymru"),
        ("https://senedd.wales/", "government", "senedd.wales"),
        ("https://senedd.cymru/", "government", "senedd.cymru"),
        ("https://www.navy.mil/", "government", "www.navy.mil"),
        ("https://www.dot.state.ca.us/", "government", "www.dot.state.ca.us"),
        ("https://www.fs.fed.us/", "government", "www.fs.fed.us"),
        ("https://www.gov.br/pt-br", "government", "www.gov.br"),
        ("https://www.mext.go.jp/", "government", "www.mext.go.jp"),
        ("https://www.sat.gob.mx/", "government", "www.sat.gob.mx"),
        ("https://www.bmi.gv.at/", "government", "www.bmi.gv.at"),
        ("https://www.govt.nz/", "government", "www.govt.nz"),
        ("https://ec.europa.eu/", "government", "ec.europa.eu"),
        ("https://mygov.uk.example/", "other", "mygov.uk.example"),
        ("https://notgov.uk/", "other", "notgov.uk"),
        ("https://evilgov.uk/", "other", "evilgov.uk"),
        ("https://gov.uk.evil.example/", "other", "gov.uk.evil.example"),
        ("https://gov.com/", "other", "gov.com"),
        ("https://gov.de/", "other", "gov.de"),  # free to register there, as is gob.de
        ("https://www.gouv.de/", "other", "www.gouv.de"),
        ("https://statexca.us/", "other", "statexca.us"),
        ("https://joe.ca.us/", "other", "joe.ca.us"),
        ("https://xn--gov-uk-4ve.example/", "other", "xn--gov-uk-4ve.example"),
        ("https://xn--gv-fmc.uk/", "other", "xn--gv-fmc.uk"),  # with a Cyrillic "o", as in the next
        ("https://g\u043ev.uk/", "other", "xn--gv-fmc.uk"),
        # This very site
        ("https://www.northmoor.gov.uk/services/", "internal", "www.northmoor.gov.uk"),
        ("http://WWW.NORTHMOOR.GOV.UK./", "internal", "www.northmoor.gov.uk"),
        ("https://www.northmoor.gov.uk:8443/", "internal", "www.northmoor.gov.uk"),
        ("http://www.northmoor.gov.uk", "internal", "www.northmoor.gov.uk"),
        ("https://planning.northmoor.gov.uk/", "government", "planning.northmoor.gov.uk"),  # a sister site
        ("https://northmoor.gov.uk/", "government", "northmoor.gov.uk"),
        ("https://www.northmoor.gov.uk.evil.example/", "other", "www.northmoor.gov.uk.evil.example"),
        ("https://www.northmoor.gov.uk@evil.example/", "other", "evil.example"),
        ("android-app://www.northmoor.gov.uk/", "other", "www.northmoor.gov.uk"),
        # Anything else
        ("https://news.example/story", "other", "news.example"),
        ("https://münchen.example/", "other", "xn--mnchen-3ya.example"),
        ("http://user:secret@news.example/", "other", "news.example"),
        ("http://192.0.2.1/", "other", "192.0.2.1"),
        ("http://192.0.2.1:8080/", "other", "192.0.2.1"),
        ("http://[2001:DB8:0::1]:8080/", "other", "2001:db8::1"),
        ("HTTPS://News.Example.:443/", "other", "news.example"),
        ("https://m\u00fcnchen.example./", "other", "xn--mnchen-3ya.example"),
        ("https://M%C3%9CNCHEN.example/", "other", ""),  # no browser writes a host so
        ("https://XN--MNCHEN-3YA.example/", "other", "xn--mnchen-3ya.example"),
        ("https://m\u00c3\u00bcnchen.example/", "other", "xn--mnchen-3ya.example"),  # UTF-8, as a server hands it on
        ("https://www\u3002gov\u3002uk/", "government", "www.gov.uk"),  # dots of Chinese, which browsers take for dots
        ("https://gro\u00df.example/", "other", ""),  # Python's punycode would make gross.example of it
        # What stands where a host would, and is none
        ("about:blank", "other", ""),
        ("file:///home/jo/letter.html", "other", ""),
        ("file://www.gov.uk/letter.html", "other", ""),
        ("data:text/html,https://www.gov.uk/", "other", ""),
        ("blob:https://www.gov.uk/1", "other", ""),
        ("ftp://www.gov.uk/", "other", ""),
        ("chrome-extension://cfhdojbkjhnklbpkdaibdccddilifddb/", "other", ""),
        ("moz-extension://0f3c1a/", "other", ""),
        ("ios-app://544007664/vnd.youtube", "other", ""),
        ("javascript:alert(1)", "other", ""),
        ("//www.gov.uk/", "other", ""),
        ("/www.gov.uk/", "other", ""),
        ("www.gov.uk", "other", ""),
        # What Python and browsers read differently
        ("https://www.gov.uk@evil.example/", "other", "evil.example"),
        ("https://www.gov.uk:443@evil.example/", "other", "evil.example"),
        ("https://evil.example\\.gov.uk/", "other", ""),
        ("https://evil.example\\@www.gov.uk/", "other", ""),
        ("https://www.gov.uk\\@evil.example/", "other", ""),
        ("https:\\\\www.gov.uk\\", "other", ""),
        ("https://www.gov.uk:evil.example/", "other", ""),
        ("https://www.gov.uk:99999/", "other", ""),
        ("https://evil.example%2F.gov.uk/", "other", ""),
        ("https://evil.example .gov.uk/", "other", ""),
        ("https://evil.example#.gov.uk/", "other", "evil.example"),
        ("https://evil.example?.gov.uk/", "other", "evil.example"),
        ("https://evil.example;.gov.uk/", "other", ""),
        ("https://.gov.uk/", "other", ""),
        ("https://www..gov.uk/", "other", ""),
        ("https://www.gov.uk../", "other", ""),
        ("https://[www.gov.uk]/", "other", ""),
        (f"https://www.gov.uk:{'0' * 2100}@evil.example/", "other", ""),  # cut off before it says whose host it is
        (f"https://{'a' * 64}.gov.uk/", "other", ""),
        (f"https://{'a.' * 130}gov.uk/", "other", ""),
        ("nonsense", "other", ""),
        ("//", "other", ""),
        ("http://[::1", "other", ""),
        # A name that is cut off must not end in what it only holds.
        (
            f"https://{'a' * 60}.{'b' * 12}.gov.uk.evil.example/",
            "other",
            f"{'a' * 60}.{'b' * 12}.gov.uk.evil.example"[-MAX_HOST:],
        ),
    ],
)  # fmt: skip
def test_kind_and_host_of_a_referer(referer: str, kind: str, host: str) -> None:
    source = source_of(referer, OWN)
    assert (source.kind, source.host) == (kind, host)


@pytest.mark.parametrize(
    "referer, words",
    [
        ("https://search.usa.gov/search?affiliate=dot&query=food+licence", "food licence"),
        ("https://search.usa.gov/search?query=food%20licence%20", "food licence"),
        ("https://search.usa.gov/search?query=trwydded%20%C5%B5yn", "trwydded ŵyn"),
        ("https://search.usa.gov/search?query=%FF%00+a", "\ufffd\x00 a"),
        ("https://search.usa.gov/search?affiliate=dot", ""),
        ("https://search.usa.gov/", ""),
        (
            "https://search.usa.gov/search?" + "&".join(f"query={n}" for n in range(100)),
            "",
        ),  # more than an engine sends
        # Engines that do not tell words: if words stand there, they are not from them.
        ("https://www.google.com/search?q=food+licence", ""),
        ("https://www.bing.com/search?q=food+licence", ""),
        ("https://www.baidu.com/s?wd=food+licence", ""),
        ("https://yandex.ru/search/?text=food+licence", ""),
        ("https://www.ecosia.org/search?q=food%20licence", ""),
        ("https://duckduckgo.com/?q=food+licence", ""),
        # And those that are no engines
        ("https://news.example/?query=food+licence", ""),
        ("https://evil.search.usa.gov.example/?query=food+licence", ""),
        ("https://www.northmoor.gov.uk/search/?query=food+licence", ""),
        ("android-app://search.usa.gov/?query=food+licence", ""),
    ],
)
def test_words_of_a_search(referer: str, words: str) -> None:
    assert source_of(referer, OWN).words == words


def test_words_of_a_search_have_an_end() -> None:
    assert len(source_of("https://search.usa.gov/search?query=" + "x" * 1900, OWN).words) == MAX_WORDS


@pytest.mark.parametrize(
    "own, referer",
    [
        ("127.0.0.1", "http://127.0.0.1:8000/"),
        ("127.0.0.1:8000", "http://127.0.0.1:9000/"),
        ("::1", "http://[::1]:8000/"),
        ("[::1]:8000", "http://[0:0:0:0:0:0:0:1]/"),
        ("WWW.Northmoor.GOV.UK.", "https://www.northmoor.gov.uk/"),
        ("www.northmoor.gov.uk:8443", "http://www.northmoor.gov.uk/"),
        ("xn--mnchen-3ya.example", "https://m\u00fcnchen.example/"),
        ("m\u00fcnchen.example", "https://xn--mnchen-3ya.example/"),
        ("localhost", "http://localhost:8000/"),
        ("my_site.internal", "https://my_site.internal/"),
    ],
)
def test_a_site_knows_its_own_links_whatever_the_port_and_the_writing(own: str, referer: str) -> None:
    assert source_of(referer, own).kind == "internal"


@pytest.mark.parametrize(
    "own, referer",
    [
        ("", "about:blank"),  # two that have no host are not the same host
        ("", "https://www..gov.uk/"),
        ("::1", "http://[::2]/"),
        (f"{'a' * 50}.{'b' * 60}.example", f"https://{'c' * 50}.{'b' * 60}.example/"),  # alike in what is remembered
    ],
)
def test_another_host_is_not_this_site(own: str, referer: str) -> None:
    assert source_of(referer, own).kind == "other"


def test_a_page_is_told_the_kind_of_a_real_request(opening: AgencyPage) -> None:
    for referer, text in [
        ("https://www.google.co.uk/", "You searched for a licence"),
        ("android-app://com.google.android.googlequicksearchbox/", "You searched for a licence"),
        ("https://docs.google.com/document/d/1", "Apply here"),
        ("https://google.com.evil.example/", "Apply here"),
    ]:
        assert text in Client().get("/licence/", headers={"Referer": referer}).content.decode()


# The table


@pytest.fixture(scope="module")
def data() -> Any:
    return json.loads(TABLE.read_text(encoding="utf-8"))


def entries(data: Any) -> list[tuple[str, Any]]:
    return [(kind, entry) for kind in KINDS for entry in data[kind]]


def test_the_table_says_where_it_comes_from_and_when(data: Any) -> None:
    assert datetime.date.fromisoformat(data["date"]) >= datetime.date(2026, 11, 26)
    assert data["source"]
    assert data["search words"]["source"]
    for _, entry in [*entries(data), *((None, engine) for engine in data["search words"]["engines"])]:
        assert entry["source"].endswith("."), entry


def test_every_entry_of_the_table_has_the_kind_it_stands_under(data: Any) -> None:
    for kind, entry in entries(data):
        for domain in entry["domains"]:
            if "names" not in entry:
                assert source_of(f"https://{domain}/", OWN) == Source(kind, domain)
                assert source_of(f"https://x.{domain}/", OWN).kind == kind
            for name in entry.get("names", ()):
                host = f"{name}.{domain}" if name else domain
                assert source_of(f"https://{host}/", OWN) == Source(kind, host)
        for app in entry.get("apps", ()):
            assert source_of(f"android-app://{app}/", OWN) == Source(kind, app)


def test_no_host_stands_in_the_table_twice(data: Any) -> None:
    hosts = [
        f"{name}.{domain}" if name else domain
        for _, entry in entries(data)
        for domain in entry["domains"]
        for name in entry.get("names", [""])
    ]
    apps = [app for _, entry in entries(data) for app in entry.get("apps", ())]
    assert len(set(hosts)) == len(hosts) == len(table.exactly) + len(table.below)
    assert len(set(apps)) == len(apps) == len(table.apps)


def test_the_table_is_written_as_hosts_are_compared(data: Any) -> None:
    for _, entry in entries(data):
        for host in [*entry["domains"], *entry.get("apps", ())]:
            assert host_name(host) == host
            assert NAME.fullmatch(host)
            assert "." in host or host in ("gov", "mil")


def test_words_are_only_expected_of_search_engines(data: Any) -> None:
    assert data["search words"]["engines"]
    for engine in data["search words"]["engines"]:
        assert source_of(f"https://{engine['host']}/", OWN).kind == "search"
        assert "google" not in engine["host"]


# Whatever comes


ADDRESSES = st.builds("{}://{}{}".format, st.sampled_from(["http", "https", "android-app"]), st.text(), st.text())


@given(referer=st.text() | ADDRESSES, own=st.text())
def test_any_referer_has_a_kind(referer: str, own: str) -> None:
    assert source_of(referer, own).kind in {"search", "social", "email", "government", "internal", "other", "direct"}


@pytest.mark.parametrize(
    "referer",
    [
        "http://" + "a." * 100_000,
        "http://" + "w" * 26 + "!",
        "http://" + "\u00fc" * 100_000,
        "http://" + "@" * 100_000,
        "http://search.usa.gov/?" + "query=a&" * 100_000,
    ],
)
def test_a_long_referer_takes_no_time(referer: str) -> None:
    start = time.perf_counter()
    source_of(referer, OWN)
    assert time.perf_counter() - start < 1  # seconds, on a busy machine; a regular expression took 16
