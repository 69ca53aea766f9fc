"""Whether the memory of a worker stays flat under varied load. ``python -m tests.benchmarks.soak --minutes 3``

Visitors of many kinds, paths, queries and cookies come to gunicorn's workers, and a segment is published now and then.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from .pairs import ROOT
from .servers import Server, finish
from .services import DATA, Databases, make_places

WORKERS = 2
SEGMENTS = 200
WARM_SECONDS = 30  # then caches of Python, Django and the database's client have what they need
EVERY_SECONDS = 10
FLAT = 1.05  # the median of the last third to that of the first, after warming up: more is no longer flat

GROW = """
import django, os
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.site.settings"
django.setup()
from tests.benchmarks.site import content
content.prepare()
content.grow(int(os.environ["SOAK_SEGMENTS"]))
"""
PUBLISH = """
import django, os
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.site.settings"
django.setup()
from wagtail_personalise_gov.models import Segment
Segment.objects.order_by("pk").first().save_revision().publish()
"""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.soak", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=3)
    seconds = parser.parse_args().minutes * 60
    DATA.mkdir(parents=True, exist_ok=True)
    make_places(DATA / "places.mmdb")
    databases = Databases()
    address = databases.address("soak")
    environment = {"BENCH_PLACES": str(DATA / "places.mmdb")}
    run(GROW, address, SOAK_SEGMENTS=str(SEGMENTS))
    server = Server("ours", sys.executable, address, workers=WORKERS, **environment)
    try:
        load = server.start_load(varied_requests(), seconds, connections=2 * WORKERS, reconnect=True)
        found = watch(server, address, seconds)
        done = finish(load)
    finally:
        server.close()
        databases.close()
    return report(found, done)


def run(script: str, address: str, **more: str) -> None:
    environment = {**os.environ, "BENCH_SUBJECT": "ours", "BENCH_DATABASE": address, **more}
    subprocess.run([sys.executable, "-W", "ignore", "-c", script], cwd=ROOT, env=environment, check=True)


def varied_requests(number: int = 5000) -> list[str]:
    """The same at each run. No two of them are quite alike."""
    chance = random.Random(7)
    requests = []
    for turn in range(number):
        path = chance.choice(["three", "thirty", "plain", "three-banner", f"news-{turn % 50}", f"nowhere-{turn}"])
        query = chance.choice(["", f"?topic=topic-{turn}", f"?utm_campaign=campaign-{turn}", f"?page={turn}&x={turn}"])
        heads = [
            "Host: localhost",
            f"User-Agent: {chance.choice(BROWSERS)} Version/{turn}",
            f"Accept-Language: {chance.choice(['cy', 'en-GB', 'fr', f'x-{turn}'])}",
            f"X-Forwarded-For: 192.0.2.{turn % 256}",
        ]
        if turn % 3 == 0:
            heads.append(f"Referer: https://www.host-{turn}.example/{turn}")
        if turn % 2 == 0:
            kept = chance.choice(["choice=refused.1", "choice=allowed.1", f"memory=broken-{turn}", f"visit={turn}"])
            heads.append(f"Cookie: personalise_{kept}; other={turn}")
        requests.append("\r\n".join([f"GET /{path}/{query} HTTP/1.1", *heads, "", ""]))
    return requests


BROWSERS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1",
]


def watch(server: Server, address: str, seconds: float) -> list[tuple[float, dict[int, dict[str, float]]]]:
    """(seconds since the start, memory of each worker) now and then; in between a segment is published."""
    found = []
    began = time.monotonic()
    while (now := time.monotonic() - began) < seconds - 1:
        found.append((now, {pid: memory_of(pid) for pid in server.workers()}))
        if len(found) % 3 == 0:
            run(PUBLISH, address)
        time.sleep(max(0.0, min(began + len(found) * EVERY_SECONDS, began + seconds) - time.monotonic()))
    return found


def memory_of(pid: int) -> dict[str, float]:
    """MB: RSS, and PSS, which shares what processes share."""
    rows = (row.split() for row in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines())
    return {row[0][:-1].upper(): int(row[1]) / 1024 for row in rows if row[0] in ("Rss:", "Pss:")}


def report(found: list[tuple[float, dict[int, dict[str, float]]]], done: dict[str, Any]) -> int:
    """Print the table and the verdict; 0 where all are flat."""
    workers = sorted(found[-1][1])
    print("seconds  " + "  ".join(f"worker {number} RSS    PSS" for number, _pid in enumerate(workers, 1)) + "   MB")
    for moment, memory in found:
        cells = [f"{memory[pid]['RSS']:12.1f} {memory[pid]['PSS']:6.1f}" for pid in workers if pid in memory]
        print(f"{moment:7.0f}  " + "  ".join(cells))
    warm = [memory for moment, memory in found if moment >= WARM_SECONDS]
    third = max(1, len(warm) // 3)
    ratios = []
    for pid in workers:
        of_this = [memory[pid]["PSS"] for memory in warm if pid in memory]
        ratios.append(median(of_this[-third:]) / median(of_this[:third]) if of_this else 1.0)
    flat = all(ratio <= FLAT for ratio in ratios) and bool(warm)
    print(f"{done['requests']} requests were answered with 200, the others with 404: {done['failures']}.")
    print(f"Last third to first third, after {WARM_SECONDS} s: " + ", ".join(f"{ratio:.3f}" for ratio in ratios))
    print(f"Memory is {'flat' if flat else 'NOT flat'} (at most {FLAT} is).")
    return 0 if flat else 1


def median(numbers: list[float]) -> float:
    return sorted(numbers)[len(numbers) // 2]


if __name__ == "__main__":
    sys.exit(main())
