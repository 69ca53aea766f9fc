"""What it costs to tell a place and a kind of device, the first time and again. ``python -m tests.benchmarks.lookups``

Numbers of one machine say little; the ratio of the columns is what a cache saves.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from itertools import count, islice, repeat
from pathlib import Path
from typing import Any, NamedTuple

import django
from django.test import RequestFactory, override_settings

from wagtail_personalise_gov.visit.devices import device_kind, is_crawler
from wagtail_personalise_gov.visit.geo import MaxMindGeo
from wagtail_personalise_gov.visit.geo_file import GeoFile
from wagtail_personalise_gov.visit.geo_records import place_of_record

MAXMIND = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "mmdb" / "GeoLite2-City-Test.mmdb"
DATABASE = Path(os.environ.get("BENCH_PLACES", MAXMIND))
ROUNDS = 5  # the best of which counts: the others were disturbed
AGAIN = 2000

ADDRESSES = {
    "place of an IPv4 address": "192.0.2.7" if "BENCH_PLACES" in os.environ else "2.125.160.216",
    "place of an IPv6 address": "2001:db8::1" if "BENCH_PLACES" in os.environ else "2001:480::1",
    "no place (not on the map)": "1.1.1.1",
}
PHONE = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.0.0 Mobile Safari/537.36"


class Row(NamedTuple):
    what: str
    first: float  # µs for one, read or parsed
    again: float  # µs for one that is kept


def best(ask: Callable[[Any], Any], values: Iterable[Any], times: int = AGAIN) -> float:
    """What one call costs in µs, on average over `times` values; the best of some rounds."""
    costs, waiting = [], iter(values)
    for _ in range(ROUNDS):
        given = list(islice(waiting, times))
        start = time.perf_counter()
        for value in given:
            ask(value)
        costs.append((time.perf_counter() - start) / times * 1e6)
    return min(costs)


def places() -> Iterable[Row]:
    file = GeoFile(str(DATABASE))
    # As if many networks had been seen, so that a hit has as many lengths to try as on a busy site.
    for network, _record in file.reader:
        file.place(network.network_address)
    for what, text in ADDRESSES.items():
        address = repeat(ip_address(text))
        yield Row(what, best(lambda one: place_of_record(file.reader.get(one)), address), best(file.place, address))


def requests() -> Iterable[Row]:
    """The whole way, from a request: its address has to be read too."""
    request = repeat(RequestFactory().get("/", REMOTE_ADDR=ADDRESSES["place of an IPv4 address"]))
    with override_settings(WAGTAIL_PERSONALISE_GOV={"GEO_DATABASE": DATABASE}):
        keeps, forgets = MaxMindGeo(), MaxMindGeo()

        def forgetful(one: Any) -> None:
            if forgets._file is not None:
                forgets._file._places.clear()
            forgets.place(one)

        yield Row("place of a request", best(forgetful, request), best(keeps.place, request))


def kinds_of_device() -> Iterable[Row]:
    device_kind(PHONE.format("x"))  # the parser takes half a second to import
    never_seen = (PHONE.format(number) for number in count())
    yield Row("kind of device", best(device_kind, never_seen, 100), best(device_kind, repeat(PHONE.format(0))))
    agents = (PHONE.format(number) for number in count())
    yield Row("whether a crawler", best(is_crawler, agents, 100), best(is_crawler, repeat(PHONE.format(0))))


def main() -> str | None:
    """Print the table, or with --json its rows; a sentence where MaxMind's test files are missing."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    if not DATABASE.exists():
        return f"MaxMind's test file {DATABASE.name} is not in {DATABASE.parent}."
    if "--json" in sys.argv:
        print(json.dumps([*places(), *requests(), *kinds_of_device()]))
        return None
    print(f"{'µs for one':<28}{'first':>10}{'again':>10}{'ratio':>10}")
    for row in (*places(), *requests(), *kinds_of_device()):
        print(f"{row.what:<28}{row.first:>10.2f}{row.again:>10.2f}{row.first / row.again:>9.1f}×")
    return None


if __name__ == "__main__":
    sys.exit(main())
