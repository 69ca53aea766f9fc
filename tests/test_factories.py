"""What the tests' factories write themselves is what the admin would have left, so that tests may build on it."""

from datetime import time
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import Model
from wagtail.models import ReferenceIndex

from wagtail_personalise_gov.compiling import compile_ruleset, current_ruleset
from wagtail_personalise_gov.models import (
    LocationRule,
    PagesViewedRule,
    RuleTypeInUse,
    Segment,
    SegmentRule,
    TimeOfDayRule,
)

from .agency.models import AgencyPage
from .factories import make_segment

BY_A_REVISION = {"latest_revision", "live_revision"}  # only an editor leaves these
OF_EACH_ROW = {"id", "segment", "slug", "name", "public_name"}
OF_THE_MOMENT = {"first_published_at", "last_published_at", "watched_since"}


def rows_of(segment: Segment) -> Any:
    """The segment's row and those of its rules; of a moment, only whether there is one."""
    return {
        "segment": fields_of(segment),
        "rules": [(type(rule), fields_of(rule)) for rule in segment.get_rules()],
        "types": list(
            RuleTypeInUse.objects.filter(segment=segment).order_by("rule_type").values_list("rule_type", "table")
        ),
        "references": sorted(
            ReferenceIndex.get_references_for_object(segment).values_list("to_object_id", "model_path")
        ),
    }


def fields_of(row: Model) -> dict[str, Any]:
    values = {field.name: field.value_from_object(row) for field in row._meta.concrete_fields}
    return {
        name: value is not None if name in OF_THE_MOMENT else value
        for name, value in values.items()
        if name not in BY_A_REVISION | OF_EACH_ROW
    }


@pytest.mark.parametrize("live", [True, False])
def test_a_segment_is_written_as_an_editor_would_have_left_it(home: AgencyPage, live: bool) -> None:
    inner = make_segment("inner", LocationRule(cities=["Hilltop"]))
    written, published = (
        make_segment(
            f"riverside-{by_editor}".lower(),
            LocationRule(cities=["Riverside"]),
            LocationRule(countries=["GB"], negated=True),
            TimeOfDayRule(start=time(9), end=time(17)),
            SegmentRule(other=inner),
            PagesViewedRule(page=home),
            live=live,
            by_editor=by_editor,
            purpose="To warn of floods",
            match="any",
        )
        for by_editor in (False, True)
    )
    assert rows_of(written) == rows_of(published)
    assert (written.live, len(written.get_rules())) == (live, 5)
    assert published.revisions.count() == int(live)
    assert written.revisions.count() == 0


@pytest.mark.parametrize("by_editor", [False, True])
def test_a_process_that_has_a_ruleset_is_told_of_a_new_segment(db: None, by_editor: bool) -> None:
    before = current_ruleset()
    make_segment("riverside", LocationRule(cities=["Riverside"]), by_editor=by_editor)
    assert "riverside" not in before.segments
    assert "riverside" in current_ruleset().segments
    assert current_ruleset().version == compile_ruleset().version


@pytest.mark.parametrize("by_editor", [False, True])
def test_what_an_editor_could_not_publish_is_refused(db: None, by_editor: bool) -> None:
    with pytest.raises(ValidationError, match="small letters"):
        make_segment("Not_a_slug", by_editor=by_editor)
