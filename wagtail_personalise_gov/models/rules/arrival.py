"""Rules about how a visit began: the website it came from, the campaign or the link that it followed."""

from __future__ import annotations

import re
from typing import Any

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from ...core.asking import RESERVED
from ...core.conditions import All, Condition, ConditionError, Equals, Matches, Not, OneOf
from ...core.conditions import Any as AnyOf
from ..fields import WordsField, joined
from .base import ARRIVAL, FieldErrors, Rule

REFERRER_KINDS = [
    ("search", _("a search engine")),
    ("social", _("social media")),
    ("email", _("e-mail on the web")),
    ("government", _("a government website")),
    ("internal", _("this website")),
    ("other", _("another website")),
    ("direct", _("no website: typed in, a bookmark, or not told")),
]

# A host name in which * may stand for anything. Regular expressions are not offered: one bad one can hang a site.
HOST_PATTERN = re.compile(r"[a-z0-9*]([a-z0-9*.-]*[a-z0-9*])?", re.IGNORECASE)

PARAMETER = re.compile(r"[^\s&=#?]{1,60}")


class ReferrerRule(Rule):
    """The website that the visit came from, for the whole of the visit."""

    kinds = WordsField(_("they came from"), options=REFERRER_KINDS)
    hosts = WordsField(
        _("or from these websites"),
        help_text=_(
            "Names of websites, separated by commas. * stands for anything: *.gov.uk is any website under gov.uk."
        ),
    )

    icon = "link-external"
    group = ARRIVAL
    description = _("People who followed a link from another website")
    also_called = _(
        "referrer, referer, source, search engine, google, bing, social media, facebook, email, link, "
        "website, came from"
    )
    panels = [FieldPanel("kinds"), FieldPanel("hosts")]

    class Meta(Rule.Meta):
        verbose_name = _("referrer")
        verbose_name_plural = _("referrer rules")

    def clean(self) -> None:
        errors = FieldErrors()
        self.hosts = [host.lower().rstrip(".") for host in self.hosts]
        for host in self.hosts:
            if not HOST_PATTERN.fullmatch(host) or len(host) > 253:
                errors.add(
                    "hosts",
                    gettext("“%s” is not the name of a website. Write only the name, such as www.nhs.uk or *.gov.uk.")
                    % host[:80],
                )
        if not self.kinds and not self.hosts:
            errors.add("hosts", gettext("Tick a kind of website, or name at least one website."))
        errors.raise_any()
        super().clean()

    def condition(self) -> Condition:
        asked: list[Condition] = []
        if self.kinds:
            asked.append(OneOf("visit.referrer.kind", self.kinds))
        if self.hosts:
            asked.append(Matches("visit.referrer.host", self.hosts))
        if not asked:
            raise ConditionError(gettext("Tick a kind of website, or name at least one website."))
        return asked[0] if len(asked) == 1 else AnyOf(*asked)

    def _places(self) -> str:
        labels = dict(REFERRER_KINDS)
        return joined([*(labels.get(kind, kind) for kind in self.kinds), *self.hosts], gettext("or"))

    def sentence(self) -> str:
        text = gettext("We can tell they did not come from %s") if self.negated else gettext("They came from %s")
        return text % self._places()

    def public_sentence(self) -> str:
        text = gettext("People who did not come from %s") if self.negated else gettext("People who came from %s")
        return text % self._places()


