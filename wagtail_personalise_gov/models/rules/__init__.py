"""Rules, in small files by what they look at. `base.Rule` is what a site's own rules subclass."""

from .arrival import CampaignRule, QueryRule, ReferrerRule
from .base import Rule
from .history import FirstTimeVisitorRule
from .nesting import SegmentRule
from .place import LocationRule
from .purpose import VisitIntentRule

__all__ = [
    "CampaignRule",
    "FirstTimeVisitorRule",
    "LocationRule",
    "QueryRule",
    "ReferrerRule",
    "Rule",
    "SegmentRule",
    "VisitIntentRule",
]
