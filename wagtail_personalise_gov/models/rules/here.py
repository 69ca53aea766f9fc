"""Rules about what is looked at: this page and this site now, and the pages that were looked at before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.models import PageViewRestriction

from ...core.conditions import All, AtLeast, Condition, ConditionError, ContainsAny, Matches, OneOf
from ...core.pages import MAX_PAGES
from ..addresses import PAGE_MODEL, page_address, site_name
from ..fields import WordsField, joined
from ..sensitive import sensitive_titles
from .base import HERE, VISITOR, FieldErrors, Gone, Rule

MAX_PATH = 255  # characters


class PathRule(Rule):
    """The page that is looked at: in a section of the site, or with an address that is like a pattern."""

    SECTION, PATHS = "section", "paths"

    where = models.CharField(
        _("they look at"),
        max_length=7,
        choices=[(SECTION, _("a page of this site, or one below it")), (PATHS, _("pages with these addresses"))],
        default=SECTION,
    )
    # A page that is deleted leaves a rule that can't be told; without the rule its segment would be wider.
    section = models.ForeignKey(
        PAGE_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("page")
    )
    paths = WordsField(
        _("addresses"),
        help_text=_("Without the site’s name, separated by commas: /news/. * stands for anything: /services/*"),
    )

    icon = "doc-empty-inverse"
    group = HERE
    description = _("Certain pages or a part of the site, for everybody who looks at them")
    also_called = _("url, path, address, section, page")
    panels = [FieldPanel("where"), FieldPanel("section"), FieldPanel("paths")]

    class Meta(Rule.Meta):
        verbose_name = _("page looked at")
        verbose_name_plural = _("rules about the page looked at")

    def clean(self) -> None:
        errors = FieldErrors()
        for path in self.paths:
            if problem := path_problem(path):
                errors.add("paths", problem)
        if self.where == self.SECTION:
            if self.section is None:
                errors.add("section", gettext("Choose the page."))
            if self.paths:
                errors.add("paths", gettext("Leave this empty, or choose “pages with these addresses”."))
        elif not self.paths:
            errors.add("paths", gettext("Write at least one address, such as /news/."))
        elif self.section is not None:
            errors.add("section", gettext("Leave this empty, or choose “a page of this site, or one below it”."))
        if any(not path.strip("*/") and "*" in path for path in self.paths):
            errors.add("paths", gettext("* alone is every page. Write how the addresses begin: /services/*"))
        errors.raise_any()
        super().clean()

    def condition(self) -> Condition:
        if self.where == self.PATHS:
            if not self.paths:
                raise ConditionError(gettext("Write at least one address, such as /news/."))
            return Matches("request.path", [pattern for path in self.paths for pattern in path_patterns(path)])
        if self.section is None:
            raise Gone
        address = page_address(self.section)
        if address is None:
            raise ConditionError(gettext("“%s” is on no site, so it has no address.") % self.section)
        sites, path = address
        return All(OneOf("request.site", sites), Matches("request.path", [f"{path}*"]))

    def _where(self) -> str:
        if self.where == self.PATHS:
            return joined(self.paths, gettext("or"))
        return gettext("“%s” or a page below it") % (self.section or "")

    def sentence(self) -> str:
        text = gettext("They look at another page than %s") if self.negated else gettext("They look at %s")
        return text % self._where()

    def public_sentence(self) -> str:
        if self.where == self.SECTION:
            return (
                gettext("Everybody who looks at any other part of this site")
                if self.negated
                else gettext("Everybody who looks at a certain part of this site")
            )
        text = (
            gettext("Everybody who looks at a page other than %s")
            if self.negated
            else gettext("Everybody who looks at %s")
        )
        return text % self._where()


class SiteRule(Rule):
    """The site that is looked at, where one Wagtail serves several."""

    site = models.ForeignKey(
        "wagtailcore.Site", null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("site")
    )

    def clean(self) -> None:
        errors = FieldErrors()
        if self.site is None:
            errors.add("site", gettext("Choose the site."))
        errors.raise_any()
        super().clean()

    icon = "site"
    group = HERE
    description = _("One of several sites, for everybody who looks at it")
    also_called = _("domain, host, hostname, multi-site, website")
    panels = [FieldPanel("site")]

    class Meta(Rule.Meta):
        verbose_name = _("site looked at")
        verbose_name_plural = _("rules about the site looked at")

    def condition(self) -> Condition:
        if self.site is None:
            raise Gone
        return OneOf("request.site", [site_name(self.site)])

    def sentence(self) -> str:
        text = gettext("They look at another site than %s") if self.negated else gettext("They look at the site %s")
        return text % self._name()

    def public_sentence(self) -> str:
        text = gettext("Everybody on a site other than %s") if self.negated else gettext("Everybody on %s")
        return text % self._name()

    def _name(self) -> str:
        return (self.site.site_name or site_name(self.site)) if self.site else ""


class PagesViewedRule(Rule):
    """The pages that the visitor looked at, the one that they look at now included."""

    PAGE, SECTION, NUMBER = "page", "section", "number"
    VISIT, EVER = "visit", "ever"

    what = models.CharField(
        _("they looked at"),
        max_length=7,
        choices=[
            (PAGE, _("a page")),
            (SECTION, _("a page, or any page below it")),
            (NUMBER, _("at least so many different pages")),
        ],
        default=PAGE,
    )
    # As in PathRule.
    page = models.ForeignKey(
        PAGE_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("page")
    )
    number = models.PositiveIntegerField(
        _("different pages"),
        null=True,
        blank=True,
        validators=[MinValueValidator(2), MaxValueValidator(MAX_PAGES)],
        help_text=_(
            "From 2 to 20. While such a rule is live no page can be kept in a page cache, which makes the site slower: "
            "ask your web team first."
        ),
    )
    scope = models.CharField(
        _("when"),
        max_length=5,
        choices=[(VISIT, _("on this visit")), (EVER, _("on this visit or before"))],
        default=VISIT,
    )

    # Since when visitors' memory notes it: of a memory that is older, "has not looked" can't be told. It is a matter of
    # this site and of the row, not of a revision or a file.
    watched_since = models.DateTimeField(null=True, editable=False, serialize=False)

    icon = "view"
    group = VISITOR
    description = _("People who have, or have not, looked at certain pages or at some number of them")
    also_called = _("visited, history, looked at, viewed, page views")
    panels = [
        FieldPanel("what"),
        FieldRowPanel([FieldPanel("page"), FieldPanel("number")]),
        FieldPanel("scope"),
    ]

    class Meta(Rule.Meta):
        verbose_name = _("pages seen")
        verbose_name_plural = _("rules about pages seen")

    def clean(self) -> None:
        errors = FieldErrors()
        if self.what == self.NUMBER:
            if self.number is None:
                errors.add("number", gettext("Write how many, from 2 to %d.") % MAX_PAGES)
            if self.page is not None:
                errors.add("page", gettext("Leave this empty: all pages of the site are counted."))
        else:
            if self.page is None:
                errors.add("page", gettext("Choose the page."))
            if self.number is not None:
                errors.add("number", gettext("Leave this empty, or choose “at least so many different pages”."))
            if title := self._sensitive:
                errors.add("page", sensitive_problem(title, self.page))
        errors.raise_any()
        super().clean()

    @cached_property
    def _sensitive(self) -> str:
        """The title of the page that may not be asked about: this one, or one below it; "" for none."""
        return sensitive_of([self])[0]

    def cannot_match(self) -> str:
        if self.what == self.NUMBER or not self._sensitive:
            return ""
        return gettext("“%s” is marked as sensitive, so nobody notes who looked at it.") % self._sensitive

    @classmethod
    def prepare_problems(cls, rules: Sequence[Rule]) -> None:
        own = [rule for rule in rules if isinstance(rule, cls)]
        for rule, title in zip(own, sensitive_of(own), strict=True):
            rule._sensitive = title

    def save(self, *args: Any, **kwargs: Any) -> None:
        before = type(self).objects.filter(pk=self.pk).first() if self.pk else None
        same = before is not None and all(
            getattr(before, field) == getattr(self, field) for field in ("what", "page_id", "scope")
        )
        self.watched_since = (before.watched_since if before and same else None) or timezone.now()
        super().save(*args, **kwargs)

    def condition(self) -> Condition:
        scope = "visitor" if self.scope == self.EVER else "visit"
        if self.what == self.NUMBER:
            if self.number is None or not 2 <= self.number <= MAX_PAGES:
                raise ConditionError(gettext("Write how many, from 2 to %d.") % MAX_PAGES)
            return AtLeast(f"{scope}.page_count", self.number)
        if self.page is None:
            raise Gone
        return ContainsAny(f"{scope}.{'pages' if self.what == self.PAGE else 'sections'}", [self.page.pk])

    def _what(self) -> str:
        number = self.number or 0
        if self.what == self.NUMBER:
            return ngettext("at least %d different page", "at least %d different pages", number) % number
        name = gettext("“%s”") if self.what == self.PAGE else gettext("“%s” or a page below it")
        return name % (self.page or "")

    def sentence(self) -> str:
        if self.scope == self.EVER:
            text = (
                gettext("We can tell they have not looked at %s, on this visit or before")
                if self.negated
                else gettext("They have looked at %s, on this visit or before")
            )
        else:
            text = (
                gettext("We can tell they have not looked at %s on this visit")
                if self.negated
                else gettext("They have looked at %s on this visit")
            )
        return text % self._what()

    def public_sentence(self) -> str:
        what = self._what() if self.what == self.NUMBER else self._public_page()
        if self.scope == self.EVER:
            text = (
                gettext("People who have not looked at %s, on this visit or before")
                if self.negated
                else gettext("People who have looked at %s, on this visit or before")
            )
        else:
            text = (
                gettext("People who have not looked at %s on this visit")
                if self.negated
                else gettext("People who have looked at %s on this visit")
            )
        return text % what

    @classmethod
    def prepare_public(cls, rules: Sequence[Rule]) -> None:
        """Which pages everybody may read, at one query for all."""
        restricted = tuple(PageViewRestriction.objects.values_list("page__path", flat=True))
        for rule in rules:
            if isinstance(rule, cls) and rule.page is not None:
                rule._is_restricted = rule.page.path.startswith(restricted)

    @cached_property
    def _is_restricted(self) -> bool:
        return self.page is not None and bool(self.page.get_view_restrictions())

    def _public_page(self) -> str:
        # The title of a page that not everybody may read is not for everybody either.
        if self.page is None or not self.page.live or self._is_restricted:
            return (
                gettext("a certain page")
                if self.what == self.PAGE
                else gettext("a page of a certain part of this site")
            )
        return self._what()


def sensitive_of(rules: Sequence[PagesViewedRule]) -> list[str]:
    """For each of these rules, the title of a sensitive page that it asks about; "" for none."""
    of_pages, of_sections = sensitive_titles(
        [rule.page_id for rule in rules if rule.what == rule.PAGE and rule.page_id is not None],
        [rule.page_id for rule in rules if rule.what == rule.SECTION and rule.page_id is not None],
    )
    return [
        (of_pages if rule.what == rule.PAGE else of_sections).get(rule.page_id or 0, "")
        if rule.what != rule.NUMBER
        else ""
        for rule in rules
    ]


def sensitive_problem(title: str, page: Any) -> str:
    """Why who looked at a page can't be asked, for an editor who tries to."""
    if page is not None and title == page.title:
        return str(
            gettext("“%s” is marked as sensitive: nobody may be known to have looked at it. Choose another page.")
            % title
        )
    return str(
        gettext(
            "“%(page)s” holds “%(title)s”, which is marked as sensitive: nobody may be known to have looked at it. "
            "Choose a page that holds none such."
        )
        % {"page": page, "title": title}
    )


def path_problem(path: str) -> str:
    """What is wrong with an address that an editor wrote, in words; "" for nothing."""
    parts = urlsplit(path)
    if parts.scheme or path.startswith("//"):
        return gettext("“%s” names a site. Write only what follows it, such as /news/.") % path[:80]
    if "?" in path or "#" in path:
        return gettext("“%s” goes on after the address of the page. Write only what stands before ? or #.") % path[:80]
    if not path.startswith(("/", "*")):
        return gettext("“%(path)s” is no address. Begin it with a slash: /%(path)s") % {"path": path[:80]}
    if "%2a" in path.lower():
        return gettext("“%s” holds a star that is written as %%2A. * can only stand for anything.") % path[:80]
    if re.search(r"\s", path) or len(path) > MAX_PATH:
        return gettext("“%s” is no address of a page.") % path[:80]
    return ""


def path_patterns(path: str) -> list[str]:
    """The patterns of an address. Whether it ends in a slash makes no difference, as it makes none to visitors."""
    path = unquote(path)  # as browsers show it, or as they send it
    bare = path.rstrip("/")
    return [path] if "*" in path or not bare else [bare, f"{bare}/"]
