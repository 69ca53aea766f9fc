"""The places that are kept of an open database: the same answers as without, and of nobody's address."""

import gc
import random
import threading
import types
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Any

import maxminddb
import pytest

from wagtail_personalise_gov.visit.geo_file import MAX_PLACES, GeoFile
from wagtail_personalise_gov.visit.geo_records import place_of_record

NAMES = ["GeoLite2-City-Test.mmdb", "GeoIP2-City-Test.mmdb", "GeoLite2-Country-Test.mmdb"]
BOXFORD = ip_address("2.125.160.216")  # in a /29


class CountingReader:
    """A reader that counts its look-ups."""

    def __init__(self, reader: maxminddb.Reader) -> None:
        self._reader, self.asked = reader, 0

    def get_with_prefix_len(self, address: Any) -> Any:
        self.asked += 1
        return self._reader.get_with_prefix_len(address)


class OneNetwork:
    """A reader whose every answer holds for a prefix of this length."""

    def __init__(self, prefix_length: int) -> None:
        self.prefix_length, self.asked = prefix_length, 0

    def get_with_prefix_len(self, address: Any) -> Any:
        self.asked += 1
        return {"country": {"iso_code": "GB"}}, self.prefix_length


def counted(file: GeoFile, reader: Any = None) -> Any:
    file.reader = reader or CountingReader(file.reader)
    return file.reader


def edges(network: Any) -> Iterator[Any]:
    """The first, last and middle address of a network, and its neighbours outside."""
    first, last = int(network.network_address), int(network.broadcast_address)
    kind = type(network.network_address)
    for number in (first - 1, first, (first + last) // 2, last, last + 1):
        if 0 <= number < 2**network.max_prefixlen:
            yield kind(number)


@pytest.mark.parametrize("max_places", [1, 8, MAX_PLACES])
@pytest.mark.parametrize("name", NAMES)
def test_every_answer_is_that_of_a_fresh_reader(mmdb_folder: Any, name: str, max_places: int) -> None:
    path = str(mmdb_folder / name)
    fresh, file = maxminddb.open_database(path), GeoFile(path, max_places=max_places)
    addresses = [address for network, _record in fresh for address in edges(network)]
    addresses += [IPv4Address(number << 24 | 1) for number in range(256)]
    addresses += [IPv6Address(number << 112 | 1) for number in range(0, 2**16, 251)]
    # IPv4 addresses as IPv6 writes them: mapped, and in the two ways of carrying IPv4 that databases know too.
    boxford = int(BOXFORD)
    addresses += [IPv6Address(0xFFFF << 32 | boxford), IPv6Address(boxford), IPv6Address(0x2002 << 112 | boxford << 80)]
    assert len(addresses) > 1000
    chance = random.Random(name)
    for _round in range(3):
        chance.shuffle(addresses)
        wrong = [address for address in addresses if file.place(address) != place_of_record(fresh.get(address))]
        assert wrong == []
        assert len(file._places) <= max_places


def test_a_second_visit_from_a_network_asks_the_file_nothing(mmdb: Path) -> None:
    file = GeoFile(str(mmdb))
    reader = counted(file)
    place = file.place(BOXFORD)
    assert place is not None
    assert place.city == "Boxford"
    assert all(file.place(neighbour) is place for neighbour in ip_network("2.125.160.216/29"))
    assert reader.asked == 1
    file.place(ip_address("2.125.160.224"))  # the next network
    assert reader.asked == 2


def test_that_a_network_is_on_no_map_is_kept_too(mmdb: Path) -> None:
    file = GeoFile(str(mmdb))
    reader = counted(file)
    assert [file.place(ip_address(text)) for text in ("1.1.1.1", "1.2.3.4", "1.1.1.1")] == [None, None, None]
    assert reader.asked == 1  # a /8


@pytest.mark.parametrize(
    "address, prefix_length, kept",
    [
        ("192.0.2.1", 31, True),
        ("192.0.2.1", 32, False),  # one address
        ("192.0.2.1", 0, True),  # all of IPv4
        ("2001:db8::1", 48, True),
        ("2001:db8::1", 63, True),
        ("2001:db8::1", 64, False),  # one household
        ("2001:db8::1", 128, False),
        ("2002:c000:201::1", 47, True),
        ("2002:c000:201::1", 48, False),  # 6to4: it holds the address 192.0.2.1
        ("::ffff:192.0.2.1", 127, False),
    ],
)
def test_a_network_of_one_household_is_not_kept(mmdb: Path, address: str, prefix_length: int, kept: bool) -> None:
    file = GeoFile(str(mmdb))
    reader = counted(file, OneNetwork(prefix_length))
    for _ in range(2):
        place = file.place(ip_address(address))
        assert place is not None
        assert place.country == "GB"
    assert reader.asked == (1 if kept else 2)
    assert len(file._places) == (1 if kept else 0)


def test_an_ipv4_network_never_answers_for_an_ipv6_address(mmdb: Path) -> None:
    file = GeoFile(str(mmdb))
    reader = counted(file, OneNetwork(0))
    file.place(IPv4Address("192.0.2.1"))
    file.place(IPv6Address("::1"))
    assert reader.asked == 2


def test_the_oldest_place_is_dropped_first(mmdb: Path) -> None:
    file = GeoFile(str(mmdb), max_places=2)
    reader = counted(file, OneNetwork(24))
    for text in ("192.0.2.1", "198.51.100.1", "203.0.113.1"):
        file.place(ip_address(text))
    assert len(file._places) == 2
    file.place(ip_address("203.0.113.9"))
    file.place(ip_address("198.51.100.9"))
    assert reader.asked == 3
    file.place(ip_address("192.0.2.9"))
    assert reader.asked == 4


def test_a_database_of_ipv4_alone_knows_no_place_of_ipv6(mmdb_folder: Any) -> None:
    file = GeoFile(str(mmdb_folder / "MaxMind-DB-test-broken-pointers-24.mmdb"))
    assert file.place(ip_address("2001:480::1")) is None


def reachable(start: Any) -> Iterator[Any]:
    """Everything that an object leads to, but for code."""
    seen, waiting = set(), [start]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, type | types.ModuleType | types.FunctionType):
            continue
        seen.add(id(thing))
        yield thing
        waiting += gc.get_referents(thing)


