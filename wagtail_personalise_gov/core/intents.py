"""Visit intents: what this visit is for, declared by the visitor or recognised from how the visit began.

An intent belongs to the visit, never to the person: it ends when the browser closes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from .quiet import Quiet

DECLARED = 1.0  # the confidence of what the visitor said
MAX_WORDS = 300  # characters of a search phrase that are looked at


@dataclass(frozen=True, slots=True)
class Intent:
    """Something that a visit may be for. `label` answers "What do you need to do today?"; `parent` is a slug or ""."""

    slug: str
    label: str
    parent: str = ""
    asked: bool = True


@dataclass(frozen=True, slots=True)
class Signal:
    """Something about a landing that suggests an intent, with a confidence of more than 0 up to 1.

    `kind` is "page" or "section" (`text` is a path), "campaign" (`text` is a campaign's name) or "words" (`text` are
    search words, all of which must be there).
    """

    intent: str
    kind: str
    text: str
    confidence: float
    host: str = ""  # where a site has the same path as another: the host name that tells them apart

    def suggested_by(self, landing: Landing) -> bool:
        if not self.text.strip():
            return False  # a signal that says nothing would be found everywhere
        if self.kind in ("page", "section"):
            if self.host and self.host != landing.host:
                return False
            here, there = _path(landing.path), _path(self.text)
            return here == there if self.kind == "page" else here.startswith(there)
        if self.kind == "campaign":
            return landing.campaign.lower() == self.text.lower()
        return set(self.text.lower().split()) <= set(landing.search_words[:MAX_WORDS].lower().split())


@dataclass(frozen=True, slots=True, repr=False)
class Landing(Quiet):
    """How a visit began, as far as intents ask: nothing of it is kept, only the intents that it suggests."""

    path: str = ""
    host: str = ""
    campaign: str = ""
    search_words: str = ""


@dataclass(frozen=True)
class Intents:
    """The intents of a site in the editor's order, and what suggests them."""

    intents: tuple[Intent, ...] = ()
    signals: tuple[Signal, ...] = ()
    by_slug: Mapping[str, Intent] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_slug", {intent.slug: intent for intent in self.intents})

    def recognise(self, landing: Landing) -> dict[str, float]:
        """The intents that a landing suggests, each with its strongest signal's confidence; {} when none does."""
        found: dict[str, float] = {}
        for signal in self.signals:
            if signal.intent in self.by_slug and signal.suggested_by(landing):
                found[signal.intent] = max(found.get(signal.intent, 0.0), signal.confidence)
        return found

    def weigh(self, declared: str, recognised: Mapping[str, float]) -> dict[str, float]:
        """The fact ``visit.intent``: what was declared alone when something was, else what was recognised.

        The parents of an intent count too: see `weighing_parents`.
        """
        return self.weighing_parents({declared: DECLARED} if declared in self.by_slug else recognised)

    def weighing_parents(self, given: Mapping[str, float]) -> dict[str, float]:
        """These confidences, and of the parents of each intent the same: who opens a restaurant starts a business."""
        weights: dict[str, float] = {}
        for slug, confidence in given.items():
            for ancestor in self.with_parents(slug):
                weights[ancestor] = max(weights.get(ancestor, 0.0), confidence)
        return weights

    def with_parents(self, slug: str) -> Iterable[str]:
        """The intent and the intents above it; nothing for a slug of no intent."""
        seen: set[str] = set()
        while slug in self.by_slug and slug not in seen:
            seen.add(slug)
            yield slug
            slug = self.by_slug[slug].parent

    def children(self, parent: str) -> list[Intent]:
        """The intents asked directly below another ("" for the top), in the editor's order."""
        return [intent for intent in self.intents if intent.parent == parent and intent.asked]


def _path(path: str) -> str:
    return path.rstrip("/") + "/"
