"""What is live, in the shape that a privacy officer or a public register of algorithms asks for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from wagtail.models import Site

from ...models.addresses import site_name
from ...privacy.records import RECORDS, Holding
from ...privacy.records.document import as_json, as_text


class Command(BaseCommand):
    help = (
        "Write what is live and what is set as material for a data protection impact assessment (dpia) or as a record "
        "of the UK's Algorithmic Transparency Recording Standard (atrs). What only you can know is marked in it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--format", choices=sorted(RECORDS), required=True, help="which record")
        parser.add_argument("--as", dest="written", choices=["json", "text"], default="text", help="default: text")
        parser.add_argument("--site", metavar="HOST", help="the host name of the site (default: the default site)")
        parser.add_argument("--output", metavar="FILE", help="where to write it (default: standard output)")

    def handle(self, *args: Any, written: str, site: str | None, output: str | None, **options: Any) -> None:
        record = RECORDS[options["format"]](Holding(_site(site)))
        text = as_json(record) if written == "json" else as_text(record)
        if output is None:
            self.stdout.write(text, ending="")
            return
        try:
            Path(output).write_text(text, encoding="utf-8", newline="\n")
        except OSError as error:
            raise CommandError(f"{output} can't be written: {error}") from error
        left = sum(1 for field in record.fields() if field.to_complete)
        self.stdout.write(f"Wrote {output}. You have to complete {left} fields in it.")


def _site(host: str | None) -> Site:
    sites = {site_name(site): site for site in Site.objects.select_related("root_page")}
    if host is None:
        found = next((site for site in sites.values() if site.is_default_site), None)
        if found is None:
            raise CommandError("There is no default site. Name one with --site.")
        return found
    if host.lower() not in sites:
        raise CommandError(f"There is no site {host!r}. The sites are: {', '.join(sorted(sites)) or 'none'}.")
    return sites[host.lower()]
