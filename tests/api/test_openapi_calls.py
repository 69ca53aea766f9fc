"""Every call that the API's own description allows, and many that it does not: schemathesis makes them up.

Answers must be among those that are described, in status, headers and form; what the description forbids is refused.
SCHEMATHESIS_EXAMPLES=300 makes so many of each kind for each call; SCHEMATHESIS_SEED=7 makes others.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Callable, Iterator

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from schemathesis import Case
from schemathesis.specs.openapi.checks import ignored_auth

from tests.agency.models import AgencyPage
from tests.api.calling import API
from tests.api.tokens import bearer
from tests.editor.counted import judged, make_goal
from tests.factories import make_segment
from wagtail_personalise_gov.api.openapi.document import own_document
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, Segment, VisitCountRule
from wagtail_personalise_gov.models.api_tokens import Scope

EXAMPLES = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "8"))
SEED = int(os.environ.get("SCHEMATHESIS_SEED", "1"))

# What a schema can't say: which intents, segments and places there are. So what it allows may be a 400 all the same.
LEFT_OUT = "positive_data_acceptance"
# Of `results/` it tries a wrong session beside the right password, and the password holds. test_results.py shows that
# nobody else gets in.


def described() -> schemathesis.BaseSchema:
    """The API as it describes itself, to be called in this process."""
    generation = {"max-examples": EXAMPLES}
    checks = {LEFT_OUT: {"enabled": False}}
    config = schemathesis.Config.from_dict({"seed": SEED, "generation": generation, "checks": checks})
    document = {**own_document(), "servers": [{"url": f"http://testserver{API}"}]}
    schema = schemathesis.openapi.from_dict(document, config=config)
    schema.app = get_wsgi_application()
    return schema


api = described()


@pytest.fixture
def site(agency_page: AgencyPage, licence: Segment, configure: Callable[..., None]) -> Iterator[None]:
    """A page, segments of several kinds, intents, a goal and what was counted for it."""
    configure(TOKEN_CALLS_PER_MINUTE=0, FORMS_PER_MINUTE=0, COUNTING=True)
    make_segment("new-here", FirstTimeVisitorRule())
    make_segment("regulars", VisitCountRule(visits=2))
    make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    make_goal("applied")
    judged("applied")
    User.objects.create_superuser("analyst", password="secret")
    # As Django's own test client: else the end of a call would close the connection that holds the test's rows.
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@api.parametrize()
@pytest.mark.usefixtures("site")
def test_each_answer_is_one_that_is_described(case: Case) -> None:
    excluded = [ignored_auth] if case.operation.path == "/results/" else []
    case.call_and_validate(headers=credentials(case), excluded_checks=excluded)


def credentials(case: Case) -> dict[str, str]:
    """What proves that whoever calls may: what the call needs, and of a page, only for every version."""
    needed = {way: scopes for one in case.operation.definition.raw["security"] for way, scopes in one.items()}
    if "basic" in needed:
        return {"Authorization": f"Basic {b64encode(b'analyst:secret').decode()}"}
    if "token" in needed and ("visitorToken" not in needed or "variants" in (case.query or {})):
        return bearer(*map(Scope, needed["token"]))
    return {}
