"""Sites that want looking after: nobody is named who answers for what adapts there, or it was not reviewed for a year.

Three queries, however many sites there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Min
from django.utils import timezone
from wagtail.models import Site

from ..conf import settings
from ..core.preference import Mode
from .segments import Segment
from .site_settings import PersonalisationSettings

REVIEW_DAYS = 365  # after which a review is asked for again (M-10-22 asks for one a year)

NOBODY, OVERDUE, NEVER = "nobody", "overdue", "never"


@dataclass(frozen=True, slots=True)
class SiteNeed:
    """What a site wants.

    NOBODY: it has no responsible, no address for questions, or neither. OVERDUE: the last review, on `since`, is more
    than a year ago. NEVER: none was ever noted, though something has been live since `since`, for more than a year.
    """

    site: Site
    what: str
    since: date | None = None


def site_needs() -> Iterator[SiteNeed]:
    """What sites want, by site. Where nothing is live, nobody need answer for it."""
    rows = {row.site_id: row for row in PersonalisationSettings.objects.all()}
    live_since = None if settings.MODE is Mode.OFF else _live_since()
    overdue = timezone.localdate() - timedelta(days=REVIEW_DAYS)
    for site in Site.objects.order_by("-is_default_site", "hostname", "port"):
        row = rows.get(site.pk) or PersonalisationSettings(site=site)
        if live_since is not None and not (row.responsible.strip() and (row.contact_email or row.contact_link)):
            yield SiteNeed(site, NOBODY)
        if row.last_reviewed is not None:
            if row.last_reviewed < overdue:
                yield SiteNeed(site, OVERDUE, row.last_reviewed)
        elif live_since is not None and live_since < overdue:
            yield SiteNeed(site, NEVER, live_since)


def _live_since() -> date | None:
    """The day on which the first of what is live was published; today where that is not known; None: nothing is."""
    live = Segment.objects.live_for_visitors()
    first = live.aggregate(first=Min("first_published_at"))["first"]
    if first is not None:
        return timezone.localtime(first).date()
    return timezone.localdate() if live.exists() else None
