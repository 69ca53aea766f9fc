"""A geo database that is broken, missing or replaced: unknown, one log line, and never a page that fails."""

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory

from tests.agency.models import AgencyPage
from tests.visit.answers import log_lines
from wagtail_personalise_gov.core.geography import Place
from wagtail_personalise_gov.visit import geo
from wagtail_personalise_gov.visit.geo import geo_provider

Configure = Callable[..., None]


def place_of(address: str, rf: RequestFactory, **headers: str) -> Place | None:
    return geo_provider().place(rf.get("/", headers=headers, REMOTE_ADDR=address))


def test_a_visitor_in_the_country_sees_its_version_and_others_do_not(
    client: Client, flood_page: AgencyPage, configure: Configure, mmdb: Path
) -> None:
    configure(GEO_DATABASE=mmdb)
    assert "Sandbags" in client.get("/flood/", REMOTE_ADDR="2.125.160.216").content.decode()
    assert "Sandbags" not in client.get("/flood/", REMOTE_ADDR="89.160.20.112").content.decode()
    assert "Sandbags" not in client.get("/flood/", REMOTE_ADDR="127.0.0.1").content.decode()


def test_a_spoofed_header_moves_nobody(
    client: Client, flood_page: AgencyPage, configure: Configure, mmdb: Path
) -> None:
    configure(GEO_DATABASE=mmdb)
    headers = {"X-Forwarded-For": "2.125.160.216", "X-Real-IP": "2.125.160.216", "CF-IPCountry": "GB"}
    assert "Be ready" in client.get("/flood/", headers=headers, REMOTE_ADDR="89.160.20.112").content.decode()


@pytest.mark.parametrize(
    "name, address",
    [
        ("GeoIP2-City-Test-Broken-Double-Format.mmdb", "2.125.160.216"),  # opens; the record can't be read
        ("GeoIP2-City-Test-Invalid-Node-Count.mmdb", "2.125.160.216"),
        ("MaxMind-DB-test-broken-pointers-24.mmdb", "1.1.1.16"),
        ("MaxMind-DB-test-broken-search-tree-24.mmdb", "1.1.1.1"),
    ],
)
def test_a_broken_database_is_unknown_and_logged_once(
    client: Client,
    flood_page: AgencyPage,
    configure: Configure,
    mmdb_folder: Any,
    caplog: pytest.LogCaptureFixture,
    name: str,
    address: str,
) -> None:
    configure(GEO_DATABASE=mmdb_folder / name)
    for _ in range(3):
        answer = client.get("/flood/", REMOTE_ADDR=address)
        assert answer.status_code == 200
        assert "Be ready" in answer.content.decode()
    assert len(log_lines(caplog)) <= 1  # a tree that leads nowhere is no error: nothing is found in it
    assert all(address not in line for line in log_lines(caplog))


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_a_database_that_is_missing_or_none_is_unknown_and_logged_once(
    client: Client,
    flood_page: AgencyPage,
    configure: Configure,
    tmp_path: Path,
    always_looks: None,
    caplog: pytest.LogCaptureFixture,
    content: bytes | None,
) -> None:
    path = tmp_path / "geo.mmdb"
    if content is not None:
        path.write_bytes(content)
    configure(GEO_DATABASE=path)
    for _ in range(3):
        assert "Be ready" in client.get("/flood/", REMOTE_ADDR="2.125.160.216").content.decode()
    assert len(log_lines(caplog)) == 1
    assert "2.125.160.216" not in caplog.text


def test_a_database_that_appears_or_is_replaced_is_read_without_a_restart(
    rf: RequestFactory, configure: Configure, mmdb_folder: Any, tmp_path: Path, always_looks: None
) -> None:
    path = tmp_path / "geo.mmdb"
    configure(GEO_DATABASE=path)
    assert place_of("2.125.160.216", rf) is None

    rename_over(mmdb_folder / "GeoLite2-Country-Test.mmdb", path)
    first = place_of("2.125.160.216", rf)
    assert first is not None
    assert first.city is None

    rename_over(mmdb_folder / "GeoLite2-City-Test.mmdb", path)
    second = place_of("2.125.160.216", rf)
    assert second is not None
    assert second.city == "Boxford"


def test_the_open_database_serves_on_while_its_file_is_away_or_spoilt(
    rf: RequestFactory, configure: Configure, mmdb: Path, tmp_path: Path, always_looks: None
) -> None:
    path = Path(shutil.copy(mmdb, tmp_path / "geo.mmdb"))
    configure(GEO_DATABASE=path)
    assert place_of("2.125.160.216", rf) is not None
    path.unlink()
    assert place_of("2.125.160.216", rf) is not None
    (tmp_path / "draft").write_bytes(b"half a download")
    os.replace(tmp_path / "draft", path)
    assert place_of("2.125.160.216", rf) is not None


def test_a_database_is_replaced_under_many_readers(
    rf: RequestFactory, configure: Configure, mmdb: Path, tmp_path: Path, always_looks: None
) -> None:
    path = Path(shutil.copy(mmdb, tmp_path / "geo.mmdb"))
    configure(GEO_DATABASE=path)
    provider, found, stop = geo_provider(), set(), threading.Event()

    def read() -> None:
        while not stop.is_set():
            place = provider.place(rf.get("/", REMOTE_ADDR="2.125.160.216"))
            found.add(place and place.city)

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        rename_over(mmdb, path)
    stop.set()
    for thread in threads:
        thread.join()
    assert found == {"Boxford"}


def test_a_database_is_opened_once_for_many_visits(
    rf: RequestFactory, configure: Configure, mmdb: Path, monkeypatch: pytest.MonkeyPatch, always_looks: None
) -> None:
    opened = []
    open_database = geo.maxminddb.open_database
    monkeypatch.setattr(geo.maxminddb, "open_database", lambda path: opened.append(path) or open_database(path))
    configure(GEO_DATABASE=mmdb)
    for _ in range(5):
        place_of("2.125.160.216", rf)
    assert len(opened) == 1


def rename_over(source: Path, path: Path) -> None:
    draft = path.with_name("draft")
    shutil.copy(source, draft)
    os.replace(draft, path)
