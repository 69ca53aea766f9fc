"""Where a link came from: the host of a Referer, its kind, and the words of a search where the engine tells them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from ..core.memory import MAX_HOST

MAX_REFERRER = 2048  # characters that are looked at

# The engines with the largest shares, and those that public bodies' visitors use, 2026; each host stands for the hosts
# below it. Engines of many country domains are in SEARCH_NAMES.
SEARCH_HOSTS = frozenset(
    {
        "bing.com", "duckduckgo.com", "search.yahoo.com", "ecosia.org", "qwant.com", "startpage.com", "baidu.com",
        "search.brave.com", "kagi.com", "mojeek.com", "ask.com", "search.aol.com", "naver.com", "seznam.cz",
        "lite.duckduckgo.com", "search.marginalia.nu", "perplexity.ai", "swisscows.com", "metager.org", "metager.de",
    }
)  # fmt: skip
SEARCH_NAMES = re.compile(r"(?:^|\.)(?:google|yandex)\.(?:com|[a-z]{2}|com?\.[a-z]{2})$")
SOCIAL_HOSTS = frozenset(
    {
        "facebook.com", "fb.com", "instagram.com", "x.com", "twitter.com", "t.co", "linkedin.com", "lnkd.in",
        "reddit.com", "pinterest.com", "pinterest.co.uk", "youtube.com", "tiktok.com", "nextdoor.com",
        "nextdoor.co.uk", "threads.net", "threads.com", "bsky.app", "mastodon.social", "whatsapp.com", "t.me",
        "telegram.org", "snapchat.com", "tumblr.com", "vk.com", "quora.com",
    }
)  # fmt: skip
EMAIL_HOSTS = frozenset(
    {
        "mail.google.com", "outlook.live.com", "outlook.office.com", "outlook.office365.com", "mail.yahoo.com",
        "mail.aol.com", "mail.proton.me", "mail.protonmail.com", "icloud.com", "mail.zoho.com", "fastmail.com",
        "gmx.net", "web.de", "mail.ru", "deref-gmx.net", "outlook.com", "hotmail.com",
    }
)  # fmt: skip
# Domains that only public bodies may have, by the registries' own rules.
GOVERNMENT_HOSTS = frozenset(
    {
        "gov", "mil", "fed.us", "gov.uk", "parliament.uk", "police.uk", "mod.uk", "nhs.uk", "llyw.cymru", "gov.wales",
        "gov.scot", "parliament.scot", "senedd.wales", "gc.ca", "canada.ca", "gouv.fr", "bund.de", "admin.ch",
        "europa.eu", "overheid.nl", "rijksoverheid.nl", "gv.at", "gob.es", "gob.mx", "go.jp", "go.kr", "govt.nz",
        "gov.ie", "belgium.be", "gouvernement.lu", "un.org",
    }
)  # fmt: skip
GOVERNMENT_SUFFIX = re.compile(r"(?:^|\.)(?:gov|gouv|gob|govt)\.[a-z]{2}$")
APPS = {
    "com.google.android.googlequicksearchbox": "search",
    "com.google.android.gm": "email",
    "com.microsoft.office.outlook": "email",
    "com.linkedin.android": "social",
    "com.facebook.katana": "social",
    "com.reddit.frontpage": "social",
    "com.twitter.android": "social",
}
# The engines that still put the words into their Referer; most send only their name.
WORD_PARAMETERS = {"bing.com": "q", "ecosia.org": "q", "yandex.ru": "text", "baidu.com": "wd", "ask.com": "q"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a link came from. `host` is "" when there is none; `words` are search words, "" where they aren't told."""

    kind: str
    host: str = ""
    words: str = ""


def source_of(referer: str, own_host: str) -> Source:
    """What a Referer header says; `own_host` is this site's host name. Never raises."""
    referer = referer[:MAX_REFERRER].strip()
    if not referer:
        return Source("direct")
    try:
        parts = urlsplit(referer)
        host = host_name(parts.hostname or "")
    except ValueError:
        return Source("other")
    if not host:
        return Source("other")
    if parts.scheme == "android-app":
        return Source(APPS.get(host, "other"), host)
    if host == host_name(own_host):
        return Source("internal", host)
    return Source(kind_of(host), host, _words(host, parts.query))


def kind_of(host: str) -> str:
    """The kind of a foreign host: "email", "search", "social", "government" or "other"."""
    # Mail first: mail.google.com is a host of a search engine too.
    for kind, hosts in (("email", EMAIL_HOSTS), ("search", SEARCH_HOSTS), ("social", SOCIAL_HOSTS)):
        if _listed(host, hosts):
            return kind
    if SEARCH_NAMES.search(host):
        return "search"
    if _listed(host, GOVERNMENT_HOSTS) or GOVERNMENT_SUFFIX.search(host):
        return "government"
    return "other"


def host_name(host: str) -> str:
    """A host name as it is compared: lower case, in ASCII (punycode), without a trailing dot or a port."""
    host = host.strip().lower().rstrip(".")
    if host.startswith("["):
        host = host.partition("]")[0].strip("[")
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:
            return ""
    # The end says whose host it is: whatever stands before "gov.uk.evil.example" is for the evil one to choose.
    return host.rstrip(".")[-MAX_HOST:]


def _listed(host: str, hosts: frozenset[str]) -> bool:
    labels = host.split(".")
    return any(".".join(labels[start:]) in hosts for start in range(len(labels)))


def _words(host: str, query: str) -> str:
    for engine, parameter in WORD_PARAMETERS.items():
        if host == engine or host.endswith("." + engine):
            try:
                return " ".join(parse_qs(query, max_num_fields=50).get(parameter, []))
            except ValueError:  # more fields than any engine sends
                return ""
    return ""
