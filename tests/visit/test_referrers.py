"""Where a link came from: the host of a Referer and its kind."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_personalise_gov.core.memory import MAX_HOST
from wagtail_personalise_gov.visit.referrers import source_of

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
        ("android-app://com.google.android.googlequicksearchbox/", "search", "com.google.android.googlequicksearchbox"),
        ("https://google.com.evil.example/", "other", "google.com.evil.example"),  # only looks like it
        ("https://notgoogle.com/", "other", "notgoogle.com"),
        ("https://google.evil/", "other", "google.evil"),
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
        ("https://mygov.uk.example/", "other", "mygov.uk.example"),
        ("https://notgov.uk/", "other", "notgov.uk"),
        # This very site
        ("https://www.northmoor.gov.uk/services/", "internal", "www.northmoor.gov.uk"),
        ("http://WWW.NORTHMOOR.GOV.UK./", "internal", "www.northmoor.gov.uk"),
        ("https://www.northmoor.gov.uk:8443/", "internal", "www.northmoor.gov.uk"),
        ("https://planning.northmoor.gov.uk/", "government", "planning.northmoor.gov.uk"),  # a sister site
        # Anything else
        ("https://news.example/story", "other", "news.example"),
        ("https://münchen.example/", "other", "xn--mnchen-3ya.example"),
        ("http://user:secret@news.example/", "other", "news.example"),
        ("http://192.0.2.1/", "other", "192.0.2.1"),
        ("about:blank", "other", ""),
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
)
def test_kind_and_host_of_a_referer(referer: str, kind: str, host: str) -> None:
    source = source_of(referer, OWN)
    assert (source.kind, source.host) == (kind, host)


@pytest.mark.parametrize(
    "referer, words",
    [
        ("https://www.bing.com/search?q=food+licence", "food licence"),
        ("https://www.ecosia.org/search?q=food%20licence", "food licence"),
        ("https://www.google.com/search?q=food+licence", ""),  # does not tell words; if it does, they are not from it
        ("https://news.example/?q=food+licence", ""),
        ("https://www.bing.com/search?" + "&".join(f"q={n}" for n in range(100)), ""),  # more than an engine sends
    ],
)
def test_words_of_a_search(referer: str, words: str) -> None:
    assert source_of(referer, OWN).words == words


def test_a_site_by_an_address_with_a_port_knows_its_own_links() -> None:
    assert source_of("http://127.0.0.1:8000/", "127.0.0.1").kind == "internal"
    assert source_of("http://[::1]:8000/", "::1").kind == "internal"


@given(referer=st.text(), own=st.text())
def test_any_referer_has_a_kind(referer: str, own: str) -> None:
    assert source_of(referer, own).kind in {"search", "social", "email", "government", "internal", "other", "direct"}


@pytest.mark.parametrize(
    "referer", ["http://" + "a." * 100_000, "http://" + "w" * 26 + "!", "http://a/?" + "q=a&" * 100_000]
)
def test_a_long_referer_takes_no_time(referer: str) -> None:
    start = time.perf_counter()
    source_of(referer, OWN)
    assert time.perf_counter() - start < 1  # seconds, on a busy machine; a regular expression took 16
