"""A snippet that is written in every language. It has no migrations: only the runs on two languages know it."""

from django.db import models
from wagtail import blocks
from wagtail.fields import StreamField
from wagtail.models import TranslatableMixin
from wagtail.snippets.models import register_snippet

from tests.agency.streams import AgencyBody
from wagtail_personalise_gov.blocks import PersonalisedBlock


class LinkBlock(blocks.StructBlock):
    text = blocks.CharBlock()
    notes = blocks.ListBlock(blocks.CharBlock())


class LinksBlock(blocks.StructBlock):
    heading = blocks.CharBlock()
    lines = blocks.ListBlock(blocks.CharBlock())
    links = blocks.ListBlock(LinkBlock())


class NoticeBody(AgencyBody):
    links = PersonalisedBlock(LinksBlock())
    points = PersonalisedBlock(blocks.ListBlock(blocks.CharBlock()))


@register_snippet
class Notice(TranslatableMixin, models.Model):
    title = models.CharField(max_length=80)
    body = StreamField(NoticeBody(), blank=True)

    panels = ["title", "body"]

    class Meta(TranslatableMixin.Meta):
        verbose_name = "notice"

    def __str__(self) -> str:
        return self.title
