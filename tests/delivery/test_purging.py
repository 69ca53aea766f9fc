"""A change of a segment purges the pages that it changes, once, and no others; and a cache that fails stops nobody."""

import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.db.models import Model
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from django_tasks.backends.immediate import ImmediateBackend
from wagtail.models import Locale, Page, ReferenceIndex, Site

from tests.agency.models import AgencyPage, PlainPage
from tests.delivery.recording import RecordingCache
from tests.factories import committed, hero, make_page, make_segment, personalised, raw_stream
from wagtail_personalise_gov.compiling import pause, resume
from wagtail_personalise_gov.delivery import purging
from wagtail_personalise_gov.models import Goal, LocationRule, PersonalisationSettings, Segment, SegmentRule

FLOOD = "http://testserver/flood/"


@pytest.fixture
def purged(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[list[str]]]:
    """The batches of addresses that a front-end cache was told to purge."""
    monkeypatch.setattr(RecordingCache, "batches", [])
    monkeypatch.setattr(purging, "_waiting", type(purging._waiting)())
    settings.WAGTAILFRONTENDCACHE = {"edge": {"BACKEND": "tests.delivery.recording.RecordingCache"}}
    return RecordingCache.batches


@pytest.fixture
def bins_page(home: AgencyPage, plain_page: PlainPage) -> AgencyPage:
    """The outsider: a page that adapts, for another segment."""
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    return make_page("Bins", offer(hilltop), parent=home, slug="bins")


def offer(*segments: Segment) -> tuple[str, Any]:
    return ("offer", personalised(hero("Standard"), *((segment, hero(segment.slug)) for segment in segments)))


def publish(segment: Segment) -> None:
    segment.save_revision().publish()


def unpublish(segment: Segment) -> None:
    segment.unpublish()


def archive(segment: Segment) -> None:
    segment.archive()


def restore(segment: Segment) -> None:
    segment.restore()


def change_a_rule(segment: Segment) -> None:
    rule = LocationRule.objects.get(segment=segment)
    rule.cities = ["Elsewhere"]
    rule.save()


def delete_a_rule(segment: Segment) -> None:
    LocationRule.objects.get(segment=segment).delete()


@pytest.mark.parametrize("change", [publish, unpublish, archive, restore, change_a_rule, delete_a_rule])
def test_a_change_of_a_segment_purges_the_pages_that_use_it_once_and_no_others(
    agency_page: AgencyPage,
    bins_page: AgencyPage,
    riverside: Segment,
    purged: list[list[str]],
    change: Callable[[Segment], None],
) -> None:
    if change is restore:
        riverside.archive()
    with committed():
        change(Segment.objects.get(pk=riverside.pk))
    assert purged == [[FLOOD]]


def test_a_segment_that_is_deleted_past_its_guard_purges_its_pages(
    agency_page: AgencyPage, bins_page: AgencyPage, riverside: Segment, purged: list[list[str]]
) -> None:
    with committed():
        super(Segment, riverside).delete()  # Segment refuses it while pages use it
    assert not Segment.objects.filter(slug="riverside").exists()
    assert purged == [[FLOOD]]


def test_a_draft_of_a_segment_purges_nothing(
    agency_page: AgencyPage, riverside: Segment, purged: list[list[str]]
) -> None:
    with committed():
        segment = Segment.objects.get(pk=riverside.pk)
        segment.purpose = "Later"
        segment.save_revision()
    assert Segment.objects.get(pk=riverside.pk).has_unpublished_changes
    assert purged == []


def test_what_is_rolled_back_purges_nothing(
    agency_page: AgencyPage, riverside: Segment, purged: list[list[str]]
) -> None:
    with committed(), transaction.atomic():
        publish(riverside)
        transaction.set_rollback(True)
    assert purged == []


def test_many_changes_in_one_transaction_are_one_batch(
    agency_page: AgencyPage, bins_page: AgencyPage, riverside: Segment, purged: list[list[str]]
) -> None:
    with committed():
        for segment in Segment.objects.all():
            publish(segment)
            publish(Segment.objects.get(pk=segment.pk))
        pause(by="test")
    assert purged == [["http://testserver/bins/", FLOOD]]


def test_segments_that_depend_on_it_are_followed_while_they_are_live(
    home: AgencyPage, bins_page: AgencyPage, riverside: Segment, purged: list[list[str]]
) -> None:
    near = make_segment("near", SegmentRule(other=riverside))
    farther = make_segment("farther", SegmentRule(other=near, negated=True))
    draft = make_segment("draft", SegmentRule(other=riverside), live=False)
    make_page("For farther", offer(farther), parent=home, slug="farther")
    make_page("For a draft", offer(draft), parent=home, slug="draft")
    purged.clear()
    with committed():
        unpublish(riverside)
    assert purged == [["http://testserver/farther/"]]


