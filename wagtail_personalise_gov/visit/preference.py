"""The visitor's preference, as a request tells it: the choice cookie, Sec-GPC and DNT."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from ..conf import settings
from ..core.preference import Because, Choice, Mode, Preference, Standing, chosen, settle
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


def new_choice(
    request: HttpRequest,
    preference: Preference | None = None,
    counting: bool | None = None,
    before: Choice | None = None,
) -> Choice:
    """The choice that a visitor makes now, still to be confirmed to them.

    A part that is None is left as it was `before`, which is what their cookie holds unless it is given.
    """
    return chosen(
        before or Choice.from_cookie(CHOICE.read(request)),
        preference,
        counting,
        policy_version=settings.POLICY_VERSION,
        signal=signal_of(request),
    )


def write_choice(response: HttpResponseBase, choice: Choice) -> None:
    """Keep a choice in its cookie. An acceptance is asked again sooner than a refusal is.

    One cookie has one age. Where a part was allowed and another refused, it is that of the part which must not be lost,
    or must not outlast its time: with `opt_in` an acceptance is all that turns anything on, with `opt_out` a refusal is
    all that keeps it off.
    """
    sooner = choice.accepts if settings.MODE is Mode.OPT_IN else not choice.refuses
    days = settings.ALLOWED_MAX_AGE_DAYS if sooner else settings.REFUSED_MAX_AGE_DAYS
    CHOICE.write(response, choice.cookie(), days * SECONDS_PER_DAY)
