"""Where a form was sent from: this site, another, or nobody can say.

What changes a visitor's choice is guarded by this rather than by a token in the form: a token would need a cookie on
every page that carries the banner, and so make every page private.
"""

from __future__ import annotations

from enum import StrEnum
from urllib.parse import urlsplit

from django.conf import settings as django_settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest
from django.utils.http import is_same_domain

DEFAULT_PORTS = frozenset({80, 443})


class Origin(StrEnum):
    """Where a request was made. Refusing must succeed unless CROSS; accepting, and all else, needs SAME."""

    SAME = "same"
    CROSS = "cross"
    CANNOT_TELL = "cannot_tell"  # ``Referrer-Policy: no-referrer`` sends ``Origin: null`` on an honest form too


def origin_of(request: HttpRequest) -> Origin:
    """Whether a request was made by a page of this site, after Sec-Fetch-Site, else after Origin. Never raises.

    Of several tellings the browser's verdict is the better one (W3C Fetch Metadata). The scheme of an Origin is not
    compared, because TLS may end at a proxy.
    """
    verdict = request.META.get("HTTP_SEC_FETCH_SITE", "").strip().lower()
    if verdict in ("same-origin", "none"):
        return Origin.SAME
    if verdict == "cross-site":
        return Origin.CROSS
    said = _by_origin_header(request)
    # "same-site" is another host or port of the same owner: no proof, and no attack for certain.
    return Origin.CANNOT_TELL if verdict and said is Origin.SAME else said


def _by_origin_header(request: HttpRequest) -> Origin:
    given = request.META.get("HTTP_ORIGIN", "").strip().lower()
    if given in ("", "null"):
        return Origin.CANNOT_TELL
    try:
        theirs, ours = _host_and_port(given), _host_and_port(f"//{request.get_host().lower()}")
    except (ValueError, DisallowedHost):
        return Origin.CANNOT_TELL
    if not theirs[0]:
        return Origin.CANNOT_TELL
    if theirs == ours or _is_trusted(given):
        return Origin.SAME
    # Another port of this host: a proxy may have dropped it from Host, so it is no attack for certain.
    return Origin.CANNOT_TELL if theirs[0] == ours[0] else Origin.CROSS


def _host_and_port(address: str) -> tuple[str, int | None]:
    parts = urlsplit(address)
    return parts.hostname or "", None if parts.port in DEFAULT_PORTS else parts.port


def _is_trusted(origin: str) -> bool:
    """Whether CSRF_TRUSTED_ORIGINS names it, scheme ignored; "https://*.example.gov" names every host below."""
    there = urlsplit(origin).netloc
    return any(
        is_same_domain(there, urlsplit(trusted.lower()).netloc.replace("*", "", 1))
        for trusted in django_settings.CSRF_TRUSTED_ORIGINS
    )
