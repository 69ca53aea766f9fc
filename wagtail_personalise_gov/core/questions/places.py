"""Questions about where something is: on the Earth, or on the internet."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from ..logic import Answer, ConditionError
from .question import Question, Test, is_number, several, text

MAPPED_BITS = 96  # of an IPv6 address that holds an IPv4 one, before it begins (RFC 4291 section 2.5.5.2)
EARTH_RADIUS_KM = 6371.0088  # mean radius, IUGG 1980
METRE_KM = 0.001  # the sines of two runtimes differ by less, so that all of them draw a circle alike


class Within(Question):
    """Whether the fact, a point, lies within so many kilometres of a place, along the Earth's surface.

    A point that is less exact than the distance asked (its accuracy radius is larger) gives unknown: an address that
    may be anywhere in a country is not "within 5 km" of its middle.
    """

    __slots__ = ()
    operator = "within"
    takes = '{"lat": -90 to 90, "lng": -180 to 180, "km": more than 0}'
    asks = frozenset({"point"})

    def read(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            if set(value) != {"lat", "lng", "km"}:
                raise self.refusal(value)
            value = (value["lat"], value["lng"], value["km"])
        if not isinstance(value, tuple) or len(value) != 3 or not all(is_number(number) for number in value):
            raise self.refusal(value)
        lat, lng, km = value
        if not (on_earth(lat, lng) and 0 < km <= 20_100):  # half the Earth's girth
            raise self.refusal(value)
        return (lat, lng, km)

    def test(self) -> Test:
        lat, lng, km = self.value

        def test(known: Any) -> Answer:
            if not isinstance(known, tuple | list):
                return None  # the keys of an object, or a set, have no order to be coordinates in
            known_lat, known_lng, radius_km = known
            if not on_earth(known_lat, known_lng):
                return None
            if radius_km is not None and not (is_number(radius_km) and 0 <= radius_km <= km):
                return None
            return bool(distance_km(lat, lng, known_lat, known_lng) <= km + METRE_KM)

        return test

    def value_json(self) -> Any:
        return dict(zip(("lat", "lng", "km"), self.value, strict=True))


class InNetwork(Question):
    """Whether the fact, an internet address, lies in one of the networks."""

    __slots__ = ()
    operator = "in_network"
    takes = 'a list of networks, such as "192.0.2.0/24" or "2001:db8::/32"'
    asks = frozenset({"address"})

    def read(self, value: Any) -> Any:
        def network(item: Any) -> str:
            word = text(self, item).strip()
            try:
                return str(_unmapped(ip_network(word)))
            except ValueError:
                raise ConditionError(_not_a_network(word)) from None

        return several(self, value, network)

    def test(self) -> Test:
        holds = _held_by([ip_network(item) for item in self.value])

        def test(known: Any) -> Answer:
            if isinstance(known, str):
                known = ip_address(known)
            elif not isinstance(known, IPv4Address | IPv6Address):
                return None  # a number would be read as an address
            # An IPv4 visitor may be reported as ::ffff:192.0.2.1, by a socket that speaks both.
            mapped = known.ipv4_mapped if isinstance(known, IPv6Address) else None
            return holds(known) or (mapped is not None and holds(mapped))

        return test


def _held_by(networks: Iterable[IPv4Network | IPv6Network]) -> Callable[[IPv4Address | IPv6Address], bool]:
    """Whether an address lies in one of these networks: one look-up for each length that they have, not for each."""
    begins: dict[type, dict[int, set[int]]] = {IPv4Address: {}, IPv6Address: {}}
    for network in networks:
        rest = network.max_prefixlen - network.prefixlen
        first = network.network_address
        begins[type(first)].setdefault(rest, set()).add(int(first) >> rest)

    def holds(address: IPv4Address | IPv6Address) -> bool:
        number = int(address)
        for rest, beginnings in begins[type(address)].items():  # noqa: SIM110  a page asks it: `any` is two calls more
            if number >> rest in beginnings:
                return True
        return False

    return holds


def _unmapped(network: IPv4Network | IPv6Network) -> IPv4Network | IPv6Network:
    """A network of IPv4 addresses that was written as one of IPv6 ones, as the one that it is."""
    mapped = getattr(network.network_address, "ipv4_mapped", None)
    if mapped is None or network.prefixlen < MAPPED_BITS:
        return network
    return IPv4Network((mapped, network.prefixlen - MAPPED_BITS))


def _not_a_network(word: str) -> str:
    """What to write instead: the network that an address with a length lies in, where that is what it is."""
    remedy = "Write it as 192.0.2.0/24."
    try:
        network = ip_network(word, strict=False)
    except ValueError:
        return f"“{word[:60]}” is no range of internet addresses. Ask your IT team for it. {remedy}"
    return f"{word} goes on behind its length. Did you mean {network}? {remedy}"


def distance_km(lat: float, lng: float, other_lat: float, other_lng: float) -> float:
    """Kilometres between two points along the Earth's surface, by the haversine formula; right to about 0.5 %."""
    phi, other_phi = math.radians(lat), math.radians(other_lat)
    half = (
        math.sin((other_phi - phi) / 2) ** 2
        + math.cos(phi) * math.cos(other_phi) * math.sin(math.radians(other_lng - lng) / 2) ** 2
    )
    return 2 * EARTH_RADIUS_KM * math.asin(min(1.0, math.sqrt(half)))


def on_earth(lat: Any, lng: Any) -> bool:
    return is_number(lat) and is_number(lng) and -90 <= lat <= 90 and -180 <= lng <= 180
