"""A geo database is replaced while visitors come: every one of them gets an answer of an edition that was there.

Threads look up without a pause, and the file is looked at for each look-up, which is far worse than once a second.
"""

import os
import shutil
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import maxminddb
import pytest

from wagtail_personalise_gov.core.geography import Place
from wagtail_personalise_gov.visit.geo import MaxMindGeo, geo_provider
from wagtail_personalise_gov.visit.geo_records import place_of_record

Configure = Callable[..., None]

THREADS = 4
REPLACEMENTS = 30
OLD, NEW = "GeoLite2-City-Test.mmdb", "GeoIP2-City-Test.mmdb"

BOTH = ["2.125.160.216", "81.2.69.142", "89.160.20.112", "216.160.83.56"]  # on the map of either edition
DIFFERENT = ["214.78.120.1", "2001:480::1", "214.0.0.1", "216.160.83.64"]  # told otherwise, or by one only
ADDRESSES = [ip_address(text) for text in [*BOTH, *DIFFERENT]]


class Visitors:
    """Threads that look every address up, again and again, and note what they were told."""

    def __init__(self, provider: MaxMindGeo) -> None:
        self.told: Counter[tuple[Any, Place | None]] = Counter()
        self.errors: list[Exception] = []
        self._provider, self._enough = provider, threading.Event()
        self._told_by_thread: list[Counter[tuple[Any, Place | None]]] = []
        self._threads = [threading.Thread(target=self._come) for _ in range(THREADS)]

    def _come(self) -> None:
        told: Counter[tuple[Any, Place | None]] = Counter()
        self._told_by_thread.append(told)
        try:
            while not self._enough.is_set():
                for address in ADDRESSES:
                    told[address, self._provider.place_at(address)] += 1
        except Exception as error:
            self.errors.append(error)

    @contextmanager
    def coming(self) -> Iterator[None]:
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._enough.set()
            for thread in self._threads:
                thread.join()
        for told in self._told_by_thread:
            self.told += told


def answers(*paths: Path) -> dict[Any, set[Place | None]]:
    """What each of these editions tells of each address."""
    readers = [maxminddb.open_database(str(path)) for path in paths]
    return {address: {place_of_record(reader.get(address)) for reader in readers} for address in ADDRESSES}


def rename_over(source: Path, path: Path) -> None:
    draft = path.with_name("draft")
    shutil.copy(source, draft)
    os.replace(draft, path)


@pytest.fixture
def path(tmp_path: Path, mmdb_folder: Any) -> Path:
    return Path(shutil.copy(mmdb_folder / OLD, tmp_path / "geo.mmdb"))


@pytest.fixture
def provider(configure: Configure, path: Path, always_looks: None) -> MaxMindGeo:
    configure(GEO_DATABASE=path)
    found = geo_provider()
    assert isinstance(found, MaxMindGeo)
    return found


@pytest.fixture
def visitors(provider: MaxMindGeo) -> Visitors:
    return Visitors(provider)


def test_the_two_editions_differ_where_it_matters(mmdb_folder: Any) -> None:
    told = answers(mmdb_folder / OLD, mmdb_folder / NEW)
    assert [text for text in BOTH if None in told[ip_address(text)]] == []
    assert [text for text in DIFFERENT if len(told[ip_address(text)]) == 1] == []


def test_no_look_up_fails_while_the_file_is_replaced(visitors: Visitors, path: Path, mmdb_folder: Any) -> None:
    with visitors.coming():
        for number in range(REPLACEMENTS):
            rename_over(mmdb_folder / (NEW, OLD)[number % 2], path)
            time.sleep(0.005)
    right = answers(mmdb_folder / OLD, mmdb_folder / NEW)
    assert visitors.errors == []
    assert [told for told in visitors.told if told[1] not in right[told[0]]] == []
    # Both editions were in use, so that there was something to mix up.
    assert {place for address, place in visitors.told if address == ip_address("2001:480::1")} == right[
        ip_address("2001:480::1")
    ]
    assert visitors.told.total() > 1000


@pytest.mark.parametrize("broken", ["no database", "empty", "a half", "damaged inside", "not there"])
def test_the_last_whole_edition_serves_on_while_the_file_is_broken(
    visitors: Visitors, provider: MaxMindGeo, path: Path, mmdb_folder: Any, tmp_path: Path, broken: str
) -> None:
    bad = tmp_path / "bad"
    whole = (mmdb_folder / OLD).read_bytes()
    if broken == "damaged inside":
        shutil.copy(mmdb_folder / "GeoIP2-City-Test-Broken-Double-Format.mmdb", bad)
    else:
        bad.write_bytes({"no database": b"nonsense", "empty": b"", "a half": whole[: len(whole) // 2]}.get(broken, b""))
    provider.place_at(ADDRESSES[0])
    with visitors.coming():
        for _ in range(REPLACEMENTS // 5):
            if broken == "not there":
                path.unlink()
            else:
                rename_over(bad, path)
            time.sleep(0.02)
            rename_over(mmdb_folder / OLD, path)
            time.sleep(0.01)
    right = answers(mmdb_folder / OLD)
    assert visitors.errors == []
    assert [told for told in visitors.told if told[1] not in right[told[0]]] == []


def test_a_whole_edition_is_taken_after_a_broken_one(provider: MaxMindGeo, path: Path, mmdb_folder: Any) -> None:
    only_old = ip_address("2001:480::1")
    assert provider.place_at(only_old) is not None
    rename_over(mmdb_folder / "GeoIP2-City-Test-Broken-Double-Format.mmdb", path)
    assert provider.place_at(only_old) is not None
    rename_over(mmdb_folder / NEW, path)
    assert provider.place_at(only_old) is None


def test_places_of_an_edition_go_with_it(provider: MaxMindGeo, path: Path, mmdb_folder: Any) -> None:
    """The old edition has a place for it, which was kept; the new one has none."""
    only_old = ip_address("2001:480::1")
    for edition in (OLD, NEW, OLD):
        rename_over(mmdb_folder / edition, path)
        assert {provider.place_at(only_old) for _ in range(3)} == answers(mmdb_folder / edition)[only_old]


def test_threads_that_come_first_all_wait_for_the_file(configure: Configure, path: Path, mmdb_folder: Any) -> None:
    configure(GEO_DATABASE=path)
    provider, together, told = geo_provider(), threading.Barrier(8), []

    def come() -> None:
        together.wait()
        told.append(provider.place_at(ADDRESSES[0]))

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(told) == 8
    assert set(told) == answers(mmdb_folder / OLD)[ADDRESSES[0]]


def test_a_broken_file_is_tried_once_and_logged_once(
    provider: MaxMindGeo,
    path: Path,
    mmdb_folder: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    provider.place_at(ADDRESSES[0])
    rename_over(mmdb_folder / "GeoIP2-City-Test-Broken-Double-Format.mmdb", path)
    opened: list[str] = []
    open_database = maxminddb.open_database
    monkeypatch.setattr(maxminddb, "open_database", lambda path: opened.append(path) or open_database(path))
    for _ in range(5):
        assert provider.place_at(ADDRESSES[0]) is not None
    assert len(opened) == 1
    (line,) = [record.getMessage() for record in caplog.records if record.name == "wagtail_personalise_gov"]
    assert "stays in use" in line