def refers(user: Model, used: Model, path: str) -> None:
    """A row of the index, as if content of `user` named `used`: the agency has no snippet with streams."""
    users, kinds = ContentType.objects.get_for_model(user), ContentType.objects.get_for_model(used)
    ReferenceIndex.objects.create(
        base_content_type=ContentType.objects.get_for_model(Page) if isinstance(user, Page) else users,
        content_type=users,
        object_id=user.pk,
        to_content_type=kinds,
        to_object_id=used.pk,
        model_path=path,
        content_path=f"{path}.{user.pk}",
        content_path_hash=uuid4(),
    )


@pytest.mark.parametrize("live", [True, False])
def test_a_snippet_with_versions_purges_the_pages_that_use_it_unless_it_is_a_draft(
    plain_page: PlainPage, bins_page: AgencyPage, riverside: Segment, purged: list[list[str]], live: bool
) -> None:
    inner = Goal.objects.create(name="Inner", slug="inner", live=live)
    outer = Goal.objects.create(name="Outer", slug="outer", live=True)
    refers(inner, riverside, "body.offer.variants.variant.segments.item")
    refers(outer, inner, "body.snippet")
    refers(plain_page, outer, "body.snippet")
    with committed():
        publish(riverside)
    assert purged == ([["http://testserver/plain/"]] if live else [])


def test_a_page_that_names_a_segment_in_a_field_of_its_own_is_purged_too(
    plain_page: PlainPage, bins_page: AgencyPage, riverside: Segment, purged: list[list[str]]
) -> None:
    refers(plain_page, riverside, "favourite")
    with committed():
        publish(riverside)
    assert purged == [["http://testserver/plain/"]]


def test_a_page_that_is_not_published_is_left_out_as_is_a_version_in_a_draft(
    agency_page: AgencyPage, plain_page: PlainPage, riverside: Segment, purged: list[list[str]]
) -> None:
    hilltop = make_segment("hilltop", LocationRule(cities=["Hilltop"]))
    page = AgencyPage.objects.get(pk=agency_page.pk)
    page.body = raw_stream(offer(hilltop))
    page.save_revision()
    make_page("Old", offer(riverside), parent=plain_page, slug="old", live=False)
    with committed():
        publish(hilltop)
    assert purged == []
    with committed():
        publish(riverside)
    assert purged == [[FLOOD]]


def test_a_page_is_purged_on_each_site_that_shows_it(
    home: AgencyPage, agency_page: AgencyPage, riverside: Segment, purged: list[list[str]]
) -> None:
    Site.objects.create(hostname="floods.example", port=443, root_page=agency_page, site_name="Floods")
    other = make_page("Other", offer(riverside), parent=Page.objects.get(depth=1), slug="other")
    Site.objects.create(hostname="other.example", root_page=other, site_name="Other")
    with committed():
        publish(riverside)
    purged.sort()
    assert purged == [["http://other.example/"], [FLOOD], ["https://floods.example/"]]  # a batch for each host


def test_a_translation_is_purged_under_the_address_of_its_own_language(
    home: AgencyPage, agency_page: AgencyPage, riverside: Segment, purged: list[list[str]], settings: Any
) -> None:
    """Whatever language the editor who publishes speaks."""
    settings.WAGTAIL_I18N_ENABLED = True
    settings.WAGTAIL_CONTENT_LANGUAGES = settings.LANGUAGES = [("en", "English"), ("cy", "Welsh")]
    settings.ROOT_URLCONF = "tests.delivery.urls_by_language"
    translated = agency_page.copy_for_translation(Locale.objects.create(language_code="cy"), copy_parents=True)
    translated.slug = "llifogydd"
    translated.save_revision().publish()
    with committed(), translation.override("cy"):
        assert purging.addresses_of(purging.pages_using([riverside.pk])) == {
            "http://testserver/cy/llifogydd/",
            "http://testserver/en/flood/",
        }
        publish(riverside)
    [batch] = purged  # in which Wagtail says each address in every language besides, for sites that want it so
    assert {"http://testserver/cy/llifogydd/", "http://testserver/en/flood/"} <= set(batch)


def test_a_pause_and_its_end_purge_all_pages_that_adapt(
    agency_page: AgencyPage, bins_page: AgencyPage, plain_page: PlainPage, purged: list[list[str]]
) -> None:
    adapting = ["http://testserver/bins/", FLOOD]
    with committed():
        pause(by="test")
    assert purged == [adapting]
    with committed():
        resume()
    assert purged == [adapting, adapting]


def test_what_a_site_says_of_itself_purges_all_pages_that_adapt(
    agency_page: AgencyPage, plain_page: PlainPage, purged: list[list[str]]
) -> None:
    with committed():
        PersonalisationSettings.objects.create(site=Site.objects.get(), banner_heading="Ours")
    assert purged == [[FLOOD]]


