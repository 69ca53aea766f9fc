"""Example visits: what an editor expects of a segment, run against it as it is published, drafted, or being filled in.

An example asks the rules: a segment in learning mode, and one with a share held back, is tried like any other. What
can't be told is not in the segment, as for visitors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext

from ...compiling import UNNAMED, ruleset_with
from ...core.conditions import Answer
from ...core.ruleset import Ruleset
from ...models import Segment
from ...models.examples import MOST_EXAMPLES, ExampleVisit
from ...visit.simulation import Addresses, CannotSimulate, Described, SimulatedVisit, default_host
from ..visitors.answers import filled_in
from ..visitors.pages_seen import PageSeen
from ..visitors.words import in_a_line, labels_of
from .traces import answer_of


@dataclass(frozen=True, slots=True)
class Ran:
    """An example that was run: whether it is as expected, the answer (None: can't tell), or why it can't be run.

    `described` is None for what describes nobody.
    """

    example: ExampleVisit
    answer: Answer = None
    problem: str = ""
    visit: SimulatedVisit | None = None
    described: Described | None = None

    @property
    def passed(self) -> bool:
        return not self.problem and (self.answer is True) == self.example.must_match

    @property
    def expected(self) -> str:
        return gettext("must be in the segment") if self.example.must_match else gettext("must not be in the segment")

    @property
    def got(self) -> str:
        """What came of it, in words."""
        if self.problem:
            return gettext("can’t be tried: %s") % self.problem
        if self.answer is None:
            return gettext("we can’t tell, which counts as not in it")
        return gettext("is in it") if self.answer else gettext("is not in it")


def run(
    ruleset: Ruleset,
    segment: Segment,
    examples: Iterable[ExampleVisit],
    host: str | None = None,
    addresses: Addresses | None = None,
) -> list[Ran]:
    """Each of these examples, against the segment as it stands in the ruleset.

    `host`, the default site's, and what stands at which `addresses`, where they are known already; they are asked once,
    and not for each.
    """
    host = default_host() if host is None else host
    addresses = addresses or Addresses()
    return [_run(ruleset, segment.slug or UNNAMED, example, host, addresses) for example in examples]


def _run(ruleset: Ruleset, slug: str, example: ExampleVisit, host: str, addresses: Addresses) -> Ran:
    described = None
    try:
        described = Described.from_data(example.visit)
        visit = SimulatedVisit(replace(described, host=described.host or host), ruleset, addresses)
        return Ran(example, answer_of(visit.decide([slug]).get(slug)), visit=visit, described=described)
    except CannotSimulate as error:
        return Ran(example, problem=str(error), described=described)
    except Exception as error:  # what is kept may be of anybody's making, and must not keep the others from being run
        return Ran(example, problem=f"{type(error).__name__}: {error!r}", described=described)


def examples_of(segments: Sequence[Segment]) -> Mapping[int, list[ExampleVisit]]:
    """The examples that each of these segments keeps, by its primary key. One query."""
    kept: dict[int, list[ExampleVisit]] = defaultdict(list)
    for example in ExampleVisit.objects.filter(segment__in=[segment.pk for segment in segments if segment.pk]):
        kept[example.segment_id].append(example)
    return kept


@dataclass(frozen=True, slots=True)
class Kept:
    """An example as a list has it: run against the segment as it is tried, and as it is saved.

    `saved` is None where the two are the same. Of a live segment, what is saved is what visitors get. `words` and
    `query` are its visitor in words and as a query; "" where nothing is known of them.
    """

    now: Ran
    saved: Ran | None
    words: str
    query: str


def kept_of(segment: Segment, ruleset: Ruleset, pages: Sequence[PageSeen], *, beside_saved: bool = False) -> list[Kept]:
    """The examples of a segment that stands in the ruleset; with `beside_saved` also against its rows."""
    examples = list(segment.examples.all()[:MOST_EXAMPLES]) if segment.pk else []
    host, addresses = default_host() if examples else "", Addresses()
    now = run(ruleset, segment, examples, host, addresses)
    saved: Sequence[Ran | None] = [None] * len(now)
    if beside_saved and examples:
        rows = list(Segment.objects.filter(pk=segment.pk).with_rules())
        saved = [ran for row in rows for ran in run(ruleset_with(rows), row, examples, host, addresses)]
    labels = labels_of(ran.described.intent for ran in now if ran.described)
    return [
        Kept(ran, before, words_of(ran, labels), query_of(ran, pages)) for ran, before in zip(now, saved, strict=True)
    ]


def words_of(ran: Ran, labels: Mapping[str, str]) -> str:
    """Its visitor in words; "" where there are none."""
    try:
        return in_a_line(ran.described, labels) if ran.described else ""
    except Exception:  # what can't be tried may not be sayable either; why, the example says itself
        return ""


def query_of(ran: Ran, pages: Sequence[PageSeen]) -> str:
    """Its visitor as the form's query; "" where there is none."""
    try:
        return filled_in(ran.described, pages).urlencode() if ran.described else ""
    except Exception:  # as above
        return ""


def try_address(ran: Ran, pages: Sequence[PageSeen]) -> str:
    """The page on which the example can be tried by hand. `pages` are those that rules ask about."""
    address = f"{reverse('personalise_try:index')}?try=1&segments={ran.example.segment_id}"
    return f"{address}&{query_of(ran, pages)}".rstrip("&")


class CannotKeep(ValueError):
    """An example that can't be kept. The message says why, and what to do."""


def keep(segment: Segment, name: str, must_match: bool, described: Described) -> ExampleVisit:
    """Keep a visit with the segment. Raises CannotKeep."""
    name = " ".join(name.split())
    if not name:
        raise CannotKeep(gettext("Give the example a name, such as “From Riverside, on a phone”."))
    longest = ExampleVisit._meta.get_field("name").max_length
    if longest is not None and len(name) > longest:
        raise CannotKeep(
            gettext("The name “%(name)s…” is too long. Use at most %(most)d characters.")
            % {"name": name[:40], "most": longest}
        )
    if segment.examples.count() >= MOST_EXAMPLES:
        raise CannotKeep(
            gettext("“%(segment)s” has %(most)d examples, which is the most. Delete one first.")
            % {"segment": segment, "most": MOST_EXAMPLES}
        )
    taken = gettext("There is an example “%s” already. Give this one another name.") % name
    if segment.examples.filter(name=name).exists():
        raise CannotKeep(taken)
    try:
        with transaction.atomic():
            example: ExampleVisit = segment.examples.create(name=name, must_match=must_match, visit=described.as_data())
    except IntegrityError:  # somebody else was faster
        raise CannotKeep(taken) from None
    return example
