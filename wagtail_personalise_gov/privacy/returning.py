"""Where a visitor goes back to after a form: a page of this very site, or nowhere."""

from __future__ import annotations

import unicodedata
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse
from django.utils.encoding import iri_to_uri
from django.utils.http import url_has_allowed_host_and_scheme

# The longest address that is certain to survive a redirect (browsers' and servers' limits; Django refuses longer ones).
MAX_ADDRESS = 2000
FORMS = ("choice", "forget", "intent", "place")


def way_back(request: HttpRequest, address: str | None) -> str | None:
    """`address` if a visitor may be sent there, without its query where it is too long; None for any other.

    Raises DisallowedHost for a Host that is not ours.
    """
    address = (address or "").strip()
    if len(iri_to_uri(address)) > MAX_ADDRESS:
        address = address.partition("#")[0].partition("?")[0]
        if len(iri_to_uri(address)) > MAX_ADDRESS:
            return None
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in address):
        return None
    host = request.get_host()
    if not url_has_allowed_host_and_scheme(address, allowed_hosts={host}, require_https=request.is_secure()):
        return None
    path = urlsplit(address).path
    if not path.startswith("/") or path in {reverse(f"personalise:{name}") for name in FORMS}:
        return None  # relative to a form's address, or one itself: there is nothing to see
    return address
