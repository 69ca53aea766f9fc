"""A described visitor in words, for lists and headings; and a few whom every public body has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import formats
from django.utils.text import capfirst
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from ...core.preference import Preference
from ...facts import known_facts, readers
from ...models import Intent
from ...models.fields import joined
from ...models.iso import country_in_a_sentence, subdivision_name
from ...models.languages import language_name
from ...models.rules.browser import DEVICES
from ...visit.referrers import source_of
from ...visit.simulation import CannotSimulate, Described, moment_of
from .own_facts import fact_in_words
from .sayings import CITY, COUNTRY, SUBDIVISIONS, languages_in, whole_link


@dataclass(frozen=True, slots=True)
class Preset:
    """A visitor with a name, to begin with."""

    key: str
    name: Any
    described: Described


PRESETS: tuple[Preset, ...] = (
    Preset("first", _("First visit, nothing known"), Described()),
    Preset(
        "phone",
        _("On a phone, by a search engine"),
        Described(referrer="https://www.google.com/", facts={"device.kind": "mobile"}),
    ),
    Preset(
        "social",
        _("By a link in social media"),
        Described(referrer="https://www.facebook.com/", facts={"device.kind": "mobile"}),
    ),
    Preset(
        "back",
        _("Came back after two weeks"),
        Described(memory={"visits": 2, "days_since_last_visit": 14}, facts={"device.kind": "desktop"}),
    ),
    Preset(
        "regular",
        _("Comes every day"),
        Described(memory={"visits": 20, "days_since_last_visit": 1}, facts={"device.kind": "desktop"}),
    ),
    Preset("language", _("Browser set to Polish, then English"), Described(language="pl, en;q=0.9")),
    Preset(
        "abroad",
        _("In another country (France)"),
        Described(facts={"location.country": "FR", "location.eu": True, "location.continent": "EU"}),
    ),
    Preset("signed-in", _("Signed in"), Described(facts={"account.signed_in": True, "account.groups": []})),
    Preset("off", _("Has turned adapting off"), Described(preference=Preference.REFUSED)),
)


def in_words(described: Described) -> list[str]:
    """What is said of a visitor whom a form described, a short phrase each: "From Riverside", "On a phone"."""
    return [capfirst(words) for words in _said(described, labels_of([described.intent]))]


def in_a_line(described: Described, labels: Mapping[str, str] | None = None) -> str:
    """The same in one line: "From Riverside, on a phone"; "" for nothing. `labels` of intents, if they are read."""
    return capfirst(", ".join(_said(described, labels_of([described.intent]) if labels is None else labels)))


def labels_of(slugs: Iterable[str]) -> dict[str, str]:
    """The labels of these intents by slug; no query for none."""
    asked = {slug for slug in slugs if slug}
    return {intent.slug: str(intent.label) for intent in Intent.objects.filter(slug__in=asked)} if asked else {}


def _said(said: Described, labels: Mapping[str, str]) -> Iterator[str]:
    if said.preference is Preference.REFUSED:
        yield gettext("has turned adapting off")
    yield from _place(said)
    if said.referrer:
        yield _referrer(said.referrer)
    if link := whole_link(said.host, said.path, said.query):
        yield gettext("opens %s") % link
    if said.intent:
        yield gettext("told us: %s") % labels.get(said.intent, said.intent)
    if kind := said.facts.get("device.kind"):
        yield gettext("on %s") % dict(DEVICES).get(kind, kind)
    if languages := languages_in(said.language):
        yield gettext("browser set to %s") % joined(map(language_name, languages), gettext("then"))
    yield from _history(said)
    yield from _account(said)
    known = known_facts()
    for name in sorted(readers()):
        if (value := said.facts.get(name)) is not None:
            yield f"{known[name].meaning}: {fact_in_words(known[name], value)}"
    if said.at:
        try:
            yield formats.date_format(moment_of(said.at), "DATETIME_FORMAT")
        except CannotSimulate:
            yield said.at


def _place(said: Described) -> Iterator[str]:
    facts = said.facts
    country, regions, town = facts.get(COUNTRY), facts.get(SUBDIVISIONS), facts.get(CITY)
    words = [town, subdivision_name(regions[-1]) if regions else "", country_in_a_sentence(country) if country else ""]
    # A region says its country already.
    if where := [word for word in words if word][:2]:
        yield gettext("from %s") % ", ".join(where)
    if said.ip:
        yield gettext("at the internet address %s") % said.ip


def _referrer(address: str) -> str:
    source = source_of(address, "")
    kinds = {
        "search": gettext("by a search engine (%s)"),
        "social": gettext("by social media (%s)"),
        "email": gettext("by e-mail (%s)"),
        "government": gettext("by a government website (%s)"),
    }
    return kinds.get(source.kind, gettext("by a link on %s")) % (source.host or address)


def _history(said: Described) -> Iterator[str]:
    memory = said.memory
    days = memory.get("days_since_last_visit")
    visits = memory.get("visits", 1 if days is None else 2)
    if visits == 1 and "visits" in memory:
        yield gettext("first visit")
    elif visits == 2:
        yield gettext("second visit")
    elif visits > 2:
        yield gettext("visit number %d") % visits
    if days is not None:
        yield (
            ngettext("last here %d day ago", "last here %d days ago", days) % days
            if days
            else gettext("last here earlier today")
        )
    now = len(memory.get("pages", ())) + len(memory.get("sections", ()))
    before = len(memory.get("past_pages", ())) + len(memory.get("past_sections", ()))
    if now or before:
        yield gettext("has looked at certain pages")
    if count := said.facts.get("visit.page_count"):
        yield ngettext("has looked at %d page", "has looked at %d pages", count) % count


def _account(said: Described) -> Iterator[str]:
    if "account.signed_in" not in said.facts:
        return
    signed_in, groups = said.facts["account.signed_in"], said.facts.get("account.groups")
    if signed_in is None:
        yield gettext("may be signed in or not")
    elif groups:
        yield gettext("signed in, in %s") % joined((f"“{group}”" for group in groups), gettext("and"))
    elif signed_in:
        yield gettext("signed in")
