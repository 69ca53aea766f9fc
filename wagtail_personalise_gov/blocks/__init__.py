"""Blocks for StreamFields: content that has variants, and the questions that visitors may answer."""

from . import form as form  # registers how the blocks stand in Wagtail's forms
from .choosers import SegmentChooserBlock
from .must_see import MustSeeBlock
from .personalised import PersonalisedBlock
from .questions import IntentQuestionBlock, PlaceQuestionBlock

__all__ = ["IntentQuestionBlock", "MustSeeBlock", "PersonalisedBlock", "PlaceQuestionBlock", "SegmentChooserBlock"]
