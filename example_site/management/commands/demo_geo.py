"""Build the demo's geo database: a real .mmdb, of a map that is made up."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from mmdb_writer import MMDBWriter
from netaddr import IPSet

PLACES = Path(__file__).resolve().parents[2] / "demo" / "places.json"


class Command(BaseCommand):
    help = "Build the demo's geo database (.mmdb) from example_site/demo/places.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", nargs="?", help="where to; if not given, where the setting GEO_DATABASE points")

    def handle(self, *args: Any, **options: Any) -> None:
        path = options["path"] or getattr(settings, "WAGTAIL_PERSONALISE_GOV", {}).get("GEO_DATABASE")
        if not path:
            raise CommandError('Say where to, or set WAGTAIL_PERSONALISE_GOV["GEO_DATABASE"].')
        build(Path(path))
        self.stdout.write(f"Wrote {path}.")


def build(path: Path) -> None:
    """Write the map to `path`, all at once, so that a server that runs meanwhile never reads half of it."""
    # Shaped as a City database: readers that look at the type look for that word.
    writer = MMDBWriter(
        ip_version=6,
        ipv4_compatible=True,
        database_type="Northmoor-Demo-City",
        description="Northmoor, which does not exist, over documentation addresses",
        languages=["en"],
        int_type="auto",
        float_type="f64",
    )
    for row in json.loads(PLACES.read_text(encoding="utf-8"))["networks"]:
        writer.insert_network(IPSet([row["network"]]), row["place"])
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent) as folder:
        draft = Path(folder) / path.name
        writer.to_db_file(str(draft))
        draft.replace(path)
