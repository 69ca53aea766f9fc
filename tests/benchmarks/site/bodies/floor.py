from wagtail import blocks


class HeroBlock(blocks.StructBlock):
    heading = blocks.CharBlock()
    text = blocks.RichTextBlock()
    page = blocks.PageChooserBlock(required=False)

    class Meta:
        template = "bench/hero.html"


class Body(blocks.StreamBlock):
    text = blocks.RichTextBlock()
    hero = HeroBlock()
    plain = HeroBlock()
