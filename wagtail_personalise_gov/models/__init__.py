"""What editors fill in, and what is counted.

Segments hold rules; rules say themselves as conditions; intents are what a visit is for; goals are what it achieves.
"""

from .api_tokens import ApiToken
from .examples import ExampleVisit
from .goals import Goal
from .intents import Intent, IntentSignal
from .missing import RuleTypeInUse
from .must_see import MustSeeMixin
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
from .sensitive import SensitivePageMixin
from .site_settings import PersonalisationSettings, SiteWording
from .state import RulesetState
from .tallies import DailyTally, TallyBatch

__all__ = [
    "AccountRule",
    "ApiToken",
    "CampaignRule",
    "DailyTally",
    "DateRangeRule",
    "DayOfWeekRule",
    "DeviceRule",
    "ExampleVisit",
    "FirstTimeVisitorRule",
    "Goal",
    "Intent",
    "IntentSignal",
    "LanguageRule",
    "LastVisitRule",
    "LocationRule",
    "MustSeeMixin",
    "NetworkRule",
    "PagesViewedRule",
    "PathRule",
    "PersonalisationSettings",
    "QueryRule",
    "ReferrerRule",
    "Rule",
    "RuleTypeInUse",
    "RulesetState",
    "Segment",
    "SegmentRule",
    "SensitivePageMixin",
    "SiteRule",
    "SiteWording",
    "TallyBatch",
    "TimeOfDayRule",
    "VisitCountRule",
    "VisitIntentRule",
]
