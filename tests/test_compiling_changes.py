"""Only the segments that changed are compiled anew; what comes out is what compiling all of them would give."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction
from wagtail.models import Site

from tests.agency.models import AgencyPage, AskRule
from tests.factories import make_intent, make_page, make_segment
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.compiling import Compiler, compile_ruleset, pause, resume, retire
from wagtail_personalise_gov.core.conditions import InSegment
from wagtail_personalise_gov.live_segments import CANNOT_TELL, read_live
from wagtail_personalise_gov.models import (
    FirstTimeVisitorRule,
    LocationRule,
    PagesViewedRule,
    PersonalisationSettings,
    RulesetState,
    RuleTypeInUse,
    Segment,
    SegmentRule,
    VisitIntentRule,
)
from wagtail_personalise_gov.models.state import STEPS_KEPT
from wagtail_personalise_gov.receivers import retire_for_pages


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The keys of which live segments were read, once for each reading; None stands for all."""
    noted: list[Any] = []

    def noting(keys: Any = None) -> Any:
        noted.append(keys if keys is None else set(keys))
        return read_live(keys)

    monkeypatch.setattr(compiling, "read_live", noting)
    return noted


def town(name: str) -> LocationRule:
    return LocationRule(cities=[name])


def test_of_two_segments_only_the_one_that_was_published_is_read(db: None, reads: list[Any]) -> None:
    one, two = make_segment("one", town("Riverside")), make_segment("two", town("Hilltop"))
    compiler = Compiler()
    compiler.compile(only_changes=True)
    assert reads == [None]
    two.wagtail_personalise_gov_locationrule_rules = [LocationRule(cities=["Lakeside"])]
    two.save_revision().publish()
    ruleset = compiler.compile(only_changes=True)
    assert reads == [None, {two.pk}]
    assert "Lakeside" in str(ruleset.segments["two"].to_json())
    assert "Riverside" in str(ruleset.segments["one"].to_json())
    assert one.pk in ruleset.keys
    compiler.compile(only_changes=True)
    assert reads == [None, {two.pk}]


def test_what_is_not_about_segments_reads_all_of_them(db: None, reads: list[Any]) -> None:
    make_segment("one", town("Riverside"))
    compiler = Compiler()
    compiler.compile(only_changes=True)
    make_intent("moving")
    compiler.compile(only_changes=True)
    retire()  # as a site calls it whose own rules ask what changed elsewhere
    compiler.compile(only_changes=True)
    assert reads == [None] * 3


def change_nothing_known(version: str) -> None:
    """As an older release of ours does, while a site is rolled over from one to the next."""
    RulesetState.objects.update(version=version)


def test_a_version_that_came_without_a_step_makes_all_of_them_be_read(db: None, reads: list[Any]) -> None:
    one = make_segment("one", town("Riverside"))
    compiler = Compiler()
    compiler.compile(only_changes=True)
    one.unpublish()
    change_nothing_known("older")
    assert not compiler.compile(only_changes=True).segments
    make_segment("two", town("Hilltop"))  # and then the newer release again, which does not know what the older did
    compiler.compile(only_changes=True)
    assert reads[:2] == [None, None]
    assert set(compiler.compile(only_changes=True).segments) == {"two"}


def test_who_has_missed_too_many_changes_reads_all(db: None, reads: list[Any]) -> None:
    one = make_segment("one", town("Riverside"))
    compiler = Compiler()
    compiler.compile(only_changes=True)
    for _ in range(STEPS_KEPT - 1):
        retire([one.pk])
    compiler.compile(only_changes=True)
    for _ in range(STEPS_KEPT + 1):
        retire([one.pk])
    latest = RulesetState.current().latest
    assert latest is not None
    assert len(latest["steps"]) == STEPS_KEPT
    compiler.compile(only_changes=True)
    assert reads == [None, {one.pk}, None]


def test_a_segment_that_has_another_slug_since_is_known_by_it_in_others(db: None) -> None:
    inner = make_segment("inner", town("Riverside"))
    make_segment("outer", SegmentRule(other=inner))
    compiler = Compiler()
    compiler.compile(only_changes=True)
    inner.unpublish()
    assert set(compiler.compile(only_changes=True).segments) == {"outer"}
    inner.slug = "renamed"
    inner.live = True
    inner.save()
    ruleset = compiler.compile(only_changes=True)
    assert ruleset.segments["outer"].of == (InSegment("renamed"),)
    assert ruleset == compile_ruleset()


