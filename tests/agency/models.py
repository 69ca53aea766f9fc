"""Page types, some that may adapt and one that never does; and a rule type of the site's own."""

from django.db import models
from django.http import HttpRequest, StreamingHttpResponse
from django.template.loader import render_to_string
from modelcluster.fields import ParentalKey
from wagtail import VERSION
from wagtail.admin.panels import FieldPanel
from wagtail.api import APIField
from wagtail.contrib.forms.models import AbstractForm, AbstractFormField
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from wagtail_personalise_gov.core.conditions import Condition, from_json
from wagtail_personalise_gov.editor.preview import PersonalisedPreviewMixin
from wagtail_personalise_gov.models import Rule

from .streams import AgencyBody, HeroBlock

WRITABLE = {"writable": True} if VERSION >= (8, 0) else {}  # for Wagtail's API v3, which is new in 8.0


class AgencyPage(PersonalisedPreviewMixin, Page):
    body = StreamField(AgencyBody(), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("body")]
    api_fields = [APIField("body", **WRITABLE), APIField("first_published_at")]
    template = "agency/agency_page.html"


class PlainPage(Page):
    """No personalised block: must leave the site as if the package were not installed."""

    body = StreamField([("hero", HeroBlock())], blank=True)

    content_panels = [*Page.content_panels, FieldPanel("body")]
    api_fields = [APIField("body")]
    template = "agency/plain_page.html"


class StreamedPage(Page):
    """Sends its body piece by piece, so that its blocks render after the middleware has finished."""

    body = StreamField(AgencyBody(), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("body")]

    def serve(self, request: HttpRequest, *args: object, **kwargs: object) -> StreamingHttpResponse:
        def pieces():
            yield "<!doctype html>"
            yield render_to_string("agency/body.html", {"page": self, "request": request})

        return StreamingHttpResponse(pieces())


class ContactPage(AbstractForm):
    """A form as Wagtail makes them: one answer, and thanks for it at the same address."""

    template = "agency/contact_page.html"
    landing_page_template = "agency/contact_page_landing.html"


class ContactField(AbstractFormField):
    page = ParentalKey(ContactPage, on_delete=models.CASCADE, related_name="form_fields")


class AskRule(Rule):
    """Asks whatever its JSON says, so that a test can ask any fact."""

    question = models.JSONField()

    panels = [FieldPanel("question")]

    class Meta(Rule.Meta):
        verbose_name = "question"

    def condition(self) -> Condition:
        return from_json(self.question)
