"""Take personalised pages from the caches in front of the site, for whoever has a shell."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...delivery.purging import addresses_of, has_caches, pages_using, purge
from ...models import Segment


class Command(BaseCommand):
    help = (
        "Purge the pages that use a live segment from Wagtail's front-end caches and from wagtail-cache. "
        "Publishing a segment does this by itself."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--segment", metavar="SLUG", help="only the pages that use this segment, which need not be live"
        )

    def handle(self, *args: Any, segment: str | None, **options: Any) -> None:
        if not has_caches():
            raise CommandError("Nothing to purge: neither wagtail.contrib.frontend_cache nor wagtail-cache is in use.")
        keys = None
        if segment is not None:
            keys = list(Segment.objects.filter(slug=segment).values_list("pk", flat=True))
            if not keys:
                raise CommandError(f"There is no segment {segment!r}.")
        addresses = addresses_of(pages_using(keys))
        problems = purge(addresses)
        if options["verbosity"] > 1:
            for address in sorted(addresses):
                self.stdout.write(address)
        if problems:
            raise CommandError(f"Addresses that were not purged everywhere: {len(addresses)}. {' '.join(problems)}")
        self.stdout.write(f"Addresses purged: {len(addresses)}.")
