"""A detached signature over a ruleset's bytes, so that an edge can tell that they come from this site unchanged.

A JSON Web Signature whose payload is left out (RFC 7515, appendix F), with Ed25519 (RFC 8037): header, nothing,
signature. The key is named by its thumbprint (RFC 7638). Needs the package `cryptography`, which the extra `edge`
installs.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

EXTRA = "wagtail-personalise-gov[edge]"


class NoKey(Exception):
    """Why nothing can be signed, and the remedy. It says nothing of what a file holds."""


class RulesetKey:
    """The private key that a site signs its rulesets with."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key

    @classmethod
    def from_file(cls, path: Any) -> RulesetKey:
        """The key in a PEM file. Raises NoKey where there is none, or nothing that reads it."""
        try:
            from cryptography.exceptions import UnsupportedAlgorithm
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
            from cryptography.hazmat.primitives.serialization import load_pem_private_key
        except ImportError:
            raise NoKey(gettext("cryptography is not installed, which signs. Install %s.") % EXTRA) from None
        try:
            key = load_pem_private_key(Path(path).read_bytes(), password=None)
        except OSError as error:
            raise NoKey(gettext("The file can’t be read: %s.") % (error.strerror or type(error).__name__)) from None
        except (ValueError, TypeError, UnsupportedAlgorithm):  # TypeError: it is encrypted
            key = None
        if not isinstance(key, Ed25519PrivateKey):
            raise NoKey(
                gettext(
                    "The file holds no Ed25519 private key as PEM without a password. Make one: "
                    "openssl genpkey -algorithm ed25519"
                )
            )
        return cls(key)

    @property
    def public_jwk(self) -> dict[str, str]:
        """The public key as a JSON Web Key, for who verifies."""
        raw = self._key.public_key().public_bytes_raw()
        key = {"crv": "Ed25519", "kty": "OKP", "x": base64url(raw)}
        thumbprint = sha256(json.dumps(key, separators=(",", ":"), sort_keys=True).encode()).digest()
        return {**key, "alg": "EdDSA", "use": "sig", "kid": base64url(thumbprint)}

    def sign(self, content: bytes) -> str:
        """The signature of these bytes, as a detached JWS. The same bytes have the same signature."""
        header = json.dumps({"alg": "EdDSA", "kid": self.public_jwk["kid"]}, separators=(",", ":")).encode()
        signed = f"{base64url(header)}.{base64url(content)}".encode()
        return f"{base64url(header)}..{base64url(self._key.sign(signed))}"


def base64url(content: bytes) -> str:
    """Base64 for addresses, without padding (RFC 7515, section 2)."""
    return urlsafe_b64encode(content).rstrip(b"=").decode()
