"""Front-end caches that note what they are told, and one that is out of order."""

from collections.abc import Collection
from typing import Any, ClassVar

from wagtail.contrib.frontend_cache.backends import BaseBackend


class RecordingCache(BaseBackend):
    """Notes each batch, with the addresses in their order."""

    batches: ClassVar[list[list[str]]] = []

    def purge_batch(self, urls: Collection[str]) -> None:
        self.batches.append(sorted(urls))


class BrokenCache(BaseBackend):
    def purge_batch(self, urls: Any) -> None:
        raise ConnectionError("the network is away")
