"""The list of intents: the answer that visitors read, and what suggests it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from wagtail.admin.ui.tables import Column
from wagtail.snippets.views.snippets import IndexView

from ..models import Intent, VisitIntentRule


class SignalsColumn(Column):
    cell_template_name = "wagtail_personalise_gov/editor/cells/signals.html"

    class Media:
        css = {"all": ["wagtail_personalise_gov/css/editor.css"]}


class IntentIndexView(IndexView):
    def get_base_queryset(self) -> QuerySet[Intent]:
        intents: QuerySet[Intent] = super().get_base_queryset()
        return intents.select_related("parent").prefetch_related("signals__page")

    def get_table(self, object_list: Iterable[Intent]) -> Any:
        return super().get_table(prepare(list(object_list)))

    def as_spreadsheet(self, queryset: QuerySet[Intent], spreadsheet_format: str) -> Any:
        prepare(list(queryset))
        return super().as_spreadsheet(queryset, spreadsheet_format)


def prepare(intents: list[Intent]) -> list[Intent]:
    """Give the intents what the list shows of them: `signals_in_words` and `segment_count`."""
    asking = (
        VisitIntentRule.objects.filter(intent__in=[intent.pk for intent in intents])
        .order_by()
        .values_list("intent", "segment")
        .distinct()
    )
    segments = Counter(intent for intent, _segment in asking)
    for intent in intents:
        intent.signals_in_words = [str(signal) for signal in intent.signals.all()]
        intent.segment_count = segments[intent.pk]
    return intents
