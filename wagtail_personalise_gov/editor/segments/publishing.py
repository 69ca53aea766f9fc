"""What an editor hears when a segment goes live and something is wrong with it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext
from wagtail.admin import messages

from ...compiling import ruleset_with
from ...models import Segment
from ..trying.examples import examples_of, run, try_address


def warn_of_problems(request: HttpRequest, instance: Any) -> None:
    """Wagtail's hooks after a snippet was made or changed. It is published all the same: there is nothing to lose."""
    if not isinstance(instance, Segment) or "action-publish" not in request.POST:
        return
    published = Segment.objects.filter(pk=instance.pk, live=True).first()
    if published is None or published.live_revision_id != published.latest_revision_id:
        return  # it is scheduled, and not what is live now
    problems, notes = published.problems(), published.warnings()
    if not published.get_rules() and not published.missing_rule_types:
        problems.append(gettext("It has no rules, so nobody is in it."))
    if problems:
        messages.warning(request, gettext("Published, but nobody sees anything of it: %s") % " ".join(problems))
    if notes:
        messages.warning(request, gettext("Published. Have a look at this: %s") % " ".join(notes))
    warn_of_examples(request, published)


def warn_of_examples(request: HttpRequest, published: Segment) -> None:
    """Name each example visit that does not come out as expected, with the way to try it."""
    examples = examples_of([published])[published.pk]
    for ran in run(ruleset_with([published]), published, examples) if examples else ():
        if not ran.passed:
            text = gettext("Published, but the example “%(name)s” is not as expected: it %(expected)s, and %(got)s.")
            said = text % {"name": ran.example, "expected": ran.expected, "got": ran.got}
            messages.warning(request, said, buttons=[messages.button(try_address(ran), gettext("Try it"))])