def test_keys_are_numbers_however_they_came(db: None) -> None:
    one = make_segment("one", town("Riverside"))
    compiler = Compiler()
    compiler.compile()
    Segment.objects.filter(pk=one.pk).update(archived=True)
    retire([str(one.pk)])  # type: ignore[list-item]  # from a form
    assert not compiler.compile(only_changes=True).segments
    with pytest.raises(ValueError, match=r"takes the primary keys of segments.*got \['one'\]"):
        retire(["one"])  # type: ignore[list-item]


def test_a_change_of_very_many_is_one_of_all(db: None, reads: list[Any]) -> None:
    make_segment("one", town("Riverside"))
    compiler = Compiler()
    compiler.compile()
    retire(range(1, 10_000))
    assert len(str(RulesetState.current().latest)) < 100
    compiler.compile(only_changes=True)
    assert reads == [None, None]


def test_who_gives_up_rules_that_are_out_of_reach_is_heard(db: None) -> None:
    one = make_segment("one", town("Riverside"))
    RuleTypeInUse.objects.create(segment=one, rule_type="gone.GoneRule")
    compiler = Compiler()
    assert compiler.compile().segments["one"] == CANNOT_TELL
    Segment.objects.get(pk=one.pk).give_up_missing_rules()
    assert compiler.compile(only_changes=True).segments["one"] != CANNOT_TELL


