"""The ruleset for other runtimes, as a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ...compiling import compile_ruleset
from ...conf import NAME, settings
from ...portable.rulesets import as_bytes, ruleset_document
from ...portable.signing import NoKey, RulesetKey
from ...visit.cookies import CHOICE
from ...visit.gathering import headers_of


class Command(BaseCommand):
    help = (
        "Write every live segment as a condition that other runtimes can answer: the bytes of the API's ruleset/. "
        "With --public-key, write the key by which its signature is verified instead."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", metavar="FILE", help="where to write it (default: standard output)")
        parser.add_argument("--signature", metavar="FILE", help="where to write its detached signature, a JWS")
        parser.add_argument("--public-key", action="store_true", help="write the public key, as a JWK")

    def handle(self, *args: Any, file: str | None, signature: str | None, public_key: bool, **options: Any) -> None:
        if public_key:
            self._write(file, json.dumps(ruleset_key().public_jwk, indent=2).encode() + b"\n")
            return
        key = ruleset_key() if signature is not None else None
        document = ruleset_document(compile_ruleset(), choice_cookie=CHOICE.name, headers_of=headers_of)
        content = as_bytes(document)
        self._write(file, content)
        if signature is not None and key is not None:
            self._write(signature, key.sign(content).encode() + b"\n")
        if file is not None:
            self.stdout.write(f"Wrote {len(document['segments'])} segments.")
        for slug, why in document["not_portable"].items():
            self.stderr.write(f"{slug} is left out: {why}")

    def _write(self, file: str | None, content: bytes) -> None:
        if file is None:
            self.stdout.write(content.decode(), ending="")
            return
        try:
            Path(file).write_bytes(content)
        except OSError as error:
            raise CommandError(f"{file} can't be written: {error.strerror}. Name a file that can be.") from error


def ruleset_key() -> RulesetKey:
    if settings.RULESET_KEY is None:
        raise CommandError(
            f"{NAME}['RULESET_KEY'] is None, so there is no key. Set it to the path of a private key: "
            "openssl genpkey -algorithm ed25519"
        )
    try:
        return RulesetKey.from_file(settings.RULESET_KEY)
    except NoKey as error:
        raise CommandError(f"{NAME}['RULESET_KEY']: {error}") from None
