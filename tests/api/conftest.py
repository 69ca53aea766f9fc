"""What several tests of the API use: segments, and an editor."""

import pytest
from django.contrib.auth.models import User

from tests.agency.models import AgencyPage
from tests.api.wagtail_v3 import token_for
from tests.factories import make_intent, make_segment
from wagtail_personalise_gov.api import tokens
from wagtail_personalise_gov.models import (
    DeviceRule,
    FirstTimeVisitorRule,
    LocationRule,
    Segment,
    SegmentRule,
    VisitIntentRule,
)
from wagtail_personalise_gov.visit.limits import Rate


@pytest.fixture(autouse=True)
def calls_of_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens of several tests have the same number, by which their calls are counted."""
    monkeypatch.setattr(tokens, "calls", Rate())


@pytest.fixture
def editor(db: None) -> dict[str, str]:
    """The header of an editor who may do anything, for Wagtail's API v3."""
    return token_for(User.objects.create_superuser("editor"))


@pytest.fixture
def licence(home: AgencyPage) -> Segment:
    intent = make_intent("start-a-business")
    make_intent("restaurant", parent=intent)
    return make_segment("founders", VisitIntentRule(intent=intent))


@pytest.fixture
def several(home: AgencyPage) -> list[Segment]:
    """Of a place and elsewhere, a first visit, a device, an intent: each asks one fact."""
    riverside = make_segment("riverside", LocationRule(cities=["Riverside"]))
    intent = make_intent("start-a-business")
    make_intent("restaurant", parent=intent)
    return [
        riverside,
        make_segment("elsewhere", SegmentRule(other=riverside, negated=True)),
        make_segment("new-here", FirstTimeVisitorRule()),
        make_segment("on-a-phone", DeviceRule(kinds=["mobile"])),
        make_segment("founders", VisitIntentRule(intent=intent)),
    ]
