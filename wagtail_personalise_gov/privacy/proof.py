"""Proof that a visitor sent a form, where their browser does not say from which page (`visit/origin.py`).

``Referrer-Policy: no-referrer`` makes an honest form send ``Origin: null``, and old browsers send nothing at all. For
these a page of its own asks once more, with a token in the form and its twin in a cookie that this page alone sets; so
no other page needs a cookie for it.
"""

from __future__ import annotations

import secrets

from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare

from ..visit.cookies import CONFIRM

TOKEN_FIELD = "token"  # noqa: S105  the name of a form's field
TOKEN_MAX_AGE = 60 * 60  # seconds that the page which asks once more may stay open

COOKIE_SALT = "wagtail_personalise_gov.confirm.cookie"
FIELD_SALT = "wagtail_personalise_gov.confirm.field"


def new_token(request: HttpRequest) -> tuple[str, str]:
    """(the value of the form's field, the value of its twin, the cookie). Pages open side by side share one pair."""
    nonce = _nonce_in(CONFIRM.read(request), COOKIE_SALT) or secrets.token_urlsafe(16)
    return _signer(FIELD_SALT).sign(nonce), _signer(COOKIE_SALT).sign(nonce)


def brings_token(request: HttpRequest, field: str) -> bool:
    """Whether a form's field and the cookie that came with it are twins, both signed by us within the hour."""
    in_cookie = _nonce_in(CONFIRM.read(request), COOKIE_SALT)
    in_field = _nonce_in(field, FIELD_SALT)
    return in_cookie is not None and in_field is not None and constant_time_compare(in_cookie, in_field)


def keep_token(response: HttpResponseBase, value: str) -> None:
    CONFIRM.write(response, value)


def _signer(salt: str) -> signing.TimestampSigner:
    return signing.TimestampSigner(salt=salt)


def _nonce_in(value: str | None, salt: str) -> str | None:
    try:
        return _signer(salt).unsign(value or "", max_age=TOKEN_MAX_AGE)
    except (signing.BadSignature, ValueError):  # ValueError: a time that is no number we ever wrote
        return None
