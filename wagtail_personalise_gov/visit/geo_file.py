"""An open geo database, and the places that were read from it.

Reading a record costs some 25 µs, most of it names in languages that nobody asked for. Places are few and visitors are
many, so each place is kept, under the network that it holds for. An address is never kept.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from ipaddress import IPv4Address, IPv6Address
from itertools import islice

import maxminddb

from ..core.geography import Attribution, Place, attribution_of
from .address import Address
from .geo_records import place_of_record

MAX_PLACES = 4096  # kept per process: some megabytes

NETWORKS_TRIED = 1000  # records that are read to see whether a file is whole
STEP_V4, STEP_V6 = 2**24, 2**120  # between the addresses that are looked up for the same reason

_NOT_KEPT = object()

FileState = tuple[str, int, int, int]


class DamagedDatabase(Exception):
    """A file that opens as a geo database, but can't be read."""


def state_of(path: str) -> FileState:
    """What changes when a file is replaced: path, inode, size in bytes, time of change in ns. Raises OSError."""
    found = os.stat(path)
    return path, found.st_ino, found.st_size, found.st_mtime_ns


class GeoFile:
    """One edition of a geo database, with the places that were read from it. A newer edition is another `GeoFile`.

    Used by several threads at once; a place that is kept is found without a lock.
    """

    def __init__(self, path: str, state: FileState | None = None, max_places: int = MAX_PLACES) -> None:
        """Open the file; raises what `maxminddb` raises where that can't be done."""
        self.state = state
        self.reader = maxminddb.open_database(path)
        self._only_ipv4 = self.reader.metadata().ip_version == 4
        # A network is (bits that its hosts differ in, the bits that they share), so it is found by one shift of an
        # address. The first number tells IPv4 from IPv6 too: at most 32 there, and above 64 in what is kept here.
        self._places: OrderedDict[tuple[int, int], Place | None] = OrderedDict()
        self._host_bits: dict[int, tuple[int, ...]] = {4: (), 6: ()}  # of the networks kept, by version of address
        self._max_places = max_places
        self._lock = threading.Lock()  # for keeping, not for finding

    def place(self, address: Address) -> Place | None:
        """The place of an address, or None where it is on no map. Raises what `maxminddb` raises for a damaged file."""
        number = int(address)
        # Networks of a database never overlap, so there is at most one, and the order does not matter.
        for host_bits in self._host_bits[address.version]:
            found = self._places.get((host_bits, number >> host_bits), _NOT_KEPT)
            if found is not _NOT_KEPT:
                return found  # type: ignore[return-value]
        if self._only_ipv4 and address.version == 6:
            return None  # maxminddb would raise
        record, prefix_length = self.reader.get_with_prefix_len(address)
        place = place_of_record(record)
        if prefix_length < _longest_kept(address):
            self._keep(address, prefix_length, place)
        return place

    def _keep(self, address: Address, prefix_length: int, place: Place | None) -> None:
        host_bits = address.max_prefixlen - prefix_length
        with self._lock:
            if len(self._places) >= self._max_places:
                self._places.popitem(last=False)
            self._places[host_bits, int(address) >> host_bits] = place
            if host_bits not in self._host_bits[address.version]:
                self._host_bits[address.version] += (host_bits,)

    @property
    def attribution(self) -> Attribution | None:
        """The credit that the licence of this database asks for, or None where we know of none."""
        return attribution_of(self.reader.metadata().database_type)

    def try_out(self) -> None:
        """Read enough to see whether the file is whole; raises `DamagedDatabase`. Takes some hundredths of a second."""
        try:
            for _network in islice(self.reader, NETWORKS_TRIED):
                pass
            for number in range(STEP_V4 - 1, 2**32, STEP_V4):
                self.reader.get(IPv4Address(number))
            if not self._only_ipv4:
                for number in range(STEP_V6 - 1, 2**128, STEP_V6):
                    self.reader.get(IPv6Address(number))
        except Exception as error:  # whatever a reader makes of bytes that are no database
            raise DamagedDatabase(f"{type(error).__name__}: {error}") from error


def _longest_kept(address: Address) -> int:
    """The prefix length from which on a network is one household's, and so as good as an address."""
    if isinstance(address, IPv4Address):
        return 32
    # 6to4 has an IPv4 address in its first 48 bits. Elsewhere a household has a /64, or more.
    return 48 if address.sixtofour else 64
