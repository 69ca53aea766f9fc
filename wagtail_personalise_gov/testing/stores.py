"""The contract of visitor stores, as tests. What a store of anybody's promises, each of these asks it to show."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings as django_settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory, override_settings
from django.utils import timezone

from ..conf import NAME
from ..core.counting import Arm, Counted, Exposure
from ..core.memory import (
    MINUTES_PER_DAY,
    STEP_MINUTES,
    Campaign,
    DeclaredPlace,
    Past,
    Referrer,
    ThisVisit,
    VisitorMemory,
)
from ..core.quiet import spelled_out
from ..visit.visit import Visit
from .claims import NotNamed, must

if TYPE_CHECKING:
    from ..visit.stores import VisitorStore

BROWSERS_KEEP = 4096  # bytes of a cookie with its attributes; longer ones are dropped without a word
STRANGER = VisitorMemory()

LONG = {
    "Latin": "x" * 400,
    "Greek": "Ω" * 400,
    "emoji": "\N{PILE OF POO}" * 400,
    "control": "\x01" * 400,
    "\"\\'": "\"\\'" * 99,
}


class VisitorStoreContract:
    """What every visitor store must do. Mix it into a test case and name the store:

    class CacheStoreTests(VisitorStoreContract, TestCase):
        store = CacheStore()

    Under pytest a class without a base of unittest will do; give it the database (``pytestmark``) if the store needs
    one. The store is given requests as it is on a site, with a session where Django's sessions are installed. If it
    needs more of a request than that, override `prepare`.
    """

    store = cast("VisitorStore", NotNamed("store", "CacheStore()"))

    def prepare(self, request: HttpRequest) -> None:
        """Give a request what your middleware gives it, before the store sees it."""
        SessionMiddleware(lambda request: HttpResponse()).process_request(request)

    # What is kept

    def test_of_a_stranger_nothing_is_kept(self) -> None:
        must(self.visitor().load() == STRANGER, "load() gave something for a request without cookies.")

    def test_what_is_saved_is_loaded(self) -> None:
        for what, memory in memories().items():
            visitor = self.visitor()
            visitor.save(memory)
            loaded = visitor.load()
            must(loaded == memory, f"{what}: saved {spelled_out(memory)}, but load() gave {spelled_out(loaded)}.")
            must(visitor.load() == memory, f"{what}: a second load() gave something else than the first.")

    def test_saving_replaces_what_was_kept(self) -> None:
        visitor = self.visitor()
        for what, memory in memories().items():
            visitor.save(memory)
            loaded = visitor.load()
            must(
                loaded == memory,
                f"{what}: after another memory, saved {spelled_out(memory)}, but load() gave {spelled_out(loaded)}.",
            )

    def test_a_part_that_is_none_is_dropped(self) -> None:
        full = memories()["every part"]
        parts = (VisitorMemory(full.visit), VisitorMemory(None, full.past), VisitorMemory(None, None, full.counted))
        for less in (*parts, replace(full, counted=None), STRANGER):
            visitor = self.visitor()
            visitor.save(full)
            visitor.save(less)
            loaded = visitor.load()
            must(loaded == less, f"saved {spelled_out(less)} over every part, but load() gave {spelled_out(loaded)}.")

    def test_what_one_process_keeps_another_reads(self) -> None:
        visitor, memory = self.visitor(), memories()["every part"]
        visitor.save(memory)
        visitor.store = type(self.store)()
        must(visitor.load() == memory, "A second instance of the store, as in another process, could not load it.")

    # What is forgotten

    def test_forgetting_leaves_nothing(self) -> None:
        visitor = self.visitor()
        visitor.save(memories()["every part"])
        before = dict(visitor.cookies)
        visitor.forget()
        must(visitor.load() == STRANGER, "load() gave something after forget().")
        left = [cookie.name for cookie in self.store.cookies if cookie.name in visitor.cookies]
        must(not left, f"forget() left the cookies {left} in the browser. Expire them.")
        if not self.store.in_browser:
            again = self.visitor(before)
            must(again.load() == STRANGER, "forget() left something on the server: the old cookies still lead to it.")

    def test_forgetting_a_stranger_does_nothing(self) -> None:
        visitor = self.visitor()
        response = visitor.forget()
        must(not response.cookies, f"forget() set {list(response.cookies)} for a visitor without cookies.")

    def test_after_forgetting_a_memory_may_begin_anew(self) -> None:
        visitor, memory = self.visitor(), memories()["only a past"]
        visitor.save(memories()["every part"])
        visitor.forget()
        visitor.save(memory)
        must(visitor.load() == memory, "What was saved after forget() could not be loaded.")

    # What can't be read

    def test_cookies_that_can_not_be_read_are_a_strangers(self) -> None:
        for what, cookies in self._spoilt():
            loaded = self._calmly(f"load() for {what} cookies", self.visitor(cookies).load)
            must(loaded == STRANGER, f"{what} cookies: load() gave {spelled_out(loaded)}.")

    def test_whoever_sends_such_cookies_can_be_remembered_and_forgotten(self) -> None:
        memory = memories()["every part"]
        for what, cookies in self._spoilt():
            visitor = self.visitor(cookies)
            self._calmly(f"save() for {what} cookies", lambda visitor=visitor: visitor.save(memory))
            must(visitor.load() == memory, f"{what} cookies: what was saved for this visitor could not be loaded.")
            visitor = self.visitor(cookies)
            self._calmly(f"forget() for {what} cookies", visitor.forget)
            must(visitor.load() == STRANGER, f"{what} cookies: load() gave something after forget().")

    # Whose it is

    def test_two_visitors_never_see_each_others(self) -> None:
        kept = memories()
        one, two = self.visitor(), self.visitor()
        one.save(kept["every part"])
        two.save(kept["only a past"])
        must(one.load() == kept["every part"], "A visitor was given what another had saved.")
        must(two.load() == kept["only a past"], "A visitor was given what another had saved.")
        must(self.visitor().load() == STRANGER, "A stranger was given what somebody had saved.")
        two.forget()
        must(one.load() == kept["every part"], "One visitor was forgotten along with another.")

    def test_a_cookie_of_anybodys_making_becomes_nobodys(self) -> None:
        """Else whoever plants a made-up cookie in your browser reads what is then kept under it."""
        for what, cookies in self._spoilt():
            victim, planter = self.visitor(cookies), self.visitor(cookies)
            victim.save(memories()["every part"])
            must(planter.load() == STRANGER, f"{what} cookies: save() kept something under a value that it never gave.")

    # What is sent

    def test_cookies_are_as_narrow_as_they_can_be(self) -> None:
        ours = {key: value for key, value in getattr(django_settings, NAME, {}).items() if key != "COOKIE_SECURE"}
        for secure in (False, True):  # COOKIE_SECURE follows Django's setting
            with override_settings(**{NAME: ours, "SESSION_COOKIE_SECURE": secure}):
                response = self.visitor().save(memories()["every part"])
                for name, cookie in response.cookies.items():
                    must(bool(cookie["secure"]) is secure, f"Cookie {name} does not follow COOKIE_SECURE={secure}.")
                    must(bool(cookie["httponly"]), f"Cookie {name} can be read by scripts. Make it HttpOnly.")
                    must(cookie["samesite"] in ("Lax", "Strict"), f"Cookie {name} has SameSite={cookie['samesite']!r}.")
                    must(cookie["path"] == "/", f"Cookie {name} has Path={cookie['path']!r}, not '/'.")
                    must(not cookie["domain"], f"Cookie {name} is sent to all hosts of {cookie['domain']!r}.")
                    size = len(cookie.OutputString().encode())
                    must(size <= BROWSERS_KEEP, f"Cookie {name} has {size} bytes; browsers drop it.")

    def test_every_cookie_is_one_that_visitors_are_told_of(self) -> None:
        named = {cookie.name for cookie in self.store.cookies}
        for what, memory in memories().items():
            visitor = self.visitor()
            for response in (visitor.save(memory), visitor.forget()):
                untold = sorted(set(response.cookies) - named)
                must(not untold, f"{what}: the cookies {untold} are not in `cookies` of the store, {sorted(named)}.")

    def test_no_other_response_is_touched(self) -> None:
        other = HttpResponse()
        before = dict(other.headers)
        visitor = self.visitor()
        visitor.save(memories()["every part"])
        visitor.load()
        visitor.forget()
        must(
            not other.cookies and dict(other.headers) == before, "A response that the store was not given was changed."
        )

    # How it is asked

    def visitor(self, cookies: Mapping[str, str] | None = None) -> Browser:
        """A browser of its own, with these cookies."""
        return Browser(self, dict(cookies or {}))

    def _spoilt(self) -> Iterator[tuple[str, dict[str, str]]]:
        """The store's cookies as somebody else, or a slip, might write them."""
        visitor = self.visitor()
        visitor.save(memories()["every part"])
        sound = {name: value for name, value in visitor.cookies.items() if value}
        visitor.forget()
        names = [cookie.name for cookie in self.store.cookies]
        for what, value in JUNK.items():
            yield what, dict.fromkeys(names, value)
        yield "cut off", {name: value[:-1] for name, value in sound.items()}
        yield "halved", {name: value[: len(value) // 2] for name, value in sound.items()}
        yield "lengthened", {name: value + "a" for name, value in sound.items()}
        for eighth in range(8):
            yield f"tampered with ({eighth})", {name: tampered(value, eighth) for name, value in sound.items()}
        yield "upside down", {name: value[::-1] for name, value in sound.items()}

    @staticmethod
    def _calmly(what: str, call: Any) -> Any:
        try:
            return call()
        except Exception as error:
            raise AssertionError(f"{what} raised {type(error).__name__}: {error}") from error


class Browser:
    """One visitor's browser, which keeps the cookies that it is sent, and sends them back."""

    def __init__(self, contract: VisitorStoreContract, cookies: dict[str, str]) -> None:
        self.contract = contract
        self.store = contract.store
        self.cookies = cookies

    def load(self) -> VisitorMemory:
        return self.store.load(self._request())

    def save(self, memory: VisitorMemory) -> HttpResponse:
        response = HttpResponse()
        self.store.save(self._request(), response, memory)
        return self._take(response)

    def forget(self) -> HttpResponse:
        response = HttpResponse()
        self.store.forget(self._request(), response)
        return self._take(response)

    def _request(self) -> HttpRequest:
        """A request as a store sees it: as it entered the site, with what other middleware has added since."""
        request = RequestFactory().get("/")
        request.META["HTTP_COOKIE"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        visit = Visit(request)
        self.contract.prepare(request)
        return visit.request

    def _take(self, response: HttpResponse) -> HttpResponse:
        for name, cookie in response.cookies.items():
            if cookie["max-age"] == 0 or "1970" in str(cookie["expires"]):
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = cookie.coded_value
        return response


JUNK = {
    "empty": "",
    "meaningless": "nonsense",
    "key-like": "0123456789abcdefghijklmnopqrstuv",
    "JSON": '{"t":1,"l":1}',
    "pickle-like": "gASVBQAAAAAAAABLAS4=",
    "path-like": "../../etc/passwd",
    "percent": "%00%ff",
    "non-Latin": "\xce\xa9\xce\xa9",
    "oversized": "a" * 100_000,
}


def tampered(value: str, eighth: int) -> str:
    """One letter, so many eighths into it, is another."""
    at = len(value) * eighth // 8
    return value[:at] + ("7" if value[at] != "7" else "8") + value[at + 1 :]


def memories() -> dict[str, VisitorMemory]:
    """Memories such as a site keeps, each with what is special about it. They began today, so none is too old."""
    minute = int(timezone.now().timestamp()) // 60
    step, today = minute // STEP_MINUTES, minute // MINUTES_PER_DAY
    visit = ThisVisit(
        step=step,
        landed=True,
        referrer=Referrer("search", "www.example.com"),
        campaign=Campaign("newsletter", "email", "spring"),
        recognised={"open-a-café": 0.6},
        intent="open-a-café",
        place=DeclaredPlace("GB", "GB-WLS", "Llanfairpwll"),
    )
    past = Past(began=today, visits=3, this_day=today, last_day=today - 9, lot=4711)
    version, other = (str(uuid5(NAMESPACE_URL, name)) for name in ("version", "other"))
    shown = [Exposure(version, Arm.VARIANT, other, "riverside", 1000), Exposure(other, Arm.STANDARD)]
    counted = Counted(day=today, step=step).noting(shown)[0].reaching(["applied"])[0]
    many = [Exposure(str(uuid5(NAMESPACE_URL, str(n))), Arm.HOLDOUT, version, "s" * 50, 1000) for n in range(99)]
    return {
        "every part": VisitorMemory(visit, past, counted),
        "two parts": VisitorMemory(visit, past),
        "only a visit": VisitorMemory(visit),
        "only a past": VisitorMemory(None, past),
        "only what was counted": VisitorMemory(None, None, counted),
        "all that may be counted": VisitorMemory(None, None, Counted(today, step).noting(many)[0]),
        "the least": VisitorMemory(ThisVisit(step=0), Past(began=today)),
        "a place that is not where we guessed": VisitorMemory(ThisVisit(step, place=DeclaredPlace()), None),
        **{
            f"all that may be kept, {script}": VisitorMemory(
                ThisVisit(
                    step=step,
                    landed=True,
                    referrer=Referrer(text, text),
                    campaign=Campaign(text, text, text),
                    recognised={f"{text[:20]}{number}": 0.6 for number in range(9)},
                    intent=text,
                    place=DeclaredPlace(text, text, text),
                ),
                Past(began=today, visits=9999, this_day=today, last_day=today),
            )
            for script, text in LONG.items()
        },
    }
