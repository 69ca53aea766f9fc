"""The header token: what our cookies hold, in one header, for front ends that cannot use cookies.

A front end on another domain, a native app or a server without a cookie jar sends ``Personalise-Visitor`` with what it
was given last, and begins with ``new``. An answer that has the header replaces it; one without it leaves it as it is.
So the server keeps nothing about anybody, as with cookies. A token is the values of those cookies, each signed as it is
there, and a signature around all of them: it comes back whole or not at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.core import signing
from django.http.response import HttpResponseBase

from ..core.preference import Choice
from ..core.quiet import Quiet
from .cookies import CHOICE, COUNT, MEMORY, NAMES, VISIT

HEADER = "Personalise-Visitor"
META = "HTTP_PERSONALISE_VISITOR"
NEW = "new"  # a visitor of whom nothing is kept: what a front end begins with, and what says that nothing is left

SALT = "wagtail_personalise_gov.header_token"
PARTS = (CHOICE, VISIT, MEMORY, COUNT)  # in this order; one that is not kept is empty
SEPARATOR = "~"  # stands in no value of these cookies, and in a header as it is
MAX_LENGTH = 8192  # characters; four parts of 2 KB each, and as much as servers take in one header


@dataclass(frozen=True, slots=True, repr=False)
class HeaderToken(Quiet):
    """The values of our cookies by their base names, those that are kept.

    `sound` is False for what was no token of ours: that is a stranger's, save for what it refuses.
    """

    values: Mapping[str, str]
    sound: bool = True

    @classmethod
    def read(cls, text: str) -> HeaderToken:
        """What a header holds. Never raises."""
        if text in ("", NEW):
            return cls({})
        try:
            parts = _signer().unsign(text).split(SEPARATOR) if len(text) <= MAX_LENGTH else []
        except Exception:  # spoilt, another's, or signed with a key that is no longer ours
            parts = []
        if len(parts) == len(PARTS):
            return cls({cookie.base_name: part for cookie, part in zip(PARTS, parts, strict=True) if part})
        return cls(_refused_in(text), sound=False)

    def written(self) -> str:
        """The header that holds this."""
        if not self.values:
            return NEW
        return _signer().sign(SEPARATOR.join(self.values.get(cookie.base_name, "") for cookie in PARTS))

    def as_cookies(self, sent: str) -> str:
        """A Cookie header: `sent`, with what the token holds in the place of all cookies of ours."""
        pairs = (pair for part in sent.split(";") if (pair := part.strip()))
        others = [pair for pair in pairs if pair.partition("=")[0].strip() not in NAMES]
        ours = [f"{cookie.name}={self.values[cookie.base_name]}" for cookie in PARTS if cookie.base_name in self.values]
        return "; ".join([*others, *ours])

    def taking(self, response: HttpResponseBase) -> HeaderToken:
        """With what a response sets and drops of our cookies, which are taken out of it."""
        values = dict(self.values)
        for name in NAMES & response.cookies.keys():
            value = response.cookies.pop(name).value
            for cookie in PARTS:
                if name in cookie.both_names:
                    values.pop(cookie.base_name, None)
                    values |= {cookie.base_name: value} if value else {}
        return HeaderToken(values)


def _refused_in(text: str) -> dict[str, str]:
    """Of what was not signed by us, what refuses: a refusal holds, whoever may have written it.

    So it outlives a new SECRET_KEY, as the cookie of a choice does.
    """
    choice = Choice.from_cookie(text.partition(SEPARATOR)[0])
    return {CHOICE.base_name: choice.refusals.cookie()} if choice is not None and choice.refusals is not None else {}


def _signer() -> signing.Signer:
    # Without a time of its own: each part says how long it lasts.
    return signing.Signer(salt=SALT)
