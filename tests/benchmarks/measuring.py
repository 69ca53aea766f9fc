"""The measurements, one after the other. Each adds rows for the table and figures for the goals."""

from __future__ import annotations

import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from .load import as_http
from .pairs import ROOT, Ratio, Subject, in_turns, ratio
from .servers import THREADS, Server, finish
from .services import DATA, Databases

VISITORS = ("new", "matching", "returning", "refused")
PAGES = {
    "/three/": "3 blocks",
    "/simple/": "3 simple blocks",
    "/thirty/": "30 blocks",
    "/plain/": "no block that adapts",
    "/three-banner/": "3 blocks, banner and link",
}
GOAL_PAGES = {"/three/": "", "/simple/": "_simple"}  # and what their figures' keys end with
BATCH = 10  # requests between two readings of the clock; about 50 ms
PEER_BATCH_SECONDS = 0.15
PUBLISHED = "segment-0"  # the first block's first version is for it
MARKER = "Offer 0 for "


@dataclass
class Scale:
    """How much is measured."""

    sizes: tuple[int, ...] = (0, 10, 100, 1_000, 10_000)
    postgres_sizes: tuple[int, ...] = (0, 1_000, 10_000)
    served_sizes: tuple[int, ...] = (0, 1_000, 10_000)
    peer_sizes: tuple[int, ...] = (0, 10, 100)
    published: int = 10_000
    core_sizes: tuple[int, ...] = (1, 50, 1_000, 10_000)
    generations: int = 3  # of processes
    turns: int = 24
    goal_turns: int = 60  # where a ratio decides a goal
    peer_turns: int = 8
    rounds: int = 4  # of load, in turns
    seconds: float = 1.5  # of load in each
    profiled: int = 150
    whole: bool = True  # every page with every visitor; else a few


QUICK = Scale(
    sizes=(0, 1_000),
    postgres_sizes=(1_000,),
    served_sizes=(1_000,),
    peer_sizes=(10,),
    published=1_000,
    core_sizes=(1, 50, 1_000),
    generations=1,
    turns=12,
    goal_turns=24,
    peer_turns=4,
    rounds=2,
    seconds=1.0,
    profiled=50,
    whole=False,
)


