"""A buffer that keeps what was counted in memory, for tests that ask what a request adds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from wagtail_personalise_gov.core.counting import Tally
from wagtail_personalise_gov.counting.buffer import Buffer

PATH = f"{__name__}.GatheredBuffer"

# Django's test client sends no user agent, which no browser does; such requests are not counted.
BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


class GatheredBuffer(Buffer):
    """`totals` is what all of them have gathered since the test began."""

    totals: ClassVar[Counter[Tally]] = Counter()

    def add(self, tallies: Sequence[Tally]) -> None:
        self.totals.update(tallies)

    def flush(self) -> int:
        return 0
