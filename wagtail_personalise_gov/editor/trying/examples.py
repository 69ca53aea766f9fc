"""Example visits: what an editor expects of a segment, run against it as it is published, drafted, or being filled in.

An example asks the rules: a segment in learning mode, and one with a share held back, is tried like any other. What
can't be told is not in the segment, as for visitors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.urls import reverse
from django.utils.translation import gettext

from ...compiling import UNNAMED, ruleset_with
from ...core.conditions import Answer
from ...core.ruleset import Ruleset
from ...models import Segment
from ...models.examples import MOST_EXAMPLES, ExampleVisit
from ...visit.simulation import CannotSimulate, Described, SimulatedVisit, default_host
from ..visitors.answers import filled_in
from ..visitors.pages_seen import PageSeen, pages_asked_about
from ..visitors.words import in_a_line
from .traces import answer_of


@dataclass(frozen=True, slots=True)
class Ran:
    """An example that was run: whether it is as expected, the answer (None: can't tell), or why it can't be run."""

    example: ExampleVisit
    answer: Answer = None
    problem: str = ""
    visit: SimulatedVisit | None = None

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

    @property
    def described(self) -> Described | None:
        """The visitor; None for what is none."""
        try:
            return Described.from_data(self.example.visit)
        except CannotSimulate:
            return None

    @property
    def words(self) -> str:
        """The visitor in words; "" where nothing is known of them."""
        described = self.described
        return in_a_line(described) if described else ""


def run(ruleset: Ruleset, segment: Segment, examples: Iterable[ExampleVisit], host: str | None = None) -> list[Ran]:
    """Each of these examples, against the segment as it stands in the ruleset.

    `host`: the default site's, where it is known already; it is asked once, and not for each.
    """
    host = default_host() if host is None else host
    return [_run(ruleset, segment.slug or UNNAMED, example, host) for example in examples]


def _run(ruleset: Ruleset, slug: str, example: ExampleVisit, host: str) -> Ran:
    try:
        described = Described.from_data(example.visit)
        visit = SimulatedVisit(replace(described, host=described.host or host), ruleset)
        return Ran(example, answer_of(visit.decide([slug]).get(slug)), visit=visit)
    except CannotSimulate as error:
        return Ran(example, problem=str(error))


def examples_of(segments: Sequence[Segment]) -> Mapping[int, list[ExampleVisit]]:
    """The examples that each of these segments keeps, by its primary key. One query."""
    kept: dict[int, list[ExampleVisit]] = defaultdict(list)
    for example in ExampleVisit.objects.filter(segment__in=[segment.pk for segment in segments if segment.pk]):
        kept[example.segment_id].append(example)
    return kept


@dataclass(frozen=True, slots=True)
class Kept:
    """An example as a list has it: run against the segment as it is tried, and as it is saved; its visitor as a query.

    `saved` is None where the two are the same. Of a live segment, what is saved is what visitors get.
    """

    now: Ran
    saved: Ran | None
    query: str


def kept_of(segment: Segment, ruleset: Ruleset, pages: Sequence[PageSeen], *, beside_saved: bool = False) -> list[Kept]:
    """The examples of a segment that stands in the ruleset; with `beside_saved` also against its rows."""
    examples = list(segment.examples.all()[:MOST_EXAMPLES]) if segment.pk else []
    now = run(ruleset, segment, examples)
    saved: Sequence[Ran | None] = [None] * len(now)
    if beside_saved and examples:
        rows = list(Segment.objects.filter(pk=segment.pk).with_rules())
        saved = [ran for row in rows for ran in run(ruleset_with(rows), row, examples)]
    return [
        Kept(ran, before, filled_in(described, pages).urlencode() if (described := ran.described) else "")
        for ran, before in zip(now, saved, strict=True)
    ]


def try_address(ran: Ran) -> str:
    """The page on which the example can be tried by hand."""
    described = ran.described
    query = filled_in(described, pages_asked_about()).urlencode() if described else ""
    return f"{reverse('personalise_try:index')}?try=1&segments={ran.example.segment_id}&{query}".rstrip("&")


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
    if segment.examples.filter(name=name).exists():
        raise CannotKeep(gettext("There is an example “%s” already. Give this one another name.") % name)
    example: ExampleVisit = segment.examples.create(name=name, must_match=must_match, visit=described.as_data())
    return example
