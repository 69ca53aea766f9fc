"""What copies of a page a page cache keeps: one for each outcome, and at most as many as the setting says."""

from __future__ import annotations

import re
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError

from ...compiling import current_ruleset
from ...conf import settings
from ...delivery.outcomes import Asked, asked_in
from ...delivery.page_cache import Outcomes

WORDS = {"y": "in it", "h": "held back", "l": "learning", "n": "not in it"}


class Command(BaseCommand):
    help = "Lists the outcomes of which a page cache keeps a copy of one page."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("url", help="The whole address, such as https://www.example.gov/services/?page=2")

    def handle(self, *args: Any, **options: Any) -> None:
        url = options["url"]
        parts = urlsplit(url)
        if not (parts.scheme and parts.netloc):
            raise CommandError(f"{url!r} is no whole address. Begin with https://, as a browser shows it.")
        kept = Outcomes(url).kept()
        for outcome in kept:
            self.stdout.write(in_words(outcome))
        copies = "copy" if len(kept) == 1 else "copies"
        self.stdout.write(f"{len(kept)} {copies} of {url} at most; room for {settings.OUTCOMES_PER_PAGE}.")


def in_words(outcome: str) -> str:
    """An outcome as a line: each thing that the page asks, and what is answered."""
    header, _colon, answers = outcome.partition(": ")
    asked = asked_in("HTTP_" + re.sub("-", "_", header.upper())) or Asked()
    version, _fingerprint, *given = answers.split(".")
    ruleset = current_ruleset()
    names = [
        *asked.others,
        *(ruleset.keys.get(number, f"segment {number}") for number in asked.segments),
        *(f"why {ruleset.keys.get(number, f'segment {number}')}" for number in asked.reasons),
    ]
    said = [f"{name}: {WORDS.get(answer, answer)}" for name, answer in zip(names, given, strict=False)]
    age = "" if version == ruleset.version else " (of segments as they were before)"
    return ("; ".join(said) or "the same for everybody") + age
