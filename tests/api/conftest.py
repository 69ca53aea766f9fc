"""Segments that several tests of the API use."""

import pytest

from tests.agency.models import AgencyPage
from tests.factories import make_intent, make_segment
from wagtail_personalise_gov.models import Segment, VisitIntentRule


@pytest.fixture
def licence(home: AgencyPage) -> Segment:
    intent = make_intent("start-a-business")
    make_intent("restaurant", parent=intent)
    return make_segment("founders", VisitIntentRule(intent=intent))
