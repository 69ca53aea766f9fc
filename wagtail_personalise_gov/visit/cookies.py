"""The cookies: one registry, from which they are set, expired, and told of on the public page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings as django_settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ..conf import settings

SECONDS_PER_DAY = 24 * 60 * 60
MAX_LENGTH = 4096  # characters of a value that are looked at; browsers keep no more


@dataclass(frozen=True, slots=True)
class Cookie:
    """One cookie. `days_setting` names the setting with its age; none: it goes when the browser closes."""

    base_name: str
    purpose: Any
    http_only: bool
    days_setting: str = ""

    @property
    def name(self) -> str:
        """The name as sent: with the ``__Host-`` prefix over https, so that no other host can set it."""
        return f"__Host-{self.base_name}" if settings.COOKIE_SECURE else self.base_name

    @property
    def names(self) -> tuple[str, ...]:
        """The name in use, then the one it had before ``COOKIE_SECURE`` was changed, if a browser holds it still."""
        return (self.name, self.base_name if settings.COOKIE_SECURE else f"__Host-{self.base_name}")

    @property
    def both_names(self) -> tuple[str, str]:
        """The names that it may have, whatever ``COOKIE_SECURE`` is."""
        return (self.base_name, f"__Host-{self.base_name}")

    @property
    def days(self) -> int | None:
        """The longest it lives, in days; None: until the browser closes."""
        return getattr(settings, self.days_setting) if self.days_setting else None

    @property
    def lasts(self) -> str:
        """How long it lasts, in words."""
        if self.days is None:
            return str(_("until you close your browser"))
        return ngettext("%d day", "%d days", self.days) % self.days

    def read(self, request: HttpRequest) -> str | None:
        return self._value(request, self.name)

    def read_each(self, request: HttpRequest) -> list[str]:
        """Each value that was sent under its name, in the browser's order; `read` has the last one.

        There are several where another host below the same domain has set a cookie of this name too.
        """
        return self._values(request, self.name)

    def read_each_under_another_name(self, request: HttpRequest) -> list[str]:
        """What it says under the name that it had before ``COOKIE_SECURE`` was changed. Anybody may have set that."""
        return [value for name in self.names[1:] for value in self._values(request, name)]

    def sent_by(self, request: HttpRequest) -> bool:
        return any(name in request.COOKIES for name in self.names)

    def write(self, response: HttpResponseBase, value: str, max_age: int | None = None) -> None:
        """Set it; `max_age` in seconds, None: until the browser closes."""
        response.set_cookie(
            self.name,
            value,
            max_age=max_age,
            path="/",
            secure=settings.COOKIE_SECURE,
            httponly=self.http_only,
            samesite="Lax",
        )

    def expire(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Have the browser drop it, under each name by which it sent it."""
        self._expire(request, response, self.names)

    def expire_other_names(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Have the browser drop it under the name that it had before ``COOKIE_SECURE`` was changed."""
        self._expire(request, response, self.names[1:])

    def _expire(self, request: HttpRequest, response: HttpResponseBase, names: tuple[str, ...]) -> None:
        for name in names:
            if name in request.COOKIES:
                response.delete_cookie(name, path="/", samesite="Lax")
                # Browsers take no cookie of a "__Host-" name without Secure, not even one that ends it.
                response.cookies[name]["secure"] = settings.COOKIE_SECURE or name.startswith("__Host-")
                response.cookies[name]["httponly"] = self.http_only

    def _values(self, request: HttpRequest, name: str) -> list[str]:
        last = self._value(request, name)
        if last is None and name not in request.COOKIES:
            return []
        pairs = (part.partition("=") for part in request.META.get("HTTP_COOKIE", "").split(";"))
        sent = [value.strip() for found, _equals, value in pairs if found.strip() == name]
        if last is not None and last not in sent:
            sent.append(last)
        return [value for value in sent if len(value) <= MAX_LENGTH]

    @staticmethod
    def _value(request: HttpRequest, name: str) -> str | None:
        value = request.COOKIES.get(name)
        return None if value is None or len(value) > MAX_LENGTH else value


class ChoiceCookie(Cookie):
    """The cookie of the visitor's choice, whose parts end by themselves: it lives until the last of them has ended."""

    @property
    def days(self) -> int | None:
        return max(int(settings.REFUSED_MAX_AGE_DAYS), int(settings.ALLOWED_MAX_AGE_DAYS))


class SessionCookie(Cookie):
    """The cookie of Django's session: the site's own, set by Django as the site's settings say."""

    @property
    def name(self) -> str:
        return str(django_settings.SESSION_COOKIE_NAME)

    @property
    def names(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def days(self) -> int | None:
        if django_settings.SESSION_EXPIRE_AT_BROWSER_CLOSE:
            return None
        return int(-(-django_settings.SESSION_COOKIE_AGE // SECONDS_PER_DAY))  # rounded up: never longer than is said


@dataclass(frozen=True, slots=True)
class EditorsCookie(Cookie):
    """A cookie that is only ever set for people who work on the site, and lasts minutes."""

    minutes: int = 0

    @property
    def lasts(self) -> str:
        return ngettext("%d minute", "%d minutes", self.minutes) % self.minutes


CHOICE = ChoiceCookie(
    "personalise_choice",
    _(
        "Remembers whether you want this site to adapt to you, and the day on which you said so. It is the same for "
        "everybody who chooses the same on that day."
    ),
    http_only=False,  # a page from a shared cache has to see it
    days_setting="REFUSED_MAX_AGE_DAYS",
)
VISIT = Cookie(
    "personalise_visit",
    _("Remembers how this visit began and what you told us, so that pages fit until you leave."),
    http_only=True,
)
MEMORY = Cookie(
    "personalise_memory",
    _("Remembers that you have been here before, and when, to the day."),
    http_only=True,
    days_setting="MEMORY_MAX_AGE_DAYS",
)
COUNT = Cookie(
    "personalise_count",
    _("Remembers what this visit has been counted for, so that nothing is counted twice."),
    http_only=True,
)
CONFIRM = Cookie(
    "personalise_confirm",
    _("Makes sure that it is you who changes a setting here, if your browser does not say where a form came from."),
    http_only=True,
)

COOKIES = (CHOICE, VISIT, MEMORY, COUNT, CONFIRM)

VIEW_AS = EditorsCookie(
    "personalise_view_as",
    _("For people who work on this site: shows it to you as other visitors see it, until you stop."),
    http_only=True,
    minutes=30,
)

# No visitor ever gets these, so the public page tells of them only to who holds one.
EDITORS_COOKIES = (VIEW_AS,)

# Every name by which a browser may hold one of them.
NAMES = frozenset(name for cookie in (*COOKIES, *EDITORS_COOKIES) for name in cookie.both_names)

# Of `DjangoSessionStore`; it is not in COOKIES, whose cookies are ours to expire.
SESSION = SessionCookie(
    "session",
    _(
        "Lets this site know your browser again, for example while you are signed in. With it we keep how this visit "
        "began, what you told us, and that you have been here before."
    ),
    http_only=True,
)

# What some of them are for besides, and only while a site counts; the last, only while it holds visitors back.
CHOICE_WHILE_COUNTING = _("It also remembers whether your visits may be counted.")
SESSION_WHILE_COUNTING = _("With it we also keep what this visit was counted for, so that nothing is counted twice.")
LOT = _(
    "Holds a number from 0 to 9999 that was drawn by lot, and the day of that. The number decides whether you see the "
    "standard version, for comparison."
)
