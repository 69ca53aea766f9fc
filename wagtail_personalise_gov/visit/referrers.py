"""Where a link came from: the host of a Referer, its kind, and the words of a search where the engine tells them.

Which host is of which kind stands in referrers.json, with its sources and its date. A host that is not there is
"other": to take a stranger for a government would be worse than to miss one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, urlsplit

from ..core.intents import MAX_WORDS
from ..core.memory import MAX_HOST
from ..core.quiet import Quiet

TABLE = Path(__file__).with_suffix(".json")
KINDS = ("search", "social", "email", "government")  # those that the table tells; the others follow from the address

MAX_REFERRER = 2048  # characters that are looked at
MAX_NAME = 253  # characters of a host name, RFC 1035
MAX_FIELDS = 50  # of a query; more than any engine sends

# What a host name may be made of. Without this, "evil.example\.gov.uk", in which browsers see evil.example, would end
# in ".gov.uk". The underscore is in no domain, but in hosts and Android packages.
NAME = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*", re.ASCII)
# Python's punycode is that of 2003: it would make another's domain out of these four (IDNA 2008, "deviations").
DEVIATIONS = frozenset("\u00df\u03c2\u200c\u200d")


@dataclass(frozen=True, slots=True, repr=False)
class Source(Quiet):
    """Where a link came from. `host` is "" when there is none; `words` are search words, "" where they aren't told."""

    kind: str
    host: str = ""
    words: str = ""


class Table:
    """What referrers.json says, as it is looked up."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.exactly: dict[str, str] = {}  # the kind of just this host
        self.below: dict[str, str] = {}  # the kind of this host and of every one below it
        self.apps: dict[str, str] = {}  # the kind of an Android package
        for kind in KINDS:
            for entry in data[kind]:
                if "names" in entry:
                    self.exactly |= dict.fromkeys(_named(entry), kind)
                else:
                    self.below |= dict.fromkeys(entry["domains"], kind)
                self.apps |= dict.fromkeys(entry.get("apps", ()), kind)
        self.words: dict[str, str] = {  # the field of the query that holds the words
            engine["host"]: engine["parameter"] for engine in data["search words"]["engines"]
        }

    def kind_of(self, host: str) -> str:
        """The kind of a host as `host_name` gives it; "other" for one that the table does not know."""
        if host in self.exactly:
            return self.exactly[host]
        # The longest first: mail.google.com is e-mail, and search.usa.gov more than some host of a government.
        while host:
            if host in self.below:
                return self.below[host]
            host = host.partition(".")[2]
        return "other"


def _named(entry: Mapping[str, Any]) -> Iterator[str]:
    for domain in entry["domains"]:
        for name in entry["names"]:
            yield f"{name}.{domain}" if name else domain


table = Table(json.loads(TABLE.read_text(encoding="utf-8")))


def source_of(referer: str, own_host: str) -> Source:
    """What a Referer header says; `own_host` is this site's host name. Never raises."""
    referer = referer.strip()
    if not referer:
        return Source("direct")
    try:
        parts = urlsplit(_decoded(referer[:MAX_REFERRER]))
        host = _host_of(parts)
    except ValueError:  # not an address
        return Source("other")
    # Other schemes have no host: what stands in its place names a file, a browser's extension or an entry of a shop.
    if not host or parts.scheme not in ("http", "https", "android-app"):
        return Source("other")
    if len(referer) > MAX_REFERRER and not (parts.path or parts.query or parts.fragment):
        return Source("other")  # cut off before the end of the host, which says whose it is
    # That end is kept: whatever stands before it in "gov.uk.evil.example" is for the evil one to choose.
    shown = host[-MAX_HOST:]
    if parts.scheme == "android-app":
        return Source(table.apps.get(host, "other"), shown)
    if host == host_name(own_host):
        return Source("internal", shown)
    return Source(table.kind_of(host), shown, _words(host, parts.query))


def host_name(host: str) -> str:
    """A host name as it is compared: lower case, in ASCII (punycode), without a trailing dot or a port.

    "" for what is no host name. An IPv6 address comes without its brackets, in its shortest form.
    """
    host = host.strip().lower()
    if host.startswith("["):
        host = host.partition("]")[0].removeprefix("[")
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    if ":" in host:
        try:
            return str(ip_address(host))
        except ValueError:
            return ""
    if len(host) > MAX_NAME + 1:
        return ""
    if not host.isascii():
        try:
            host = "" if DEVIATIONS & set(host) else host.encode("idna").decode()
        except UnicodeError:
            return ""
    host = host.removesuffix(".")
    return host if NAME.fullmatch(host) else ""


def _decoded(referer: str) -> str:
    # Browsers send ASCII. Others send UTF-8, which WSGI and ASGI hand on as if it were Latin-1.
    try:
        return referer.encode("latin-1").decode()
    except UnicodeError:
        return referer


def _host_of(parts: SplitResult) -> str:
    # To browsers a backslash is a slash, and ends the host; to Python it is a part of the host, or of the user's name.
    if "\\" in parts.netloc:
        return ""
    _ = parts.port  # raises for one that is no number: no browser went there
    return host_name(f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname or "")


def _words(host: str, query: str) -> str:
    parameter = table.words.get(host)
    if parameter is None:
        return ""
    try:
        found = parse_qs(query, max_num_fields=MAX_FIELDS).get(parameter, [])
    except ValueError:  # more fields than any engine sends
        return ""
    return " ".join(" ".join(found).split())[:MAX_WORDS]
