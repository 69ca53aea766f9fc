"""Records of geo databases, of several makers and of none, become places."""

import math
from typing import Any

import maxminddb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_personalise_gov.core.geography import Place, in_european_union
from wagtail_personalise_gov.visit.geo import place_of_record

# DB-IP Lite City: as MaxMind's, with names in place of codes, and the flag also where it is false.
DB_IP = {
    "city": {"names": {"en": "Brest"}},
    "continent": {"code": "EU", "geoname_id": 6255148, "names": {"en": "Europe"}},
    "country": {"geoname_id": 3017382, "is_in_european_union": True, "iso_code": "FR", "names": {"en": "France"}},
    "location": {"latitude": 48.39, "longitude": -4.486},
    "subdivisions": [{"names": {"en": "Brittany"}}],
}
# One column each, as in the ip-location-db collection.
FLAT = {
    "city": "Mountain View",
    "country_code": "US",
    "latitude": 37.4223,
    "longitude": -122.085,
    "postcode": "94043",
    "state1": "California",
    "state2": "Santa Clara",
    "timezone": "America/Los_Angeles",
}


def test_a_record_of_db_ip_has_regions_by_name() -> None:
    """Requirement 88: rules that ask for a name find it."""
    assert place_of_record(DB_IP) == Place("EU", "FR", ("Brittany",), "Brest", None, (48.39, -4.486, None), True)


def test_a_flag_that_is_there_is_believed() -> None:
    country = {"iso_code": "CH", "is_in_european_union": False}
    assert place_of_record({"country": country}) == Place(country="CH", eu=False)
    assert place_of_record({"country": {**country, "is_in_european_union": True}}) == Place(country="CH", eu=True)


def test_a_flat_record_is_a_place_too() -> None:
    expected = Place(
        None, "US", ("California", "Santa Clara"), "Mountain View", "94043", (37.4223, -122.085, None), False
    )
    assert place_of_record(FLAT) == expected
    assert place_of_record({**FLAT, "latitude": "37.4223", "longitude": "-122.085"}) == expected


def test_a_flat_record_without_a_flag_is_in_the_union_by_its_country() -> None:
    assert place_of_record({"country_code": "fr", "state1": "Var"}) == Place(
        country="FR", subdivisions=("Var",), eu=True
    )
    assert place_of_record({"country": "RE"}) == Place(country="RE", eu=True)


def test_nothing_but_the_country_key_makes_a_country() -> None:
    """Requirement 87."""
    record = {
        "registered_country": {"iso_code": "FR"},
        "represented_country": {"iso_code": "US"},
        "city": {"names": {"en": "Boxford"}},
    }
    assert place_of_record(record) == Place(city="Boxford")


@pytest.mark.parametrize(
    "record, expected",
    [
        ({}, Place()),
        ({"country": {"iso_code": "GBR"}}, Place()),
        ({"country": {"iso_code": 7}}, Place()),
        ({"country": ["GB"]}, Place()),
        ({"country": {"iso_code": "ZZ"}}, Place()),
        ({"country": {"iso_code": "GB", "is_in_european_union": "no"}}, Place(country="GB", eu=False)),
        ({"continent": {"code": "Europe"}}, Place()),
        ({"city": {"names": {"de": "München"}}}, Place()),  # rules ask for English names
        ({"city": {"names": "London"}}, Place()),
        ({"subdivisions": {"iso_code": "ENG"}}, Place()),
        ({"country": {"iso_code": "GB"}, "subdivisions": ["ENG", None, {"iso_code": "ENG"}]},
         Place(country="GB", subdivisions=("GB-ENG",), eu=False)),
        ({"subdivisions": [{"iso_code": "ENG"}]}, Place()),  # of which country?
        ({"location": {"latitude": 51.5}}, Place()),
        ({"location": {"latitude": 951.5, "longitude": 0.1}}, Place()),
        ({"location": {"latitude": math.nan, "longitude": 0.1}}, Place()),
        ({"location": {"latitude": True, "longitude": 0.1}}, Place()),
        ({"location": {"latitude": 10**400, "longitude": 0.1}}, Place()),
        ({"location": {"latitude": 51.5, "longitude": 0.1, "accuracy_radius": 10**400}},
         Place()),  # anywhere on Earth
        ({"location": {"latitude": 51.5, "longitude": 0.1, "accuracy_radius": "wide"}}, Place(point=(51.5, 0.1, None))),
        ({"postal": {"code": 94043}}, Place()),
    ],
)  # fmt: skip
def test_what_is_not_as_it_should_be_is_unknown(record: Any, expected: Place) -> None:
    assert place_of_record(record) == expected


@pytest.mark.parametrize("record", [None, 7, "GB", b"", ["GB"], True])
def test_what_is_no_record_is_no_place(record: Any) -> None:
    assert place_of_record(record) is None


@pytest.mark.parametrize("name", ["GeoIP2-City-Test", "GeoLite2-City-Test", "GeoLite2-Country-Test"])
def test_the_table_of_the_union_says_what_maxmind_says(mmdb_folder: Any, name: str) -> None:
    flags = {
        (country["iso_code"], country.get("is_in_european_union", False))
        for _network, record in maxminddb.open_database(str(mmdb_folder / f"{name}.mmdb"))
        if "iso_code" in (country := record.get("country", {}))
    }
    assert len(flags) > 40
    assert [(code, flag) for code, flag in flags if in_european_union(code) is not flag] == []


WORDS = (
    "country iso_code is_in_european_union continent code city names en subdivisions location latitude longitude "
    "accuracy_radius postal postcode country_code state1 state2 registered_country"
)
KEYS = st.sampled_from(WORDS.split())
TEXTS = st.text() | st.sampled_from(["GB", "ENG"])
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.binary() | TEXTS
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS | st.text() | st.integers(), inner, max_size=6),
    max_leaves=30,
)


def is_text(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value != "")


@given(record=st.dictionaries(KEYS, ANYTHING, max_size=8) | ANYTHING)
def test_whatever_a_record_holds_its_place_has_the_right_shape(record: Any) -> None:
    place = place_of_record(record)
    if not isinstance(record, dict):
        assert place is None
        return
    assert place is not None
    assert all(map(is_text, (place.continent, place.country, place.city, place.postcode)))
    assert isinstance(place.subdivisions, tuple)
    assert all(isinstance(name, str) and name for name in place.subdivisions)
    assert place.eu in (None, True, False)
    assert (place.eu is None) == (place.country is None)
    if place.point is not None:
        latitude, longitude, radius = place.point
        assert -90 <= latitude <= 90
        assert -180 <= longitude <= 180
        assert radius is None or 0 < radius < 30_000
