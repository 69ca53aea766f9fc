"""The menu "Personalisation": segments, trying them as a visitor, intents, goals, API tokens and the pause."""

from __future__ import annotations

from django.forms import RadioSelect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    InlinePanel,
    MultiFieldPanel,
    ObjectList,
    PublishingPanel,
    TitleFieldPanel,
)
from wagtail.admin.ui.tables import BooleanColumn, Column
from wagtail.admin.widgets import SlugInput
from wagtail.snippets.views.snippets import SnippetViewSet, SnippetViewSetGroup

from ..models import Goal, Intent, Segment
from .api_tokens import TokensViewSet
from .exchange.views import (
    ExportableEditView,
    ExportableInspectView,
    ExportOneView,
    ExportView,
    ImportView,
    SegmentListView,
)
from .goals import GoalDeleteView, GoalForm, GoalIndexView, HowToPanel, counted_in_a_word, reached_when, shown_for
from .intents import IntentIndexView, SignalsColumn
from .pausing import PauseViewSet
from .segments.archiving import ArchiveView, GiveUpRulesView, RestoreView
from .segments.choosing import SegmentChooserViewSet
from .segments.forms import SegmentForm
from .segments.in_words import InWordsOfNewView, InWordsView
from .segments.listing import InWordsColumn, SegmentFilterSet, StatusColumn, UsedColumn
from .segments.panels import RulesPanel
from .segments.views import SegmentCopyView, SegmentCreateView
from .trying.page import TryViewSet
from .trying.panel import TryFormView, TryNewFormView

SLUG = SlugInput(
    # The slug may become the name of a response header: plain letters, and hyphens where people write other marks.
    attrs={"data-w-slug-allow-unicode-value": False},
    formatters=[("_", "-")],
    locale="en",
)


class SegmentViewSet(SnippetViewSet):
    model = Segment
    url_prefix = "personalisation/segments"
    icon = "personalise-segment"
    menu_label = _("Segments")
    index_view_class = SegmentListView
    add_view_class = SegmentCreateView
    edit_view_class = ExportableEditView
    copy_view_class = SegmentCopyView
    inspect_view_class = ExportableInspectView
    inspect_view_enabled = True
    inspect_view_fields = [
        "name",
        "slug",
        "status_string",
        "in_words",
        "problems",
        "learning",
        "holdout_percent",
        "purpose",
        "owner",
        "review_by",
        "public_name",
        "public_explanation",
    ]
    index_template_name = "wagtail_personalise_gov/editor/segment_list.html"
    filterset_class = SegmentFilterSet
    chooser_viewset_class = SegmentChooserViewSet
    list_export = [
        "name",
        "slug",
        "status_string",
        "in_words",
        "use_count",
        "purpose",
        "owner",
        "review_by",
        "public_name",
    ]
    export_headings = {
        "status_string": _("Status"),
        "in_words": _("Who is in it"),
        "use_count": _("Used"),
    }
    export_filename = "segments"

    edit_handler = ObjectList(
        [
            TitleFieldPanel("name", placeholder=_("Name of the segment*"), heading=_("Name")),
            FieldPanel("slug", widget=SLUG, required_on_save=True),
            MultiFieldPanel(
                [
                    FieldPanel(
                        "match",
                        widget=RadioSelect,
                        heading=_("All or any of the rules"),
                        attrs={"role": "group", "aria-label": _("All or any of the rules")},
                    ),
                    RulesPanel(heading=_("Rules")),
                ],
                heading=_("Who is in it"),
                icon="personalise-segment",
            ),
            MultiFieldPanel(
                [FieldPanel("learning"), FieldPanel("holdout_percent")],
                heading=_("Comparison"),
                icon="personalise-goal",
                help_text=_(
                    "Changing the share ends a running comparison and begins another. In learning mode nobody is "
                    "held back."
                ),
            ),
            MultiFieldPanel(
                [FieldPanel("purpose"), FieldRowPanel([FieldPanel("owner"), FieldPanel("review_by")])],
                heading=_("Why it exists, and who answers for it"),
                icon="clipboard-list",
            ),
            MultiFieldPanel(
                [FieldPanel("public_name"), FieldPanel("public_explanation")],
                heading=_("What visitors read about it"),
                icon="openquote",
            ),
            PublishingPanel(),
        ],
        base_form_class=SegmentForm,
    )

    list_display = [
        "name",
        StatusColumn("status_string", label=_("Status"), sort_key="live", width="10%"),
        InWordsColumn("in_words", label=_("Who is in it"), width="35%"),
        UsedColumn("use_count", label=_("Used"), width="12%"),
        Column("owner", label=_("Owner"), sort_key="owner"),
        Column("review_by", label=_("Review by"), sort_key="review_by"),
    ]

    def get_urlpatterns(self) -> list[URLPattern]:
        return [
            *super().get_urlpatterns(),
            path("add/try/", self.construct_view(TryNewFormView, **self.get_add_view_kwargs()), name="try_new"),
            path(
                f"edit/<{self.pk_path_converter}:pk>/try/",
                self.construct_view(TryFormView, **self.get_edit_view_kwargs()),
                name="try",
            ),
            path(
                "add/in-words/",
                self.construct_view(InWordsOfNewView, **self.get_add_view_kwargs()),
                name="in_words_of_new",
            ),
            path(
                f"edit/<{self.pk_path_converter}:pk>/in-words/",
                self.construct_view(InWordsView, **self.get_edit_view_kwargs()),
                name="in_words",
            ),
            path("archive/", self.construct_view(ArchiveView), name="archive"),
            path("restore/", self.construct_view(RestoreView), name="restore"),
            path("give-up-rules/", self.construct_view(GiveUpRulesView), name="give_up"),
            path("export/", self.construct_view(ExportView, **self.get_index_view_kwargs()), name="export"),
            path("export/<int:pk>/", self.construct_view(ExportOneView), name="export_one"),
            path("import/", self.construct_view(ImportView), name="import"),
        ]


