"""The blocks of the agency's pages: some plain, the same ones personalised."""

from wagtail import blocks

from wagtail_personalise_gov.blocks import IntentQuestionBlock, MustSeeBlock, PersonalisedBlock, PlaceQuestionBlock


class HeroBlock(blocks.StructBlock):
    """A heading, a text and a page to go on to. Its template marks for whom it was chosen in `data-story`."""

    heading = blocks.CharBlock()
    text = blocks.RichTextBlock(required=False)
    page = blocks.PageChooserBlock(required=False)
    everyone = MustSeeBlock()

    class Meta:
        template = "agency/hero.html"


class AlarmBlock(blocks.StructBlock):
    """Vital by its type, whatever an editor ticks."""

    text = blocks.CharBlock()

    class Meta:
        must_see = True


class OfferBlock(PersonalisedBlock):
    """The subclass with a fixed use."""

    content = HeroBlock


class ColumnBlock(blocks.StructBlock):
    """Holds a personalised block among others."""

    title = blocks.CharBlock()
    offer = PersonalisedBlock(HeroBlock())

    class Meta:
        template = "agency/column.html"


class AgencyBody(blocks.StreamBlock):
    hero = HeroBlock()
    offer = PersonalisedBlock(HeroBlock())
    fixed_offer = OfferBlock()
    line = PersonalisedBlock(blocks.CharBlock())
    prose = PersonalisedBlock(blocks.RichTextBlock())
    notes = PersonalisedBlock([("paragraph", blocks.RichTextBlock()), ("page", blocks.PageChooserBlock())])
    nested = PersonalisedBlock([("line", blocks.CharBlock()), ("inner", PersonalisedBlock(blocks.CharBlock()))])
    column = ColumnBlock()
    intent_question = IntentQuestionBlock()
    place_question = PlaceQuestionBlock()
