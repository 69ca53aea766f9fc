"""Webhooks as the settings name them: what is wrong with one, and how what is sent to it is signed.

Signed as the Standard Webhooks specification says (version 1.0.0, github.com/standard-webhooks), so that a receiver can
check it by a library in its own language.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import blake2b
from ipaddress import ip_address
from typing import Any
from urllib.parse import SplitResult, urlsplit

from .events import Event

SECRET_PREFIX = "whsec_"  # noqa: S105  what the specification puts before every secret
SECRET_BYTES = range(24, 65)  # how long the specification lets one be
KEYS = ("url", "secret", "events")
MAX_URL = 2000

MAKE_ONE = "python -c \"import base64, secrets; print('whsec_' + base64.b64encode(secrets.token_bytes(32)).decode())\""


@dataclass(frozen=True, slots=True, repr=False)
class Webhook:
    """One address that hears of these events. `secrets` sign what is sent to it: the newest first."""

    url: str
    secrets: tuple[bytes, ...]
    events: frozenset[Event]

    def __repr__(self) -> str:
        return f"<Webhook {self.place}>"

    @property
    def key(self) -> str:
        """What a task names it by: neither its secret nor its address can be read off it."""
        return blake2b(self.url.encode(), digest_size=12).hexdigest()

    @property
    def place(self) -> str:
        """What a log may say of its address: the rest of it may be a secret too."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    def signature(self, message_id: str, seconds: int, body: str) -> str:
        """The header `webhook-signature` of a message that is sent at this time (seconds since 1970)."""
        signed = f"{message_id}.{seconds}.{body}".encode()
        digests = (hmac.digest(secret, signed, "sha256") for secret in self.secrets)
        return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)


def webhooks_in(value: Iterable[Mapping[str, Any]]) -> list[Webhook]:
    """The webhooks that a setting names in which `webhooks_problem` finds nothing wrong."""
    return [
        Webhook(
            row["url"],
            tuple(filter(None, map(_secret_bytes, _listed(row["secret"])))),
            frozenset(map(Event, row["events"])),
        )
        for row in value
    ]


def webhooks_problem(value: Any) -> str | None:
    """What is wrong with a setting, and the remedy; None for nothing. It says no secret and no address."""
    if not isinstance(value, list | tuple):
        return 'use a list of webhooks, such as [{"url": "https://…", "secret": "whsec_…", "events": […]}]'
    for position, row in enumerate(value):
        if not isinstance(row, Mapping):
            return f"[{position}] is no dict; its keys are {_quoted(KEYS)}"
        if (found := next(_problems_of(row), None)) is not None:
            key, problem = found
            return f"[{position}][{key!r}]: {problem}"
    addresses = [row["url"] for row in value]
    for position, address in enumerate(addresses):
        if address in addresses[:position]:
            return f"[{position}]['url']: it stands at [{addresses.index(address)}] already; give that all the events"
    return None


def _problems_of(row: Mapping[Any, Any]) -> Iterator[tuple[str, str]]:
    for key in row:
        if key not in KEYS:
            yield str(key), f"there is no such key; {_nearest(str(key), KEYS)}"
    for key, problem_of in (("url", _url_problem), ("secret", _secret_problem), ("events", _events_problem)):
        if key not in row:
            yield key, "it is missing"
        elif problem := problem_of(row[key]):
            yield key, problem


def _url_problem(url: Any) -> str | None:
    if not isinstance(url, str) or len(url) > MAX_URL or not re.fullmatch(r"[!-~]+", url):
        return f'write an address such as "https://crm.example.gov/hooks/", in plain letters, at most {MAX_URL} of them'
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "it is no address; look at its host and port"
    if not parts.hostname or port == 0:
        return "it has no host, or no port that there is"
    if "@" in parts.netloc:
        return "leave the name and the password out of it; what is sent is signed by the secret"
    if parts.fragment:
        return "leave out what begins with #; no server ever sees that"
    if parts.scheme != "https" and not _is_this_machine(parts):
        return "use https; only for localhost will http do"
    return None


def _is_this_machine(parts: SplitResult) -> bool:
    if parts.scheme != "http":
        return False
    host = parts.hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _secret_problem(value: Any) -> str | None:
    secrets = _listed(value)
    if not secrets or None in map(_secret_bytes, secrets):
        sizes = f"{SECRET_BYTES[0]} to {SECRET_BYTES[-1]}"
        return f"use {SECRET_PREFIX} and then {sizes} random bytes in base64, or a list of such; make one by {MAKE_ONE}"
    return None


def _secret_bytes(text: Any) -> bytes | None:
    if not isinstance(text, str) or not text.startswith(SECRET_PREFIX):
        return None
    try:
        secret = base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return secret if len(secret) in SECRET_BYTES else None


def _events_problem(value: Any) -> str | None:
    if not isinstance(value, list | tuple | set | frozenset) or not value:
        return f"use a list of events; these are {_quoted(Event)}"
    for event in value:
        if not isinstance(event, str) or event not in set(Event):
            return f"there is no event {event!r}; {_nearest(str(event), Event)}"
    return None


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _nearest(word: str, words: Iterable[str]) -> str:
    words = list(map(str, words))
    near = get_close_matches(word.lower(), words, n=1, cutoff=0.5)
    return f"the nearest is {near[0]!r}" if near else f"there are {_quoted(words)}"


def _quoted(words: Iterable[str]) -> str:
    return ", ".join(repr(str(word)) for word in words)
