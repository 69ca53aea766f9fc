"""The signature over a ruleset: anybody verifies it by the public key, and nothing but these bytes passes."""

from __future__ import annotations

import builtins
import errno
import io
import json
import os
import sys
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from django.core.management import CommandError, call_command

from tests.factories import make_segment
from wagtail_personalise_gov import checks
from wagtail_personalise_gov.models import LocationRule
from wagtail_personalise_gov.portable.signing import RulesetKey

pytestmark = pytest.mark.usefixtures("home")


def pem(key: Any, encryption: KeySerializationEncryption | None = None) -> bytes:
    return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption()))


@pytest.fixture
def key_file(tmp_path: Path, configure: Callable[..., None]) -> Path:
    """A key that the site is set to sign with."""
    path = tmp_path / "ruleset.pem"
    path.write_bytes(pem(Ed25519PrivateKey.generate()))
    configure(RULESET_KEY=str(path))
    return path


def run(*args: str) -> str:
    out = io.StringIO()
    call_command("export_ruleset", *args, stdout=out, stderr=io.StringIO())
    return out.getvalue()


def decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify(jws: str, content: bytes, jwk: dict[str, str]) -> None:
    """As a reader of RFC 7515 does it, knowing nothing of our code. Raises InvalidSignature."""
    header, payload, signature = jws.split(".")
    assert payload == ""
    assert json.loads(decoded(header)) == {"alg": "EdDSA", "kid": jwk["kid"]}
    signed = f"{header}.{urlsafe_b64encode(content).rstrip(b'=').decode()}".encode()
    Ed25519PublicKey.from_public_bytes(decoded(jwk["x"])).verify(decoded(signature), signed)


@pytest.mark.usefixtures("key_file")
def test_the_signature_of_an_export_is_verified_by_the_public_key(tmp_path: Path) -> None:
    make_segment("riverside", LocationRule(cities=["Riverside"]))
    run(str(tmp_path / "ruleset.json"), "--signature", str(tmp_path / "ruleset.jws"))
    content, jws = (tmp_path / "ruleset.json").read_bytes(), (tmp_path / "ruleset.jws").read_text().strip()
    jwk = json.loads(run("--public-key"))
    verify(jws, content, jwk)
    with pytest.raises(InvalidSignature):
        verify(jws, content.replace(b"Riverside", b"Hilltop"), jwk)
    with pytest.raises(InvalidSignature):
        verify(jws, content + b" ", jwk)


@pytest.mark.usefixtures("key_file")
@pytest.mark.parametrize(
    "file, signature, why",
    [
        ("ruleset.json", "nowhere/ruleset.jws", "nowhere/ruleset.jws can't be written: No such file or directory"),
        ("nowhere/ruleset.json", "ruleset.jws", "nowhere/ruleset.json can't be written: No such file or directory"),
        ("ruleset.json", "folder", "folder can't be written: Is a directory"),
        ("folder", "ruleset.jws", "folder can't be written: Is a directory"),
        ("ruleset.json", "full", "full can't be written: No space left on device"),
    ],
)
def test_where_one_of_two_files_can_not_be_written_both_stay_as_they_were(
    tmp_path: Path, file: str, signature: str, why: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "full").symlink_to("/dev/full")
    for name in ("ruleset.json", "ruleset.jws"):
        (tmp_path / name).write_text("what was there")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(CommandError) as refused:
        run(str(tmp_path / file), "--signature", str(tmp_path / signature))
    assert [(tmp_path / name).read_text() for name in ("ruleset.json", "ruleset.jws")] == ["what was there"] * 2
    assert sorted(tmp_path.iterdir()) == before  # nothing half done lies about either
    assert f"{why}. Nothing was written. Name a file that can be" in str(refused.value)


@pytest.mark.usefixtures("key_file")
def test_one_file_can_not_hold_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for file in ("ruleset.json", "./ruleset.json"):
        with pytest.raises(CommandError, match="can't hold the ruleset and its signature"):
            run("ruleset.json", "--signature", file)
    assert not (tmp_path / "ruleset.json").exists()


