"""Rule: the base of everything that an editor can ask of a visitor.

A rule is a form for a condition, not a second engine: it says itself as a `Condition` and as a sentence, and never
looks at a request. Any installed app may add one: subclass `Rule`, give it `panels` and `condition()`.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Sequence
from typing import Any, ClassVar

from django.core.exceptions import NON_FIELD_ERRORS, ObjectDoesNotExist, ValidationError
from django.db import models
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import model_from_serializable_data
from wagtail.models import Orderable

from ...core.conditions import Condition, ConditionError, Not, from_json
from ...core.facts import family
from ...facts import known_facts
from ..fields import NegatedField, joined

# Groups of the "Add a rule" menu, in this order; a rule may name one of its own.
ARRIVAL = _("How they arrived")
VISITOR = _("The visitor")
BROWSER = _("Their device and language")
PLACE = _("Where they are")
TIME = _("When it is")
HERE = _("What they look at")
OTHERS = _("Other segments")
GROUP_ORDER: tuple[Any, ...] = (ARRIVAL, VISITOR, BROWSER, PLACE, TIME, HERE, OTHERS)


class Rule(Orderable):
    """One row that an editor fills in.

    Subclasses must inherit ``Rule.Meta`` in their own ``Meta``, if they have one: its ordering is what makes a rule
    that was left at its default values be saved (Django takes an unchanged form for an empty one).
    """

    segment = ParentalKey(
        "wagtail_personalise_gov.Segment", on_delete=models.CASCADE, related_name="%(app_label)s_%(class)s_rules"
    )
    negated = NegatedField()

    icon: ClassVar[str] = "cog"
    group: ClassVar[Any] = VISITOR
    description: ClassVar[Any] = ""  # one line for the "Add a rule" menu
    also_called: ClassVar[Any] = ""  # other words by which editors look for it there; nobody reads them

    class Meta(Orderable.Meta):
        abstract = True

    def __str__(self) -> str:
        return self.sentence()

    def condition(self) -> Condition:
        """What the rule asks, without its negation. Raises ConditionError where it can't be asked."""
        raise NotImplementedError(f"{type(self).__name__} needs a condition().")

    def asked(self) -> Condition:
        """What the rule asks, with its negation."""
        condition = self.condition()
        return Not(condition) if self.negated else condition

    def sentence(self) -> str:
        """The rule in words for editors."""
        name = str(self._meta.verbose_name)
        return gettext("not: %s") % name if self.negated else name

    def public_sentence(self) -> str:
        """The rule in words for visitors; the meanings of the facts that it asks, unless a rule says it better."""
        known = known_facts()
        meanings = [str(known[name].meaning) for name in sorted(map(family, self.condition().facts)) if name in known]
        return gettext("It depends on %s.") % joined(meanings, gettext("and")) if meanings else ""

    def full_clean(
        self, exclude: Collection[str] | None = None, validate_unique: bool = True, validate_constraints: bool = True
    ) -> None:
        """As Django's, but fields first: what is wrong with one of them is said there and not of the rule once more.

        A form excludes the fields that it has found wrong, or that a draft may lack, already.
        """
        excluded = set(exclude or ())
        self.clean_fields(exclude=excluded)
        if excluded.isdisjoint(self.own_fields()):
            super().full_clean(excluded, validate_unique, validate_constraints)

    @classmethod
    def own_fields(cls) -> set[str]:
        """The names of the fields that say what it asks."""
        return {field.name for field in cls._meta.concrete_fields} - {"id", "segment", "sort_order", "negated"}

    @classmethod
    def prepare_public(cls, rules: Sequence[Rule]) -> None:
        """Called with all rules of the type before each says itself to visitors: the place for one query for all."""

    def not_live(self) -> list[str]:
        """What it asks about and visitors can't meet, a sentence each: "“News” is a draft."

        Found by its foreign keys: whatever they lead to that has Wagtail's `live`, or is archived.
        """
        found = (
            getattr(self, link.name)
            for link in self._meta.concrete_fields
            if link.many_to_one and not isinstance(link, ParentalKey) and getattr(self, link.attname) is not None
        )
        return [message for asked in found if (message := not_live_message(asked))]

    def cannot_match(self) -> str:
        """Why no visitor can match by it as things stand, in words for editors; "" where some may."""
        return ""

    @classmethod
    def prepare_problems(cls, rules: Sequence[Rule]) -> None:
        """Called with all rules of the type before each says whether it can match: for one query for all."""

    def clean(self) -> None:
        """Refuse what can't compile, so that no rule can be saved that can't be asked on a visit."""
        super().clean()
        try:
            condition = self.asked()
        except ConditionError as error:
            raise ValidationError(str(error)) from error
        except ObjectDoesNotExist:
            return  # a field that must be filled in is not, and says so itself
        if not isinstance(condition, Condition):
            raise ValidationError(
                gettext("This rule can't be asked: its condition() gives %s.") % type(condition).__name__
            )
        self._refuse_what_is_no_data(condition)
        self._refuse_unknown_facts(condition)

    @classmethod
    def from_serializable_data(cls, data: dict[str, Any], check_fks: bool = True, strict_fks: bool = False) -> Rule:
        """The rule as a revision holds it. What it asks about may be gone since: then that choice is empty.

        modelcluster would raise for a row that is protected from deletion, and elsewhere drop the rule, which would
        widen its segment.
        """
        links = [
            field for field in cls._meta.concrete_fields if field.many_to_one and not isinstance(field, ParentalKey)
        ]
        gone = {
            link.name: None
            for link in links
            if data.get(link.name) is not None
            and not link.related_model._default_manager.filter(pk=data[link.name]).exists()
        }
        key = data.get("pk")
        if key is not None and not cls._default_manager.filter(pk=key).exists():
            gone["pk"] = None  # its row was deleted since; saved as it is, a form would look for that
        rule: Rule = model_from_serializable_data(cls, {**data, **gone}, check_fks=False)
        return rule

    def _refuse_what_is_no_data(self, condition: Condition) -> None:
        # Conditions leave the database as JSON, for the API and other runtimes; one that can't is no condition.
        try:
            portable = from_json(condition.to_json()) == condition
        except (ConditionError, NotImplementedError):
            portable = False
        if not portable:
            raise ValidationError(
                gettext("This rule can't be asked: %s can't be written as JSON and read again.")
                % type(condition).__name__
            )

    def _refuse_unknown_facts(self, condition: Condition) -> None:
        known = known_facts()
        unknown = sorted(name for name in condition.facts if family(name) not in known)
        if unknown:
            near = difflib.get_close_matches(unknown[0], known, n=1, cutoff=0.8)
            hint = gettext(" Did you mean %s?") % near[0] if near else ""
            raise ValidationError(
                ngettext(
                    "This rule asks something that this site does not know: %s. Has its app been removed?",
                    "This rule asks things that this site does not know: %s. Has their app been removed?",
                    len(unknown),
                )
                % ", ".join(unknown)
                + hint
            )


class Gone(ConditionError):
    """What a rule asks about was deleted. It is known to nobody, so the rule can't be told of anybody."""

    def __init__(self) -> None:
        super().__init__(gettext("What this rule asks about was deleted. Choose something else, or delete the rule."))


def not_live_message(asked: object) -> str:
    """Why visitors can't meet something that a rule asks about: "“News” is a draft."; "" where they can."""
    if getattr(asked, "archived", False) is True:
        return gettext("“%s” is in the archive.") % asked
    if getattr(asked, "live", True) is not False:
        return ""
    if getattr(asked, "first_published_at", None):
        return gettext("“%s” is not published any more.") % asked
    return gettext("“%s” is a draft.") % asked


class FieldErrors:
    """Collects messages for the fields of a rule and raises them together, so that an editor sees all at once."""

    def __init__(self) -> None:
        self._errors: dict[str, list[Any]] = {}

    def add(self, field: str, message: Any) -> None:
        self._errors.setdefault(field or NON_FIELD_ERRORS, []).append(message)

    def __bool__(self) -> bool:
        return bool(self._errors)

    def raise_any(self) -> None:
        if self._errors:
            raise ValidationError(self._errors)
