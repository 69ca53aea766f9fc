"""What editors fill in. Segments hold rules; rules say themselves as conditions; intents are what a visit is for."""

from .intents import Intent, IntentSignal
from .missing import RuleTypeInUse
from .rules import (
    AccountRule,
    CampaignRule,
    DateRangeRule,
    DayOfWeekRule,
    DeviceRule,
    FirstTimeVisitorRule,
    LanguageRule,
    LastVisitRule,
    LocationRule,
    NetworkRule,
    PagesViewedRule,
    PathRule,
    QueryRule,
    ReferrerRule,
    Rule,
    SegmentRule,
    SiteRule,
    TimeOfDayRule,
    VisitCountRule,
    VisitIntentRule,
)
from .segments import Segment
from .state import RulesetState

__all__ = [
    "AccountRule",
    "CampaignRule",
    "DateRangeRule",
    "DayOfWeekRule",
    "DeviceRule",
    "FirstTimeVisitorRule",
    "Intent",
    "IntentSignal",
    "LanguageRule",
    "LastVisitRule",
    "LocationRule",
    "NetworkRule",
    "PagesViewedRule",
    "PathRule",
    "QueryRule",
    "ReferrerRule",
    "Rule",
    "RuleTypeInUse",
    "RulesetState",
    "Segment",
    "SegmentRule",
    "SiteRule",
    "TimeOfDayRule",
    "VisitCountRule",
    "VisitIntentRule",
]
