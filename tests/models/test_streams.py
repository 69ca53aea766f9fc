"""The streams of an object: its own, and those of its inline children, however deep."""

import json
from typing import Any

import pytest
from django.db import models
from django.test.utils import isolate_apps
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.fields import StreamField

from wagtail_personalise_gov.editor.preview.contents import can_hold
from wagtail_personalise_gov.models.streams import (
    children_with_streams,
    lookups_of_streams,
    personalised_in_revision,
    personalised_of,
)

from ..agency.streams import AgencyBody
from ..factories import personalised, raw_stream

BODY = raw_stream(("line", personalised("All", (7, "Some"))))


@pytest.fixture
def nested() -> Any:
    """A model whose inline children have no stream, but children of their own that have one."""
    with isolate_apps("tests.agency"):

        class Outer(ClusterableModel):
            class Meta:
                app_label = "agency"

        class Middle(ClusterableModel):
            outer = ParentalKey(Outer, on_delete=models.CASCADE, related_name="middles")

            class Meta:
                app_label = "agency"

        class Inner(models.Model):  # noqa: DJ008  never shown
            middle = ParentalKey(Middle, on_delete=models.CASCADE, related_name="inners")
            body = StreamField(AgencyBody())

            class Meta:
                app_label = "agency"

        class Plain(models.Model):  # noqa: DJ008  never shown
            middle = ParentalKey(Middle, on_delete=models.CASCADE, related_name="plains")

            class Meta:
                app_label = "agency"

        yield Outer, Middle, Inner


def test_streams_of_grandchildren_count(nested: Any) -> None:
    outer, middle, _inner = nested
    assert children_with_streams(outer) == {"middles": middle}
    assert lookups_of_streams(outer) == ("middles", "middles__inners")
    assert can_hold(outer)


def test_what_stands_in_them_is_found_in_an_object_and_in_a_revision(nested: Any) -> None:
    outer, middle, inner = nested
    instance = outer(middles=[middle(inners=[inner(body=json.dumps(BODY))])])
    kept = {"middles": [{"inners": [{"body": json.dumps(BODY)}]}]}
    for found in (list(personalised_of(instance)), list(personalised_in_revision(outer, kept))):
        assert [(one.name, one.place) for one in found] == [("Body → Line", "middles")]


def test_only_what_is_asked_for_is_looked_into(nested: Any) -> None:
    outer, middle, inner = nested
    instance = outer(middles=[middle(inners=[inner(body=json.dumps(BODY))])])
    assert list(personalised_of(instance, {"middles"}))
    assert list(personalised_of(instance, {"others"})) == []