@pytest.mark.parametrize("name", NAMES)
def test_no_address_can_be_reached_from_what_is_kept(mmdb_folder: Any, name: str) -> None:
    file = GeoFile(str(mmdb_folder / name))
    visitors = [address for network, _record in file.reader for address in edges(network)]
    visitors = [address for address in visitors if not address.packed.endswith(b"\0")]  # as visitors' never do
    for address in visitors:
        file.place(address)
    assert len(file._places) > 50
    numbers, texts = set(map(int, visitors)), set(map(str, visitors))
    kept = list(reachable(file))
    assert any(place is file.place(BOXFORD) for place in kept)  # it does look into the places
    assert not [thing for thing in kept if isinstance(thing, IPv4Address | IPv6Address | IPv6Network)]
    assert not [thing for thing in kept if isinstance(thing, str) and thing in texts]
    assert not [thing for thing in kept if type(thing) is int and thing in numbers]


def test_many_threads_share_few_places(mmdb: Path) -> None:
    """Keeping and dropping all the time, with every answer right."""
    file = GeoFile(str(mmdb), max_places=8)
    fresh = maxminddb.open_database(str(mmdb))
    addresses = [address for network, _record in fresh for address in edges(network)]
    expected = {address: place_of_record(fresh.get(address)) for address in addresses}
    wrong: list[Any] = []

    def look_up(seed: int) -> None:
        chance = random.Random(seed)
        try:
            for _ in range(3000):
                address = chance.choice(addresses)
                if file.place(address) != expected[address]:
                    wrong.append(address)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=look_up, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(file._places) <= 8
