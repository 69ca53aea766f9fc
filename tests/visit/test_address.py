"""Whose address a request has. Whoever connects can write any header, so only our own proxies' words count."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from wagtail_personalise_gov.visit.address import client_address, comes_from_trusted_proxy, parse

SPOOFS = {
    "X-Forwarded-For": "216.160.83.56",
    "Forwarded": "for=216.160.83.56",
    "X-Real-IP": "216.160.83.56",
    "CF-Connecting-IP": "216.160.83.56",
    "True-Client-IP": "216.160.83.56",
    "X-Client-IP": "216.160.83.56",
}


@pytest.mark.parametrize("header", SPOOFS)
def test_without_trusted_proxies_no_header_is_believed(rf: RequestFactory, header: str) -> None:
    request = rf.get("/", headers={header: SPOOFS[header]}, REMOTE_ADDR="81.2.69.142")
    assert str(client_address(request)) == "81.2.69.142"
    assert not comes_from_trusted_proxy(request)


@pytest.mark.parametrize(
    "remote, forwarded, expected",
    [
        ("10.0.0.1", "1.2.3.4, 216.160.83.56", "216.160.83.56"),  # requirement 84: 1.2.3.4 is the visitor's own writing
        ("10.0.0.1", "216.160.83.56", "216.160.83.56"),
        ("10.0.0.1", "216.160.83.56, 10.0.0.2, 10.9.9.9", "216.160.83.56"),  # trusted hops are passed over
        ("81.2.69.142", "216.160.83.56", "81.2.69.142"),  # not a proxy of ours, so its header is not believed
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", None, "10.0.0.1"),
        ("10.0.0.1", "10.0.0.2, 10.0.0.3", "10.0.0.2"),  # all trusted: the outermost
        ("10.0.0.1", "216.160.83.56:443", "216.160.83.56"),  # Azure writes the port
        ("10.0.0.1", '"[2001:480::1]:443"', "2001:480::1"),
        ("10.0.0.1", "[2001:480::1]", "2001:480::1"),
        ("10.0.0.1", "2001:480::1", "2001:480::1"),
        ("10.0.0.1", "fe80::1%eth0", "fe80::1"),
        ("10.0.0.1", "::ffff:81.2.69.142", "81.2.69.142"),
        ("::ffff:10.0.0.1", "216.160.83.56", "216.160.83.56"),  # a dual-stack socket
        (
            "10.0.0.1",
            "216.160.83.56, unknown",
            "10.0.0.1",
        ),  # junk beside a proxy: what stands left of it is not believed
        ("10.0.0.1", "216.160.83.56, , 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "host.example", "10.0.0.1"),  # never looked up
        ("10.0.0.1", "1.2.3", "10.0.0.1"),
        ("10.0.0.1", "999.1.1.1", "10.0.0.1"),
        ("", "216.160.83.56", None),  # a socket, which is not trusted here
        ("nonsense", "216.160.83.56", None),
    ],
)
def test_trusted_proxies_are_walked_from_the_right(
    rf: RequestFactory, configure: Callable[..., None], remote: str, forwarded: str | None, expected: str | None
) -> None:
    configure(TRUSTED_PROXIES=["10.0.0.0/8"])
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    address = client_address(rf.get("/", headers=headers, REMOTE_ADDR=remote))
    assert (None if address is None else str(address)) == expected


@pytest.mark.parametrize("remote", ["", "unix:"])
def test_a_socket_of_this_machine_may_be_trusted(
    rf: RequestFactory, configure: Callable[..., None], remote: str
) -> None:
    configure(TRUSTED_PROXIES=["unix"])
    request = rf.get("/", headers={"X-Forwarded-For": "1.2.3.4, 216.160.83.56"}, REMOTE_ADDR=remote)
    assert str(client_address(request)) == "216.160.83.56"
    assert comes_from_trusted_proxy(request)


def test_trusting_a_socket_trusts_no_address(rf: RequestFactory, configure: Callable[..., None]) -> None:
    configure(TRUSTED_PROXIES=["unix"])
    request = rf.get("/", headers={"X-Forwarded-For": "216.160.83.56"}, REMOTE_ADDR="10.0.0.1")
    assert str(client_address(request)) == "10.0.0.1"


def test_thousands_of_hops_are_not_walked(rf: RequestFactory, configure: Callable[..., None]) -> None:
    configure(TRUSTED_PROXIES=["10.0.0.0/8"])
    forwarded = "216.160.83.56, " + ", ".join(["10.0.0.2"] * 10_000)
    assert (
        str(client_address(rf.get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR="10.0.0.1"))) == "10.0.0.2"
    )


@given(text=st.text())
def test_any_text_is_an_address_or_none(text: str) -> None:
    parse(text)


@given(remote=st.text(), forwarded=st.text())
def test_any_header_gives_an_address_or_none(remote: str, forwarded: str) -> None:
    request: Any = RequestFactory().get("/")
    request.META |= {"REMOTE_ADDR": remote, "HTTP_X_FORWARDED_FOR": forwarded}
    client_address(request)
