"""Both stores keep the contract of all stores; and the contract tells stores that don't keep it."""

import json
import unittest
from itertools import count
from typing import Any, ClassVar
from urllib.parse import quote, unquote

import pytest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test import SimpleTestCase

from wagtail_personalise_gov.core.memory import (
    VisitorMemory,
    past_from_json,
    past_to_json,
    visit_from_json,
    visit_to_json,
)
from wagtail_personalise_gov.testing import VisitorStoreContract
from wagtail_personalise_gov.visit.cookies import MEMORY, VISIT, Cookie
from wagtail_personalise_gov.visit.stores import DjangoSessionStore, SignedCookieStore, VisitorStore


class TestSignedCookieStore(VisitorStoreContract):
    store = SignedCookieStore()


@pytest.mark.django_db
class TestDjangoSessionStore(VisitorStoreContract):
    store = DjangoSessionStore()

    @pytest.fixture(autouse=True, params=["db", "cached_db", "cache", "signed_cookies", "file"])
    def engine(self, request: pytest.FixtureRequest, settings: Any, tmp_path: Any) -> None:
        settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{request.param}"
        settings.SESSION_FILE_PATH = str(tmp_path)


# Stores that don't keep it


class ServerStore(VisitorStore):
    """A sound one, on which the others are built: it keeps memories in a dict, under numbers that can't be guessed."""

    cookies = (MEMORY,)
    kept: ClassVar[dict[str, VisitorMemory]] = {}
    numbers = count(10**30)

    def load(self, request: HttpRequest) -> VisitorMemory:
        return self.kept.get(self.key(request), VisitorMemory())

    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        key = self.key(request) if self.key(request) in self.kept else str(hash(next(self.numbers)))
        self.kept[key] = memory
        MEMORY.write(response, key)

    def forget(self, request: HttpRequest, response: HttpResponseBase) -> None:
        self.kept.pop(self.key(request), None)
        MEMORY.expire(request, response)

    def key(self, request: HttpRequest) -> str:
        return MEMORY.read(request) or ""


class ForgetsNothing(ServerStore):
    def forget(self, request: HttpRequest, response: HttpResponseBase) -> None:
        MEMORY.expire(request, response)  # and the dict keeps it


class LeavesTheCookie(ServerStore):
    def forget(self, request: HttpRequest, response: HttpResponseBase) -> None:
        self.kept.pop(self.key(request), None)


class MixesVisitors(ServerStore):
    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        self.kept["everybody"] = memory
        MEMORY.write(response, "everybody")


class AdoptsAnyCookie(ServerStore):
    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        key = self.key(request) or str(next(self.numbers))
        self.kept[key] = memory
        MEMORY.write(response, key)


class RaisesOnGarbage(ServerStore):
    def load(self, request: HttpRequest) -> VisitorMemory:
        return self.kept.get(str(int(self.key(request) or 0)), VisitorMemory())


class RaisesOnSavingOverGarbage(ServerStore):
    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        if key := self.key(request):
            del self.kept[key]
        super().save(request, response, memory)


class BelievesAnyCookie(ServerStore):
    """A memory in the cookie, as whoever sends it likes."""

    in_browser = True

    def load(self, request: HttpRequest) -> VisitorMemory:
        try:
            visit, past = json.loads(unquote(self.key(request)))
        except ValueError:
            return VisitorMemory()
        return VisitorMemory(visit_from_json(visit), past_from_json(past))

    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        parts = [memory.visit and visit_to_json(memory.visit), memory.past and past_to_json(memory.past)]
        MEMORY.write(response, quote(json.dumps(parts)))


class DropsTheVisit(ServerStore):
    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        super().save(request, response, VisitorMemory(None, memory.past))


class OnlyAdds(ServerStore):
    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        before = self.load(request)
        super().save(request, response, VisitorMemory(memory.visit or before.visit, memory.past or before.past))


class KeepsInOneProcess(ServerStore):
    def __init__(self) -> None:
        self.kept = {}  # type: ignore[misc]


class SetsACookieNobodyIsToldOf(ServerStore):
    cookies = (VISIT,)


class LetsScriptsRead(ServerStore):
    OPEN = Cookie("open", "", http_only=False)
    cookies = (MEMORY, OPEN)

    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        super().save(request, response, memory)
        self.OPEN.write(response, "1")

    def forget(self, request: HttpRequest, response: HttpResponseBase) -> None:
        super().forget(request, response)
        self.OPEN.expire(request, response)


class TellsAllHosts(ServerStore):
    def save(self, request: HttpRequest, response: HttpResponseBase, memory: VisitorMemory) -> None:
        super().save(request, response, memory)
        response.cookies[MEMORY.name]["domain"] = "example.org"


def failed(contract: type, **attributes: Any) -> set[str]:
    """The names of the tests of a contract that fail, in a test case as a site has it."""
    case = type("ContractTests", (contract, SimpleTestCase), attributes)
    result = unittest.TestResult()
    unittest.TestLoader().loadTestsFromTestCase(case).run(result)
    assert result.testsRun > 5
    return {test.id().rpartition(".")[2] for test, _why in (*result.failures, *result.errors)}


def test_a_store_of_anybodys_that_keeps_the_contract_passes() -> None:
    assert not failed(VisitorStoreContract, store=ServerStore())


@pytest.mark.parametrize(
    "store, test",
    [
        (ForgetsNothing, "test_forgetting_leaves_nothing"),
        (LeavesTheCookie, "test_forgetting_leaves_nothing"),
        (MixesVisitors, "test_two_visitors_never_see_each_others"),
        (AdoptsAnyCookie, "test_a_cookie_of_anybodys_making_becomes_nobodys"),
        (RaisesOnGarbage, "test_cookies_that_can_not_be_read_are_a_strangers"),
        (RaisesOnSavingOverGarbage, "test_whoever_sends_such_cookies_can_be_remembered_and_forgotten"),
        (BelievesAnyCookie, "test_cookies_that_can_not_be_read_are_a_strangers"),
        (DropsTheVisit, "test_what_is_saved_is_loaded"),
        (OnlyAdds, "test_a_part_that_is_none_is_dropped"),
        (OnlyAdds, "test_saving_replaces_what_was_kept"),
        (KeepsInOneProcess, "test_what_one_process_keeps_another_reads"),
        (SetsACookieNobodyIsToldOf, "test_every_cookie_is_one_that_visitors_are_told_of"),
        (LetsScriptsRead, "test_cookies_are_as_narrow_as_they_can_be"),
        (TellsAllHosts, "test_cookies_are_as_narrow_as_they_can_be"),
    ],
)
def test_a_store_that_does_not_keep_it_fails(store: type[VisitorStore], test: str) -> None:
    assert test in failed(VisitorStoreContract, store=store())
