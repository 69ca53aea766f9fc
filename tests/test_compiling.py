"""Compiling: the ruleset follows what editors publish, and outlives what fails."""

import gc
import logging

import pytest
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.db import OperationalError, connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.compiling import compile_ruleset, new_holder, pause, resume
from wagtail_personalise_gov.core.conditions import Condition, Equals, InSegment
from wagtail_personalise_gov.core.facts import Facts
from wagtail_personalise_gov.models import FirstTimeVisitorRule, LocationRule, RulesetState, Segment, SegmentRule
from wagtail_personalise_gov.models.missing import rule_models
from wagtail_personalise_gov.signals import ruleset_retired

pytestmark = pytest.mark.django_db

FRANCE = Facts({"location.country": "FR"})


def live(slug, *rules):
    segment = Segment.objects.create(name=slug, slug=slug)
    for rule in rules:
        rule.segment = segment
        rule.save()
    return segment


@pytest.fixture
def at_once(django_capture_on_commit_callbacks):
    """Run what waits for a commit, as a real commit would."""

    def run(change):
        with django_capture_on_commit_callbacks(execute=True):
            change()

    return run


class TestWhatIsCompiled:
    def test_only_what_is_live(self):
        live("shown", LocationRule(countries=["FR"]))
        draft = live("draft", LocationRule(countries=["FR"]))
        Segment.objects.filter(pk=draft.pk).update(live=False)
        archived = live("archived", LocationRule(countries=["FR"]))
        archived.archive()
        assert list(compile_ruleset().segments) == ["shown"]

    def test_a_segment_without_rules_matches_nobody(self):
        live("empty")
        assert compile_ruleset().decide(FRANCE).matched == ()

    def test_any_and_all(self):
        rules = (LocationRule(countries=["FR"]), FirstTimeVisitorRule())
        live("every", *rules)
        some = live("some", LocationRule(countries=["FR"]), FirstTimeVisitorRule())
        Segment.objects.filter(pk=some.pk).update(match="any")
        facts = Facts({"location.country": "FR", "visitor.first_visit": False})
        assert compile_ruleset().decide(facts).matched == ("some",)

    def test_a_rule_that_can_not_be_asked_matches_nobody_and_is_logged(self, caplog):
        live("broken", LocationRule(countries=["FR"]), LocationRule())  # an import may bring an empty rule
        with caplog.at_level(logging.ERROR, "wagtail_personalise_gov"):
            ruleset = compile_ruleset()
        assert ruleset.decide(FRANCE)["broken"] == "unknown"
        assert "can't be asked" in caplog.text

    def test_the_memory_that_rules_need_is_known(self):
        assert compile_ruleset().remembers == frozenset()
        live("new", FirstTimeVisitorRule())
        assert compile_ruleset().remembers == {"visits"}

    def test_segments_may_ask_about_each_other(self):
        french = live("french", LocationRule(countries=["FR"]))
        live("others", SegmentRule(other=french, negated=True))
        ruleset = compile_ruleset()
        assert ruleset.segments["others"].of[0].of == InSegment("french")
        assert ruleset.decide(Facts({"location.country": "DE"})).matched == ("others",)
        assert ruleset.decide(Facts())["others"] == "unknown"

    def test_queries_do_not_grow_with_the_segments(self):
        live("one", FirstTimeVisitorRule(), LocationRule(countries=["FR"]))
        with CaptureQueriesContext(connection) as few:
            compile_ruleset()
        for number in range(50):
            live(f"more-{number}", FirstTimeVisitorRule(), LocationRule(countries=["FR"]))
        with CaptureQueriesContext(connection) as many:
            compile_ruleset()
        assert len(many) == len(few)
        # the state twice, segments, missing rules, intents, signals, sites, their shares, goals, and one for each type
        assert len(many) == 9 + len(rule_models())


