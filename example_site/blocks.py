"""What Northmoor's editors build pages from.

The first part is content that is the same for everybody. The second part is content that may stand inside a
`PersonalisedBlock`: nothing in it knows about personalisation, apart from `{% story %}` in its templates, which marks
the version that was shown. `streams.py` says which page offers which.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.blocks.struct_block import StructBlockValidationError
from wagtail.rich_text import RichText, expand_db_html

from wagtail_personalise_gov.blocks import MustSeeBlock

from .wards import WARDS, chosen_ward

PROSE = ["h2", "h3", "bold", "ol", "ul", "link"]
SHORT_PROSE = ["bold", "ol", "ul", "link"]


class ProseBlock(blocks.RichTextBlock):
    """Rich text, whose links are addresses in the API too: a front end can't know where the page with a number is."""

    def get_api_representation(self, value: RichText, context: Mapping[str, Any] | None = None) -> str:
        return str(expand_db_html(value.source))

    def deconstruct(self) -> tuple[str, tuple[()], dict[str, Any]]:
        return "wagtail.blocks.RichTextBlock", (), self._constructor_args[1]  # for migrations it is no other


def prose(*, features: list[str] = PROSE, **options: Any) -> ProseBlock:
    """A new rich text block. New each time, since Wagtail names a block instance after the one place it stands in."""
    return ProseBlock(features=features, template="example_site/blocks/prose.html", **options)


# --- The same for everybody


class LinkValue(blocks.StructValue):
    """A link to a page of this site or to another address."""

    def href(self) -> str:
        page = self.get("page")
        return (page.url or "") if page else self.get("address", "")


