"""Links that are counted: an address of this site that leads on to where an editor said.

Where it leads stands in the database and never in the address, so nobody can make it lead elsewhere. It leads there for
everybody, also for visitors who are not counted, and while counting is off.
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from ..models import Goal
from ..models.links import SCHEMES, link_problem
from ..visit.goals import goal_reached
from ..visit.limits import too_often
from ..visit.origin import Origin, origin_of
from ..visit.visit import Visit


class Onward(HttpResponseRedirect):
    """A link may lead to an e-mail address or a telephone number too."""

    allowed_schemes = list(SCHEMES)


@require_safe
def follow(request: HttpRequest, slug: str) -> HttpResponse:
    """On to where the link of a goal leads."""
    goal = Goal.objects.filter(slug=slug, kind=Goal.LINK).exclude(link="").first()
    if goal is None:
        raise Http404(gettext("There is no such link here."))
    if goal.live and _may_count(request):
        goal_reached(request, goal.slug)
    try:
        if link_problem(goal.link):  # it may have been written by other ways than the form
            raise ValueError(goal.link)
        response = Onward(goal.link.strip())
    except ValueError:
        raise Http404(gettext("There is no such link here.")) from None
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _may_count(request: HttpRequest) -> bool:
    """Whether it may be counted that the link was followed: not of those who follow links by the hundred.

    Only who went here from a page of ours is looked at. Else another site's page, with a hundred pictures that are said
    to stand here, would use up what the whole network of its readers may send us in a minute.
    """
    visit = getattr(request, "visit", None)
    return isinstance(visit, Visit) and _goes_here(request) and visit.counts and not too_often(visit)


def _goes_here(request: HttpRequest) -> bool:
    """Whether a browser goes here itself, as far as it says so, and not at the bidding of another site."""
    goes = request.META.get("HTTP_SEC_FETCH_DEST", "document").strip().lower() == "document"
    return request.method == "GET" and goes and origin_of(request) is not Origin.CROSS
