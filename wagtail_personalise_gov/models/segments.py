"""Segment: a named group of visitors, described by rules that match all or any of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, ClassVar

from django.contrib.contenttypes.fields import GenericRelation
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models, transaction
from django.db.models.deletion import ProtectedError
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel, get_all_child_relations
from wagtail.actions.unpublish import UnpublishAction
from wagtail.log_actions import log
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    PreviewableMixin,
    ReferenceIndex,
    RevisionMixin,
    WorkflowMixin,
)
from wagtail.search import index

from ..core.conditions import All, Condition
from ..core.conditions import Any as AnyOf
from .inner import Inner, inner_segments
from .locks import ArchivedLock
from .missing import RuleTypeInUse, lost_in
from .problems import problems_of, warnings_of
from .rules.base import GROUP_ORDER, Rule
from .rules.nesting import asked_in
from .site_settings import LOTS_PER_PERCENT, MAX_HOLDOUT
from .words import InWords, is_finished, rules_in_words

# Narrower than Django's slugs: a segment's slug may become the name of a response header, where "_" and "-" are one.
validate_slug = RegexValidator(
    r"\A[a-z0-9]+(-[a-z0-9]+)*\Z", _("Use small letters, digits and single hyphens, such as new-parents.")
)


class SegmentQuerySet(models.QuerySet["Segment"]):
    def with_rules(self) -> SegmentQuerySet:
        """With the rules of each, and what these ask about: a query for each rule type, however many segments."""
        return self.prefetch_related(*rule_lookups())

    def live_for_visitors(self) -> SegmentQuerySet:
        """Those that visitors can be in: published, not archived."""
        return self.filter(live=True, archived=False)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused with ProtectedError while one of them is used."""
        for segment in self:
            segment.refuse_while_used()
        with transaction.atomic():
            RuleTypeInUse.discard([segment.pk for segment in self])
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]