@dataclass
class Bench:
    scale: Scale
    rows: list[dict[str, Any]] = field(default_factory=list)
    figures: dict[str, float] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    environment: dict[str, Any] = field(default_factory=dict)

    def add(self, section: str, **row: Any) -> None:
        self.rows.append({"section": section, **row})
        told = ", ".join(f"{key} {short(value)}" for key, value in row.items())
        print(f"  {section}: {told}", flush=True)

    def skip(self, what: str, why: str) -> None:
        self.skipped.append(f"{what}: {why}.")
        print(f"  NOT MEASURED: {self.skipped[-1]}", flush=True)

    def worst(self, key: str, figure: float) -> None:
        """Of several rows the highest counts."""
        self.figures[key] = max(figure, self.figures.get(key, -math.inf))

    # Pages, in process

    def pages(self, databases: Databases, python: str, sizes: Iterable[int], served: Iterable[int] = ()) -> None:
        """The floor, the floor once more, and ours; for each number of segments."""
        served = set(served)
        for segments in sizes:
            addresses = grown(databases, python, ("floor", "ours"), segments)
            cells = list(self.cells(databases, segments))
            costs: list[dict[str, list[float]]] = [{} for _ in cells]
            # Two processes of the same code may differ by some percent, by where things lie in memory: so several.
            for _ in range(self.scale.generations):
                with workers(python, addresses, control=True) as subjects:
                    for (path, visitor), taken in zip(cells, costs, strict=True):
                        for name, more in self.turns(subjects, path, visitor, segments).items():
                            taken[name] = [*taken.get(name, []), *more]
                    looks = [looks_of(subjects, path, visitor) for path, visitor in cells]
                    self.environment.setdefault("versions", {})[databases.name] = subjects["ours"].ask("versions")
                    requests = requests_of(subjects, "/three/", "new")
            for (path, visitor), taken, look in zip(cells, costs, looks, strict=True):
                self.page(databases, path, visitor, segments, taken, look)
            if segments in served:
                with servers(python, addresses) as running:
                    self.compare_served("served", running, requests, database=databases.name, segments=segments)

    def turns(self, subjects: Mapping[str, Subject], path: str, visitor: str, segments: int) -> dict[str, list[float]]:
        decides = path in ("/three/", "/simple/", "/plain/") and segments in (1_000, 10_000)
        turns = self.scale.goal_turns if decides else self.scale.turns
        each = max(2, turns // self.scale.generations)
        return in_turns(subjects, path, visitor, turns=each, times=dict.fromkeys(subjects, BATCH))

    def cells(self, databases: Databases, segments: int) -> Iterator[tuple[str, str]]:
        whole = self.scale.whole and not databases.server
        for visitor in VISITORS if whole else ("new", "returning", "refused"):
            yield "/three/", visitor
            if segments:
                yield "/simple/", visitor
        if whole:
            yield "/thirty/", "new"
            yield "/thirty/", "matching"
        if whole or segments:
            yield "/plain/", "new"
            yield "/three-banner/", "new"
        if whole and segments:
            yield "/three-banner/", "returning"

    def page(
        self,
        databases: Databases,
        path: str,
        visitor: str,
        segments: int,
        costs: Mapping[str, list[float]],
        looks: Mapping[str, Any],
    ) -> None:
        # Two processes of the floor: the mean of both is less moved by where one of them lies in memory.
        floor = [statistics.mean(pair) for pair in zip(costs["floor"], costs["control"], strict=True)]
        measured, control = ratio(floor, costs["ours"]), ratio(costs["floor"], costs["control"])
        self.add(
            "page",
            database=databases.name,
            page=PAGES[path],
            segments=segments,
            visitor=visitor,
            floor_ms=measured.floor * 1e3,
            ours=measured.median,
            quartiles=[measured.low, measured.high],
            control=control.median,
            queries=[looks["floor"]["queries"], looks["ours"]["queries"]],
        )
        self.worst("more_queries", looks["ours"]["queries"] - looks["floor"]["queries"])
        if not databases.server:
            if path in GOAL_PAGES and segments in (1_000, 10_000):
                self.worst(f"cpu_{segments}{GOAL_PAGES[path]}", measured.median)
            if path == "/plain/":
                self.figures["cpu_plain"] = measured.median  # of the most segments, which come last
        if path == "/plain/":
            ours, floors = looks["ours"]["headers"], looks["floor"]["headers"]
            self.worst("plain_headers", sum(ours.get(name) != floors.get(name) for name in {*ours, *floors}))

    # Under gunicorn

    def compare_served(
        self, section: str, running: Mapping[str, Server], requests: Mapping[str, list[str]], **row: Any
    ) -> Ratio:
        """Requests per second, servers in turns; a row for each. Returns the ratio of ours to the floor."""
        found: dict[str, list[dict[str, Any]]] = {name: [] for name in running}
        # So long that each of its threads answers some, which may be seconds.
        seconds = {
            name: max(self.scale.seconds, 3 * THREADS / server.warm(requests[name])) for name, server in running.items()
        }
        order = list(running)
        for turn in range(self.scale.rounds):
            for name in order if turn % 2 == 0 else reversed(order):
                found[name].append(running[name].load(requests[name], seconds[name]))
        for name, server in running.items():
            each = found[name]
            self.add(
                section,
                **row,
                subject=name,
                rps=statistics.median(one["rps"] for one in each),
                p50_ms=statistics.median(one["p50"] for one in each) * 1e3,
                p99_ms=statistics.median(one["p99"] for one in each) * 1e3,
                failures=sum(one["failures"] for one in each),
                memory_mb=server.memory(),
                of_floor=ratio_of_rps(found["floor"], each),
            )
        return ratio([one["rps"] for one in found["floor"]], [one["rps"] for one in found["ours"]])

    # The peer

    def peer(self, databases: Databases, python: str) -> None:
        """The floor, ours and the peer on a Wagtail that the peer works with: in process, and under gunicorn."""
        for segments in self.scale.peer_sizes:
            addresses = grown(databases, python, ("floor", "ours", "peer"), segments)
            with workers(python, addresses) as subjects:
                self.environment["peer"] = subjects["peer"].ask("versions")
                for visitor in ("new", "matching", "returning") if self.scale.whole else ("new",):
                    looks = looks_of(subjects, "/three/", visitor)
                    one = subjects["peer"].ask("run", path="/three/", visitor=visitor, times=1)["cpu"]
                    times = dict.fromkeys(subjects, BATCH) | {"peer": max(1, min(BATCH, int(PEER_BATCH_SECONDS / one)))}
                    costs = in_turns(subjects, "/three/", visitor, turns=self.scale.peer_turns, times=times)
                    for name in ("ours", "peer"):
                        measured = ratio(costs["floor"], costs[name])
                        self.add(
                            "peer",
                            segments=segments,
                            visitor=visitor,
                            subject=name,
                            floor_ms=measured.floor * 1e3,
                            cpu=measured.median,
                            quartiles=[measured.low, measured.high],
                            queries=[looks["floor"]["queries"], looks[name]["queries"]],
                        )
                requests = requests_of(subjects, "/three/", "new")
            with servers(python, addresses) as running:
                self.compare_served("peer served", running, requests, segments=segments)

    # From the page cache

    def cached(self, databases: Databases, python: str, redis: str, segments: int) -> None:
        """A page that Django's cache middleware keeps in Redis: the floor's, and ours with its versions."""
        addresses = grown(databases, python, ("floor", "ours"), segments)
        environment = {"BENCH_PAGE_CACHE": redis}
        with workers(python, addresses, control=True, **environment) as subjects:
            for path, visitor in product(GOAL_PAGES, ("new", "returning", "refused")):
                for _ in range(3):  # fills the cache, and lets the page tell what it asks
                    looks = looks_of(subjects, path, visitor)
                costs = in_turns(
                    subjects, path, visitor, turns=self.scale.goal_turns, times=dict.fromkeys(subjects, 5 * BATCH)
                )
                floor = [statistics.mean(pair) for pair in zip(costs["floor"], costs["control"], strict=True)]
                measured = ratio(floor, costs["ours"])
                added = statistics.median(one - other for one, other in zip(costs["ours"], floor, strict=True)) * 1e3
                self.add(
                    "cached",
                    page=PAGES[path],
                    visitor=visitor,
                    segments=segments,
                    floor_ms=measured.floor * 1e3,
                    added_ms=added,
                    ours=measured.median,
                    quartiles=[measured.low, measured.high],
                    queries=[looks["floor"]["queries"], looks["ours"]["queries"]],
                    hit="Age" in looks["ours"]["headers"],  # which Django says of what comes from its cache
                )
                self.worst(f"cached_ms{GOAL_PAGES[path]}", added)
                self.worst("more_queries", looks["ours"]["queries"] - looks["floor"]["queries"])
            profile = subjects["ours"].ask(
                "profile", path="/three/", visitor="returning", times=self.scale.profiled * 2
            )
            self.profile("profile_hit", "a hit in the page cache, returning visitor", profile)
            requests = {
                (path, visitor): requests_of(subjects, path, visitor)
                for path, visitor in product(GOAL_PAGES, ("new", "returning"))
            }
        with servers(python, addresses, **environment) as running:
            for (path, visitor), texts in requests.items():
                row = {"page": PAGES[path], "visitor": visitor, "segments": segments}
                found, key = (
                    self.compare_served("cached served", running, texts, **row),
                    f"cached_rps{GOAL_PAGES[path]}",
                )
                self.figures[key] = min(found.median, self.figures.get(key, math.inf))

    # The profile

    def profiles(self, databases: Databases, python: str, segments: int) -> None:
        addresses = grown(databases, python, ("ours",), segments)
        with workers(python, addresses) as subjects:
            for visitor in ("new", "returning"):
                profile = subjects["ours"].ask("profile", path="/three/", visitor=visitor, times=self.scale.profiled)
                self.profile("profile_page", f"3 blocks, {segments:,} segments, {visitor} visitor", profile)

    def profile(self, key: str, what: str, profile: Mapping[str, Any]) -> None:
        share, _times, name = profile["own"][0]
        self.worst(key, share * 100)
        self.add(
            "profile",
            what=what,
            largest_percent=share * 100,
            function=name,
            all_of_ours_percent=profile["own_total"] * 100,
            top=[[round(row[0] * 100, 2), round(row[1], 1), row[2]] for row in profile["own"][:12]],
            entered=[[round(row[0] * 100, 2), round(row[1], 1), row[2]] for row in profile["entered"][:12]],
        )

    # The core

    def core(self, databases: Databases, python: str) -> None:
        command = [python, "-m", "tests.benchmarks.core", *map(str, self.scale.core_sizes)]
        for row in json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout):
            self.add("core", **row)
            if row["segments"] == 50:
                self.figures["decide_50"] = row["decide_us"]
        command = [python, "-W", "ignore", "-m", "tests.benchmarks.lookups", "--json"]
        environment = {**os.environ, "BENCH_PLACES": str(DATA / "places.mmdb")}
        found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        if found.returncode:
            self.skip("places and devices", found.stderr.strip().splitlines()[-1].rstrip("."))
            return
        for what, first, again in json.loads(found.stdout):
            self.add("look-up", what=what, first_us=first, again_us=again)

    # A publish under load

    def publishing(self, databases: Databases, python: str) -> None:
        segments = self.scale.published
        addresses = grown(databases, python, ("ours",), segments)
        with workers(python, addresses) as subjects, servers(python, addresses, workers=2) as running:
            editor, server = subjects["ours"], running["ours"]
            [request] = requests_of(subjects, "/three/", "matching")["ours"]
            compile_seconds = min(editor.ask("compile")["seconds"] for _ in range(2))
            editor.ask("unpublish", slug=PUBLISHED)
            time.sleep(2)  # so that both processes have heard of it
            server.warm([request], reconnect=True)
            before = server.load([request], 2, reconnect=True, marker=MARKER)
            load = server.start_load([request], 9, reconnect=True, marker=MARKER)
            at = editor.ask("publish", slug=PUBLISHED)["at"]
            during = finish(load)
            processes = set(map(str, server.workers())) or set(during["last_without"])
        ends = [max(during["with_marker"].get(one, math.inf), during["last_without"].get(one, at)) for one in processes]
        seconds = max(ends) - at
        self.add(
            "publishing",
            database=databases.name,
            segments=segments,
            processes=len(processes),
            seconds=seconds,
            failures=during["failures"],
            requests=during["requests"],
            longest_ms=during["longest"] * 1e3,
            longest_before_ms=before["longest"] * 1e3,
            p99_before_ms=before["p99"] * 1e3,
            compile_ms=compile_seconds * 1e3,
        )
        self.figures["publish_seconds"] = seconds
        self.figures["publish_failures"] = during["failures"]
        # Both are under full load, where requests wait for one another too.
        added = max(0.0, during["longest"] - before["longest"])
        self.figures["publish_longest"] = added / compile_seconds


