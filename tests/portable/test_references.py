"""What a field points at: named so that another site knows it, whatever the model."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import ValidationError
from django.db import models
from django.test.utils import isolate_apps
from taggit.models import Tag
from wagtail.models import Page, Site, Workflow

from wagtail_personalise_gov.models import Intent, Segment
from wagtail_personalise_gov.portable import SegmentFileError
from wagtail_personalise_gov.portable.references import References, encode_reference
from wagtail_personalise_gov.portable.values import content_fields, key_of

from ..agency.models import AgencyPage
from ..factories import make_intent, make_segment


def field_to(model: type[models.Model]) -> Any:
    """A foreign key to this model, as a rule type of anybody's may have one."""
    with isolate_apps("tests.agency"):

        class PointingRule(models.Model):
            it = models.ForeignKey(model, on_delete=models.CASCADE)

            class Meta:
                app_label = "agency"

            def __str__(self) -> str:
                return "pointing"

    return PointingRule._meta.get_field("it")


def rows() -> dict[str, tuple[models.Model, Any]]:
    site = Site.objects.get()
    return {
        "a segment": (make_segment("one"), "one"),
        "an intent": (make_intent("start"), "start"),
        "a page": (Page.objects.get(pk=site.root_page_id), {"page": "/agency/"}),
        "a page of one type": (AgencyPage.objects.get(), {"page": "/agency/"}),
        "a site": (site, ["testserver", 80]),
        "a group": (Group.objects.create(name="Duty officers"), ["Duty officers"]),
        "a content type": (ContentType.objects.get_for_model(Segment), ["wagtail_personalise_gov", "segment"]),
    }


@pytest.mark.parametrize(
    "what", ["a segment", "an intent", "a page", "a page of one type", "a site", "a group", "a content type"]
)
def test_a_row_is_named_and_found_by_its_name(what: str) -> None:
    row, name = rows()[what]
    field = field_to(type(row))
    assert encode_reference(field, row) == name
    references = References(set())
    for model in (Segment, Intent):
        references.know(model, {each.slug: each for each in model._default_manager.all()})
    assert references.find(field, name) == row


def test_a_unique_slug_will_do() -> None:
    with isolate_apps("tests.agency"):

        class Ward(models.Model):
            slug = models.SlugField(unique=True)

            class Meta:
                app_label = "agency"

            def __str__(self) -> str:
                return self.slug

    assert encode_reference(field_to(Ward), Ward(slug="mill")) == "mill"


@pytest.mark.parametrize("model, name", [(Site, ["testserver"]), (Group, ["Nobody"]), (Page, {"page": "/x/"})])
def test_a_name_of_nothing_is_a_problem(model: type[models.Model], name: Any) -> None:
    with pytest.raises(ValidationError, match="This site has no"):
        References(set()).find(field_to(model), name)


def test_each_name_is_looked_for_once(django_assert_num_queries: Any) -> None:
    field, references = field_to(Group), References(set())
    Group.objects.create(name="Duty officers")
    with django_assert_num_queries(2):
        for _again in range(3):
            references.find(field, ["Duty officers"])
            with pytest.raises(ValidationError):
                references.find(field, ["Nobody"])


def test_what_has_no_name_is_refused_with_a_way_out() -> None:
    field = field_to(Workflow)
    said = r"PointingRule\.it points at wagtailcore\.Workflow, which has no name .* natural_key\(\)"
    with pytest.raises(SegmentFileError, match=said):
        encode_reference(field, Workflow(name="Two pairs of eyes"))
    with pytest.raises(ValidationError, match=said):
        References(set()).find(field, ["Two pairs of eyes"])


def test_what_a_file_can_not_hold_is_refused_rather_than_lost() -> None:
    with isolate_apps("tests.agency"):

        class Many(models.Model):
            tags = models.ManyToManyField(Tag)

            class Meta:
                app_label = "agency"

            def __str__(self) -> str:
                return "many"

        class Generic(models.Model):
            content_type = models.ForeignKey(ContentType, on_delete=models.CASCADE)
            object_id = models.IntegerField()
            anything = GenericForeignKey()

            class Meta:
                app_label = "agency"

            def __str__(self) -> str:
                return "anything"

    with pytest.raises(SegmentFileError, match=r"Many\.tags can't stand in a file"):
        content_fields(Many)
    with pytest.raises(SegmentFileError, match=r"Generic\.anything can't stand in a file"):
        content_fields(Generic)


def test_a_field_that_is_called_type_does_not_hide_the_type_of_the_rule() -> None:
    field = models.CharField()
    field.set_attributes_from_name("type")
    assert key_of(field) == "type_"


def test_what_the_clock_and_the_database_fill_in_is_no_content() -> None:
    with isolate_apps("tests.agency"):

        class Stamped(models.Model):
            made = models.DateTimeField(auto_now_add=True)
            kept = models.DateTimeField()

            class Meta:
                app_label = "agency"

            def __str__(self) -> str:
                return "stamped"

    assert [field.name for field in content_fields(Stamped)] == ["kept"]
