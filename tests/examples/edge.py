"""A network that runs examples/edge-worker in Node, with what it has kept of the site."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from django.test import Client
from django.utils import timezone
from wagtail.models import Page

from tests.api.calling import API
from tests.api.tokens import bearer
from tests.evaluator.node import SCRIPTS
from wagtail_personalise_gov.models.api_tokens import Scope
from wagtail_personalise_gov.portable.signing import RulesetKey

HERE = Path(__file__).resolve().parent
EXAMPLES = HERE.parent.parent / "examples"
WORKER = EXAMPLES / "edge-worker"
MODULES = ("evaluator.js", "preference.js", "signature.js")  # of the package, that its README says to put beside it
SITE = "http://testserver"


@dataclass(frozen=True, slots=True)
class Told:
    status: int
    headers: dict[str, str]
    body: str
    asked: list[str]  # the headers of the request that the worker looked at
    fetched: list[str]  # what it asked of servers

    @property
    def page(self) -> Any:
        assert self.status == 200, self
        return json.loads(self.body)


@dataclass
class Network:
    """Where the worker runs. `kept` is its store, as keep.mjs fills it."""

    process: subprocess.Popen[str]
    key: RulesetKey
    kept: dict[str, str] = field(default_factory=dict)

    def keeps(self, *pages: Page) -> None:
        """Have fetched the ruleset and these pages, now."""
        ruleset = Client().get(f"{API}/ruleset/", headers=bearer(Scope.RULESET))
        assert ruleset.status_code == 200, ruleset.content
        self.keeps_ruleset(ruleset.content, ruleset["Personalise-Signature"])
        token = bearer(Scope.VARIANTS)
        for page in pages:
            whole = Client().get(f"{API}/pages/{page.pk}/?variants=all", headers=token)
            assert whole.status_code == 200, whole.content
            self.kept[f"page:{unquote(page.url)}"] = json.dumps({"content": whole.content.decode()})

    def keeps_ruleset(self, content: bytes, signature: str, seconds_ago: int = 0) -> None:
        asked = int(timezone.now().timestamp() * 1000) - seconds_ago * 1000
        self.kept["ruleset"] = json.dumps({"content": content.decode(), "signature": signature, "asked": asked})

    @property
    def ruleset(self) -> tuple[bytes, str]:
        """What is kept of the ruleset: its bytes and its signature."""
        kept = json.loads(self.kept["ruleset"])
        return kept["content"].encode(), kept["signature"]

    def get(self, path: str, method: str = "GET", **headers: str) -> Told:
        """What the worker answers to a visitor, at this moment."""
        request = {
            "url": f"{SITE}{path}",
            "method": method,
            "headers": headers,
            "now": int(timezone.now().timestamp() * 1000),
            "env": {"PUBLIC_KEY": json.dumps(self.key.public_jwk)},
            "kept": self.kept,
        }
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        return Told(**json.loads(self.process.stdout.readline()))


def put_together(folder: Path) -> Path:
    """The worker with the package's modules beside it, as its README says."""
    shutil.copytree(WORKER, folder, dirs_exist_ok=True)
    for name in MODULES:
        shutil.copy(SCRIPTS / name, folder)
    return folder


@contextmanager
def network(folder: Path, key: RulesetKey) -> Iterator[Network]:
    command = ["node", str(HERE / "run_worker.mjs"), str(put_together(folder))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield Network(process, key)
        assert process.stdin is not None
        process.stdin.close()
