"""The visitor's preference, as a request tells it: the choice cookie, Sec-GPC and DNT."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..conf import settings
from ..core.preference import Because, Choice, Preference, Standing, settle
from .cookies import CHOICE, SECONDS_PER_DAY


def signal_of(request: HttpRequest) -> Because | None:
    """GPC or DNT where the browser sends it and the site honours it. Only the value "1" counts (GPC, DNT specs)."""
    if settings.HONOUR_GPC and request.META.get("HTTP_SEC_GPC") == "1":
        return Because.GPC
    if settings.HONOUR_DNT and request.META.get("HTTP_DNT") == "1":
        return Because.DNT
    return None


def standing_of(request: HttpRequest, choice: Choice | None = None) -> Standing:
    """Where the visitor stands: by `choice`, or else by the one in their cookie. Never raises."""
    return settle(
        choice or Choice.from_cookie(CHOICE.read(request)),
        mode=settings.MODE,
        policy_version=settings.POLICY_VERSION,
        signal=signal_of(request),
    )


def preference_headers() -> set[str]:
    """The request headers that a standing is read from."""
    return {
        "Cookie",
        *(["Sec-GPC"] if settings.HONOUR_GPC else []),
        *(["DNT"] if settings.HONOUR_DNT else []),
    }


def new_choice(request: HttpRequest, preference: Preference) -> Choice:
    """The choice that a visitor makes now, still to be confirmed to them."""
    signal = signal_of(request)
    return Choice(
        preference,
        settings.POLICY_VERSION,
        despite_signal=signal is Because.GPC,
        despite_dnt=signal is Because.DNT,
        new=True,
    )


def write_choice(response: HttpResponseBase, choice: Choice) -> None:
    """Keep a choice in its cookie. An acceptance is asked again sooner than a refusal is."""
    allowed = choice.preference is Preference.ALLOWED
    days = settings.ALLOWED_MAX_AGE_DAYS if allowed else settings.REFUSED_MAX_AGE_DAYS
    CHOICE.write(response, choice.cookie(), days * SECONDS_PER_DAY)
