"""What a User-Agent says: a phone, a tablet or a computer; and whether it says that it is a crawler."""

from __future__ import annotations

import re
from functools import lru_cache

MAX_USER_AGENT = 512  # characters that are looked at; longer ones are noise, or an attack on the parser

# Self-declared crawlers. Only what is kept and counted depends on it, never what is shown.
CRAWLER = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|heritrix|facebookexternalhit|archiver|monitor|lighthouse", re.IGNORECASE
)


def device_kind(user_agent: str, client_hint_mobile: str = "") -> str | None:
    """ "mobile", "tablet" or "desktop"; None where it can't be told. `client_hint_mobile` is Sec-CH-UA-Mobile."""
    if client_hint_mobile == "?1":
        return "mobile"
    return _parsed(user_agent[:MAX_USER_AGENT]) if user_agent else None


@lru_cache(maxsize=4096)  # a new string costs 2-3 ms to parse
def _parsed(user_agent: str) -> str | None:
    import user_agents  # half a second to import, so only sites that ask about devices pay for it

    parsed = user_agents.parse(user_agent)
    if parsed.is_tablet:
        return "tablet"
    if parsed.is_mobile:
        return "mobile"
    return "desktop" if parsed.is_pc else None


def is_crawler(user_agent: str) -> bool:
    """Whether a user agent says that it is a crawler or a monitor."""
    return CRAWLER.search(user_agent[:MAX_USER_AGENT]) is not None
