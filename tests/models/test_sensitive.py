"""Pages that nobody may be known to have looked at: refused in rules and intents, and never noted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.checks import Tags, run_checks
from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models.signals import post_save
from django.test import Client
from django.test.utils import CaptureQueriesContext, isolate_apps
from wagtail.models import Page
from wagtail.models.pages import PAGE_MODEL_CLASSES

from tests.agency.models import AgencyPage, AskRule, PlainPage
from tests.factories import committed, hero, make_intent, make_page, make_plain_page, make_segment, personalised
from wagtail_personalise_gov import compiling, receivers
from wagtail_personalise_gov.core.intents import Landing
from wagtail_personalise_gov.models import IntentSignal, PagesViewedRule, Segment, SensitivePageMixin
from wagtail_personalise_gov.models.sensitive import is_sensitive, sensitive_models, sensitive_titles
from wagtail_personalise_gov.portable import SegmentFileError, export_segments, import_segments

pytestmark = pytest.mark.django_db

INTERNAL = {"HTTP_REFERER": "http://testserver/"}


@pytest.fixture
def clinic(home: AgencyPage) -> Any:
    """At /health/clinic/, within a section; /bins/ beside them. Nothing is marked yet."""
    health = make_page("Health", parent=home, slug="health")
    make_page("Bins", parent=home, slug="bins")
    return make_plain_page("Clinic", ("hero", hero("Open at nine")), parent=health)


@pytest.fixture
def marked(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The same, of a kind that is sensitive throughout."""
    monkeypatch.setattr(PlainPage, "sensitive", True, raising=False)
    return clinic


def page(slug: str) -> Page:
    return Page.objects.get(slug=slug)


def refusal(rule: PagesViewedRule) -> str:
    with pytest.raises(ValidationError) as caught:
        rule.clean()
    assert list(caught.value.message_dict) == ["page"]
    return " ".join(caught.value.messages)


def mark_later(monkeypatch: pytest.MonkeyPatch) -> None:
    with committed():
        monkeypatch.setattr(PlainPage, "sensitive", True, raising=False)
        compiling.retire()


# What is refused


def test_a_rule_about_a_sensitive_page_is_refused_and_names_it_and_the_remedy(marked: Any) -> None:
    message = refusal(PagesViewedRule(what="page", page=page("clinic")))
    assert message == "“Clinic” is marked as sensitive: nobody may be known to have looked at it. Choose another page."


@pytest.mark.parametrize("negated", [False, True])
def test_so_is_one_about_a_section_that_holds_one(marked: Any, negated: bool) -> None:
    message = refusal(PagesViewedRule(what="section", page=page("health"), negated=negated))
    assert message.startswith("“Health” holds “Clinic”, which is marked as sensitive")
    assert message.endswith("Choose a page that holds none such.")


def test_pages_beside_it_may_be_asked_and_so_may_it_without_its_mark(clinic: Any, request: Any) -> None:
    PagesViewedRule(what="page", page=page("clinic")).clean()
    PagesViewedRule(what="section", page=page("health")).clean()
    request.getfixturevalue("marked")
    PagesViewedRule(what="page", page=page("health")).clean()  # the page itself is not marked
    PagesViewedRule(what="section", page=page("bins")).clean()
    PagesViewedRule(what="number", number=3).clean()


