"""A site with a home page, and documents to take in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import models
from django.test import TestCase
from wagtail.models import ModelLogEntry, Revision

from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    Intent,
    IntentSignal,
    LocationRule,
    NetworkRule,
    RulesetState,
    RuleTypeInUse,
    Segment,
    SegmentRule,
    VisitIntentRule,
)
from wagtail_personalise_gov.portable import Change, SegmentFileError, import_segments

from ..agency.models import AgencyPage
from ..factories import make_intent, make_segment
from .examples import fill, rule_types


@pytest.fixture(autouse=True)
def home_of_everything(home: AgencyPage) -> AgencyPage:
    return home


@pytest.fixture
def filled() -> None:
    """A site with some of everything."""
    fill()


@pytest.fixture
def live_ones() -> None:
    """Segments that ask one another, about intents, networks and visits; and a draft."""
    riverside = make_segment("riverside", LocationRule(cities=["Riverside"]), public_name="People in Riverside")
    make_segment("elsewhere", SegmentRule(other=riverside, negated=True), learning=True)
    make_segment("founders", VisitIntentRule(intent=make_intent("start-a-business")), holdout_percent=10)
    make_segment("staff", NetworkRule(networks=["192.0.2.0/24"]), FirstTimeVisitorRule(negated=True), match="any")
    make_segment("draft", FirstTimeVisitorRule(), live=False)


def document(*segments: dict[str, Any], intents: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "format": "wagtail_personalise_gov.segments",
        "version": 1,
        "intents": intents or [],
        "segments": list(segments),
    }


def segment(slug: str, *rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"slug": slug, "name": slug.title(), "live": True, "rules": list(rules), **more}


def intent(slug: str, *signals: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"slug": slug, "name": slug.title(), "signals": list(signals), **more}


def rule(name: str, **values: Any) -> dict[str, Any]:
    return {"type": name if "." in name else f"wagtail_personalise_gov.{name}", **values}


FIRST_TIME = rule("FirstTimeVisitorRule")


def take_in(document: Any, **options: Any) -> list[Change]:
    """Import it, and do what waits for the commit."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        return import_segments(document, **options)


@pytest.fixture
def refused() -> Callable[[Any], tuple[str, ...]]:
    """``refused(document)``: the problems that it is refused for. The database must be left as it was."""

    def problems_of(given: Any) -> tuple[str, ...]:
        before = everything()
        with pytest.raises(SegmentFileError) as error:
            take_in(given)
        assert everything() == before
        return error.value.problems

    return problems_of


def everything() -> dict[str, list[Any]]:
    """Every row that an import could write."""
    written: list[type[models.Model]] = [
        Segment,
        RuleTypeInUse,
        Intent,
        IntentSignal,
        Revision,
        ModelLogEntry,
        RulesetState,
    ]
    return {model.__name__: list(model._base_manager.order_by("pk").values()) for model in [*written, *rule_types()]}
