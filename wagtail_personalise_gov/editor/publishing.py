"""What an editor hears when a segment goes live and nobody can be in it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext
from wagtail.admin import messages

from ..models import Segment


def warn_of_problems(request: HttpRequest, instance: Any) -> None:
    """Wagtail's hooks after a snippet was made or changed. It is published all the same: there is nothing to lose."""
    if not isinstance(instance, Segment) or "action-publish" not in request.POST:
        return
    published = Segment.objects.filter(pk=instance.pk, live=True).first()
    if published is None or published.live_revision_id != published.latest_revision_id:
        return  # it is scheduled, and not what is live now
    problems = published.problems()
    if not published.get_rules() and not published.missing_rule_types:
        problems.append(gettext("It has no rules, so nobody is in it."))
    if problems:
        messages.warning(request, gettext("Published, but nobody sees anything of it: %s") % " ".join(problems))
