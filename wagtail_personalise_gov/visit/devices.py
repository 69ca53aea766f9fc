"""What a User-Agent says: a phone, a tablet or a computer; and whether it says that it is a crawler.

The two never meet in what is shown: a crawler gets the version that a browser like it would get.
"""

from __future__ import annotations

import re
import secrets
import sys
from hashlib import blake2b
from threading import Lock
from typing import Any

MAX_USER_AGENT = 512  # characters that are looked at; longer ones are noise, or an attack on the parser
MAX_KINDS = 4096  # user agents whose kind is remembered, some 120 bytes each

# Self-declared crawlers, archives, previews and monitors, in lower case. Only what is kept and counted depends on it,
# never what is shown. An address after a plus sign is how nearly all of them name the page about themselves. Browsers
# that are driven (HeadlessChrome) and fetchers (curl) are not among them: public bodies test their own sites with them.
CRAWLER = re.compile(
    r"\+https?://"
    r"|bots?(?<!cubot)(?![a-z])"  # Googlebot, Pingdom.com_bot_version; not the phones of Cubot
    r"|crawl|spider|slurp|heritrix|archiver|externalhit|externalagent|usasearch"
    r"|preview|adsbot|mediapartners-google|feedfetcher|google-inspectiontool|googleother"
    r"|monitor|pingdom|statuscake|uptime|site24x7|newrelicpinger|datadogsynthetics|lighthouse|gtmetrix"
    r"|health-?check|kube-probe|w3c[-_]|validator"
)

# In a comment, "(compatible; Googlebot/2.1; +http://www.google.com/bot.html)" or "(KHTML, like Gecko; compatible; …)".
COMMENT = re.compile(r"\(([^()]*)\)")

# A browser on no system at all: how Google's and Bing's crawlers for computers call themselves,
# "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; Googlebot/2.1; …) Chrome/W.X.Y.Z Safari/537.36".
NO_SYSTEM = re.compile(r"Mozilla/5\.0 AppleWebKit/[\d.]+ \(KHTML, like Gecko\)(?!.* Mobile)")

# Televisions, their boxes and consoles are none of the three, though they run Android, Linux and Windows.
NEITHER = re.compile(
    r"tv\b|web0s|netcast|crkey|bravia|playstation|xbox|nintendo|(?-i:\bAFT[A-Z\d]{1,7}\b)",  # Amazon's AFTMM, AFTKA, …
    re.IGNORECASE,
)

# Firefox, KaiOS and HarmonyOS say which in so many words, where the parser goes by the brand.
SAYS_TABLET = re.compile(r"[(;] ?Tablet;")
SAYS_PHONE = re.compile(r"[(;] ?(?:Mobile|Phone);")
# Linux, the BSDs and other systems with a desktop; the parser knows the first alone.
SAYS_DESKTOP = re.compile(r"\((?:X11|Wayland|PC);")


def device_kind(user_agent: str, client_hint_mobile: str = "") -> str | None:
    """ "mobile", "tablet" or "desktop"; None where it can't be told. `client_hint_mobile` is Sec-CH-UA-Mobile.

    The hint counts in the two forms that browsers send, "?1" and "?0"; anything else is as if it weren't there.
    """
    if client_hint_mobile == "?1":
        return "mobile"
    kind = _remembered(user_agent[:MAX_USER_AGENT]) if user_agent else None
    # A browser sets both headers by the same switch. Where they contradict each other (a tablet whose maker left
    # "Mobile" in its name, or a name that is made up) nothing says which is right, and a wrong guess shows the wrong
    # version. Unknown shows the standard one.
    if client_hint_mobile == "?0" and kind == "mobile":
        return None
    return kind


# A new user agent costs 2 to 3 ms to parse, one that is remembered about 1 µs. What is remembered is a keyed digest, so
# that no list of the visitors' user agents lies in memory.
_kinds: dict[bytes, str | None] = {}
_key = secrets.token_bytes(16)
_lock = Lock()


def _remembered(user_agent: str) -> str | None:
    digest = blake2b(user_agent.encode(errors="surrogatepass"), digest_size=16, key=_key).digest()
    try:
        return _kinds[digest]
    except KeyError:
        pass
    kind = _parsed(user_agent)
    with _lock:
        if len(_kinds) >= MAX_KINDS:
            # The oldest goes, asked for or not: at worst a common one is parsed once more every 4,096 new ones.
            del _kinds[next(iter(_kinds))]
        _kinds[digest] = kind
    return kind


def _parsed(user_agent: str) -> str | None:
    browser = _without_crawler(user_agent) if is_crawler(user_agent) else user_agent
    if NEITHER.search(browser):
        return None
    if SAYS_TABLET.search(browser):
        return "tablet"
    if SAYS_PHONE.search(browser):
        return "mobile"
    parsed = _parse(browser)
    if parsed.is_tablet:
        return "tablet"
    if parsed.is_mobile:
        return "mobile"
    if parsed.is_pc or SAYS_DESKTOP.search(browser) or NO_SYSTEM.match(browser):
        return "desktop"
    return None


def _parse(browser: str) -> Any:
    import user_agents  # half a second to import, so only sites that ask about devices pay for it

    parsed = user_agents.parse(browser)
    # What it is built on keeps up to 200 of them as they are. Ours are remembered above, without their text.
    getattr(sys.modules.get("ua_parser.user_agent_parser"), "_PARSE_CACHE", {}).pop(browser, None)
    return parsed


def _without_crawler(user_agent: str) -> str:
    """The user agent of the browser that a crawler says it is like: Google's for phones differ in nothing else.

    Google asks that its crawlers be shown what a visitor is shown, so what makes them crawlers must not be parsed.
    """
    text = COMMENT.sub(_honest_part, user_agent)
    return " ".join(word for word in text.split() if not CRAWLER.search(word.lower()))


def _honest_part(comment: re.Match[str]) -> str:
    """What is left of a comment without the crawler's name and address; all of it where there is no crawler in it."""
    if not CRAWLER.search(comment[1].lower()):
        return comment[0]
    kept: list[str] = []
    before = ""
    for part in map(str.strip, comment[1].split(";")):
        # "(compatible; Yeti/1.1; +https://naver.me/spd)": the name is what comes after "compatible".
        if part and "compatible" not in (part, before) and not CRAWLER.search(part.lower()):
            kept.append(part)
        before = part
    return f"({'; '.join(kept)})" if kept else ""


def is_crawler(user_agent: str) -> bool:
    """Whether a user agent says that it is a crawler or a monitor. An empty one says nothing."""
    return CRAWLER.search(user_agent[:MAX_USER_AGENT].lower()) is not None
