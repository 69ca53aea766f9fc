"""Rules, in small files by what they look at. `base.Rule` is what a site's own rules subclass."""

from .account import AccountRule
from .arrival import CampaignRule, QueryRule, ReferrerRule
from .base import Rule
from .browser import DeviceRule, LanguageRule
from .here import PagesViewedRule, PathRule, SiteRule
from .history import FirstTimeVisitorRule, LastVisitRule, VisitCountRule
from .nesting import SegmentRule
from .place import LocationRule, NetworkRule
from .purpose import VisitIntentRule
from .time import DateRangeRule, DayOfWeekRule, TimeOfDayRule

__all__ = [
    "AccountRule",
    "CampaignRule",
    "DateRangeRule",
    "DayOfWeekRule",
    "DeviceRule",
    "FirstTimeVisitorRule",
    "LanguageRule",
    "LastVisitRule",
    "LocationRule",
    "NetworkRule",
    "PagesViewedRule",
    "PathRule",
    "QueryRule",
    "ReferrerRule",
    "Rule",
    "SegmentRule",
    "SiteRule",
    "TimeOfDayRule",
    "VisitCountRule",
    "VisitIntentRule",
]