class LinkBlock(blocks.StructBlock):
    text = blocks.CharBlock(max_length=120, label=_("Link text"))
    hint = blocks.CharBlock(max_length=250, required=False, help_text=_("One sentence under the link."))
    page = blocks.PageChooserBlock(required=False)
    address = blocks.URLBlock(required=False, help_text=_("Only if the link leads to another website."))

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if bool(cleaned.get("page")) == bool(cleaned.get("address")):
            message = ValidationError(_("Give either a page or an address."))
            raise StructBlockValidationError(block_errors={"page": message})
        return cleaned

    def get_api_representation(self, value: LinkValue, context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return {**super().get_api_representation(value, context), "href": value.href()}

    class Meta:
        icon = "link"
        value_class = LinkValue
        label_format = "{text}"


class OptionalLinkBlock(LinkBlock):
    """A link that may be left out: all of it, not half."""

    text = blocks.CharBlock(max_length=120, required=False, label=_("Link text"))

    def clean(self, value: Any) -> Any:
        if not any(value.get(name) for name in ("text", "page", "address")):
            return blocks.StructBlock.clean(self, value)
        if not value.get("text"):
            raise StructBlockValidationError(block_errors={"text": ValidationError(_("Say what the link leads to."))})
        return super().clean(value)


class WarningBlock(blocks.StructBlock):
    heading = blocks.CharBlock(max_length=150)
    text = prose(features=["bold", "link"])
    link = OptionalLinkBlock()
    must_see = MustSeeBlock()

    class Meta:
        icon = "warning"
        template = "example_site/blocks/warning.html"
        label_format = "{heading}"


class FactBlock(blocks.StructBlock):
    term = blocks.CharBlock(max_length=60)
    detail = blocks.CharBlock(max_length=250)

    class Meta:
        label_format = "{term}: {detail}"


class FactsBlock(blocks.StructBlock):
    heading = blocks.CharBlock(max_length=120)
    facts = blocks.ListBlock(FactBlock())

    class Meta:
        icon = "list-ul"
        template = "example_site/blocks/facts.html"
        label_format = "{heading}"


class StepBlock(blocks.StructBlock):
    heading = blocks.CharBlock(max_length=120)
    text = prose(features=SHORT_PROSE)

    class Meta:
        label_format = "{heading}"


class StepsBlock(blocks.StructBlock):
    heading = blocks.CharBlock(max_length=120)
    steps = blocks.ListBlock(StepBlock())

    class Meta:
        icon = "list-ol"
        template = "example_site/blocks/steps.html"
        label_format = "{heading}"


class LinksBlock(blocks.StructBlock):
    heading = blocks.CharBlock(max_length=120)
    links = blocks.ListBlock(LinkBlock())

    class Meta:
        icon = "list-ul"
        template = "example_site/blocks/links.html"
        label_format = "{heading}"


class RestCentreBlock(blocks.StructBlock):
    name = blocks.CharBlock(max_length=120)
    address = blocks.CharBlock(max_length=250)
    opening = blocks.CharBlock(max_length=120, label=_("When it is open"))
    facilities = blocks.CharBlock(max_length=250, required=False)

    class Meta:
        icon = "home"
        label_format = "{name}"


class RestCentresBlock(blocks.StructBlock):
    heading = blocks.CharBlock(max_length=120)
    centres = blocks.ListBlock(RestCentreBlock())

    class Meta:
        icon = "home"
        template = "example_site/blocks/rest_centres.html"
        label_format = "{heading}"


class ContactBlock(blocks.StructBlock):
    heading = blocks.CharBlock(max_length=120, default="Get help")
    text = blocks.CharBlock(max_length=250, required=False)
    phone = blocks.CharBlock(max_length=30, required=False)
    email = blocks.EmailBlock(required=False)
    opening = blocks.CharBlock(max_length=120, required=False, label=_("Opening hours"))

    class Meta:
        icon = "mail"
        template = "example_site/blocks/contact.html"
        label_format = "{heading}"


class DetailsBlock(blocks.StructBlock):
    summary = blocks.CharBlock(max_length=150)
    text = prose(features=SHORT_PROSE)

    class Meta:
        icon = "help"
        template = "example_site/blocks/details.html"
        label_format = "{summary}"


class LatestNewsBlock(blocks.StructBlock):
    heading = blocks.CharBlock(max_length=120, default="Latest news")
    how_many = blocks.IntegerBlock(min_value=1, max_value=6, default=3)

    @staticmethod
    def news(value: Any) -> Any:
        from .models import NewsPage  # models import this module

        return NewsPage.objects.live().public().order_by("-date", "-pk")[: value["how_many"]]

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        context["news"] = self.news(value)
        return context

    def get_api_representation(self, value: Any, context: Mapping[str, Any] | None = None) -> dict[str, Any]:
        news = [
            {"title": page.title, "href": page.url, "date": page.date.isoformat(), "summary": page.summary}
            for page in self.news(value)
        ]
        return {**super().get_api_representation(value, context), "news": news}

    class Meta:
        icon = "doc-full-inverse"
        template = "example_site/blocks/latest_news.html"
        label_format = "{heading}"


class WardQuestionBlock(blocks.StructBlock):
    """A question of the site's own. The answer is the custom fact that `WardRule` asks."""

    heading = blocks.CharBlock(max_length=120, default="Which ward do you live in?")
    hint = blocks.CharBlock(max_length=250, required=False)

    def render(self, value: Any, context: Mapping[str, Any] | None = None) -> str:
        visit = getattr((context or {}).get("request"), "visit", None)
        if visit is None or not visit.standing.adapts:
            return ""  # the answer would not be used
        return str(super().render(value, context))

    def get_context(self, value: Any, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        context |= {"wards": WARDS, "answer": chosen_ward(context["request"])}
        return context

    class Meta:
        icon = "help"
        template = "example_site/blocks/ward_question.html"


# --- Content that may stand inside a PersonalisedBlock


class WelcomeBlock(blocks.StructBlock):
    heading = blocks.CharBlock(max_length=120)
    text = blocks.CharBlock(max_length=300, required=False)
    links = blocks.ListBlock(LinkBlock())

    class Meta:
        icon = "pick"
        template = "example_site/blocks/welcome.html"
        label_format = "{heading}"


class NextStepsBlock(blocks.StructBlock):
    heading = blocks.CharBlock(max_length=120)
    text = blocks.CharBlock(max_length=300, required=False)
    steps = blocks.ListBlock(LinkBlock())
    numbered = blocks.BooleanBlock(required=False, help_text=_("Tick if the steps must be done in this order."))

    class Meta:
        icon = "list-ol"
        template = "example_site/blocks/next_steps.html"
        label_format = "{heading}"


class OpeningBlock(blocks.StructBlock):
    heading = blocks.CharBlock(max_length=120)
    text = prose(features=SHORT_PROSE)
    link = OptionalLinkBlock()

    class Meta:
        icon = "openquote"
        template = "example_site/blocks/opening.html"
        label_format = "{heading}"


class LocalBlock(blocks.StructBlock):
    """What matters in one part of Northmoor. The reader is told why they see it, and can say "I'm not there"."""

    heading = blocks.CharBlock(max_length=120)
    text = prose(features=SHORT_PROSE)
    centres = blocks.ListBlock(RestCentreBlock(), default=[], label=_("Rest centres"))
    why = blocks.CharBlock(
        max_length=300,
        required=False,
        help_text=_(
            "Why people see this version, for example “You seem to be in Riverside”. Not for the standard version."
        ),
    )
    not_here = blocks.CharBlock(
        max_length=60,
        required=False,
        label=_("“I'm not there” button"),
        help_text=_("For example “I'm not in Riverside”. Not for the standard version."),
    )

    class Meta:
        icon = "site"
        template = "example_site/blocks/local.html"
        label_format = "{heading}"
