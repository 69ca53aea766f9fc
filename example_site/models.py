"""Northmoor's page types, and a rule of its own.

Any page that holds a personalised block takes `PersonalisedPreviewMixin`, so that its editors can preview it as the
visitors that it is written for. `NewsPage` does not: news is the same for everybody.
"""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel
from wagtail.api import APIField
from wagtail.fields import StreamField
from wagtail.models import Page
from wagtail.search import index

from wagtail_personalise_gov.core.conditions import Condition, OneOf
from wagtail_personalise_gov.editor.preview import PersonalisedPreviewMixin
from wagtail_personalise_gov.models import MustSeeMixin, Rule

from .streams import NewsBody, PageBody
from .wards import WARDS


class HomePage(PersonalisedPreviewMixin, Page):
    heading = models.CharField(max_length=120)
    summary = models.CharField(max_length=300)
    body = StreamField(PageBody(), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("heading"), FieldPanel("summary"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("summary"), index.SearchField("body")]
    api_fields = [APIField("heading"), APIField("summary"), APIField("body")]
    parent_page_types = ["wagtailcore.Page"]
    template = "example_site/pages/home_page.html"

    class Meta:
        verbose_name = _("home page")


class WelshHomePage(PersonalisedPreviewMixin, Page):
    """The home page in Welsh. `language` sets the language of the page's frame and of the package's own words."""

    language = "cy"

    heading = models.CharField(max_length=120)
    summary = models.CharField(max_length=300)
    body = StreamField(PageBody(), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("heading"), FieldPanel("summary"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("summary"), index.SearchField("body")]
    api_fields = [APIField("heading"), APIField("summary"), APIField("body")]
    parent_page_types = ["example_site.HomePage"]
    subpage_types = []
    template = "example_site/pages/welsh_home_page.html"

    class Meta:
        verbose_name = _("Welsh home page")


class ServicesIndexPage(Page):
    summary = models.CharField(max_length=300)

    content_panels = [*Page.content_panels, FieldPanel("summary")]
    search_fields = [*Page.search_fields, index.SearchField("summary")]
    api_fields = [APIField("summary")]
    parent_page_types = ["example_site.HomePage"]
    subpage_types = ["example_site.ServicePage"]
    template = "example_site/pages/services_index_page.html"

    class Meta:
        verbose_name = _("list of services")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["services"] = ServicePage.objects.child_of(self).live().public().order_by("topic", "title")
        return context


# Service pages, by slug, that a CDN keeps: the same for everybody, and adapted by fragments.
KEPT_BY_THE_CDN = frozenset({"whats-on"})


class ServicePage(MustSeeMixin, PersonalisedPreviewMixin, Page):
    class Topic(models.TextChoices):
        # The values sort in the order in which the list of services shows the topics.
        BUSINESS = "1-business", _("Business and licensing")
        MONEY = "2-money", _("Council tax and money")
        STREETS = "3-streets", _("Bins, roads and reporting")
        LIVING = "4-living", _("Living in Northmoor")

    topic = models.CharField(max_length=20, choices=Topic.choices, default=Topic.LIVING)
    summary = models.CharField(max_length=300)
    body = StreamField(PageBody(), blank=True)

    content_panels = [
        *Page.content_panels,
        FieldPanel("topic"),
        FieldPanel("summary"),
        *MustSeeMixin.must_see_panels,
        FieldPanel("body"),
    ]
    search_fields = [*Page.search_fields, index.SearchField("summary"), index.SearchField("body")]
    api_fields = [APIField("topic"), APIField("summary"), APIField("body")]
    parent_page_types = ["example_site.HomePage", "example_site.ServicesIndexPage"]
    template = "example_site/pages/service_page.html"

    @property
    def personalise_delivery(self) -> str:
        """How the blocks of this page are delivered that do not say so."""
        return "fragment" if self.slug in KEPT_BY_THE_CDN else "page"

    class Meta:
        verbose_name = _("service page")


class EmergencyPage(PersonalisedPreviewMixin, Page):
    summary = models.CharField(max_length=300)
    updated_at = models.DateTimeField(_("last updated"), default=timezone.now)
    body = StreamField(PageBody(), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("summary"), FieldPanel("updated_at"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("summary"), index.SearchField("body")]
    api_fields = [APIField("summary"), APIField("updated_at"), APIField("body")]
    parent_page_types = ["example_site.HomePage"]
    template = "example_site/pages/emergency_page.html"

    class Meta:
        verbose_name = _("emergency page")


class NewsIndexPage(Page):
    summary = models.CharField(max_length=300)

    content_panels = [*Page.content_panels, FieldPanel("summary")]
    search_fields = [*Page.search_fields, index.SearchField("summary")]
    api_fields = [APIField("summary")]
    parent_page_types = ["example_site.HomePage"]
    subpage_types = ["example_site.NewsPage"]
    template = "example_site/pages/news_index_page.html"

    class Meta:
        verbose_name = _("list of news")

    def get_context(self, request: HttpRequest, *args: Any, **kwargs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(request, *args, **kwargs)
        context["news"] = NewsPage.objects.child_of(self).live().public().order_by("-date", "-pk")
        return context


class NewsPage(Page):
    date = models.DateField(default=timezone.localdate)
    summary = models.CharField(max_length=300)
    body = StreamField(NewsBody(), blank=True)

    content_panels = [*Page.content_panels, FieldPanel("date"), FieldPanel("summary"), FieldPanel("body")]
    search_fields = [*Page.search_fields, index.SearchField("summary"), index.SearchField("body")]
    api_fields = [APIField("date"), APIField("summary"), APIField("body")]
    parent_page_types = ["example_site.NewsIndexPage"]
    subpage_types = []
    template = "example_site/pages/news_page.html"

    class Meta:
        verbose_name = _("news")


class WardRule(Rule):
    """A rule of the site's own. It asks the custom fact that `wagtail_hooks.py` registers."""

    ward = models.CharField(max_length=20, choices=WARDS)

    icon = "group"
    group = _("Northmoor")
    description = _("The council ward that the visitor chose on “Your councillors”")
    panels = [FieldPanel("ward")]

    def condition(self) -> Condition:
        return OneOf("northmoor.ward", {self.ward})

    def sentence(self) -> str:
        text = gettext("They did not choose %s ward") if self.negated else gettext("They chose %s ward")
        return text % self.get_ward_display()

    def public_sentence(self) -> str:
        if self.negated:
            return gettext("People who told us that they do not live in %s ward") % self.get_ward_display()
        return gettext("People who told us that they live in %s ward") % self.get_ward_display()

    class Meta(Rule.Meta):
        verbose_name = _("ward")