class TestFollowing:
    def test_one_transaction_is_announced_once_however_much_changed_in_it(self, at_once):
        told = []

        def listen(version, **kwargs):
            told.append(version)

        ruleset_retired.connect(listen)
        try:
            at_once(lambda: [live(f"segment-{number}", FirstTimeVisitorRule()) for number in range(5)])
            assert len(told) == 1
            at_once(lambda: live("more", FirstTimeVisitorRule()))
            assert len(set(told)) == 2
        finally:
            ruleset_retired.disconnect(listen)

    def test_a_published_segment_is_followed(self, at_once):
        holder = compiling.holder
        at_once(lambda: live("one", FirstTimeVisitorRule()))
        before = holder.current()
        assert before.segments["one"].of == (Equals("visitor.first_visit", True),)
        at_once(lambda: live("two", FirstTimeVisitorRule()))
        assert set(holder.current().segments) == {"one", "two"}

    def test_nothing_is_asked_of_the_database_while_nothing_changes(self, at_once):
        at_once(lambda: live("one", FirstTimeVisitorRule()))
        compiling.holder.current()
        with CaptureQueriesContext(connection) as queries:
            compiling.holder.current()
        assert len(queries) == 0

    @override_settings(WAGTAIL_PERSONALISE_GOV={"RULESET_CHECK_SECONDS": 0})
    def test_another_process_follows_by_the_row(self):
        here, there = new_holder(), new_holder()
        live("one", FirstTimeVisitorRule())
        assert set(here.current().segments) == set(there.current().segments) == {"one"}
        live("two", FirstTimeVisitorRule())
        assert set(here.current().segments) == set(there.current().segments) == {"one", "two"}

    @pytest.mark.redis
    @override_settings(WAGTAIL_PERSONALISE_GOV={"RULESET_CHECK_SECONDS": 0})
    def test_with_a_shared_cache_the_version_costs_no_query(self, at_once):
        at_once(lambda: live("one", FirstTimeVisitorRule()))
        holder = new_holder()
        holder.current()
        with CaptureQueriesContext(connection) as queries:
            holder.current()
        assert len(queries) == 0
        assert caches["default"].get(compiling.CACHE_KEY) == RulesetState.current().version

    def test_a_rule_that_is_deleted_is_followed(self, at_once):
        at_once(lambda: live("one", FirstTimeVisitorRule()))
        compiling.holder.current()
        at_once(lambda: FirstTimeVisitorRule.objects.all().delete())
        assert compiling.holder.current().segments["one"].of == ()

    def test_reading_writes_nothing(self):
        compile_ruleset()
        assert not RulesetState.objects.exists()


class Failing:
    """A database that is gone."""

    def __call__(self, execute, sql, params, many, context):
        raise OperationalError("server closed the connection unexpectedly")


class TestFailing:
    @override_settings(WAGTAIL_PERSONALISE_GOV={"RULESET_CHECK_SECONDS": 0})
    def test_the_last_good_ruleset_stands_in_with_one_log_line(self, caplog):
        live("one", FirstTimeVisitorRule())
        holder = new_holder()
        assert set(holder.current().segments) == {"one"}
        with connection.execute_wrapper(Failing()), caplog.at_level(logging.ERROR, "wagtail_personalise_gov"):
            for _ in range(3):
                assert set(holder.current().segments) == {"one"}
        assert len([record for record in caplog.records if "can't be loaded" in record.message]) == 1
        assert set(holder.current().segments) == {"one"}

    def test_without_a_last_one_every_page_shows_its_standard_version(self):
        holder = new_holder()
        with connection.execute_wrapper(Failing()):
            assert holder.current().segments == {}


class TestPause:
    def test_nothing_is_decided_until_it_is_resumed(self, at_once, django_user_model):
        at_once(lambda: live("one", LocationRule(countries=["FR"])))
        editor = django_user_model.objects.create_user("erin")
        at_once(lambda: pause(editor))
        assert compiling.holder.current().paused
        assert compiling.holder.current().decide(FRANCE).matched == ()
        assert RulesetState.current().paused_by == "erin"
        at_once(lambda: resume(editor))
        assert compiling.holder.current().decide(FRANCE).matched == ("one",)


def test_a_rule_type_that_gives_no_condition_takes_nothing_down(monkeypatch, caplog):
    live("careless", FirstTimeVisitorRule())
    live("french", LocationRule(countries=["FR"]))
    monkeypatch.setattr(FirstTimeVisitorRule, "condition", lambda self: None)
    with caplog.at_level(logging.ERROR, "wagtail_personalise_gov"):
        assert compile_ruleset().decide(FRANCE).matched == ("french",)
    assert "NoneType" in caplog.text
    with pytest.raises(ValidationError, match="NoneType"):
        FirstTimeVisitorRule().clean()


class Strange(Condition):
    """A kind of condition that a site made up."""


@pytest.mark.parametrize("negated", [False, True])
@pytest.mark.parametrize("given", [None, Strange()])
def test_whatever_a_rule_gives_nobody_is_in_and_nothing_fails(monkeypatch, given, negated):
    live("careless", FirstTimeVisitorRule(negated=negated))
    live("french", LocationRule(countries=["FR"]))
    monkeypatch.setattr(FirstTimeVisitorRule, "condition", lambda self: given)
    assert compile_ruleset().decide(FRANCE).matched == ("french",)
    with pytest.raises(ValidationError, match=r"can't be asked|made of conditions"):
        FirstTimeVisitorRule(negated=negated).clean()


def test_no_garbage_is_looked_for_during_a_compile_and_all_is_as_before_after_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks = []
    read = compiling.read_live
    monkeypatch.setattr(compiling, "read_live", lambda: (looks.append(gc.isenabled()), read())[1])
    compile_ruleset()
    assert gc.isenabled()
    gc.disable()  # as some sites do
    try:
        compile_ruleset()
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert looks == [False, False]

    def fail() -> None:
        raise OperationalError

    monkeypatch.setattr(compiling, "read_live", fail)
    with pytest.raises(OperationalError):
        compile_ruleset()
    assert gc.isenabled()
