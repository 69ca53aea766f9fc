"""Two page types: one that may adapt, and one that never does."""

from django.http import HttpRequest, StreamingHttpResponse
from django.template.loader import render_to_string
from wagtail.admin.panels import FieldPanel
from wagtail.api import APIField
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from wagtail_personalise_gov.editor.preview import PersonalisedPreviewMixin

from .streams import AgencyBody, HeroBlock


class AgencyPage(PersonalisedPreviewMixin, Page):
    body = StreamField(AgencyBody(), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("body")]
    api_fields = [APIField("body"), APIField("first_published_at")]
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
