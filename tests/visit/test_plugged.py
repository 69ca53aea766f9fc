"""A setting that names what is no provider or no store: the checks say so, and pages go on."""

from typing import Any

import pytest
from django.test import Client

from tests.agency.models import AgencyPage
from wagtail_personalise_gov import checks
from wagtail_personalise_gov.visit.stores import VisitorStore


class NoStoreAtAll:
    pass


class Unfinished(VisitorStore):
    pass


class Failing(VisitorStore):
    def load(self, request: Any) -> Any:
        raise RuntimeError("the store is away")

    def save(self, request: Any, response: Any, memory: Any) -> None:
        raise RuntimeError("the store is away")

    def forget(self, request: Any, response: Any) -> None:
        raise RuntimeError("the store is away")


WRONG = [
    {"GEO_PROVIDER": f"{__name__}.NoStoreAtAll"},
    {"GEO_PROVIDER": "wagtail_personalise_gov.visit.stores.SignedCookieStore"},
    {"VISITOR_STORE": f"{__name__}.NoStoreAtAll"},
    {"VISITOR_STORE": f"{__name__}.Unfinished"},
    {"VISITOR_STORE": "wagtail_personalise_gov.visit.geo.MaxMindGeo"},
]


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_check_names_the_setting_and_what_is_wrong(configure: Any, wrong: dict[str, str]) -> None:
    configure(**wrong)
    (message,) = checks.check_plugged(None)
    ((key, path),) = wrong.items()
    assert message.id == "wagtail_personalise_gov.E004"
    assert key in message.msg
    assert path in message.msg


def test_what_is_shipped_has_nothing_to_tell(configure: Any) -> None:
    for store in ("SignedCookieStore", "DjangoSessionStore"):
        for geo in ("MaxMindGeo", "HeaderGeo"):
            configure(
                VISITOR_STORE=f"wagtail_personalise_gov.visit.stores.{store}",
                GEO_PROVIDER=f"wagtail_personalise_gov.visit.geo.{geo}",
            )
            assert checks.check_plugged(None) == []


@pytest.mark.parametrize("wrong", [*WRONG, {"VISITOR_STORE": f"{__name__}.Failing"}], ids=str)
def test_pages_go_on_and_so_does_the_page_where_one_refuses(
    client: Client, flood_page: AgencyPage, welcome: AgencyPage, configure: Any, wrong: dict[str, str], caplog: Any
) -> None:
    configure(**wrong)
    for path in ("/flood/", "/welcome/", "/personalisation/"):
        assert client.get(path).status_code == 200
    assert caplog.text
