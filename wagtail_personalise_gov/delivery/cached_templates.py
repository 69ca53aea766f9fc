"""Parts of templates that Django's ``{% cache %}`` keeps, and in which something is asked about the visitor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from django.template import engines
from django.template.backends.django import DjangoTemplates
from django.template.utils import get_app_template_dirs

CACHED = re.compile(r"\{%\s*cache\s.*?%\}(.*?)\{%\s*endcache\s*%\}", re.DOTALL)
# Of our tags, those whose output depends on the visitor; what a block shows can't be told from a template.
ASKS = re.compile(r"\{%\s*(?:segment|personalise_banner|personalise_why|goal)\b[^%]*%\}|\brequest\.visit\b")


def visitors_in_cached_parts() -> Iterator[tuple[Path, str]]:
    """(the template, what stands in a cached part of it) for each such part of the site's own templates."""
    for path in _templates():
        try:
            source = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # whoever renders it will hear of it
        for part in CACHED.findall(source):
            if found := ASKS.search(part):
                yield path, found[0]


def _templates() -> Iterator[Path]:
    folders: dict[Path, None] = {}
    for engine in engines.all():
        if isinstance(engine, DjangoTemplates):
            folders.update(dict.fromkeys(map(Path, engine.dirs)))
            if engine.app_dirs:
                folders.update(dict.fromkeys(map(Path, get_app_template_dirs("templates"))))
    for folder in folders:
        yield from sorted(folder.rglob("*.html"))
