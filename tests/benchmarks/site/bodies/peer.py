from wagtail import blocks
from wagtail_personalisation.blocks import PersonalisedStructBlock

from .floor import HeroBlock


class VersionBlock(PersonalisedStructBlock):
    heading = blocks.CharBlock()
    text = blocks.RichTextBlock()
    page = blocks.PageChooserBlock(required=False)

    class Meta:
        template = "bench/hero.html"


class Body(blocks.StreamBlock):
    text = blocks.RichTextBlock()
    hero = VersionBlock()
    plain = HeroBlock()