class CampaignRule(Rule):
    """The campaign whose link the visit followed: the utm_source, utm_medium and utm_campaign of its address."""

    source = models.CharField(_("source"), max_length=100, blank=True, help_text=_("utm_source, such as newsletter"))
    medium = models.CharField(_("medium"), max_length=100, blank=True, help_text=_("utm_medium, such as email"))
    name = models.CharField(
        _("campaign"),
        max_length=100,
        blank=True,
        help_text=_("utm_campaign, such as start-up-week; * stands for anything"),
    )

    icon = "mail"
    group = ARRIVAL
    description = _("People who followed a link of a campaign")
    also_called = _("utm, utm_campaign, newsletter, advert, advertising, marketing, email, qr code")
    panels = [FieldPanel("source"), FieldPanel("medium"), FieldPanel("name")]

    class Meta(Rule.Meta):
        verbose_name = _("campaign")
        verbose_name_plural = _("campaign rules")

    PARTS = ("source", "medium", "name")

    def clean(self) -> None:
        errors = FieldErrors()
        if not any(getattr(self, part).strip() for part in self.PARTS):
            errors.add("name", gettext("Give at least one of source, medium and campaign."))
        errors.raise_any()
        super().clean()

    def _given(self) -> list[tuple[str, str]]:
        return [(part, text) for part in self.PARTS if (text := getattr(self, part).strip())]

    def condition(self) -> Condition:
        asked = [Matches(f"visit.campaign.{part}", [text]) for part, text in self._given()]
        if not asked:
            raise ConditionError(gettext("Give at least one of source, medium and campaign."))
        return asked[0] if len(asked) == 1 else All(*asked)

    def _words(self) -> str:
        labels: dict[str, Any] = {part: self._meta.get_field(part).verbose_name for part in self.PARTS}
        return joined([f"{labels[part]} “{text}”" for part, text in self._given()], gettext("and"))

    def sentence(self) -> str:
        text = (
            gettext("We can tell they did not follow a link with %s")
            if self.negated
            else gettext("They followed a link with %s")
        )
        return text % self._words()

    def public_sentence(self) -> str:
        return (
            gettext("People who did not follow the link of a campaign of ours")
            if self.negated
            else gettext("People who followed the link of a campaign of ours")
        )


class QueryRule(Rule):
    """What the address of the page says after its question mark."""

    parameter = models.CharField(
        _("parameter"), max_length=60, help_text=_("The word before the equals sign: in ?topic=housing it is topic")
    )
    values = WordsField(
        _("values"), help_text=_("Separated by commas; * stands for anything. Leave empty for any value.")
    )

    icon = "link"
    group = ARRIVAL
    description = _("People whose link says something after its question mark")
    also_called = _("utm, parameter, address, url, link, question mark")
    panels = [FieldPanel("parameter"), FieldPanel("values")]

    class Meta(Rule.Meta):
        verbose_name = _("link")
        verbose_name_plural = _("link rules")

    def clean(self) -> None:
        errors = FieldErrors()
        self.parameter = self.parameter.strip()
        if self.parameter and not PARAMETER.fullmatch(self.parameter):
            errors.add("parameter", gettext("“%s” is not a parameter. Write one word, such as topic.") % self.parameter)
        elif self.parameter in RESERVED:
            errors.add(
                "parameter",
                gettext(
                    "“%s” in a link asks for the standard version of a page, or for the page as some visitors see it. "
                    "Choose another word, such as topic."
                )
                % self.parameter,
            )
        errors.raise_any()
        super().clean()

    def condition(self) -> Condition:
        fact = f"request.query.{self.parameter}"
        said = Not(Equals(fact, ""))  # a parameter that is absent reads as empty, which "*" would match
        return All(said, Matches(fact, self.values)) if self.values else said

    def sentence(self) -> str:
        words = {"parameter": self.parameter, "values": joined(self.values, gettext("or"))}
        if self.values:
            text = (
                gettext("We can tell their link does not say that %(parameter)s is %(values)s")
                if self.negated
                else gettext("Their link says that %(parameter)s is %(values)s")
            )
        else:
            text = (
                gettext("We can tell their link says nothing about %(parameter)s")
                if self.negated
                else gettext("Their link says something about %(parameter)s")
            )
        return text % words

    def public_sentence(self) -> str:
        said = self.parameter
        if self.values:
            said = f"{self.parameter}: {joined(self.values, gettext('or'))}"
        text = (
            gettext("People who did not follow a link to this page that says “%s”")
            if self.negated
            else gettext("People who followed a link to this page that says “%s”")
        )
        return text % said
