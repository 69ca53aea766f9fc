"""The rules of a segment as an editor builds them: one menu for all installed rule types, one card for each rule.

Behind the menu stands one of Wagtail's InlinePanels for each rule type. Nothing is registered: the types are found when
the panel is bound to the model, which is after all apps are loaded, so third parties' rules are among them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property, partial
from typing import Any

from django.forms import Media, Select
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modelcluster.forms import BaseChildFormSet
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel, Panel, PanelGroup
from wagtail.admin.staticfiles import versioned_static

from ...models import Rule, SegmentRule
from ...models.rules.nesting import Ways
from ...models.words import rule_in_words
from .comparison import RulesComparison
from .in_words import form_in_words

SCRIPTS = ("rules-panel", "rule-menu", "live-words")
TEMPLATES = "wagtail_personalise_gov/editor/panels"


class RulesPanel(PanelGroup):
    """All rules of a segment, whatever their types."""

    def clone_kwargs(self) -> dict[str, Any]:
        return {**super().clone_kwargs(), "children": ()}  # found anew whenever the panel is bound

    def on_model_bound(self) -> None:
        self.children = [RuleInlinePanel(relation.get_accessor_name()) for relation in self.model.rule_relations()]
        super().on_model_bound()

    class BoundPanel(PanelGroup.BoundPanel):
        template_name = f"{TEMPLATES}/rules_panel.html"

        def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
            groups: dict[str, list[Any]] = {}
            for child in self.children:
                groups.setdefault(str(child.rule_model.group), []).append(child)
            return {**super().get_context_data(parent_context), "groups": groups, **form_in_words(self.form)}

        @property
        def media(self) -> Media:
            media: Media = super().media + Media(
                js=[versioned_static(f"wagtail_personalise_gov/js/{name}.js") for name in SCRIPTS],
                css={"all": [versioned_static("wagtail_personalise_gov/css/editor.css")]},
            )
            return media


class RuleFormSet(BaseChildFormSet):
    """Tells each rule which segment it belongs to while it is checked, not only once it is saved.

    A rule about another segment needs that to find out whether the two would go round in a circle. And a rule that has
    no row yet is kept, whatever it says.
    """

    def _construct_form(self, i: int, **kwargs: Any) -> Any:
        form = super()._construct_form(i, **kwargs)
        form.instance.segment = self.instance
        if self.is_bound and i < self.initial_form_count() and form.instance.pk is None:
            # A draft's rule, or one whose row is gone. Django compares it with a blank one: left at its default values
            # it would look unchanged, and be dropped, which would widen the segment.
            form.has_changed = lambda: True
        if isinstance(form.instance, SegmentRule):
            form.instance.ways = self.ways
        return form

    @cached_property
    def ways(self) -> Ways:
        """Read once for all cards about other segments."""
        return Ways()


class RuleInlinePanel(InlinePanel):
    """The rules of one type. Its own button is hidden: the menu of the RulesPanel presses it."""

    def on_model_bound(self) -> None:
        super().on_model_bound()
        rule_model = self.db_field.related_model
        self.heading = self.label = capfirst(rule_model._meta.verbose_name)
        self.icon = rule_model.icon

    @cached_property
    def panel_definitions(self) -> list[Panel]:
        own = [panel for panel in super().panel_definitions if getattr(panel, "field_name", panel) != "negated"]
        return [NegatedPanel(asks_more=bool(own)), *own]

    @cached_property
    def child_edit_handler(self) -> Panel:
        card = RuleCardPanel(self.panel_definitions).bind_to_model(self.db_field.related_model)
        name_choices(card, card.get_form_class().base_fields)
        return card

    def get_form_options(self) -> dict[str, Any]:
        options: dict[str, Any] = super().get_form_options()
        options["formsets"][self.relation_name]["formset"] = RuleFormSet
        return options

    class BoundPanel(InlinePanel.BoundPanel):
        template_name = f"{TEMPLATES}/rule_inline_panel.html"

        def get_comparison(self) -> list[Any]:
            comparisons: list[Any] = super().get_comparison()
            return [partial(RulesComparison, *one.args, **one.keywords) for one in comparisons]

        @property
        def rule_model(self) -> type[Rule]:
            model: type[Rule] = self.panel.db_field.related_model
            return model

        def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            context["can_order"] = False  # all or any of the rules: their order says nothing
            return context


class RuleCardPanel(MultiFieldPanel):
    """One rule. The page's script makes its sentence the card's heading."""

    class BoundPanel(MultiFieldPanel.BoundPanel):
        template_name = f"{TEMPLATES}/rule_card.html"


def name_choices(group: Any, fields: Mapping[str, Any]) -> None:
    """Give the fields in a group of panels that are several boxes to tick a name for those who hear the form.

    Wagtail writes a heading over them, which belongs to no box.
    """
    for panel in group.children:
        if hasattr(panel, "children"):
            name_choices(panel, fields)
        elif (field := fields.get(getattr(panel, "field_name", ""))) and not field.widget.id_for_label("any"):
            panel.attrs.update({"role": "group", "aria-label": panel.heading or field.label})


class NegatedPanel(FieldPanel):
    """The choice that every card begins with: whether the rule is to be true or not true of the visitor.

    A rule that asks nothing further says itself in it; any other is said by what is filled in below.
    """

    def __init__(self, field_name: str = "negated", *, asks_more: bool = True, **kwargs: Any) -> None:
        super().__init__(field_name, **{"heading": _("Visitors match when"), "widget": Select, **kwargs})
        self.asks_more = asks_more

    def clone_kwargs(self) -> dict[str, Any]:
        return {**super().clone_kwargs(), "asks_more": self.asks_more}

    class BoundPanel(FieldPanel.BoundPanel):
        def __init__(self, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            if self.bound_field is not None:
                self.bound_field.field.choices = [(False, self.words(False)), (True, self.words(True))]
                self.help_text = self.bound_field.help_text = ""

        def words(self, negated: bool) -> str:
            if not self.panel.asks_more:
                return rule_in_words(self.panel.model(negated=negated))
            if negated:
                return gettext("this is not true of them, as far as we can tell")
            return gettext("this is true of them")
