"""What editors fill in. Segments hold rules; rules say themselves as conditions; intents are what a visit is for."""

from .intents import Intent, IntentSignal
from .rules import (
    CampaignRule,
    FirstTimeVisitorRule,
    LocationRule,
    QueryRule,
    ReferrerRule,
    Rule,
    SegmentRule,
    VisitIntentRule,
)
from .segments import Segment
from .state import RulesetState

__all__ = [
    "CampaignRule",
    "FirstTimeVisitorRule",
    "Intent",
    "IntentSignal",
    "LocationRule",
    "QueryRule",
    "ReferrerRule",
    "Rule",
    "RulesetState",
    "Segment",
    "SegmentRule",
    "VisitIntentRule",
]
