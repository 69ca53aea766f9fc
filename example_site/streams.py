"""What each type of page offers its editors, from `blocks.py` and from the package."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.blocks import StreamBlock

from wagtail_personalise_gov.blocks import IntentQuestionBlock, PersonalisedBlock, PlaceQuestionBlock

from .blocks import (
    ContactBlock,
    DetailsBlock,
    FactsBlock,
    LatestNewsBlock,
    LinksBlock,
    LocalBlock,
    NextStepsBlock,
    OpeningBlock,
    RestCentresBlock,
    StepsBlock,
    WardQuestionBlock,
    WarningBlock,
    WelcomeBlock,
    prose,
)

FOR_EVERYBODY = _("The same for everybody")
FOR_THIS_VISIT = _("Changes to suit the visit")


class NewsBody(StreamBlock):
    """News is the same for everybody, so that it can be kept in public caches."""

    text = prose(label=_("Text"))
    facts = FactsBlock()
    links = LinksBlock()
    contact = ContactBlock()


class PageBody(StreamBlock):
    text = prose(label=_("Text"), group=FOR_EVERYBODY)
    warning = WarningBlock(group=FOR_EVERYBODY)
    facts = FactsBlock(group=FOR_EVERYBODY)
    steps = StepsBlock(group=FOR_EVERYBODY)
    links = LinksBlock(group=FOR_EVERYBODY)
    rest_centres = RestCentresBlock(group=FOR_EVERYBODY)
    details = DetailsBlock(group=FOR_EVERYBODY)
    contact = ContactBlock(group=FOR_EVERYBODY)
    latest_news = LatestNewsBlock(group=FOR_EVERYBODY)
    ward_question = WardQuestionBlock(group=FOR_EVERYBODY)
    intent_question = IntentQuestionBlock(group=FOR_THIS_VISIT)
    place_question = PlaceQuestionBlock(group=FOR_THIS_VISIT)
    welcome = PersonalisedBlock(WelcomeBlock(), label=_("Welcome"), group=FOR_THIS_VISIT)
    next_steps = PersonalisedBlock(NextStepsBlock(), label=_("Next steps"), group=FOR_THIS_VISIT)
    opening = PersonalisedBlock(OpeningBlock(), reserve="opening-room", label=_("Opening"), group=FOR_THIS_VISIT)
    local = PersonalisedBlock(LocalBlock(), label=_("Local information"), group=FOR_THIS_VISIT)
    personalised = PersonalisedBlock(
        [("text", prose()), ("warning", WarningBlock()), ("contact", ContactBlock())],
        label=_("Any content"),
        group=FOR_THIS_VISIT,
    )