@pytest.mark.parametrize("order", [["broken", "edge"], ["edge", "broken"]])
def test_a_cache_that_fails_stops_no_save_and_no_other_cache_and_is_one_line_in_the_log(
    agency_page: AgencyPage,
    riverside: Segment,
    purged: list[list[str]],
    settings: Any,
    caplog: pytest.LogCaptureFixture,
    order: list[str],
) -> None:
    caches = {
        "broken": {"BACKEND": "tests.delivery.recording.BrokenCache"},
        "edge": {"BACKEND": "tests.delivery.recording.RecordingCache"},
    }
    settings.WAGTAILFRONTENDCACHE = {name: caches[name] for name in order}
    with caplog.at_level(logging.WARNING), committed():
        unpublish(riverside)
    assert not Segment.objects.get(pk=riverside.pk).live
    assert purged == [[FLOOD]]
    assert [record.getMessage() for record in caplog.records] == [
        "Addresses that were not purged everywhere: 1. "
        "Front-end cache 'broken' fails (ConnectionError: the network is away)."
    ]


class OutOfOrder(ImmediateBackend):
    def enqueue(self, task: Any, args: Any, kwargs: Any) -> Any:
        if task.func is purging.purge_task.func:
            raise ConnectionError("no broker")
        return super().enqueue(task, args, kwargs)


def test_a_queue_that_is_out_of_order_stops_no_save(
    agency_page: AgencyPage, riverside: Segment, purged: list[list[str]], settings: Any, caplog: Any
) -> None:
    settings.TASKS = {"default": {"BACKEND": f"{__name__}.OutOfOrder"}}
    with caplog.at_level(logging.WARNING), committed():
        unpublish(riverside)
    assert not Segment.objects.get(pk=riverside.pk).live
    assert purged == []
    assert [record.getMessage() for record in caplog.records] == [
        "Pages can't be purged: the task queue fails (ConnectionError: no broker)."
    ]


def test_a_queue_that_can_wait_purges_again_when_every_process_has_heard(
    agency_page: AgencyPage, riverside: Segment, purged: list[list[str]], settings: Any
) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    backend = purging.purge_task.get_backend()
    with committed():
        riverside.archive()
    ours = [result.task for result in backend.results if result.task.func is purging.purge_task.func]
    assert len(ours) == 2
    assert ours[0].run_after is None
    assert ours[1].run_after is not None
    assert purged == []  # nobody works that queue


def test_without_a_cache_nothing_is_enqueued(
    agency_page: AgencyPage, riverside: Segment, purged: list[list[str]], settings: Any
) -> None:
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}
    cache = settings.WAGTAILFRONTENDCACHE
    for settings.WAGTAILFRONTENDCACHE, enqueued in ((None, 0), ({}, 0), (cache, 2)):
        backend = purging.purge_task.get_backend()
        backend.clear()
        with committed():
            publish(Segment.objects.get(pk=riverside.pk))
        assert sum(result.task.func is purging.purge_task.func for result in backend.results) == enqueued


def test_forty_pages_cost_no_more_queries_than_one(
    home: AgencyPage, agency_page: AgencyPage, riverside: Segment, purged: list[list[str]]
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            purging.addresses_of(purging.pages_using([riverside.pk]))
        return len(asked)

    first = queries()
    for number in range(39):
        make_page(f"Page {number}", offer(riverside), parent=AgencyPage.objects.get(pk=home.pk), slug=f"page-{number}")
    assert queries() <= first


# The command


def test_the_command_purges_all_pages_that_adapt_or_those_of_one_segment(
    agency_page: AgencyPage, bins_page: AgencyPage, purged: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("purge_personalised_pages")
    assert purged == [["http://testserver/bins/", FLOOD]]
    call_command("purge_personalised_pages", segment="riverside", verbosity=2)
    assert purged[1:] == [[FLOOD]]
    assert capsys.readouterr().out == f"Addresses purged: 2.\n{FLOOD}\nAddresses purged: 1.\n"


def test_the_command_says_what_is_wrong(agency_page: AgencyPage, purged: list[list[str]], settings: Any) -> None:
    with pytest.raises(CommandError, match="There is no segment 'nobody'"):
        call_command("purge_personalised_pages", segment="nobody")
    settings.WAGTAILFRONTENDCACHE = {"edge": {"BACKEND": "tests.delivery.recording.BrokenCache"}}
    with pytest.raises(CommandError, match=r"not purged everywhere: 1\..*the network is away"):
        call_command("purge_personalised_pages")
    settings.WAGTAILFRONTENDCACHE = {}
    with pytest.raises(CommandError, match="Nothing to purge"):
        call_command("purge_personalised_pages")