def ratio_of_rps(floor: list[dict[str, Any]], each: list[dict[str, Any]]) -> float:
    return statistics.median(one["rps"] / other["rps"] for one, other in zip(each, floor, strict=True))


def short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)[:120]


# Parts of a measurement


def grown(databases: Databases, python: str, names: Iterable[str], segments: int) -> dict[str, str]:
    """The databases of these subjects, with so many segments; made by processes that end."""
    environment = "now" if python == sys.executable else "peer"
    addresses = {name: databases.address(f"{environment}_{name}") for name in names}
    for name, address in addresses.items():
        if databases.grown.get(address) == segments:
            continue
        with closing(Subject(name, python, address)) as subject:
            subject.ask("grow", segments=segments)
        databases.grown[address] = segments
    return addresses


@contextmanager
def workers(
    python: str, addresses: Mapping[str, str], control: bool = False, **environment: str
) -> Iterator[dict[str, Subject]]:
    environment = {"BENCH_PLACES": str(DATA / "places.mmdb"), **environment}
    subjects = {name: Subject(name, python, address, **environment) for name, address in addresses.items()}
    if control:
        subjects["control"] = Subject("floor", python, addresses["floor"], **environment)
    try:
        yield subjects
    finally:
        for subject in subjects.values():
            subject.close()


@contextmanager
def servers(
    python: str, addresses: Mapping[str, str], workers: int = 1, **environment: str
) -> Iterator[dict[str, Server]]:
    environment = {"BENCH_PLACES": str(DATA / "places.mmdb"), **environment}
    running: dict[str, Server] = {}
    try:
        for name, address in addresses.items():
            running[name] = Server(name, python, address, workers=workers, **environment)
        yield running
    finally:
        for server in running.values():
            server.close()


def looks_of(subjects: Mapping[str, Subject], path: str, visitor: str) -> dict[str, dict[str, Any]]:
    """One answer of each subject, told. It is not measured if it is no page."""
    looks = {name: subject.ask("look", path=path, visitor=visitor) for name, subject in subjects.items()}
    for name, look in looks.items():
        if look["status"] != "200 OK":
            raise RuntimeError(f"{name} answers {look['status']} for {path} to a {visitor} visitor.")
    return looks


def requests_of(subjects: Mapping[str, Subject], path: str, visitor: str) -> dict[str, list[str]]:
    """For each subject the request of such a visitor, with the cookies that it gave them, as it goes over the wire."""
    return {
        name: [as_http(subject.ask("look", path=path, visitor=visitor)["environ"])]
        for name, subject in subjects.items()
    }
