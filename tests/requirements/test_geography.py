"""Whose address a request has, and what place may be told from it. MaxMind's public test files are asked."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.checks import run_checks

import wagtail_personalise_gov
from tests.agency.models import AgencyPage
from tests.factories import make_page, make_segment, personalised
from tests.requirements.marks import requirement
from tests.requirements.visitors import ABOUT, RIVERSIDE, Visitor
from wagtail_personalise_gov.models import LocationRule, NetworkRule, Segment
from wagtail_personalise_gov.visit import geo
from wagtail_personalise_gov.visit.geo import geo_provider

Told = Callable[..., set[str]]

BOXFORD, LONDON, LINKOPING, SAN_DIEGO, MILTON = (
    "2.125.160.216", "81.2.69.142", "89.160.20.112", "214.78.0.1", "216.160.83.56",
)  # fmt: skip
BHUTAN = "67.43.156.1"  # a country, and nothing finer
DOUBTFUL = "216.160.83.64"  # somewhere in the United States, give or take 1,000 km
HEADERS = ("X-Forwarded-For", "Forwarded", "X-Real-IP", "CF-Connecting-IP", "True-Client-IP")


@pytest.fixture
def told(home: AgencyPage) -> Told:
    """``told({"wales": rule}, address)``: the names of the rules that a visitor at this address fits, by their page."""
    pages = 0

    def ask(rules: dict[str, Any], address: str, **headers: str) -> set[str]:
        nonlocal pages
        pages += 1
        lines = []
        for name, rule in rules.items():
            who = Segment.objects.filter(slug=name).first() or make_segment(name, rule)
            lines.append(("line", personalised("Standard", (who, f"[{name}]"))))
        make_page(f"Page {pages}", *lines, parent=home, slug=f"page-{pages}")
        html = Visitor(address).reads(f"/page-{pages}/", **headers)
        return {name for name in rules if f"[{name}]" in html}

    return ask


@pytest.fixture
def city(configure: Any, mmdb: Path) -> Path:
    configure(GEO_PROVIDER="wagtail_personalise_gov.visit.geo.MaxMindGeo", GEO_DATABASE=mmdb)
    return mmdb


def package_log(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "wagtail_personalise_gov"]


# --- The address ------------------------------------------------------------------------------------------------------


def rules(*addresses: str) -> dict[str, Any]:
    """A rule for each address that may come out."""
    return {f"at-{n}": NetworkRule(name=address, networks=[address]) for n, address in enumerate(addresses)}


@requirement(83)
@pytest.mark.parametrize("header", HEADERS)
def test_without_trusted_proxies_only_the_connection_says_who_it_is(told: Told, header: str) -> None:
    spoofed = {header.replace("-", "_"): "for=216.160.83.56" if header == "Forwarded" else "216.160.83.56"}
    both = {
        "spoofed": NetworkRule(name="a", networks=["216.160.83.56"]),
        "own": NetworkRule(name="b", networks=["192.0.2.7"]),
    }
    assert told(both, RIVERSIDE, **spoofed) == {"own"}
    assert told(both, "216.160.83.56") == {"spoofed"}


@requirement(84)
@pytest.mark.parametrize(
    "connection, forwarded, address",
    [
        ("10.0.0.1", "1.2.3.4, 216.160.83.56", "216.160.83.56"),  # the first is the visitor's own writing
        ("10.0.0.1", "216.160.83.56, 10.0.0.2, 10.9.9.9", "216.160.83.56"),  # past trusted hops
        ("81.2.69.142", "216.160.83.56", "81.2.69.142"),  # no proxy of ours
        ("10.0.0.1", "216.160.83.56:443", "216.160.83.56"),
        ("10.0.0.1", '"[2001:480::1]:443"', "2001:480::1"),
        ("10.0.0.1", "2001:480::1%eth0", "2001:480::1"),
        ("10.0.0.1", "::ffff:216.160.83.56", "216.160.83.56"),
        ("::ffff:10.0.0.1", "216.160.83.56", "216.160.83.56"),
        ("10.0.0.1", "216.160.83.56, unknown", "10.0.0.1"),  # behind garbage nothing is believed
        ("10.0.0.1", "999.1.1.1", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
    ],
)
def test_trusted_proxies_are_walked_from_the_right(
    told: Told, configure: Any, connection: str, forwarded: str, address: str
) -> None:
    configure(TRUSTED_PROXIES=["10.0.0.0/8"])
    candidates = ["1.2.3.4", "216.160.83.56", "81.2.69.142", "2001:480::1", "10.0.0.1"]
    expected = f"at-{candidates.index(address)}"
    assert told(rules(*candidates), connection, X_Forwarded_For=forwarded) == {expected}


# --- Headers of a network ---------------------------------------------------------------------------------------------


@requirement(85)
@pytest.mark.parametrize("country", ["GB", "XX", "T1", "ZZ", "", "?", "GBR"])
def test_headers_about_places_are_read_only_where_named_and_only_from_trusted_proxies(
    told: Told, configure: Any, country: str
) -> None:
    where = britain()
    header = {"CF_IPCountry": country}
    assert told(where, "10.0.0.1", **header) == set()  # not named in the settings
    configure(GEO_PROVIDER="wagtail_personalise_gov.visit.geo.HeaderGeo", GEO_HEADERS={"country": "CF-IPCountry"})
    assert told(where, "10.0.0.1", **header) == set()  # nobody is trusted
    configure(TRUSTED_PROXIES=["10.0.0.0/8"])
    assert told(where, RIVERSIDE, **header) == set()  # not from a proxy
    assert told(where, "10.0.0.1", X_Country=country) == set()  # not that header
    assert told(where, "10.0.0.1", **header) == ({"britain"} if country == "GB" else set())
    assert told(where, "10.0.0.1", CF_IPCountry="FR") == {"elsewhere"}


# --- The database -----------------------------------------------------------------------------------------------------


def britain() -> dict[str, Any]:
    return {"britain": LocationRule(countries=["GB"]), "elsewhere": LocationRule(countries=["GB"], negated=True)}


@requirement(86)
@pytest.mark.parametrize(
    "file, address",
    [
        (None, BOXFORD),
        ("nonsense", BOXFORD),
        ("GeoIP2-City-Test-Broken-Double-Format.mmdb", BOXFORD),
        ("GeoIP2-City-Test-Invalid-Node-Count.mmdb", BOXFORD),
        ("MaxMind-DB-test-broken-pointers-24.mmdb", "1.1.1.16"),
    ],
)
def test_a_database_that_fails_leaves_the_standard_version_and_one_line_in_the_log(
    told: Told,
    configure: Any,
    mmdb_folder: Any,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    file: str | None,
    address: str,
) -> None:
    path = tmp_path / "geo.mmdb"
    if file == "nonsense":
        path.write_bytes(b"half a download")
    elif file:
        path = mmdb_folder / file
    configure(GEO_DATABASE=path)
    for _time in range(3):
        assert told(britain(), address) == set()  # and 200, or it would have failed
    assert len(package_log(caplog)) == 1
    assert address not in caplog.text
    assert "Traceback" not in caplog.text


@requirement(86)
@pytest.mark.parametrize("address", ["1.1.1.1", "127.0.0.1", "10.0.0.1", "::1", "fe80::1"])
def test_an_address_that_is_unknown_or_private_is_nowhere_and_nothing_is_logged(
    told: Told, city: Path, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    caplog.set_level(logging.WARNING)
    assert told(britain(), address) == set()
    assert told(britain(), BOXFORD) == {"britain"}
    assert not package_log(caplog)


@requirement(87)
def test_the_country_is_that_of_the_address_and_not_that_of_its_registration(told: Told, city: Path) -> None:
    """Milton's address is used in the United States and registered in Britain; Boxford's is registered in France."""
    where = {name: LocationRule(countries=[name.upper()]) for name in ("us", "gb", "fr")}
    assert told(where, MILTON) == {"us"}
    assert told(where, BOXFORD) == {"gb"}


@requirement(88)
def test_a_region_of_any_level_matches_by_its_code(told: Told, city: Path) -> None:
    where = {
        "england": LocationRule(subdivisions=["GB-ENG"]),
        "berkshire": LocationRule(subdivisions=["GB-WBK"]),
        "wales": LocationRule(subdivisions=["GB-WLS"]),
    }
    assert told(where, BOXFORD) == {"england", "berkshire"}
    assert told(where, LONDON) == {"england"}
    assert told(where, LINKOPING) == set()


@requirement(88)
def test_where_a_database_has_no_codes_a_region_matches_by_its_english_name(
    told: Told, configure: Any, tmp_path: Path
) -> None:
    writer = pytest.importorskip("mmdb_writer", reason="mmdb-writer is not installed (it comes with the extra 'demo')")
    from netaddr import IPSet

    database = writer.MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="DBIP-City-Lite")
    for network, country, region in (("192.0.2.0/24", "GB", "Wales"), ("198.51.100.0/24", "US", "Wales")):
        names = {
            "country": {"iso_code": country, "names": {"en": country}},
            "subdivisions": [{"names": {"en": region}}],
        }
        database.insert_network(IPSet([network]), names)
    database.to_db_file(str(tmp_path / "dbip.mmdb"))
    configure(GEO_DATABASE=tmp_path / "dbip.mmdb")
    where = {"wales": LocationRule(subdivisions=["GB-WLS"]), "england": LocationRule(subdivisions=["GB-ENG"])}
    assert told(where, "192.0.2.7") == {"wales"}
    assert told(where, "198.51.100.7") == set()  # a Wales of another country


@requirement(89)
def test_what_a_record_lacks_can_not_be_told_and_is_no_error(
    told: Told, city: Path, caplog: pytest.LogCaptureFixture
) -> None:
    where = {
        "bhutan": LocationRule(countries=["BT"]),
        "asia": LocationRule(continents=["AS"]),
        "not-london": LocationRule(cities=["London"], negated=True),
        "not-england": LocationRule(subdivisions=["GB-ENG"], negated=True),
    }
    assert {"bhutan", "asia"} <= told(where, BHUTAN)
    assert "not-london" not in told(where, BHUTAN)  # of the town nothing is known, so nor that it isn't London
    assert {"not-london", "not-england"} <= told(where, LINKOPING)
    assert not package_log(caplog)


@requirement(89)
def test_a_country_without_the_mark_of_the_european_union_is_outside_it(
    told: Told, city: Path, home: AgencyPage
) -> None:
    """MaxMind leaves the key out where it would say no."""
    from tests.agency.models import AskRule

    where = {
        "inside": AskRule(question={"fact": "location.eu", "op": "equals", "value": True}),
        "outside": AskRule(question={"fact": "location.eu", "op": "equals", "value": False}),
    }
    assert told(where, LINKOPING) == {"inside"}
    assert told(where, MILTON) == {"outside"}
    assert told(where, "127.0.0.1") == set()


@requirement(90)
def test_a_distance_is_unknown_where_the_databases_own_doubt_does_not_settle_it(
    told: Told, configure: Any, mmdb_folder: Any
) -> None:
    configure(GEO_DATABASE=mmdb_folder / "GeoIP2-City-Test.mmdb")
    seattle = {"latitude": 47.6, "longitude": -122.3}
    where = {
        "near": LocationRule(**seattle, radius_km=60),
        "far": LocationRule(**seattle, radius_km=60, negated=True),
        "on-the-continent": LocationRule(**seattle, radius_km=9000),
    }
    assert told(where, MILTON) == {"near", "on-the-continent"}
    assert told(where, DOUBTFUL) == {"on-the-continent"}  # a circle of 1,000 km lies neither within 60 km nor outside
    assert told(where, LONDON) == {"far", "on-the-continent"}


@requirement(91)
def test_the_database_is_opened_once_and_again_when_it_was_replaced(
    told: Told, configure: Any, mmdb_folder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(geo, "SECONDS_BETWEEN_LOOKS", 0)
    path = tmp_path / "geo.mmdb"
    shutil.copy(mmdb_folder / "GeoLite2-Country-Test.mmdb", path)
    configure(GEO_DATABASE=path)
    where = {"gb": LocationRule(countries=["GB"]), "boxford": LocationRule(cities=["Boxford"])}
    assert told(where, BOXFORD) == {"gb"}  # countries only
    provider = geo_provider()
    first = provider.reader()  # type: ignore[attr-defined]
    assert told(where, BOXFORD) == {"gb"}
    assert provider.reader() is first  # type: ignore[attr-defined]

    shutil.copy(mmdb_folder / "GeoLite2-City-Test.mmdb", tmp_path / "new")
    os.replace(tmp_path / "new", path)
    assert told(where, BOXFORD) == {"gb", "boxford"}
    assert provider.reader() is not first  # type: ignore[attr-defined]
    assert first.get(BOXFORD)["country"]["iso_code"] == "GB"  # whoever still looks up in the old one can


@requirement(91)
def test_nobody_who_is_looking_up_notices_that_it_is_replaced(
    configure: Any, mmdb_folder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(geo, "SECONDS_BETWEEN_LOOKS", 0)
    path, done = tmp_path / "geo.mmdb", threading.Event()
    shutil.copy(mmdb_folder / "GeoLite2-City-Test.mmdb", path)
    configure(GEO_DATABASE=path)
    provider, seen, errors = geo_provider(), set(), []

    def look_up() -> None:
        try:
            while not done.is_set():
                place = provider.place_at(ip_address(BOXFORD))  # type: ignore[attr-defined]
                seen.add(None if place is None else (place.country, place.city))
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=look_up) for _thread in range(4)]
    for thread in threads:
        thread.start()
    for edition in ["GeoIP2-City-Test.mmdb", "GeoLite2-City-Test.mmdb"] * 10:
        shutil.copy(mmdb_folder / edition, tmp_path / "new")
        os.replace(tmp_path / "new", path)
    done.set()
    for thread in threads:
        thread.join()
    assert not errors
    assert seen == {("GB", "Boxford")}
    assert not package_log(caplog)


# --- What is shipped, and who is credited -----------------------------------------------------------------------------


@requirement(92)
def test_the_package_holds_no_database_of_places() -> None:
    package = Path(wagtail_personalise_gov.__file__).parent
    files = [path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert len(files) > 100
    assert not [path.name for path in files if path.suffix.lower() in {".mmdb", ".bin", ".csv", ".gz", ".zip", ".dat"}]
    assert not [path.name for path in files if b"\xab\xcd\xefMaxMind.com" in path.read_bytes()]  # what each ends with


@requirement(92)
def test_the_credit_that_a_provider_asks_for_stands_on_the_page_while_places_are_asked(
    told: Told, city: Path, configure: Any
) -> None:
    credit = "This product includes GeoLite Data created by MaxMind"
    assert credit not in Visitor().reads(ABOUT)  # nothing asks for a place
    told(britain(), BOXFORD)
    assert credit in Visitor().reads(ABOUT)
    assert 'href="https://www.maxmind.com"' in Visitor().reads(ABOUT)
    configure(GEO_ATTRIBUTION="Places by our own office")
    html = Visitor().reads(ABOUT)
    assert "Places by our own office" in html
    assert credit not in html


@requirement(93)
def test_a_check_warns_of_a_database_that_is_older_than_30_days(city: Path) -> None:
    import maxminddb

    with maxminddb.open_database(str(city)) as reader:
        built = datetime.fromtimestamp(reader.metadata().build_epoch, UTC)

    def warnings(age: timedelta) -> list[str]:
        with time_machine.travel(built + age, tick=False):
            return [m.msg for m in run_checks(include_deployment_checks=True) if m.id == "wagtail_personalise_gov.W004"]

    assert warnings(timedelta(days=29)) == []
    (warning,) = warnings(timedelta(days=31))
    assert f"{built:%Y-%m-%d}" in warning
