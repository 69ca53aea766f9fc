"""A small site whose pages adapt: what every test of this folder may visit."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from tests.agency.geo import NetworkGeo
from tests.agency.models import AgencyPage, PlainPage
from wagtail_personalise_gov.models import Segment

NOON = datetime.datetime(2026, 4, 18, 12, 0, tzinfo=datetime.UTC)


@pytest.fixture
def clock() -> Iterator[Any]:
    """Noon on a Saturday in April, until it is moved."""
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


@pytest.fixture
def site(
    agency_page: AgencyPage, plain_page: PlainPage, places_by_address: type[NetworkGeo], configure: Any
) -> Segment:
    """/flood/ says “Sandbags in Riverside” in Riverside and “Be ready” elsewhere; /plain/ is the same for everybody."""
    configure(SERVICE_NAME="Example Agency")
    return Segment.objects.get(slug="riverside")