class IntentViewSet(SnippetViewSet):
    model = Intent
    url_prefix = "personalisation/intents"
    icon = "personalise-intent"
    menu_label = _("Intents")
    index_view_class = IntentIndexView
    sort_order_field = "sort_order"
    ordering = ["sort_order", "name"]
    list_export = ["name", "slug", "label", "parent", "asked", "signals_in_words", "segment_count"]
    export_headings = {
        "label": _("Answer"),
        "parent": _("Part of"),
        "asked": _("Offered as an answer"),
        "signals_in_words": _("What suggests it"),
        "segment_count": _("Segments that ask for it"),
    }
    export_filename = "intents"
    edit_handler = ObjectList(
        [
            TitleFieldPanel("name", placeholder=_("Name of the intent*"), heading=_("Name")),
            FieldPanel("slug", widget=SLUG, help_text=_("Its name in links, templates and the API.")),
            MultiFieldPanel(
                [FieldPanel("question_label"), FieldPanel("asked"), FieldPanel("parent"), FieldPanel("sort_order")],
                heading=_("In the question to visitors"),
                icon="help",
            ),
            InlinePanel(
                "signals",
                panels=[
                    FieldPanel("kind"),
                    FieldPanel("page", help_text=_("Only where the visit begins on a page, or below one.")),
                    FieldPanel(
                        "text",
                        help_text=_(
                            "Only for a campaign: what its links say after utm_campaign=. Or for a search: words that "
                            "must all be in it."
                        ),
                    ),
                    FieldPanel(
                        "confidence",
                        help_text=_("The surest signal of a visit counts. Rules ask for “likely” or more."),
                    ),
                ],
                heading=_("What suggests it"),
                label=_("signal"),
                icon="view",
                help_text=_(
                    "How a visit begins may suggest what it is for, without asking. What a visitor tells us counts for "
                    "more than any of these."
                ),
            ),
        ]
    )

    list_display = [
        "name",
        Column("label", label=_("Answer")),
        Column("parent", label=_("Part of"), accessor=lambda intent: intent.parent or ""),
        BooleanColumn("asked", label=_("Asked")),
        SignalsColumn("signals_in_words", label=_("What suggests it"), width="35%"),
        Column("segment_count", label=_("Segments that ask for it")),
    ]


class GoalViewSet(SnippetViewSet):
    model = Goal
    url_prefix = "personalisation/goals"
    icon = "personalise-goal"
    menu_label = _("Goals")
    index_view_class = GoalIndexView
    delete_view_class = GoalDeleteView
    index_template_name = "wagtail_personalise_gov/editor/goal_list.html"
    list_export = ["name", "slug", "kind", "page", "path", "link", "live", "smallest_difference", "public_name"]
    export_filename = "goals"
    edit_handler = ObjectList(
        [
            TitleFieldPanel("name", placeholder=_("Name of the goal*"), heading=_("Name")),
            FieldPanel(
                "slug",
                widget=SLUG,
                help_text=_(
                    "Its name in links, templates and code. It can’t change once something was counted. Left empty, it "
                    "is made of the name."
                ),
            ),
            HowToPanel(heading=_("How to use it"), icon="code"),
            MultiFieldPanel(
                [
                    FieldPanel("kind", widget=RadioSelect),
                    FieldPanel("page", attrs=shown_for("page")),
                    FieldPanel("path", attrs=shown_for("path")),
                    FieldPanel("link", attrs=shown_for("link")),
                ],
                heading=_("What reaches it"),
                icon="personalise-goal",
                # Wagtail's own script shows the fields that go with the kind; without scripts, all are shown.
                attrs={"data-controller": "w-rules", "data-action": "change->w-rules#resolve"},
            ),
            MultiFieldPanel(
                [FieldPanel("live"), FieldPanel("smallest_difference")],
                heading=_("Counting"),
                icon="table",
            ),
            FieldPanel("public_name", heading=_("What visitors read about it"), icon="openquote"),
        ],
        base_form_class=GoalForm,
    )

    list_display = [
        "name",
        Column(
            "reached_when",
            label=_("Reached when"),
            accessor=reached_when,
            width="55%",
            classname="personalise-reached-when",
        ),
        Column("live", label=_("Counted"), accessor=counted_in_a_word),
    ]


class PersonalisationGroup(SnippetViewSetGroup):
    menu_label = _("Personalisation")
    menu_icon = "personalise-segment"
    menu_name = "personalisation"
    menu_order = 250  # after pages, images and documents
    items = (SegmentViewSet, TryViewSet, IntentViewSet, GoalViewSet, TokensViewSet, PauseViewSet)
