"""The banner as visitors will see it, from a form as it stands, before anything is saved.

It is drawn by the same tag that draws it on pages, for a visit that nobody makes: one on a page that asks all that
live segments ask, made by a visitor who is yet to choose, or has just chosen. Nothing is gathered, counted or kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings as django_settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.models import Site

from ...compiling import current_ruleset, ruleset_with
from ...conf import settings
from ...core.conditions import OneOf
from ...core.preference import Mode, Preference
from ...core.ruleset import Ruleset
from ...core.site_words import SiteWords
from ...facts import FACTS, facts_named
from ...models import PersonalisationSettings
from ...models.site_settings import languages
from ...visit.preference import new_choice, standing_of
from ...visit.visit import Visit

TEMPLATES = "wagtail_personalise_gov/editor/site_settings"

ASKED, ON, OFF = "asked", "on", "off"
STATES: Mapping[str, Any] = {
    ASKED: _("Who has not chosen yet"),
    ON: _("Who has just turned it on"),
    OFF: _("Who has just turned it off"),
}
CHOSEN = {ON: Preference.ALLOWED, OFF: Preference.REFUSED}

SCRIPT = re.compile(r"<script\b[^>]*></script>")  # the frame runs none, and browsers complain of each in their console

EXAMPLE = "location.city"  # what is taken to be asked where nothing is live yet


class ShownVisit(Visit):
    """A visit that nobody makes, on a page that asks all that `ruleset` asks, by a visitor who chose `preference`."""

    def __init__(self, request: HttpRequest, site: Site, ruleset: Ruleset, preference: Preference | None) -> None:
        super().__init__(request)
        self.site, self.ruleset = site, ruleset
        self.considered = True
        self.needed = ruleset.needs
        if preference is not None:
            # Where it is off until it is turned on, the one button turns on counting too.
            counting = True if self._asks_for_both(preference) else None
            self.standing = standing_of(request, new_choice(request, preference, counting))

    def _asks_for_both(self, preference: Preference) -> bool:
        return preference is Preference.ALLOWED and settings.COUNTING and settings.MODE is Mode.OPT_IN


@dataclass(frozen=True, slots=True)
class Shown:
    """A banner: a whole document for a frame, or "" where there is none; and what there is to say about it, or ""."""

    document: str
    note: str


def shown(site: Site, words: SiteWords, language: str, state: str, unfinished: bool = False) -> Shown:
    """The banner of a site with these words, in a language, for a visitor in one of `STATES`.

    `unfinished`: something in the form can't be saved as it is, and is left out. Never raises for a language or state
    that there is not: it shows the first.
    """
    known = [code for code, _name in languages()]
    language = language if language in known else known[0]
    ruleset, note = _ruleset()
    ruleset = replace(ruleset, sites={site.pk: words})
    request = _request(site)
    request.visit = ShownVisit(request, site, ruleset, CHOSEN.get(state))  # type: ignore[attr-defined]
    with translation.override(language):
        banner = render_to_string(f"{TEMPLATES}/banner.html", {"request": request})
        direction = "rtl" if translation.get_language_bidi() else "ltr"
        frame = {"banner": banner, "language": language, "direction": direction}
        document = SCRIPT.sub("", render_to_string(f"{TEMPLATES}/banner_document.html", frame))
    if not banner.strip():
        document = ""
        note = note or gettext("As this site is set up at the moment, visitors see no banner.")
    elif unfinished:
        note = " ".join(filter(None, [note, gettext("What can’t be saved as it is written is left out here.")]))
    return Shown(document, note)


def _ruleset() -> tuple[Ruleset, str]:
    """What the banner tells of: what is live, or an example where nothing is; and what there is to say about that."""
    if settings.MODE is Mode.OFF:
        return current_ruleset(), gettext(
            "Personalisation is switched off in your developers’ settings (MODE), so visitors see no banner."
        )
    live = current_ruleset()
    note = ""
    if live.paused:
        live = replace(ruleset_with(), goals=live.goals)
        note = gettext("Everything is paused, so visitors see no banner now. This is what they see afterwards.")
    counting_live = settings.COUNTING and live.segments
    if any(fact.about_visitor for fact in facts_named(live.needs)) or counting_live:
        return live, note
    return replace(
        live,
        segments={"example": OneOf(EXAMPLE, ["-"])},
        remembers=FACTS[EXAMPLE].remembers,
    ), gettext(
        "Visitors see no banner now, since nothing that is live asks anything about them. This is what they would see "
        "if something asked roughly where they are."
    )


def _request(site: Site) -> HttpRequest:
    """A request for the site's first page, by nobody."""
    request = HttpRequest()
    request.method = "GET"
    request.path = request.path_info = "/"
    request.META = {"SERVER_NAME": site.hostname, "SERVER_PORT": str(site.port), "REQUEST_METHOD": "GET"}
    return request


def words_in(form: Any) -> SiteWords:
    """The words of a form as it stands; of a posted one `is_valid` was asked, and what is wrong in it is left out."""
    row: PersonalisationSettings = form.instance
    if not form.is_bound:
        return row.words()
    formset = form.formsets["wordings"]
    kept = [child for child in formset.forms if not (formset.can_delete and formset._should_delete_form(child))]
    return replace(
        row.words(),
        by_language={
            child.instance.language.lower(): child.instance.wording() for child in kept if child.instance.language
        },
    )


def first_language() -> str:
    """The language in which the banner is shown first: that of the site."""
    known = [code for code, _name in languages()]
    code = django_settings.LANGUAGE_CODE
    return next((one for one in (code, code.partition("-")[0]) if one in known), known[0])
