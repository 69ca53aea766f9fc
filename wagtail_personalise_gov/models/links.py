"""Where a link that an editor writes may lead."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.utils.translation import gettext

SCHEMES = frozenset({"http", "https", "mailto", "tel"})


def link_problem(link: str) -> str | None:
    """What is wrong with where a link leads; None for nothing."""
    try:
        parts = urlsplit(link.strip())
    except ValueError:
        parts = urlsplit("")
    here = link.startswith("/") and not link.startswith(("//", "/\\"))
    whole = parts.scheme in SCHEMES and bool(parts.netloc or parts.path)
    if parts.scheme in ("http", "https") and not parts.netloc:
        whole = False
    if not (here or whole) or any(character.isspace() or ord(character) < 32 for character in link.strip()):
        return gettext(
            "Write where the link leads: a whole address, such as https://apply.example.gov/start, or one on this "
            "site, such as /about-this-site/."
        )
    return None
