"""A ruleset that was signed in Python is verified in JavaScript, and nothing else is."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from wagtail_personalise_gov.portable.signing import RulesetKey, base64url

from .node import SIGNATURE, Node, running

pytestmark = pytest.mark.node

pytest.importorskip("cryptography", reason="cryptography is not installed (it comes with the extra 'test')")

CONTENT = b'{"format":"wagtail-personalise-gov/ruleset","segments":{"\xc3\xa9":1}}'


def new_key() -> Any:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate()


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    with running(SIGNATURE) as process:
        yield process


def sent(content: bytes) -> dict[str, str]:
    return {"base64": base64.b64encode(content).decode()}


def signed(key: Any, header: dict[str, Any], content: bytes = CONTENT) -> str:
    head = base64url(json.dumps(header).encode())
    return f"{head}..{base64url(key.sign(f'{head}.{base64url(content)}'.encode()))}"


def test_what_the_site_signed_is_verified(node: Node) -> None:
    key = RulesetKey(new_key())
    assert node.verified(sent(CONTENT), key.sign(CONTENT), key.public_jwk) is True
    assert node.verified(sent(CONTENT), key.sign(CONTENT) + "\n", key.public_jwk) is True  # as a file has it
    large = bytes(range(256)) * 4096  # a megabyte, of every byte
    assert node.verified(sent(large), key.sign(large), key.public_jwk) is True


def test_no_other_bytes_key_or_signature_are(node: Node) -> None:
    key, other = RulesetKey(new_key()), RulesetKey(new_key())
    jws = key.sign(CONTENT)
    assert node.verified(sent(CONTENT + b" "), jws, key.public_jwk) is False
    assert node.verified(sent(b""), jws, key.public_jwk) is False
    assert node.verified(sent(CONTENT), jws, other.public_jwk) is False
    assert node.verified(sent(CONTENT), other.sign(CONTENT), key.public_jwk) is False
    head, _, tail = jws.partition("..")
    assert node.verified(sent(CONTENT), f"{head}..{tail[:-4]}AAAA", key.public_jwk) is False


@pytest.mark.parametrize(
    "header, verified",
    [
        ({"alg": "EdDSA"}, True),
        ({"alg": "EdDSA", "kid": "any"}, True),
        ({"alg": "none"}, False),
        ({"alg": "HS256"}, False),
        ({}, False),
        ({"alg": "EdDSA", "crit": ["b64"], "b64": False}, False),  # a header that would change what is signed
        ({"alg": "EdDSA", "crit": ["exp"], "exp": 1}, False),
    ],
)
def test_a_header_has_our_algorithm_and_no_word_that_is_not_understood(
    node: Node, header: dict[str, Any], verified: bool
) -> None:
    key = new_key()
    assert node.verified(sent(CONTENT), signed(key, header), RulesetKey(key).public_jwk) is verified


@pytest.mark.parametrize("jws", ["", "..", "a..b", "a.b.c", "e30..", "e30..AA==", None, 1, {}])
def test_what_is_no_signature_is_none(node: Node, jws: Any) -> None:
    assert node.verified(sent(CONTENT), jws, RulesetKey(new_key()).public_jwk) is False


@pytest.mark.parametrize("content", ["", '{"evil":1}', None, 1, {}, []])
def test_what_is_no_bytes_is_not_verified(node: Node, content: Any) -> None:
    """Least of all as if there were none."""
    key = RulesetKey(new_key())
    assert node.verified(content, key.sign(b""), key.public_jwk) is False


@pytest.mark.parametrize(
    "public", [None, {}, {"kty": "OKP", "crv": "Ed25519"}, {"kty": "OKP", "crv": "Ed25519", "x": "AA"}]
)
def test_what_is_no_key_verifies_nothing(node: Node, public: Any) -> None:
    assert node.verified(sent(CONTENT), RulesetKey(new_key()).sign(CONTENT), public) is False