def test_what_rules_of_others_make_of_a_segment_nobody_knows(
    db: None, reads: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another app's rule may lead to a segment and ask anything of it, so all are read when one changes."""
    monkeypatch.setattr("wagtail_personalise_gov.receivers.OTHERS_ABOUT_SEGMENTS", [AskRule])
    one = make_segment("one", town("Riverside"))
    compiler = Compiler()
    compiler.compile()
    one.save()
    compiler.compile(only_changes=True)
    make_segment("two", AskRule(question={"fact": "location.country", "op": "in", "value": ["FR"]}))
    FirstTimeVisitorRule.objects.create(segment=one)
    compiler.compile(only_changes=True)
    assert reads == [None, {one.pk}, None]


def test_a_page_that_is_sensitive_is_followed_whoever_asks_about_it(home: AgencyPage) -> None:
    page = make_page("Debt", parent=home, slug="debt")
    make_segment("some", AskRule(question={"fact": "visit.pages", "op": "contains_any", "value": [page.pk]}))
    before = RulesetState.current().version
    page.sensitive = True
    retire_for_pages(sender=AgencyPage, instance=page)
    assert RulesetState.current().version != before


def test_what_one_segment_asks_may_stop_another(db: None) -> None:
    """Who somebody is may not be joined to what is remembered of them, through a segment inside another either."""
    from wagtail_personalise_gov.models import AccountRule

    inner = make_segment("inner", town("Riverside"))
    make_segment("outer", SegmentRule(other=inner), AccountRule())
    compiler = Compiler()
    assert compiler.compile(only_changes=True).segments["outer"] != CANNOT_TELL
    FirstTimeVisitorRule.objects.create(segment=inner)
    ruleset = compiler.compile(only_changes=True)
    assert ruleset.segments["outer"] == CANNOT_TELL
    assert ruleset == compile_ruleset()
    FirstTimeVisitorRule.objects.all().delete()
    assert compiler.compile(only_changes=True).segments["outer"] != CANNOT_TELL


def test_a_pause_reads_none_and_its_end_only_what_pages_were_noted_for(db: None, reads: list[Any]) -> None:
    make_segment("one", town("Riverside"))
    page = make_page("News", parent=AgencyPage.objects.get(slug="agency"), slug="news")
    readers = make_segment("readers", PagesViewedRule(page=page))
    compiler = Compiler()
    before = compiler.compile(only_changes=True)
    pause()
    assert compiler.compile(only_changes=True).paused
    resume()
    ruleset = compiler.compile(only_changes=True)
    assert reads == [None, {readers.pk}]
    assert ruleset.segments == before.segments
    assert ruleset == compile_ruleset()


class Desk:
    """Editors and code, who change things at random."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.number = 0
        home = AgencyPage.objects.get(slug="agency")
        self.pages = [make_page(name, parent=home, slug=name.lower()) for name in ("News", "Housing")]
        self.intent = make_intent("moving")

    def rule(self) -> Any:
        makers: list[Callable[[], Any]] = [
            lambda: town(self.random.choice(["Riverside", "Hilltop"])),
            lambda: FirstTimeVisitorRule(negated=self.random.random() < 0.5),
            lambda: PagesViewedRule(page=self.random.choice(self.pages)),
            lambda: VisitIntentRule(intent=self.intent),
        ]
        others = list(Segment.objects.order_by("pk").exclude(wagtail_personalise_gov_segmentrule_rules__isnull=False))
        if others:
            makers.append(lambda: SegmentRule(other=self.random.choice(others)))
        return self.random.choice(makers)()

    def any_segment(self) -> Segment | None:
        return self.random.choice([None, *Segment.objects.order_by("pk")])

    def publish_new(self) -> None:
        self.number += 1
        rules = [self.rule() for _ in range(self.random.randint(1, 3))]
        make_segment(f"segment-{self.number}", *rules, match=self.random.choice(["all", "any"]))

    def change(self) -> None:
        segment = self.any_segment()
        if segment is None:
            self.publish_new()
            return
        match self.random.randrange(8):
            case 0:
                segment.unpublish()
            case 1:
                segment.save_revision().publish()
            case 2:
                segment.learning = not segment.learning
                segment.holdout_percent = self.random.choice([0, 10])
                segment.save_revision().publish()
            case 3:
                segment.archived = not segment.archived
                segment.save()
            case 4:
                rule = self.rule()
                rule.segment = segment
                if not isinstance(rule, SegmentRule):
                    rule.save()
            case 5:
                for own in segment.get_rules():
                    own.delete()
            case 6 if not segment.live:
                segment.slug = f"{segment.slug}-too"[:40]
                segment.save()
            case _:
                self.elsewhere()

    def elsewhere(self) -> None:
        settings = PersonalisationSettings.for_site(Site.objects.get(is_default_site=True))
        settings.holdout_percent = self.random.choice([0, 5])
        match self.random.randrange(4):
            case 0:
                settings.save()
            case 1:
                self.intent.asked = not self.intent.asked
                self.intent.save()
            case 2:
                self.pages[0].refresh_from_db()
                self.pages[0].slug = f"news-{self.random.randrange(1000)}"
                self.pages[0].save_revision().publish()
            case 3:
                pause()
                resume()


@pytest.mark.parametrize("seed", range(8))
def test_whatever_changes_it_is_as_if_all_were_compiled(db: None, seed: int, reads: list[Any]) -> None:
    desk = Desk(seed)
    for _ in range(4):
        desk.publish_new()
    often, seldom = Compiler(), Compiler()
    seldom.compile(only_changes=True)
    for step in range(40):
        desk.change()
        expected = Compiler().compile()
        assert often.compile(only_changes=True) == expected
        if step % 7 == 6:
            assert seldom.compile(only_changes=True) == expected
    assert any(keys for keys in reads)  # not all of them each time


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_who_publish_at_once_no_step_is_lost(agency_page: AgencyPage) -> None:
    one, two = make_segment("one", town("Riverside")), make_segment("two", town("Hilltop"))
    before = RulesetState.current().version
    first_holds, errors = threading.Event(), []

    def in_a_thread(work: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as error:
                errors.append(error)
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def first() -> None:
        with transaction.atomic():
            RulesetState.renew([one.pk])
            first_holds.set()
            threading.Event().wait(0.5)  # the second waits for the row by now

    thread = in_a_thread(first)
    assert first_holds.wait(20)
    other = in_a_thread(lambda: RulesetState.renew([two.pk]) and None)
    thread.join(20)
    other.join(20)
    assert errors == []
    assert RulesetState.current().changed_since(before) == {one.pk, two.pk}
