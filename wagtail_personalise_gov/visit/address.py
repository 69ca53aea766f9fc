"""The internet address of a visitor: the connection's own, unless trusted proxies say for whom they ask.

An address is used within the request that brought it. It is never stored and never logged.
"""

from __future__ import annotations

from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from django.core.signals import setting_changed
from django.http import HttpRequest

from ..conf import settings

MAX_HOPS = 32  # looked at, from the right; nobody has more proxies

Address = IPv4Address | IPv6Address


def client_address(request: HttpRequest) -> Address | None:
    """The visitor's address, or None where it can't be told. Never raises.

    ``X-Forwarded-For`` is walked from the right, because only what our own proxies appended can be believed: the first
    address that is no trusted proxy is the visitor's.
    """
    # More than one fact may be read from it. It is kept for as long as the request is.
    known: dict[str, Any] = request.__dict__
    if "personalise_address" not in known:
        known["personalise_address"] = _client_address(request)
    address: Address | None = known["personalise_address"]
    return address


def _client_address(request: HttpRequest) -> Address | None:
    networks, unix = _trusted()
    remote = str(request.META.get("REMOTE_ADDR") or "")
    address = parse(remote)
    if not (unix if address is None and remote in ("", "unix:") else _is_trusted(address, networks)):
        return address
    for hop in reversed(str(request.META.get("HTTP_X_FORWARDED_FOR") or "").split(",")[-MAX_HOPS:]):
        parsed = parse(hop)
        if parsed is None:
            break  # what stands left of junk can't be believed either; the trusted hop has no place on any map
        address = parsed
        if not _is_trusted(address, networks):
            break
    return address


def address_headers() -> frozenset[str]:
    """The request headers that an address is read from; none, where no proxy is trusted."""
    return frozenset({"X-Forwarded-For"}) if settings.TRUSTED_PROXIES else frozenset()


def comes_from_trusted_proxy(request: HttpRequest) -> bool:
    """Whether the connection itself is from a trusted proxy, whose headers may be believed."""
    networks, unix = _trusted()
    remote = str(request.META.get("REMOTE_ADDR") or "")
    address = parse(remote)
    return unix if address is None and remote in ("", "unix:") else _is_trusted(address, networks)


def parse(text: str) -> Address | None:
    """An address as proxies write it, with a port, brackets or a zone, or mapped into IPv6; None for no address."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_trusted(address: Address | None, networks: list[IPv4Network | IPv6Network]) -> bool:
    return address is not None and any(address in network for network in networks)


@cache
def _trusted() -> tuple[list[IPv4Network | IPv6Network], bool]:
    """The trusted networks, and whether a socket of this machine (no address at all) is trusted."""
    given = settings.TRUSTED_PROXIES
    return [ip_network(item) for item in given if item != "unix"], "unix" in given


def _forget_trusted(**kwargs: Any) -> None:
    _trusted.cache_clear()


setting_changed.connect(_forget_trusted)
