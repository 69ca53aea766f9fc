"""What an editor hears when a segment goes live and something is wrong with it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils.text import Truncator
from django.utils.translation import gettext, ngettext
from wagtail.admin import messages

from ...compiling import ruleset_with
from ...models import Segment
from ..trying.examples import examples_of, run, try_address
from ..visitors.pages_seen import pages_asked_about

MOST_NAMED = 3  # examples that are not as expected; who reads of more opens the segment


def warn_of_problems(request: HttpRequest, instance: Any) -> None:
    """Wagtail's hooks after a snippet was made or changed. It is published all the same: there is nothing to lose."""
    if not isinstance(instance, Segment) or "action-publish" not in request.POST:
        return
    published = Segment.objects.filter(pk=instance.pk, live=True).first()
    if published is None or published.live_revision_id != published.latest_revision_id:
        return  # it is scheduled, and not what is live now
    problems, notes = published.problems(), published.warnings()
    if problems:
        messages.warning(request, gettext("Published, but nobody sees anything of it: %s") % " ".join(problems))
    if notes:
        messages.warning(request, gettext("Published. Have a look at this: %s") % " ".join(notes))
    warn_of_examples(request, published)


def warn_of_examples(request: HttpRequest, published: Segment) -> None:
    """Name the first example visits that do not come out as expected, each with the way to try it."""
    examples = examples_of([published])[published.pk]
    ran = run(ruleset_with([published]), published, examples) if examples else []
    failed = [one for one in ran if not one.passed]
    if not failed:
        return
    named, pages = failed[:MOST_NAMED], pages_asked_about()
    said = [gettext("Published, but not all of its examples are as expected.")]
    said += [
        gettext("“%(name)s”: it %(expected)s, and %(got)s.")
        % {"name": one.example, "expected": one.expected, "got": one.got}
        for one in named
    ]
    if more := len(failed) - len(named):
        said.append(ngettext("And %d more.", "And %d more.", more) % more)
    buttons = [
        messages.button(try_address(one, pages), gettext("Try “%s”") % Truncator(one.example).chars(40))
        for one in named
    ]
    messages.warning(request, " ".join(said), buttons=buttons)
