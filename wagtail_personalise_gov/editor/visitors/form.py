"""A visitor as an editor describes one: the form. Nothing here knows anybody real.

What the form says becomes a `Described` visit, so that whatever tries one (a page, a panel, a preview, an example that
is kept) says and reads it in the same way. How the words of a field are read stands in `sayings`, what is said in short
in `words`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import Group
from django.http import QueryDict
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from ...core.pages import MAX_PAGES
from ...core.preference import Preference
from ...core.ruleset import Ruleset
from ...models import Intent
from ...models.fields import WordsFormField
from ...models.rules.browser import DEVICES
from ...models.rules.history import MAX_DAYS, MAX_VISITS
from ...visit.simulation import CannotSimulate, Described, SimulatedVisit, moment_of
from .answers import (
    CANT_TELL,
    COUNTS,
    IN_GROUPS,
    NOT_SIGNED_IN,
    PREFIX,
    SIGNED,
    SIGNED_IN,
    filled_in,
)
from .own_facts import fact_from_words, own_facts, own_field, own_name
from .pages_seen import PAGE, SECTION, numbers_of, pages_asked_about, sections_around
from .sayings import (
    accept_language,
    as_local,
    link_parts,
    place_facts,
    referrer_address,
)
from .words import in_a_line

MAX_TEXT = 255  # characters of most answers
MAX_LINK = 2000
MAX_GROUPS = 200  # groups of users that are offered


@dataclass(frozen=True, slots=True)
class Fields:
    """Some of the form's fields, under one heading. `said`: whether anything is filled in."""

    name: str
    legend: str
    fields: list[forms.BoundField]
    said: bool


FIELDSETS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("arrival", _("How they arrived"), ("referrer", "link", "intent")),
    ("place", _("Where they are"), ("country", "region", "town", "ip")),
    ("browser", _("Device and language"), ("device", "languages")),
    ("time", _("When"), ("at",)),
    ("history", _("Their history"), ("visits", "days", "seen_now", "seen_before", "page_count")),
    ("account", _("Account"), ("account", "groups")),
    ("choice", _("Choice"), ("refused",)),
)
SITE_FACTS = ("site", _("What this site asks besides"))


