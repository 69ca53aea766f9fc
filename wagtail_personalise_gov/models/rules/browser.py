"""Rules about what the visitor's browser says of itself: the device, and the languages it asks for."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel

from ...core.conditions import Condition, ConditionError, OneOf, SpeaksLanguage
from ..fields import WordsField, joined
from ..languages import language_tag
from ..names import language_in_words
from .base import BROWSER, FieldErrors, Rule

DEVICES = [("mobile", _("a phone")), ("tablet", _("a tablet")), ("desktop", _("a computer"))]


class DeviceRule(Rule):
    """The kind of device: a phone, a tablet or a computer."""

    kinds = WordsField(_("they use"), options=DEVICES)

    icon = "mobile-alt"
    group = BROWSER
    description = _("People who use a phone, a tablet or a computer")
    also_called = _("mobile, phone, smartphone, tablet, desktop, computer, laptop, screen")
    panels = [FieldPanel("kinds")]

    class Meta(Rule.Meta):
        verbose_name = _("device")
        verbose_name_plural = _("device rules")

    def clean(self) -> None:
        errors = FieldErrors()
        if not self.kinds:
            errors.add("kinds", gettext("Tick at least one kind of device."))
        elif len(set(self.kinds)) == len(DEVICES):
            errors.add("kinds", gettext("That is every kind. Untick one, or delete the rule."))
        errors.raise_any()
        super().clean()

    def condition(self) -> Condition:
        if not self.kinds:
            raise ConditionError(gettext("Tick at least one kind of device."))
        return OneOf("device.kind", self.kinds)

    def _kinds(self) -> str:
        labels = dict(DEVICES)
        return joined((labels.get(kind, kind) for kind in self.kinds), gettext("or"))

    def sentence(self) -> str:
        text = gettext("We can tell they do not use %s") if self.negated else gettext("They use %s")
        return text % self._kinds()

    def public_sentence(self) -> str:
        text = gettext("People who do not use %s") if self.negated else gettext("People who use %s")
        return text % self._kinds()


class LanguageRule(Rule):
    """The languages that the browser is set to, best first."""

    PREFERS, ACCEPTS = "prefers", "accepts"

    how = models.CharField(
        _("their browser"),
        max_length=7,
        choices=[(PREFERS, _("asks for it first")), (ACCEPTS, _("asks for it, first or as another choice"))],
        default=PREFERS,
    )
    languages = WordsField(
        _("languages"),
        help_text=_("Names or codes, separated by commas: Welsh, en-GB. “en” takes in en-GB and every other English."),
    )

    icon = "globe"
    group = BROWSER
    description = _("People whose browser is set to a language")
    also_called = _("locale, welsh, cymraeg, polish, english, translation, browser")
    panels = [FieldPanel("how"), FieldPanel("languages")]

    class Meta(Rule.Meta):
        verbose_name = _("language")
        verbose_name_plural = _("language rules")

    def clean(self) -> None:
        errors = FieldErrors()
        tags = []
        for word in self.languages:
            tag, message = language_tag(word)
            tags.append(tag or word)
            if message:
                errors.add("languages", message)
        self.languages = list(dict.fromkeys(tags))
        if not self.languages:
            errors.add("languages", gettext("Name at least one language."))
        errors.raise_any()
        super().clean()

    def condition(self) -> Condition:
        if not self.languages:
            raise ConditionError(gettext("Name at least one language."))
        return SpeaksLanguage("language.preferred" if self.how == self.PREFERS else "language", self.languages)

    def _languages(self) -> str:
        return joined(map(language_in_words, self.languages), gettext("or"))

    def sentence(self) -> str:
        if self.how == self.PREFERS:
            text = (
                gettext("We can tell their browser does not ask for %s first")
                if self.negated
                else gettext("Their browser asks for %s first")
            )
        else:
            text = (
                gettext("We can tell their browser does not ask for %s")
                if self.negated
                else gettext("Their browser asks for %s")
            )
        return text % self._languages()

    def public_sentence(self) -> str:
        if self.how == self.PREFERS:
            text = (
                gettext("People whose browser does not ask for %s first")
                if self.negated
                else gettext("People whose browser asks for %s first")
            )
        else:
            text = (
                gettext("People whose browser does not ask for %s")
                if self.negated
                else gettext("People whose browser asks for %s")
            )
        return text % self._languages()
