"""What a site says of itself to its visitors: its name, its own words in the banner, and who answers for all of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date


@dataclass(frozen=True, slots=True)
class Wording:
    """What may differ from language to language. "" stands for nothing of its own."""

    service_name: str = ""
    banner_heading: str = ""
    banner_introduction: str = ""
    policy_link: str = ""

    def over(self, other: Wording) -> Wording:
        """These words, and those of the other where these say nothing."""
        return Wording(**{part.name: getattr(self, part.name) or getattr(other, part.name) for part in fields(self)})


@dataclass(frozen=True, slots=True)
class SiteWords:
    """The words of one site: `own` in whatever language, and what is said otherwise in some, by language code."""

    own: Wording = Wording()
    by_language: Mapping[str, Wording] = field(default_factory=dict)
    responsible: str = ""
    contact_email: str = ""
    contact_link: str = ""
    last_reviewed: date | None = None

    def in_language(self, code: str) -> Wording:
        """The words for a language such as "cy" or "pt-br": its own, else of the wider one, else the site's."""
        words = self.own
        parts = code.lower().replace("_", "-").split("-")
        for count in range(1, len(parts) + 1):
            if (found := self.by_language.get("-".join(parts[:count]))) is not None:
                words = found.over(words)
        return words


NO_WORDS = SiteWords()
