from wagtail import blocks

from wagtail_personalise_gov.blocks import PersonalisedBlock

from .floor import HeroBlock


class Body(blocks.StreamBlock):
    text = blocks.RichTextBlock()
    hero = PersonalisedBlock(HeroBlock())
    plain = HeroBlock()