def test_a_file_with_such_a_rule_is_refused(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_segment("patients", PagesViewedRule(what="page", page=page("clinic")))
    document = export_segments(["patients"])
    import_segments(document)
    monkeypatch.setattr(PlainPage, "sensitive", True, raising=False)
    with pytest.raises(SegmentFileError, match="“Clinic” is marked as sensitive"):
        import_segments(document)


@pytest.mark.parametrize("kind, slug", [("page", "clinic"), ("section", "health")])
def test_no_intent_may_be_concluded_from_such_a_landing(marked: Any, kind: str, slug: str) -> None:
    with pytest.raises(ValidationError, match=r"“Clinic” is marked as sensitive.*offer the intent as an answer"):
        IntentSignal(kind=kind, page=page(slug)).clean()
    IntentSignal(kind=kind, page=page("bins")).clean()


# What was there before the mark


@pytest.fixture
def patients(clinic: Any) -> Segment:
    """A live segment of those who looked at the clinic's page; at /ask/ a version for it."""
    segment = make_segment("patients", PagesViewedRule(what="page", page=page("clinic")))
    words = personalised("Not told", (segment, "Seen"))
    make_page("Ask", ("line", words), parent=AgencyPage.objects.get(slug="agency"), slug="ask")
    return segment


def visit(client: Client) -> str:
    client.get("/health/clinic/", **INTERNAL)
    return client.get("/ask/", **INTERNAL).content.decode()


def test_a_page_that_is_marked_later_is_not_noted_any_more_and_stops_what_asks(
    patients: Segment, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Client()
    assert "Seen" in visit(before)
    assert "personalise_visit" in before.cookies
    mark_later(monkeypatch)
    after = Client()
    assert "Not told" in visit(after)
    assert "personalise_visit" not in after.cookies
    assert "Not told" in before.get("/ask/", **INTERNAL).content.decode()
    assert not before.cookies["personalise_visit"].value  # what was noted is dropped


def test_only_the_rule_is_stopped_that_asks(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [PagesViewedRule(what="page", page=page(slug)) for slug in ("clinic", "bins")]
    make_segment("either", *rules, match="any")
    mark_later(monkeypatch)
    watched = compiling.current_ruleset().watching.visit
    assert watched.pages == {page("bins").pk}


def test_a_rule_of_anybodys_is_stopped_too(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    question = {"fact": "visitor.sections", "op": "contains_any", "value": [page("health").pk]}
    make_segment("theirs", AskRule(question=question))
    assert compiling.current_ruleset().watching
    mark_later(monkeypatch)
    assert not compiling.current_ruleset().watching


def test_a_rule_that_counts_pages_leaves_it_out(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    segment = make_segment("readers", PagesViewedRule(what="number", number=2))
    words = personalised("Not told", (segment, "Seen"))
    make_page("Ask", ("line", words), parent=AgencyPage.objects.get(slug="agency"), slug="ask")
    assert "Seen" in visit(Client())
    mark_later(monkeypatch)
    assert "Not told" in visit(Client())


def test_its_editors_are_told_why_nobody_is_in_it(patients: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Segment.objects.get(pk=patients.pk).problems() == []
    monkeypatch.setattr(PlainPage, "sensitive", True, raising=False)
    (problem,) = Segment.objects.get(pk=patients.pk).problems()
    assert problem.endswith("“Clinic” is marked as sensitive, so nobody notes who looked at it.")


def test_the_check_names_live_segments_and_intents_that_ask(patients: Segment, monkeypatch: pytest.MonkeyPatch) -> None:
    make_intent("see-a-doctor", IntentSignal(kind="page", page=page("clinic")))

    def found() -> list[str]:
        checked = run_checks(tags=[Tags.database], databases=["default"])
        return [message.msg for message in checked if message.id == "wagtail_personalise_gov.W060"]

    assert found() == []
    monkeypatch.setattr(PlainPage, "sensitive", True, raising=False)
    first, second = found()
    assert first.startswith("Segment 'patients' asks who looked at 'Clinic', which is marked as sensitive.")
    assert second.startswith("A signal of intent 'see-a-doctor' asks")
    assert not [message for message in run_checks() if message.id == "wagtail_personalise_gov.W060"]


def test_a_landing_on_it_suggests_nothing_any_more(clinic: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_intent("see-a-doctor", IntentSignal(kind="page", page=page("clinic"), confidence=0.9))
    landing = Landing(path="/health/clinic/")
    assert compiling.current_ruleset().intents.recognise(landing)
    mark_later(monkeypatch)
    assert not compiling.current_ruleset().intents.recognise(landing)


# The tick


@pytest.fixture
def ticked_model(home: AgencyPage) -> Iterator[Any]:
    """A kind of page with the tick, whose table is there for one test."""
    known = len(PAGE_MODEL_CLASSES)
    with isolate_apps("tests.agency"):

        class ClinicPage(SensitivePageMixin, Page):
            class Meta:
                app_label = "agency"

    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE agency_clinicpage (page_ptr_id integer NOT NULL PRIMARY KEY, sensitive boolean NOT NULL)"
        )
    receivers.listen_to_sensitive_pages()
    ContentType.objects.clear_cache()  # it may know the row of this kind from another test
    yield ClinicPage
    ContentType.objects.clear_cache()
    post_save.disconnect(sender=ClinicPage, dispatch_uid="wagtail_personalise_gov.sensitive.agency.ClinicPage")
    del PAGE_MODEL_CLASSES[known:]


def test_a_ticked_page_is_sensitive_and_one_without_the_tick_is_not(home: AgencyPage, ticked_model: Any) -> None:
    ticked = home.add_child(instance=ticked_model(title="Ticked", slug="ticked", sensitive=True))
    other = home.add_child(instance=ticked_model(title="Other", slug="other"))
    assert (is_sensitive(ticked), is_sensitive(other), is_sensitive(home)) == (True, False, False)
    assert sensitive_titles([ticked.pk, other.pk], []) == ({ticked.pk: "Ticked"}, {})
    assert sensitive_titles([], [home.pk, other.pk]) == ({}, {home.pk: "Ticked"})


def test_ticking_a_page_has_segments_compiled_again(home: AgencyPage, ticked_model: Any) -> None:
    ticked = home.add_child(instance=ticked_model(title="Ticked", slug="ticked"))
    make_segment("some", PagesViewedRule(what="page", page=Page.objects.get(pk=ticked.pk)))
    assert compiling.current_ruleset().watching
    with committed():
        ticked.sensitive = True
        ticked.save(update_fields=["sensitive"])
    assert not compiling.current_ruleset().watching


def test_a_site_without_sensitive_pages_pays_nothing_for_it(clinic: Any) -> None:
    assert sensitive_models() == []
    with CaptureQueriesContext(connection) as asked:
        assert sensitive_titles([clinic.pk], [clinic.pk]) == ({}, {})
    assert len(asked) == 0
