"""Rules whose app was removed: their rows are out of reach, and nobody may be in their segments until that is settled.

A segment without one of its rules would be wider than its editor meant. So it is noted which rule types each segment
has, and a type that is noted and not installed makes its segment one that can't be told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.apps import apps
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from .rules.base import Rule


class RuleTypeInUse(models.Model):
    """A segment has at least one rule of this type."""

    segment = models.ForeignKey(
        "wagtail_personalise_gov.Segment", on_delete=models.CASCADE, related_name="rule_types_in_use"
    )
    rule_type = models.CharField(_("type of rule"), max_length=255, help_text=_("As Django names models: app.Model"))
    table = models.CharField(
        _("table"),
        max_length=255,
        blank=True,
        editable=False,
        help_text=_("Where its rules are, also when nothing else can reach them."),
    )

    class Meta:
        verbose_name = _("type of rule in use")
        verbose_name_plural = _("types of rules in use")
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "rule_type"], name="wagtail_personalise_gov_one_row_per_rule_type"
            )
        ]

    def __str__(self) -> str:
        return self.rule_type

    @classmethod
    def note(cls, rule: Rule) -> None:
        """Note that the rule's segment has one of its type."""
        cls.objects.get_or_create(
            segment_id=rule.segment_id, rule_type=rule._meta.label, defaults={"table": rule._meta.db_table}
        )

    @classmethod
    def unnote(cls, rule: Rule) -> None:
        """A rule was deleted; it may have been the last of its type."""
        if not type(rule)._default_manager.filter(segment_id=rule.segment_id).exists():
            cls.objects.filter(segment_id=rule.segment_id, rule_type=rule._meta.label).delete()

    @classmethod
    def discard(cls, segments: Collection[int]) -> None:
        """Delete the rules of these segments that are out of reach, and the notes of them.

        Their rows point at the segment, so without this it could never be deleted. A table that went with its app, or
        whose rows others point at, is left alone.
        """
        rows = list(cls.missing().filter(segment_id__in=segments))
        tables = set(connection.introspection.table_names()) if rows else set()
        for row in rows:
            if row.table in tables:
                with connection.cursor() as cursor:
                    table, column = map(connection.ops.quote_name, (row.table, "segment_id"))
                    cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [row.segment_id])  # noqa: S608  our own
            row.delete()

    @classmethod
    def missing(cls) -> models.QuerySet[RuleTypeInUse]:
        """Those whose type is not installed."""
        return cls.objects.exclude(rule_type__in=[name for model in rule_models() for name in names_of(model)])


def rule_models() -> list[type[Rule]]:
    """Every installed, concrete rule type."""
    return [model for model in apps.get_models() if issubclass(model, Rule)]


def names_of(model: type[Rule]) -> tuple[str, str]:
    """What a rule type is noted by: its label, and its relation's name for what only a revision knows."""
    field: Any = model._meta.get_field("segment")
    return model._meta.label, field.remote_field.get_accessor_name()


def missing_rule_types(segments: Collection[int]) -> dict[int, list[str]]:
    """Of the segments with these keys, those that have rules of types that are not installed, with these types."""
    wanted = frozenset(segments)
    missing: dict[int, list[str]] = {}
    for row in RuleTypeInUse.missing().order_by("rule_type"):  # few: on most sites there is none
        if row.segment_id in wanted:
            missing.setdefault(row.segment_id, []).append(row.rule_type)
    return missing


def lost_in(content: Mapping[str, Any], relations: Iterable[str]) -> list[str]:
    """The names under which a segment's revision holds rules that no installed type could read.

    A revision keeps the rules of each type under the name of their relation.
    """
    known = set(relations)
    return sorted(
        name
        for name, rows in content.items()
        if name not in known
        and isinstance(rows, list)
        and any(isinstance(row, Mapping) and {"segment", "negated"} <= row.keys() for row in rows)
    )