class VisitorForm(forms.Form):
    """What may be said of a visitor; all of it optional. What is left out is as on somebody's very first visit.

    It takes `request.GET` or `request.POST`. After `is_valid()`, `described()` gives the visit.
    """

    referrer = forms.CharField(
        label=_("They come from"),
        required=False,
        max_length=MAX_LINK,
        help_text=_("A website, such as google.com, or the address of a page. Empty: typed in, or not told."),
    )
    link = forms.CharField(
        label=_("The page they open"),
        required=False,
        max_length=MAX_LINK,
        help_text=_("Its address, with what stands after a question mark: /licences/?utm_campaign=spring"),
    )
    intent = forms.ChoiceField(label=_("They told us that they want to"), required=False)
    country = forms.CharField(
        label=_("Country"), required=False, max_length=MAX_TEXT, help_text=_("Its name, or its code such as GB.")
    )
    region = forms.CharField(
        label=_("Nation, region or county"),
        required=False,
        max_length=MAX_TEXT,
        help_text=_("Its name, or its code such as GB-WLS."),
    )
    town = forms.CharField(label=_("Town or city"), required=False, max_length=MAX_TEXT)
    ip = forms.GenericIPAddressField(
        label=_("Internet address"),
        required=False,
        help_text=_("Places are then told from it, as on a real visit, unless you name one above."),
        error_messages={"invalid": _("That is no internet address. Write it as 192.0.2.7, or leave it empty.")},
    )
    device = forms.ChoiceField(
        label=_("They use"), required=False, choices=[("", _("We can’t tell what")), *DEVICES], initial=""
    )
    languages = WordsFormField(
        label=_("Languages of their browser"),
        required=False,
        max_length=MAX_TEXT,
        help_text=_("Best first: Welsh, English. Empty: we can’t tell."),
    )
    at = forms.CharField(
        label=_("Day and time"),
        required=False,
        max_length=40,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        help_text=format_lazy(
            _("By the site’s clock ({zone}). Empty: now."), zone=settings.TIME_ZONE.replace("_", " ")
        ),
    )
    visits = forms.IntegerField(
        label=_("Visits so far"),
        required=False,
        min_value=1,
        max_value=MAX_VISITS,
        help_text=_("This one included. Empty or 1: their first."),
    )
    days = forms.IntegerField(
        label=_("Days since the last visit"),
        required=False,
        min_value=0,
        max_value=MAX_DAYS,
        help_text=_("0 is earlier today."),
    )
    seen_now = forms.MultipleChoiceField(
        label=_("Looked at on this visit"), required=False, widget=forms.CheckboxSelectMultiple
    )
    seen_before = forms.MultipleChoiceField(
        label=_("Looked at on an earlier visit"), required=False, widget=forms.CheckboxSelectMultiple
    )
    page_count = forms.IntegerField(
        label=_("Different pages on this visit"), required=False, min_value=1, max_value=MAX_PAGES
    )
    account = forms.ChoiceField(
        label=_("Signed in"),
        required=False,
        choices=[(NOT_SIGNED_IN, _("No")), (SIGNED_IN, _("Yes")), (CANT_TELL, _("We can’t tell"))],
    )
    groups = forms.MultipleChoiceField(
        label=_("Groups of their account"), required=False, widget=forms.CheckboxSelectMultiple
    )
    refused = forms.BooleanField(label=_("They have turned adapting off"), required=False)

    def __init__(self, data: Mapping[str, Any] | None = None, *, prefix: str = PREFIX, **kwargs: Any) -> None:
        super().__init__(data, prefix=prefix, **kwargs)
        self.pages = pages_asked_about()
        self.own_facts = own_facts()
        for fact in self.own_facts:
            self.fields[own_name(fact)] = own_field(fact)
        intents = [(intent.slug, str(intent.label)) for intent in Intent.objects.all()]
        self._choices("intent", [("", _("They did not say"))], intents)
        self._choices(
            "groups",
            [],
            [(name, name) for name in Group.objects.order_by("name").values_list("name", flat=True)[:MAX_GROUPS]],
        )
        seen = [(page.key, page.words) for page in self.pages]
        for name in ("seen_now", "seen_before"):
            self._choices(name, [], seen)

    def _choices(self, name: str, blank: list[Any], choices: list[Any]) -> None:
        """Nothing to choose from: no field. What a form holds of it all the same is then refused, not passed over."""
        field: Any = self.fields[name]
        field.choices = [*blank, *choices]
        field.error_messages["invalid_choice"] = GONE[name]
        if not choices and not self._said(name):
            del self.fields[name]

    def _said(self, name: str) -> bool:
        return self.is_bound and self.add_prefix(name) in self.data and bool(self.data.get(self.add_prefix(name)))

    @classmethod
    def of(cls, described: Described, *, prefix: str = PREFIX) -> VisitorForm:
        """The form as it is filled in for a visit that a form described. What no field can say is left out."""
        return cls(filled_in(described, pages_asked_about(), prefix), prefix=prefix)

    @classmethod
    def is_in(cls, data: Mapping[str, Any], prefix: str = PREFIX) -> bool:
        """Whether a query or a post says anything of a visitor."""
        return any(name.startswith(f"{prefix}-") for name in data)

    def fieldsets(self) -> Iterator[Fields]:
        """The fields under their headings, in order; a heading with no field is left out."""
        own = (*SITE_FACTS, tuple(own_name(fact) for fact in self.own_facts))
        for name, legend, names in (*FIELDSETS, own):
            bound = [self[each] for each in names if each in self.fields]
            if bound:
                said = any(field.data if self.is_bound else False for field in bound)
                yield Fields(name, str(legend), bound, said or any(field.errors for field in bound))

    def as_query(self) -> str:
        """What is filled in, as a link holds it; "" for nothing."""
        query = QueryDict(mutable=True)
        for name in self.fields if self.is_bound else ():
            key = self.add_prefix(name)
            values = self.data.getlist(key) if hasattr(self.data, "getlist") else [self.data.get(key)]
            if any(values):
                query.setlist(key, [str(value) for value in values if value])
        return query.urlencode()

    # What the words of each field come to

    def clean_referrer(self) -> str:
        return referrer_address(self.cleaned_data["referrer"])

    def clean_link(self) -> dict[str, str]:
        return link_parts(self.cleaned_data["link"])

    def clean_languages(self) -> str:
        return accept_language(self.cleaned_data["languages"])

    def clean_at(self) -> str:
        text = self.cleaned_data["at"].strip()
        try:
            return as_local(moment_of(text)) if text else ""
        except CannotSimulate as error:
            raise forms.ValidationError(str(error)) from None

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        places = {name: said[name] for name in ("country", "region", "town") if name in said}
        said["place"], problems = place_facts(**{"country": "", "region": "", "town": "", **places})
        if said.get("days") is not None and said.get("visits") == 1:
            problems["days"] = gettext(
                "On a first visit there was no last one. Leave this empty, or write more visits."
            )
        if said.get("groups") and said.get("account") != SIGNED_IN:
            problems["groups"] = gettext("Only people who are signed in are in a group. Choose “Yes” above.")
        said["own"] = {}
        for fact in self.own_facts:
            words = said.get(own_name(fact))
            if words not in (None, "", []):
                try:
                    said["own"][fact.name] = fact_from_words(fact, words)
                except forms.ValidationError as error:
                    problems[own_name(fact)] = str(error.message)
        for name, message in problems.items():
            if name in self.fields and name not in self.errors:
                self.add_error(name, message)
        return said

    def described(self) -> Described:
        """The visit, after `is_valid()` was true."""
        said = self.cleaned_data
        facts: dict[str, Any] = dict(said["place"])
        if said["device"]:
            facts["device.kind"] = said["device"]
        if said["page_count"] is not None:
            facts |= dict.fromkeys(COUNTS, said["page_count"])
        if said["account"] == SIGNED_IN:
            facts |= {SIGNED: True, IN_GROUPS: list(said.get("groups", ()))}
        elif said["account"] == CANT_TELL:
            facts |= {SIGNED: None, IN_GROUPS: None}
        return Described(
            **said["link"],
            referrer=said["referrer"],
            ip=said["ip"],
            language=said["languages"],
            at=said["at"],
            intent=said.get("intent", ""),
            memory=self._memory(),
            facts=facts | said["own"],
            preference=Preference.REFUSED if said["refused"] else Preference.ALLOWED,
        )

    def _memory(self) -> dict[str, Any]:
        """What earlier requests left. Whatever was looked at on this visit was looked at ever."""
        said = self.cleaned_data
        memory = {"visits": said["visits"], "days_since_last_visit": said["days"]}
        now, before = said.get("seen_now", []), said.get("seen_before", [])
        for scope, keys in (("", now), ("past_", [*now, *before])):
            pages = numbers_of(keys, PAGE)
            sections = [*numbers_of(keys, SECTION), *sections_around(self.pages, pages)]
            memory[f"{scope}pages"] = sorted(set(pages)) or None
            memory[f"{scope}sections"] = sorted(set(sections)) or None
        return {name: value for name, value in memory.items() if value is not None}

    def in_a_line(self) -> str:
        """What is said of the visitor, after `is_valid()` was true."""
        return in_a_line(self.described())

    def visit(self, ruleset: Ruleset) -> SimulatedVisit | None:
        """The visit, to which this ruleset is put; None where the form has errors, or gets one by being tried."""
        if not self.is_valid():
            return None
        try:
            return SimulatedVisit(self.described(), ruleset)
        except CannotSimulate as error:
            self.add_error(None, str(error))
            return None


GONE = {
    "intent": _("There is no such intent any more. Choose another."),
    "groups": _("There is no group “%(value)s” any more. Choose others."),
    "seen_now": _("No rule asks about one of these pages any more. Choose again."),
    "seen_before": _("No rule asks about one of these pages any more. Choose again."),
}
