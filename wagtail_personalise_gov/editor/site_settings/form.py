"""The form of a site's settings: its groups of fields, its words by language, and the banner that they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.forms import ChoiceField, Media, Textarea
from django.http import QueryDict
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modelcluster.forms import BaseChildFormSet
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, InlinePanel, MultiFieldPanel, ObjectList, Panel
from wagtail.admin.staticfiles import versioned_static

from ...models.site_settings import MAX_HEADING, MAX_INTRODUCTION, languages
from .changes import parts_changed
from .preview import ASKED, STATES, TEMPLATES, first_language, shown, words_in

WORDINGS = "wordings"


class SiteSettingsForm(WagtailAdminModelForm):
    """Notes which parts it changes. What is posted without any words by language leaves those as they are."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        if data is not None and f"{WORDINGS}-TOTAL_FORMS" not in data:
            data = data.copy() if isinstance(data, QueryDict) else dict(data)
            data.update({f"{WORDINGS}-TOTAL_FORMS": "0", f"{WORDINGS}-INITIAL_FORMS": "0"})
        super().__init__(data, *args, **kwargs)

    def save(self, commit: bool = True) -> Any:
        self.instance.parts_changed = parts_changed(self)
        return super().save(commit)


class WordingFormSet(BaseChildFormSet):
    """Words by language, each language once.

    The language of what is saved stays: to write in another, one is added. So one that is no language of the site any
    more stays too, and two can't be exchanged into each other's place.
    """

    def add_fields(self, form: Any, index: int | None) -> None:
        super().add_fields(form, index)
        known = [(code, str(name)) for code, name in languages()]
        saved = form.instance.language if form.instance.pk else ""
        if saved and saved not in dict(known):
            known.append((saved, gettext("%s (no language of this site any more)") % saved))
        form.fields["language"] = ChoiceField(
            label=form.fields["language"].label,
            choices=known if saved else [("", gettext("Choose a language")), *known],
            disabled=bool(saved),
            help_text=gettext("To write in another language, add it.") if saved else "",
        )

    def validate_unique(self) -> None:
        """Said at the field itself, and at the later of the two."""
        seen: set[str] = set()
        for form in self.forms:
            if self.can_delete and self._should_delete_form(form):
                continue
            language = getattr(form, "cleaned_data", {}).get("language")
            if language in seen:
                form.add_error("language", gettext("There are words in this language already. Change those."))
            elif language:
                seen.add(language)


class WordingsPanel(InlinePanel):
    """The words by language; for a site that has one language, and never had another, there is nothing to show."""

    def get_form_options(self) -> dict[str, Any]:
        options: dict[str, Any] = super().get_form_options()
        options["formsets"][self.relation_name]["formset"] = WordingFormSet
        return options

    class BoundPanel(InlinePanel.BoundPanel):
        def is_shown(self) -> bool:
            return bool(super().is_shown()) and (len(languages()) > 1 or bool(self.children))

        def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
            context: dict[str, Any] = super().get_context_data(parent_context)
            context["can_order"] = False  # their order says nothing
            return context


class BannerPanel(Panel):
    """The banner as it will be, in a frame of its own that runs no scripts and sends no forms."""

    class BoundPanel(Panel.BoundPanel):
        template_name = f"{TEMPLATES}/banner_panel.html"

        def is_shown(self) -> bool:
            return self.form is not None and self.instance.site_id is not None

        def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
            chosen = first_language()
            unfinished = self.form.is_bound and not self.form.is_valid()
            return {
                **super().get_context_data(parent_context),
                "banner": shown(self.instance.site, words_in(self.form), chosen, ASKED, unfinished),
                "languages": languages(),
                "chosen": chosen,
                "states": STATES,
                "url": reverse("personalise_site_settings:banner", args=[self.instance.site_id]),
            }

        @property
        def media(self) -> Media:
            media: Media = super().media + Media(
                js=[versioned_static("wagtail_personalise_gov/js/banner-preview.js")],
                css={"all": [versioned_static("wagtail_personalise_gov/css/site-settings.css")]},
            )
            return media


def _limited(help_text: Any, limit: int) -> Any:
    return format_lazy("{} {}", help_text, format_lazy(_("At most {limit} characters."), limit=limit))


def _counted(field: str, help_text: Any, limit: int, widget: Any = None) -> FieldPanel:
    """A field whose limit is told, and counted while it is filled in."""
    attrs = {"data-controller": "personalise-count"}
    return FieldPanel(field, help_text=_limited(help_text, limit), widget=widget, attrs=attrs)


WORDS = [
    _counted(
        "banner_heading",
        _("Empty: “How … adapts to you”, with the name above. Say plainly what the banner is about."),
        MAX_HEADING,
    ),
    _counted(
        "banner_introduction",
        _(
            "They stand first. What happens, what is used and what is kept always follows, put together from what is "
            "really live, so that part can’t be changed here. Plain text; line breaks are kept."
        ),
        MAX_INTRODUCTION,
        Textarea(attrs={"rows": 3}),
    ),
]

WORDS_IN_A_LANGUAGE = [
    FieldPanel("language"),
    FieldPanel("service_name", help_text=_("Empty: the name above.")),
    _counted("banner_heading", _("Empty: the heading above."), MAX_HEADING),
    _counted("banner_introduction", _("Empty: the words above."), MAX_INTRODUCTION, Textarea(attrs={"rows": 3})),
    FieldPanel("policy_link", help_text=_("Empty: the address below.")),
]

edit_handler = ObjectList(
    [
        MultiFieldPanel(
            [
                FieldPanel(
                    "service_name",
                    help_text=_(
                        "The name that visitors know, in the banner and in titles, such as “How Example Council adapts "
                        "to you”. Empty: as your developers have set it."
                    ),
                )
            ],
            heading=_("What visitors call it"),
        ),
        MultiFieldPanel(WORDS, heading=_("The banner")),
        BannerPanel(heading=_("What visitors see")),  # right below the words, so that it is seen while they are written
        WordingsPanel(
            WORDINGS,
            heading=_("In other languages"),
            label=_("Language"),
            help_text=_(
                "Your own words for pages in these languages. What the package says by itself is translated without "
                "your help."
            ),
            panels=WORDS_IN_A_LANGUAGE,
        ),
        MultiFieldPanel(
            [
                FieldPanel("responsible"),
                FieldPanel("contact_email"),
                FieldPanel("contact_link"),
                FieldPanel("policy_link"),
                FieldPanel("last_reviewed"),
            ],
            heading=_("Who answers for it"),
            help_text=_("Visitors read all of this on the page that says how your site adapts to them."),
        ),
        MultiFieldPanel([FieldPanel("holdout_percent")], heading=_("Comparison")),
    ],
    base_form_class=SiteSettingsForm,
)
