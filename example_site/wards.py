"""Northmoor's wards, and the one a reader told us: where the custom fact comes from.

The answer stays in a cookie on the reader's device, because they asked us to remember it, and nowhere else.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

WARD_COOKIE = "northmoor_ward"
WARD_COOKIE_DAYS = 30

WARDS = (
    ("eastfield", _("Eastfield")),
    ("hilltop", _("Hilltop")),
    ("market", _("Market")),
    ("riverside", _("Riverside")),
)


def chosen_ward(request: HttpRequest) -> str | None:
    """The slug of the ward that the reader chose, or None: no answer, or a cookie that names no ward of ours."""
    answer = request.COOKIES.get(WARD_COOKIE)
    return answer if answer in dict(WARDS) else None
