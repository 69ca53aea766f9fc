"""The visitor's preference, as a request tells it: the choice cookie, Sec-GPC and DNT."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from ..conf import settings
from ..core.preference import Ages, Because, Choice, Preference, Standing, chosen, settle
from .cookies import CHOICE, SECONDS_PER_DAY


def signal_of(request: HttpRequest) -> Because | None:
    """GPC or DNT where the browser sends it and the site honours it. Only the value "1" counts (GPC, DNT specs)."""
    if settings.HONOUR_GPC and request.META.get("HTTP_SEC_GPC") == "1":
        return Because.GPC
    if settings.HONOUR_DNT and request.META.get("HTTP_DNT") == "1":
        return Because.DNT
    return None


def ages_now() -> Ages:
    """How long a choice holds on this site, as of today."""
    return Ages(
        today=int(timezone.now().timestamp()) // SECONDS_PER_DAY,
        allowed_days=settings.ALLOWED_MAX_AGE_DAYS,
        refused_days=settings.REFUSED_MAX_AGE_DAYS,
    )


def choice_of(request: HttpRequest) -> Choice | None:
    """What the visitor chose and still holds, by their cookie; None where they chose nothing.

    A refusal holds on when ``COOKIE_SECURE`` is changed, and with it the cookie's name. An acceptance under the other
    name is asked again: any host below the same domain can set a cookie whose name has no prefix.
    """
    if not request.COOKIES:
        return None
    choice = _of_several(CHOICE.read_each(request))
    if choice is None:
        before = _of_several(CHOICE.read_each_under_another_name(request))
        choice = before.refusals if before is not None else None
    return choice


def _of_several(values: list[str]) -> Choice | None:
    """The choice that these values of one cookie make: the first that holds, but any refusal among them stands.

    Another host below the same domain can set a second cookie of a name without prefix. It must not undo a refusal.
    """
    if not values:
        return None
    ages = ages_now()
    said = [choice.held(ages) for value in values if (choice := Choice.from_cookie(value)) is not None]
    choices = [choice for choice in said if choice is not None]
    if len(choices) < 2:
        return choices[0] if choices else None
    choice = next((one for one in choices if one.preference is Preference.REFUSED), choices[0])
    uncounted = next((one for one in choices if one.counting is False), None)
    return choice if uncounted is None else replace(choice, counting=False, counting_day=uncounted.counting_day)


def standing_of(request: HttpRequest, choice: Choice | None = None) -> Standing:
    """Where the visitor stands: by `choice`, or else by the one in their cookie. Never raises."""
    return settle(
        choice or choice_of(request),
        mode=settings.MODE,
        policy_version=settings.POLICY_VERSION,
        signal=signal_of(request),
    )


def preference_headers() -> frozenset[str]:
    """The request headers that a standing is read from."""
    return PREFERENCE_HEADERS[settings.HONOUR_GPC, settings.HONOUR_DNT]


PREFERENCE_HEADERS = {
    (gpc, dnt): frozenset({"Cookie", *(["Sec-GPC"] if gpc else []), *(["DNT"] if dnt else [])})
    for gpc in (False, True)
    for dnt in (False, True)
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
        before or choice_of(request),
        preference,
        counting,
        policy_version=settings.POLICY_VERSION,
        signal=signal_of(request),
        today=ages_now().today,
    )


def write_choice(response: HttpResponseBase, choice: Choice) -> None:
    """Keep a choice in its cookie, for as long as the last of its parts holds.

    The cookie may outlast one of them; that it has ended is told by its day, which is beside it.
    """
    ages = ages_now()
    dated = choice.dated(ages.today)
    CHOICE.write(response, dated.cookie(), dated.days_left(ages) * SECONDS_PER_DAY)
