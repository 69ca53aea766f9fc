"""Two editors who save at once do not lock each other out."""

import threading

import pytest
from django.db import connection, transaction

from wagtail_personalise_gov.compiling import new_holder
from wagtail_personalise_gov.models import FirstTimeVisitorRule, RulesetState, Segment

from .factories import make_segment


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_edit_and_a_deletion_at_the_same_moment_both_end() -> None:
    """One holds the ruleset's version and wants the segment, the other holds the segment and publishes."""
    first, second = make_segment("first", FirstTimeVisitorRule()), make_segment("second", FirstTimeVisitorRule())
    before = RulesetState.current().version
    both_hold = threading.Barrier(2, timeout=20)
    errors: list[BaseException] = []

    def in_a_transaction(work: object) -> None:
        try:
            with transaction.atomic():
                work()  # type: ignore[operator]
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    def edit() -> None:
        FirstTimeVisitorRule.objects.create(segment=first)  # the version changes
        both_hold.wait()
        Segment.objects.select_for_update().get(pk=second.pk)

    def delete() -> None:
        Segment.objects.select_for_update().get(pk=second.pk)
        both_hold.wait()
        FirstTimeVisitorRule.objects.filter(segment=second).get().delete()  # so does it here

    threads = [threading.Thread(target=in_a_transaction, args=(work,)) for work in (edit, delete)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert errors == []
    assert RulesetState.current().version != before
    # What both did is in the next ruleset, whichever of them changed the version.
    rules = new_holder().current().segments
    assert len(rules["first"].of) == 2
    assert len(rules["second"].of) == 0
