""" "Why am I seeing this?" at a version that was chosen for the visitor, and the notice over a page shown as asked for.

Both are put together from what is live and from what was really decided, so that they can't lie; and neither may cost a
visitor the page: what fails is left out.
"""

from __future__ import annotations

import html
import re
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any
from weakref import WeakKeyDictionary

from django.db import router, transaction
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import NoReverseMatch
from django.utils.html import strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext

from ..core.conditions import Condition, Group
from ..core.decision import Reason
from ..core.facts import Fact, Facts
from ..core.ruleset import Explanation
from ..facts import FACTS, facts_named
from ..models import Segment
from ..models.iso import country_in_a_sentence
from ..models.names import country_in_words, region_in_words
from ..plugged import log_once_a_minute
from ..visit.asked import AskedVisit, plain_address, standard_address
from ..visit.stores import visitor_store
from ..visit.visit import PreviewVisit, Visit
from ..wording.speaking import address_of
from ..wording.words import about_title, how_places_are_known
from .live import live_segments

NOTHING = mark_safe("")
GROUPS_KEPT = 512  # in one process: the words of a group in one language
LONGEST_NAME = 80  # characters of what tells one disclosure from the others
LOOKED_THROUGH = 4000  # characters of a version's HTML, for its heading
HEADING = re.compile(r"<h[1-6][^>]*>(.*?)</h[1-6]\s*>", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class GroupWords:
    """What the public may read of a live segment, in one language. `reads` is what it depends on."""

    name: str
    explanation: str
    sentences: tuple[str, ...]
    any_of: bool
    reads: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """What a disclosure says. `how` are sentences on how we know; `not_there` is the button against a wrong guess."""

    group: GroupWords | None
    how: tuple[str, ...]
    everyone: bool = False
    not_there: str = ""


# What is rendered


def render_why(request: HttpRequest | None, shown: Any, about: str = "", content: str = "") -> SafeString:
    """The disclosure for what a personalised block shows (`Shown`); "" for a standard version.

    `about` names the part that it belongs to; without it, that is the heading of its HTML, `content`.
    """
    visit: Visit | None = getattr(request, "visit", None)
    if request is None or visit is None or getattr(shown, "segment", None) is None:
        return NOTHING
    return _or_nothing(lambda: _why(request, visit, shown.segment, about or heading_of(content)))


def render_notice(request: HttpRequest | None) -> SafeString:
    """What stands over a page that is shown as its address asks; "" for any other page."""
    visit = getattr(request, "visit", None)
    if request is None or not isinstance(visit, AskedVisit) or not visit.answers:
        return NOTHING
    return _or_nothing(lambda: _notice(request, visit))


def _or_nothing(render: Callable[[], str]) -> SafeString:
    try:
        return mark_safe(render())  # noqa: S308  a template's output
    except Exception as error:  # templates and rules of anybody's, the database; the visitor gets the page
        log_once_a_minute("why", "A page can't say why it shows something (%s). It goes without.", type(error).__name__)
        return NOTHING


def _why(request: HttpRequest, visit: Visit, slug: str, about: str) -> str:
    why = why_shown(visit, slug)
    if why is None:
        return ""
    address = request.get_full_path()
    previewed = isinstance(visit, PreviewVisit)  # an editor's: it stands at no address of its own
    context = {
        "why": why,
        "about": _told_apart(visit, about or (why.group.name if why.group else "")),
        "standard": "" if previewed or why.everyone else standard_address(address),
        "next": plain_address(address),
        **_own_addresses(visit),
    }
    return render_to_string("wagtail_personalise_gov/blocks/why.html", context)


def _notice(request: HttpRequest, visit: AskedVisit) -> str:
    address, seen_by = request.get_full_path(), visit.seen_by
    group = group_words(visit, seen_by) if seen_by else None
    context = {
        "seen_by": seen_by,
        "group": group.name if group else "",
        "adapts": visit.standing.adapts,
        "plain": plain_address(address),
        "standard": standard_address(address),
    }
    return render_to_string("wagtail_personalise_gov/asked.html", context)


def _own_addresses(visit: Visit) -> dict[str, str]:
    """The addresses of our own that a disclosure leads to; none on a site that has not included them."""
    try:
        addresses = {"about_url": address_of("about"), "place": address_of("place")}
    except NoReverseMatch:
        return {}
    return {**addresses, "about_title": about_title(visit)}


# What it says


def why_shown(visit: Visit, slug: str) -> Why | None:
    """Why a version for this segment is shown to this visit; None where it can't be told."""
    reason = visit.decide([slug]).get(slug)
    group = group_words(visit, slug)
    if reason is Reason.PREVIEW:
        if group is None:  # a draft, in an editor's preview
            return Why(None, (gettext("You see it because you look at this page as some of its visitors see it."),))
        return Why(group, (gettext("You see it because you look at this page as these visitors see it."),))
    explanation = visit.ruleset.explain(slug, visit.facts)
    if group is None or explanation is None or reason is not Reason.MATCHED:
        return None
    if is_for_everyone(visit, slug):
        return Why(group, (), everyone=True)
    told = questions_behind(explanation)
    facts = [fact for fact in facts_named(name for question in told for name in question.facts) if fact.about_visitor]
    return Why(group, tuple(how_we_know(facts, visit)), not_there=not_there(told, visit))


def is_for_everyone(visit: Visit, slug: str) -> bool:
    """Whether every visitor to this page is in the segment now, whatever is known of them."""
    known = {fact.name: visit.facts[fact.name] for fact in facts_named(visit.facts) if not fact.about_visitor}
    explanation = visit.ruleset.explain(slug, Facts(known))
    return explanation is not None and explanation.answer is True


def questions_behind(explanation: Explanation) -> list[Condition]:
    """The questions by which an answer was given: of "any of these", those that held."""
    if not explanation.parts:
        return [explanation.condition]
    parts = explanation.parts
    if isinstance(explanation.condition, Group):
        parts = tuple(part for part in parts if part.answer is explanation.answer)
    return [question for part in parts for question in questions_behind(part)]


def how_we_know(facts: Iterable[Fact], visit: Visit) -> list[str]:
    """How these facts were known, in a sentence for each way."""
    return list(dict.fromkeys(_how(fact, visit) for fact in facts))


def _how(fact: Fact, visit: Visit) -> str:
    own = fact.name in FACTS
    if own and fact.name.startswith("location."):
        return how_places_are_known(visit)
    if own and fact.name == "network.ip":
        return gettext("We looked at your internet address. We have not kept it.")
    if own and fact.name == "visit.intent":
        if visit.declared_intent:
            return gettext("You told us what you are here to do.")
        return gettext("We guessed what you are here to do from the page that you started from.")
    if own and fact.remembers and not visitor_store().in_browser:
        return gettext("We know that from what we keep of your visits, on our own server.")
    if not fact.read_from:
        return gettext("We looked at this: %(what)s.") % {"what": fact.meaning}
    return gettext("We know that from %(source)s.") % {"source": fact.read_from}


def not_there(told: Iterable[Condition], visit: Visit) -> str:
    """What a visitor says to a wrong guess of where they are, as finely as it was asked; "" where none was made."""
    asked = {name.removeprefix("location."): question for question in told for name in question.facts}
    guessed = {part: visit.facts.get(f"location.{part}") for part in asked if f"location.{part}" in visit.facts}
    if not guessed or visit.declared_place is not None or not visit.may_keep("place"):
        return ""
    place = ""
    if "city" in guessed:
        place = str(guessed["city"])
    elif "subdivisions" in guessed:
        regions = [str(region) for region in guessed["subdivisions"]]
        named = getattr(asked["subdivisions"], "value", ())
        place = region_in_words(next((region for region in regions if region in named), regions[0]))
    elif "country" in guessed:
        in_english = (get_language() or "en").partition("-")[0] == "en"
        place = (country_in_a_sentence if in_english else country_in_words)(str(guessed["country"]))
    return gettext("I’m not in %(place)s") % {"place": place} if place else gettext("That is not where I am")


# The public words of a group, kept for as long as the ruleset that it is live in


_groups: OrderedDict[tuple[str, str, str], GroupWords] = OrderedDict()
_lock = Lock()


def group_words(visit: Visit, slug: str) -> GroupWords | None:
    """The public words of a live segment in the language of the page; asked of the database once in a process."""
    version = visit.ruleset.version
    key = (version, slug, get_language() or "")
    with _lock:
        if (kept := _groups.get(key)) is not None:
            _groups.move_to_end(key)
            return kept
    # In a savepoint: a query that fails would make those of the page fail too, where a request is one transaction.
    with transaction.atomic(using=router.db_for_read(Segment)):
        found = next(iter(live_segments([slug])), None)
    if found is None:
        return None
    words = GroupWords(found.name, found.explanation, found.sentences, found.any_of, found.reads)
    if version:
        with _lock:
            _groups[key] = words
            while len(_groups) > GROUPS_KEPT:
                _groups.popitem(last=False)
    return words


# Which part of the page it belongs to


_names: WeakKeyDictionary[Visit, Counter[str]] = WeakKeyDictionary()


def _told_apart(visit: Visit, name: str) -> str:
    """The name, with a number from its second use on a page on: no two disclosures may be called the same."""
    used = _names.setdefault(visit, Counter())
    used[name] += 1
    return name if used[name] == 1 else f"{name} ({used[name]})"


def heading_of(content: str) -> str:
    """The first heading of some HTML as text; where it has none, how its text begins."""
    beginning = content[:LOOKED_THROUGH]
    found = HEADING.search(beginning)
    text = " ".join(html.unescape(strip_tags(found[1] if found else beginning)).split())
    return Truncator(text).chars(LONGEST_NAME)
