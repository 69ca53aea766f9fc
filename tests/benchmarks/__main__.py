"""What personalisation costs a page, beside a site without it and beside the peer. ``make bench``

``--quick`` measures a part, in some minutes. ``--write-docs`` puts the tables into docs/explanation/performance.md.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable

from . import report
from .measuring import QUICK, Bench, Scale
from .services import DATA, Databases, make_places, peer_python, postgres, redis_server, redis_version

PARTS = ("core", "pages", "postgres", "peer", "cached", "publishing", "profile")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a part of it, in some minutes")
    parser.add_argument("--write-docs", action="store_true", help="put the tables into docs/explanation/performance.md")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS), help="only these parts")
    options = parser.parse_args()
    bench = Bench(QUICK if options.quick else Scale())
    bench.environment |= {
        "day": report.today(),
        "quick": options.quick,
        "processor": report.processor(),
        "python": platform.python_version(),
        "load": os.getloadavg()[0],
    }
    if bench.environment["load"] > 1:
        print("This machine is busy with other things; the ratios hold, but they scatter more.")
    DATA.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    measure(bench, set(options.only))
    bench.environment["minutes"] = round((time.monotonic() - began) / 60, 1)
    print(report.as_text(bench))
    print(f"\n{bench.environment['minutes']} minutes. All of it: {report.write_json(bench).relative_to(report.ROOT)}")
    if options.write_docs:
        report.write_docs(report.as_markdown(bench))
    return 0


def measure(bench: Bench, parts: set[str]) -> None:
    """All parts. What a machine lacks, and what fails, is named in the table as not measured."""
    scale, python = bench.scale, sys.executable
    sqlite = Databases()
    make_places(DATA / "places.mmdb")

    def part(name: str, what: str, do: Callable[[], None]) -> None:
        if name not in parts:
            return
        print(f"{what} …", flush=True)
        try:
            do()
        except Exception as error:  # the other parts are worth having all the same
            bench.skip(what, f"it failed: {type(error).__name__}: {str(error).strip()[-600:]}")

    try:
        part("core", "The core, places and devices", lambda: bench.core(sqlite, python))
        part("pages", "Pages on SQLite", lambda: bench.pages(sqlite, python, scale.sizes, scale.served_sizes))
        part("profile", "Profiles", lambda: bench.profiles(sqlite, python, max(1_000, max(scale.sizes))))
        part("cached", "Pages from the cache", lambda: from_the_cache(bench, sqlite, python))
        part("peer", "The peer", lambda: with_the_peer(bench, sqlite))
        server, why = postgres() if parts & {"postgres", "publishing"} else (None, "")
        if server:
            databases = Databases(server)
            try:
                part(
                    "postgres",
                    "Pages on PostgreSQL",
                    lambda: bench.pages(databases, python, scale.postgres_sizes, scale.served_sizes),
                )
                part("publishing", "A publish under load", lambda: bench.publishing(databases, python))
            finally:
                databases.close()
        elif parts & {"postgres", "publishing"}:
            bench.skip("Pages on PostgreSQL", why)
            part("publishing", "A publish under load", lambda: bench.publishing(Databases(), python))
    finally:
        sqlite.close()


def from_the_cache(bench: Bench, databases: Databases, python: str) -> None:
    with redis_server() as redis:
        if redis is None:
            bench.skip("Pages from the cache", "redis-server is not installed")
            return
        bench.environment["redis"] = redis_version()
        bench.cached(databases, python, redis, max(1_000, max(bench.scale.sizes)))


def with_the_peer(bench: Bench, databases: Databases) -> None:
    python = peer_python()
    if python is None:
        bench.skip("The peer", "its environment could not be made, see above")
        return
    bench.peer(databases, python)


if __name__ == "__main__":
    sys.exit(main())
