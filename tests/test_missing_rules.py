"""A rule whose app was removed: nobody is in its segment, the admin says so, and somebody has to decide."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client, TestCase

from tests.agency.models import AgencyPage, AskRule
from tests.factories import hero, make_page, make_segment, personalised
from wagtail_personalise_gov import compiling, live_segments
from wagtail_personalise_gov.compiling import CANNOT_TELL, compile_ruleset
from wagtail_personalise_gov.core.facts import Facts
from wagtail_personalise_gov.editor.addresses import address_of, addresses_for
from wagtail_personalise_gov.editor.segments.archiving import archive_address
from wagtail_personalise_gov.models import LocationRule, RuleTypeInUse, Segment, SegmentRule, missing

pytestmark = pytest.mark.django_db

EVERYBODY = {"fact": "request.path", "op": "matches", "value": ["*"]}


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> Any:
    """As if the app of AskRule had been removed: its rows are there, and no code that knows them."""

    def remove() -> None:
        others = [model for model in missing.rule_models() if model is not AskRule]
        for module in (missing, live_segments):
            monkeypatch.setattr(module, "rule_models", lambda: others)
        relations = [relation for relation in Segment.rule_relations() if relation.related_model is not AskRule]
        monkeypatch.setattr(Segment, "rule_relations", classmethod(lambda cls: relations))

    return remove


@pytest.fixture
def segment(db: None) -> Segment:
    """Everybody who is in France, by one rule of ours and one that narrows it."""
    return make_segment(
        "some", AskRule(question=EVERYBODY), LocationRule(countries=["FR"]), match="any", name="Some people"
    )


def test_it_is_noted_which_types_of_rules_a_segment_has(segment: Segment) -> None:
    noted = set(RuleTypeInUse.objects.filter(segment=segment).values_list("rule_type", flat=True))
    assert noted == {"agency.AskRule", "wagtail_personalise_gov.LocationRule"}
    AskRule.objects.get().delete()
    assert not RuleTypeInUse.objects.filter(rule_type="agency.AskRule").exists()


@pytest.mark.parametrize("match", ["all", "any"])
def test_nobody_is_in_the_segment(removed: Any, match: str, caplog: pytest.LogCaptureFixture) -> None:
    make_segment("some", AskRule(question=EVERYBODY), LocationRule(countries=["FR"]), match=match)
    removed()
    assert compile_ruleset().segments["some"] == CANNOT_TELL
    assert "agency.AskRule" in caplog.text


def test_nor_does_it_widen_a_segment_that_asks_who_is_not_in_it(removed: Any, segment: Segment) -> None:
    make_segment("others", SegmentRule(other=segment, negated=True))
    removed()
    decision = compile_ruleset().decide(Facts({"location.country": "DE", "request.path": "/"}))
    assert decision["others"] == "unknown"


def test_visitors_get_the_standard_version(client: Client, home: AgencyPage, removed: Any, segment: Segment) -> None:
    make_page("Some", ("offer", personalised(hero("Standard"), (segment, hero("For some")))), parent=home, slug="some")
    assert "For some" in client.get("/some/").content.decode()
    removed()
    compiling.holder = compiling.new_holder()
    assert "Standard" in client.get("/some/").content.decode()


def test_the_list_and_the_form_say_so(admin_client: Client, removed: Any, segment: Segment) -> None:
    removed()
    for page in (addresses_for("list", Segment), address_of("edit", segment)):
        text = admin_client.get(page).content.decode()
        assert "agency.AskRule" in text
        assert "not installed any more" in text


def test_a_segment_in_order_has_no_warning(admin_client: Client, segment: Segment) -> None:
    assert "not installed any more" not in admin_client.get(addresses_for("list", Segment)).content.decode()


def test_publishing_it_again_does_not_forget_the_rule(removed: Any, segment: Segment) -> None:
    removed()
    with TestCase.captureOnCommitCallbacks(execute=True):
        segment.save_revision().publish()
    assert compile_ruleset().segments["some"] == CANNOT_TELL


def test_a_draft_that_holds_such_a_rule_is_not_published_without_it(removed: Any) -> None:
    """Of a segment that was never published, only its draft knows the rule."""
    draft = make_segment("draft", LocationRule(countries=["FR"]), live=False)
    draft.agency_askrule_rules.add(AskRule(question=EVERYBODY))
    revision = draft.save_revision()
    removed()
    with TestCase.captureOnCommitCallbacks(execute=True):
        revision.publish()
    assert compile_ruleset().segments["draft"] == CANNOT_TELL
    assert "agency_askrule_rules" in Segment.objects.get(slug="draft").missing_rule_types


def test_somebody_who_may_publish_can_give_the_rules_up(admin_client: Client, removed: Any, segment: Segment) -> None:
    removed()
    address = archive_address("give_up", [segment])
    asked = admin_client.get(address).content.decode()
    assert "agency.AskRule" in asked
    assert "They seem to be in France" in asked
    admin_client.post(address)
    assert compile_ruleset().segments["some"] != CANNOT_TELL
    assert admin_client.get(address).status_code == 404
    history = admin_client.get(address_of("history", segment)).content.decode()
    assert "Goes on without rules whose app was removed" in history


def test_nobody_else_can(client: Client, django_user_model: Any, removed: Any, segment: Segment) -> None:
    user = django_user_model.objects.create_user("editor", password="x")
    codes = ["access_admin", "change_segment", "view_segment"]
    user.user_permissions.set(Permission.objects.filter(codename__in=codes))
    client.force_login(user)
    removed()
    client.post(archive_address("give_up", [segment]))
    assert compile_ruleset().segments["some"] == CANNOT_TELL


def test_an_app_that_comes_back_brings_its_rules_back(segment: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    RuleTypeInUse.objects.create(segment=segment, rule_type="agency_askrule_rules")
    assert segment.missing_rule_types == []


def test_a_copy_is_refused_since_it_would_be_of_more_people(
    admin_client: Client, removed: Any, segment: Segment
) -> None:
    copy = addresses_for("list", Segment) + f"copy/{segment.pk}/"
    assert admin_client.get(copy).status_code == 200
    removed()
    answer = admin_client.get(copy, follow=True)
    assert "be copied while rules of it are missing" in answer.content.decode()
    assert answer.redirect_chain


@pytest.mark.parametrize("way", ["one", "several", "given up first"])
def test_the_segment_can_be_deleted_and_the_rows_out_of_reach_go_with_it(
    removed: Any, segment: Segment, way: str
) -> None:
    removed()
    if way == "given up first":
        segment.give_up_missing_rules()
    (segment if way != "several" else Segment.objects.filter(pk=segment.pk)).delete()
    assert not Segment.objects.exists()
    assert not AskRule.objects.exists()
    assert not RuleTypeInUse.objects.exists()


def test_the_words_do_not_say_that_it_has_no_rules(removed: Any) -> None:
    segment = make_segment("some", AskRule(question=EVERYBODY))
    removed()
    words = str(Segment.objects.get(pk=segment.pk).in_words())
    assert "rules of it are missing" in words
    assert "it has no rules" not in words