@pytest.mark.usefixtures("key_file")
def test_a_file_whose_place_nothing_can_take_is_named_with_what_is_new_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a container has one file mounted by itself."""
    real = os.replace

    def replace(new: Any, old: Any) -> None:
        if str(old).endswith(".json"):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        real(new, old)

    monkeypatch.setattr(os, "replace", replace)
    with pytest.raises(
        CommandError, match=r"ruleset.json can't be written: .* busy. .*ruleset.jws is new already. Name"
    ):
        run(str(tmp_path / "ruleset.json"), "--signature", str(tmp_path / "ruleset.jws"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ruleset.jws", "ruleset.pem"]


@pytest.mark.usefixtures("key_file")
def test_the_public_key_is_named_by_its_thumbprint_and_holds_nothing_private() -> None:
    jwk = json.loads(run("--public-key"))
    assert set(jwk) == {"kty", "crv", "x", "alg", "use", "kid"}
    members = json.dumps({name: jwk[name] for name in ("crv", "kty", "x")}, separators=(",", ":"))
    assert decoded(jwk["kid"]) == sha256(members.encode()).digest()


def test_the_example_of_the_rfc_has_the_thumbprint_of_the_rfc(tmp_path: Path) -> None:
    """RFC 8037, appendices A.1 and A.3."""
    path = tmp_path / "key.pem"
    path.write_bytes(pem(Ed25519PrivateKey.from_private_bytes(decoded("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))))
    jwk = RulesetKey.from_file(path).public_jwk
    assert jwk["x"] == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert jwk["kid"] == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_same_bytes_have_the_same_signature(key_file: Path) -> None:
    assert RulesetKey.from_file(key_file).sign(b"{}") == RulesetKey.from_file(key_file).sign(b"{}")


# Keys that are none

MAKE_ONE = "The file holds no Ed25519 private key as PEM without a password."
BROKEN: dict[str, tuple[Callable[[], bytes | None], str]] = {
    "absent": (lambda: None, "The file can’t be read: No such file or directory."),
    "a folder": (lambda: b"folder", "The file can’t be read: Is a directory."),
    "empty": (lambda: b"", MAKE_ONE),
    "nonsense": (lambda: b"secret words", MAKE_ONE),
    "of another kind": (lambda: pem(generate_private_key(SECP256R1())), MAKE_ONE),
    "with a password": (lambda: pem(Ed25519PrivateKey.generate(), BestAvailableEncryption(b"secret")), MAKE_ONE),
}


@pytest.mark.parametrize("make, problem", BROKEN.values(), ids=BROKEN)
def test_a_key_that_is_none_is_said_at_start_and_by_the_command(
    tmp_path: Path, configure: Callable[..., None], make: Callable[[], bytes | None], problem: str
) -> None:
    path = tmp_path / "key.pem"
    if (content := make()) is not None:
        path.mkdir() if content == b"folder" else path.write_bytes(content)
    configure(RULESET_KEY=path)
    (message,) = checks.check_ruleset_key(None)
    assert message.id == "wagtail_personalise_gov.E005"
    assert problem in message.msg
    assert "secret" not in message.msg
    with pytest.raises(CommandError) as refused:
        run("--public-key")
    assert problem in str(refused.value)


def test_without_what_signs_the_check_names_the_extra(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("cryptography"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    for name in [name for name in sys.modules if name.startswith("cryptography.hazmat.primitives.serialization")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    (message,) = checks.check_ruleset_key(None)
    assert message.msg.endswith("cryptography is not installed, which signs. Install wagtail-personalise-gov[edge].")


def test_a_good_key_and_no_key_are_both_fine(key_file: Path, configure: Callable[..., None]) -> None:
    assert not checks.check_ruleset_key(None)
    configure(RULESET_KEY=None)
    assert not checks.check_ruleset_key(None)
    with pytest.raises(CommandError, match=r"\['RULESET_KEY'\] is None, so there is no key"):
        run("--signature", "anywhere")