class Segment(
    WorkflowMixin,
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    PreviewableMixin,
    index.Indexed,
    ClusterableModel,
):
    """A named group of visitors. A segment with no rules matches nobody."""

    ALL, ANY = "all", "any"

    name = models.CharField(_("name"), max_length=120, help_text=_("For editors. Visitors never see it."))
    slug = models.CharField(
        _("slug"),
        max_length=50,
        unique=True,
        validators=[validate_slug],
        help_text=_("The segment's public name in templates and in the API. It can't change once published."),
    )
    match = models.CharField(
        _("who is in it"),
        max_length=3,
        choices=[(ALL, _("Visitors who match all of the rules")), (ANY, _("Visitors who match any of the rules"))],
        default=ALL,
    )
    purpose = models.CharField(
        _("purpose"),
        max_length=255,
        blank=True,
        help_text=_("Why these visitors are treated apart, in one sentence that visitors may read."),
    )
    public_name = models.CharField(
        _("public name"),
        max_length=120,
        blank=True,
        help_text=_("What visitors read, such as “People who seem to be in Riverside”."),
    )
    public_explanation = models.TextField(
        _("public explanation"),
        blank=True,
        help_text=_(
            "What changes for these visitors and why, in plain words, for the page about how this site adapts."
        ),
    )
    owner = models.CharField(
        _("owner"), max_length=120, blank=True, help_text=_("The person or team who answers for it.")
    )
    review_by = models.DateField(_("review by"), null=True, blank=True)
    learning = models.BooleanField(
        _("learning mode"),
        default=False,
        help_text=_(
            "Count how often these visitors come, and change nothing for them: they see what everyone else sees."
        ),
    )
    holdout_percent = models.PositiveSmallIntegerField(
        _("share held back for comparison"),
        default=0,
        validators=[MaxValueValidator(MAX_HOLDOUT)],
        help_text=_(
            "In percent. So many of these visitors, drawn by lot, see the standard version, so that you can tell what "
            "their own version achieves. 10 is a good beginning."
        ),
    )
    archived = models.BooleanField(_("archived"), default=False, editable=False)

    revisions = GenericRelation(
        "wagtailcore.Revision",
        content_type_field="base_content_type",
        object_id_field="object_id",
        related_query_name="personalise_segment",
        for_concrete_model=False,
    )
    workflow_states = GenericRelation(
        "wagtailcore.WorkflowState",
        content_type_field="base_content_type",
        object_id_field="object_id",
        related_query_name="personalise_segment",
        for_concrete_model=False,
    )

    search_fields: ClassVar[list[Any]] = [
        index.SearchField("name"),
        index.AutocompleteField("name"),
        index.AutocompleteField("slug"),
        index.AutocompleteField("owner"),
        index.SearchField("purpose"),
        index.FilterField("live"),
        index.FilterField("archived"),
    ]

    objects = SegmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        if self.pk and self.first_published_at:
            published = type(self).objects.filter(pk=self.pk).values_list("slug", flat=True).first()
            if published and published != self.slug:
                raise ValidationError(
                    {
                        "slug": gettext(
                            "This segment has been published as “%s”, and templates and other systems may use that "
                            "name. Keep it, or make a copy with another slug."
                        )
                        % published
                    }
                )

    @property
    def holdout_share(self) -> int:
        """How many of the 10,000 lots are held back from it for comparison."""
        return self.holdout_percent * LOTS_PER_PERCENT

    # Rules

    @classmethod
    def rule_relations(cls) -> list[Any]:
        """The relations to every installed rule type, third parties' included, in the order of the menu."""
        return list(_rule_relations(get_language()))

    def get_rules(self) -> list[Rule]:
        """Its rules as they stand in this object, so that of a draft these are the draft's."""
        return [
            rule for relation in self.rule_relations() for rule in getattr(self, relation.get_accessor_name()).all()
        ]

    def condition(self) -> Condition:
        """What its rules ask together. Raises ConditionError where one of them can't be asked."""
        return self.join(rule.asked() for rule in self.get_rules())

    def join(self, asked: Iterable[Condition]) -> Condition:
        """Conditions as one, by the segment's ALL or ANY."""
        return joined(self.match, asked)

    def sentences(self) -> list[str]:
        """Its rules in words for editors."""
        return [rule.sentence() for rule in self.get_rules()]

    def in_words(self) -> InWords:
        """Who is in it, for editors. Never raises: a draft's rules may not be finished."""
        return rules_in_words(self.get_rules(), self.match == self.ANY, bool(self.missing_rule_types), self.inner)

    def problems(self) -> list[str]:
        """What keeps it from having anybody in it, a sentence each, for editors. Never raises."""
        return problems_of(self)

    def warnings(self) -> list[str]:
        """What else is worth a look in it, a sentence each, for editors. Never raises."""
        return warnings_of(self)

    @cached_property
    def inner(self) -> Inner:
        """The segments that its rules ask about, and those inside them, by primary key; see `inner.look_inside`."""
        return inner_segments(self.get_rules())

    def public_sentences(self) -> list[str]:
        """Its rules in words for visitors."""
        return [rule.public_sentence() for rule in self.get_rules()]

    # Ending

    def uses(self) -> list[tuple[Any, list[Any]]]:
        """Where it is used: [(object, its references), …]; other segments whose rules ask about it included.

        Read from Wagtail's reference index, which knows saved content and not drafts. Drafts of segments are read too:
        they stand at the end, without references.
        """
        used: list[tuple[Any, list[Any]]] = list(ReferenceIndex.get_grouped_references_to(self))
        known = {user.pk for user, _references in used if isinstance(user, Segment)}
        return used + [(segment, []) for segment in self._drafts_that_ask() if segment.pk not in known]

    def _drafts_that_ask(self) -> list[Segment]:
        """The segments whose unpublished changes hold a rule about this one."""
        drafts = (
            Segment.objects.filter(has_unpublished_changes=True).exclude(pk=self.pk).select_related("latest_revision")
        )
        return [
            draft for draft in drafts if draft.latest_revision and self.pk in asked_in(draft.latest_revision.content)
        ]

    def archive(self, user: Any = None) -> None:
        """Take it out of use without breaking what uses it: nobody is in it, and choosers no longer offer it."""
        if self.live:
            # Whether the user may do this is asked by the view, as for any snippet.
            UnpublishAction(self, user=user, log_action=False).execute(skip_permission_checks=True)
        # What was scheduled or submitted would bring it back to life.
        self.revisions.update(approved_go_live_at=None)
        if workflow_state := self.current_workflow_state:
            workflow_state.cancel(user=user)
        self._set_archived(True)
        log(self, "wagtail_personalise_gov.archive", user=user)

    def restore(self, user: Any = None) -> None:
        """Bring it back from the archive, as a draft."""
        self._set_archived(False)
        log(self, "wagtail_personalise_gov.restore", user=user)

    def _set_archived(self, archived: bool) -> None:
        self.archived = archived
        self.save(update_fields=["archived"])

    def save(self, *args: Any, **kwargs: Any) -> None:
        """In one transaction with its rules: half of a new rule set may be wider than the old and the new one."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            for rule_type in self._lost:
                RuleTypeInUse.objects.get_or_create(segment=self, rule_type=rule_type)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused with ProtectedError while it is used: pages that name it could not be saved any more."""
        self.refuse_while_used()
        with transaction.atomic():
            RuleTypeInUse.discard([self.pk])
            deleted: tuple[int, dict[str, int]] = super().delete(*args, **kwargs)
        return deleted

    def refuse_while_used(self) -> None:
        """Raise ProtectedError where something uses it."""
        if used := self.uses():
            names = ", ".join(f"“{user}”" for user, _references in used[:5])
            raise ProtectedError(
                gettext("Segment “%(segment)s” is used by %(names)s. Archive it instead, or remove it there first.")
                % {"segment": self, "names": names},
                {user for user, _references in used},
            )

    # Rules whose app was removed

    _lost: Sequence[str] = ()  # rules of the revision that this object was made of, which no installed type can read

    @cached_property
    def missing_rule_types(self) -> list[str]:
        """The types of rules that it has and that are not installed. While there are any, nobody is in it."""
        if self.pk is None:
            return list(self._lost)
        return sorted({*self._lost, *RuleTypeInUse.missing().filter(segment=self).values_list("rule_type", flat=True)})

    def give_up_missing_rules(self, user: Any = None) -> None:
        """Go on without the rules whose app was removed, as somebody decided who saw what is left."""
        given_up = self.missing_rule_types
        with transaction.atomic():
            RuleTypeInUse.discard([self.pk])
        self._lost = ()
        del self.missing_rule_types
        log(self, "wagtail_personalise_gov.give_up_rules", user=user, data={"rule_types": given_up})

    # Drafts

    def with_content_json(self, content: Any) -> Segment:
        """Archived or not is a matter of the segment, not of one of its revisions."""
        segment: Segment = super().with_content_json(content)
        segment.archived = self.archived
        segment._lost = lost_in(content, (relation.get_accessor_name() for relation in self.rule_relations()))
        return segment

    def get_lock(self) -> Any:
        return ArchivedLock(self) if self.archived else super().get_lock()

    @property
    def status_string(self) -> str:
        return gettext("archived") if self.archived else str(super().status_string)

    @property
    def review_is_overdue(self) -> bool:
        return self.review_by is not None and self.review_by < timezone.localdate()

    # Preview

    def get_preview_template(self, request: Any, mode_name: str) -> str:
        return "wagtail_personalise_gov/editor/segment_preview.html"

    def get_preview_context(self, request: Any, mode_name: str) -> dict[str, Any]:
        finished = [rule for rule in self.get_rules() if is_finished(rule)]
        return {
            **super().get_preview_context(request, mode_name),
            "segment": self,
            "in_words": self.in_words(),
            "public_sentences": [text for rule in finished if (text := rule.public_sentence())],
        }


