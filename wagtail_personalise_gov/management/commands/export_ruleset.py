"""The ruleset for other runtimes, as a file, and its signature as another.

Others may read both at any time: a web server, or what brings them to an edge. So each is there whole, the old or the
new, and where one of them can't be written both stay as they were.
"""

from __future__ import annotations

import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
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
            self._write({file: json.dumps(ruleset_key().public_jwk, indent=2).encode() + b"\n"})
            return
        if file is not None and signature is not None and os.path.realpath(file) == os.path.realpath(signature):
            raise CommandError(f"{file} can't hold the ruleset and its signature. Name another file for the signature.")
        key = ruleset_key() if signature is not None else None
        document = ruleset_document(compile_ruleset(), choice_cookie=CHOICE.name, headers_of=headers_of)
        content = as_bytes(document)
        contents: dict[str | None, bytes] = {}
        if signature is not None and key is not None:
            contents[signature] = key.sign(content).encode() + b"\n"
        contents[file] = content  # after it: who finds the new ruleset finds the new signature too
        self._write(contents)
        if file is not None:
            self.stdout.write(f"Wrote {len(document['segments'])} segments.")
        for slug, why in document["not_portable"].items():
            self.stderr.write(f"{slug} is left out: {why}")

    def _write(self, contents: Mapping[str | None, bytes]) -> None:
        """To files, and what belongs to None to the standard output."""
        write_together({file: content for file, content in contents.items() if file is not None})
        if None in contents:
            self.stdout.write(contents[None].decode(), ending="")


def write_together(contents: Mapping[str, bytes]) -> None:
    """Write to each file what belongs to it, in this order, and to none where one of them can't be written.

    Raises CommandError.
    """
    with ExitStack() as cleaning:
        waiting: dict[str, Path | None] = {}
        for file, content in contents.items():
            with told_of(file, "Nothing was written."):
                waiting[file] = None if is_stream(file) else written_beside(file, content, cleaning)
        state = "Nothing was written."
        for file, temporary in waiting.items():
            with told_of(file, state):
                if temporary is None:
                    Path(file).write_bytes(contents[file])
                else:
                    temporary.replace(os.path.realpath(file))
            state = f"{file} is new already."  # rare: a disk that fails just now, or a file that is mounted by itself


@contextmanager
def told_of(file: str, state: str) -> Iterator[None]:
    """Raises an OSError as a CommandError that names the file, what was written already, and the remedy."""
    try:
        yield
    except OSError as error:
        remedy = "Name a file that can be, in a folder that takes new files, and run this again."
        raise CommandError(f"{file} can't be written: {error.strerror}. {state} {remedy}") from error


def is_stream(file: str) -> bool:
    """Whether it is a pipe or a device, such as /dev/stdout, which nothing is to take the place of."""
    path = Path(file)
    return path.exists() and not path.is_file() and not path.is_dir()


def written_beside(file: str, content: bytes, cleaning: ExitStack) -> Path:
    """A new file with this content that can take the place of `file`: of its mode, and its owner's where we may.

    It is in the same folder, or in that to which the link `file` leads. Raises OSError, also where `file` is a folder
    or protected.
    """
    path, old = Path(os.path.realpath(file)), None
    if path.exists():
        with path.open("ab") as there:
            old = os.fstat(there.fileno())
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    with temporary.open("xb") as new:  # unlike tempfile's, with the mode that any new file gets here
        cleaning.callback(temporary.unlink, missing_ok=True)
        if old is not None and hasattr(os, "fchmod"):  # not on Windows
            with suppress(OSError):
                os.fchown(new.fileno(), old.st_uid, old.st_gid)
            os.fchmod(new.fileno(), stat.S_IMODE(old.st_mode))
        new.write(content)
    return temporary


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
