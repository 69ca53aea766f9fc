"""Run the samples of the documentation inside the site that the tutorial makes. Started by `project.py`.

Reads samples as JSON from standard input, and writes the outcome of each as JSON to a file: "" for fine, else what went
wrong. Nothing that a sample does to the database outlives it.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
import traceback
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import run_checks
from django.core.management import call_command
from django.db import transaction
from django.test import RequestFactory, override_settings
from django.test.utils import setup_test_environment

SETTING = "WAGTAIL_PERSONALISE_GOV"
# The site's own choice of primary keys; a geo file that is on the reader's machine, not on this one.
SILENCED = {"models.W042", "wagtail_personalise_gov.W003"}
Run = Callable[[dict[str, Any]], None]


class RollBack(Exception):
    """Ends a transaction whose work was only to show something."""


def outcome_of(run: Run, sample: dict[str, Any]) -> str:
    """ "" when it runs; else the end of the traceback."""
    try:
        with contextlib.suppress(RollBack), transaction.atomic():
            run(sample)
            raise RollBack
    except Exception:
        return traceback.format_exc()
    return ""


namespaces: dict[str, dict[str, Any]] = {}


def request_of_a_visitor() -> Any:
    from wagtail_personalise_gov.visit.visit import Visit

    request = RequestFactory().get("/?topic=housing", headers={"accept-language": "cy, en-GB;q=0.7"})
    request.visit = Visit(request)  # type: ignore[attr-defined]
    return request


def namespace(page: str) -> dict[str, Any]:
    """What the samples of one page share, as a reader reads them one after another."""
    if page not in namespaces:
        namespaces[page] = {"__name__": f"council.docs_{len(namespaces)}", "request": request_of_a_visitor()}
    return namespaces[page]


def run_python(sample: dict[str, Any]) -> None:
    code = compile(sample["text"], sample["name"], "exec")
    exec(code, namespace(sample["page"]))  # noqa: S102  our own documentation


def run_settings(sample: dict[str, Any]) -> None:
    """Settings as a site would have them: Django and we find nothing wrong with them."""
    from wagtail_personalise_gov.conf import problems

    names = {name: getattr(settings, name) for name in dir(settings) if name.isupper()}
    before = dict(names)
    exec(compile(sample["text"], sample["name"], "exec"), names)  # noqa: S102  our own documentation
    changed = {name: names[name] for name in names if name.isupper() and names[name] != before.get(name)}
    with override_settings(**changed):
        found = [*problems(), *(str(found) for found in run_checks() if found.id not in SILENCED)]
    assert not found, "\n".join(found)


def run_template(sample: dict[str, Any]) -> None:
    from django.template import engines
    from wagtail.models import Page

    template = engines["django"].from_string(sample["text"])
    template.render({"page": Page.objects.live().last(), "self": {}}, request_of_a_visitor())


def run_file(sample: dict[str, Any]) -> None:
    """A whole file: a module is imported, a template is read, tests are run."""
    path = Path(sample["path"])
    if path.suffix == ".html":
        from django.template.loader import get_template

        get_template(path.as_posix().partition("/templates/")[2])
        return
    module = path.with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    if path.name.startswith("test"):
        report = io.StringIO()
        result = unittest.TextTestRunner(report).run(unittest.defaultTestLoader.loadTestsFromName(module))
        assert result.testsRun, f"{module} holds no tests."
        assert result.wasSuccessful(), report.getvalue()
    else:
        __import__(module)


RUNS: dict[str, Run] = {
    "python": run_python,
    "settings": run_settings,
    "django": run_template,
    "file": run_file,
}


def run_story(name: str) -> str:
    from tests.docs.stories import STORIES

    return outcome_of(lambda sample: STORIES[name](), {})


def main(results: str) -> None:
    import django

    given = json.load(sys.stdin)
    django.setup()
    setup_test_environment()
    call_command("makemigrations", *given["apps"], verbosity=0)
    call_command("migrate", verbosity=0)
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
    outcomes = {"check": "\n".join(str(found) for found in run_checks() if found.id not in SILENCED)}
    # A published segment is looked for at once, since a sample is over sooner than in a second.
    with override_settings(**{SETTING: {**getattr(settings, SETTING, {}), "RULESET_CHECK_SECONDS": 0}}):
        for sample in given["samples"]:
            outcomes[sample["name"]] = outcome_of(RUNS[sample["kind"]], sample)
        for story in given["stories"]:
            outcomes[story] = run_story(story)
    Path(results).write_text(json.dumps(outcomes))


if __name__ == "__main__":
    main(sys.argv[1])