def joined(match: str, asked: Iterable[Condition]) -> Condition:
    """Conditions as one, by ALL or ANY of a segment."""
    return AnyOf(*asked) if match == Segment.ANY else All(*asked)


@cache  # lists ask this for every segment; the installed types stay, and their names are as many as there are languages
def _rule_relations(language: str | None) -> tuple[Any, ...]:
    relations = [relation for relation in get_all_child_relations(Segment) if issubclass(relation.related_model, Rule)]
    groups = [str(group) for group in GROUP_ORDER]

    def place(relation: Any) -> tuple[int, str, str]:
        rule = relation.related_model
        group = str(rule.group)
        order = groups.index(group) if group in groups else len(groups)
        return order, group, str(rule._meta.verbose_name)

    return tuple(sorted(relations, key=place))


def rule_lookups() -> list[models.Prefetch[Any]]:
    """For prefetching: every rule type, with what its rules ask about."""
    lookups = []
    for relation in Segment.rule_relations():
        links = [
            field.name
            for field in relation.related_model._meta.concrete_fields
            if field.many_to_one and not isinstance(field, ParentalKey)
        ]
        rules = relation.related_model._default_manager.all()
        lookups.append(models.Prefetch(relation.get_accessor_name(), rules.select_related(*links) if links else rules))
    return lookups
