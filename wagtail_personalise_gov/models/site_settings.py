"""What is set for each site in the admin (Wagtail's site settings)."""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.contrib.settings.models import BaseSiteSetting
from wagtail.models import Orderable

from ..core.counting import LOTS
from ..core.site_words import SiteWords, Wording
from .links import link_problem

MAX_HOLDOUT = 50  # percent; more could be learnt no faster, and most visitors would go without
LOTS_PER_PERCENT = LOTS // 100

# What visitors are asked must fit above a page: at 320 px these make some four lines.
MAX_HEADING = 80
MAX_INTRODUCTION = 300


class WordingFields(models.Model):
    """What may be said otherwise in some language."""

    service_name = models.CharField(
        _("name of the service"),
        max_length=100,
        blank=True,
        help_text=_("What visitors call it, in the banner and in titles. Empty: as your developers have set it."),
    )
    banner_heading = models.CharField(
        _("heading of the banner"),
        max_length=MAX_HEADING,
        blank=True,
        help_text=_("Empty: “How … adapts to you”, with the name above."),
    )
    banner_introduction = models.TextField(
        _("first words of the banner"),
        max_length=MAX_INTRODUCTION,
        blank=True,
        help_text=_(
            "They stand before what the banner always says: what happens, what is used and what is kept. That part is "
            "put together from what is really live, so it can’t be changed here. Empty: nothing stands before it."
        ),
    )
    policy_link = models.CharField(
        _("privacy policy"),
        max_length=500,
        blank=True,
        help_text=_("The address of your privacy or cookie policy. The page about personalisation leads there."),
    )

    class Meta:
        abstract = True

    def clean(self) -> None:
        super().clean()
        if self.policy_link and (problem := link_problem(self.policy_link)):
            raise ValidationError({"policy_link": problem})

    def wording(self) -> Wording:
        return Wording(
            self.service_name.strip(),
            self.banner_heading.strip(),
            self.banner_introduction.strip(),
            _public(self.policy_link),
        )


class PersonalisationSettings(WordingFields, ClusterableModel, BaseSiteSetting):
    """One row per site, made when it is first saved."""

    responsible = models.CharField(
        _("who is responsible"),
        max_length=200,
        blank=True,
        help_text=_("A person or a team that answers for it, such as “Digital services team”. Visitors read it."),
    )
    contact_email = models.EmailField(
        _("e-mail for questions"), blank=True, help_text=_("Where visitors may ask what is used of them, and why.")
    )
    contact_link = models.CharField(
        _("form for questions"),
        max_length=500,
        blank=True,
        help_text=_("The address of a contact page, if you would rather have a form than e-mail, or both."),
    )
    last_reviewed = models.DateField(
        _("last reviewed"),
        null=True,
        blank=True,
        help_text=_(
            "The day on which somebody last went through what adapts on this site, and why. Visitors read it. After a "
            "year you are reminded."
        ),
    )
    holdout_percent = models.PositiveSmallIntegerField(
        _("share of visitors held back"),
        default=0,
        validators=[MaxValueValidator(MAX_HOLDOUT)],
        help_text=_(
            "In percent. These visitors see the standard version everywhere, so that you can tell what all the other "
            "versions together achieve; only what depends on nothing but the time, the date or the page goes on "
            "changing for them. Who they are is drawn by lot, never among visitors who turned counting off. At most "
            "50. Changing it ends every comparison that is running on this site, and begins it anew."
        ),
    )

    class Meta:
        verbose_name = _("Personalisation")

    def __str__(self) -> str:
        return str(gettext("Personalisation of %s") % self.site)

    def clean(self) -> None:
        super().clean()
        errors = {}
        if self.contact_link and (problem := link_problem(self.contact_link)):
            errors["contact_link"] = problem
        if self.last_reviewed and self.last_reviewed > timezone.localdate():
            errors["last_reviewed"] = gettext("That day is still to come. Give the day of the last review.")
        if errors:
            raise ValidationError(errors)

    @property
    def holdout_share(self) -> int:
        """How many of the 10,000 lots are held back from everything on this site."""
        return self.holdout_percent * LOTS_PER_PERCENT

    def words(self) -> SiteWords:
        """What the site says of itself, as visitors may read it."""
        return SiteWords(
            own=self.wording(),
            by_language={words.language.lower(): words.wording() for words in self.wordings.all()},
            responsible=self.responsible.strip(),
            contact_email=self.contact_email,
            contact_link=_public(self.contact_link),
            last_reviewed=self.last_reviewed,
        )


def _public(link: str) -> str:
    """A link as visitors get it: none where it will not do. It may have been written by other ways than the form."""
    return "" if link_problem(link) else link.strip()


def languages() -> list[tuple[str, Any]]:
    """The languages that pages are in, as (code, name): those that Wagtail is told of, else those that Django is.

    Django by itself knows a hundred. A site that names none is in one language.
    """
    if content := getattr(django_settings, "WAGTAIL_CONTENT_LANGUAGES", None):
        return list(content)
    if django_settings.USE_I18N and django_settings.is_overridden("LANGUAGES"):  # type: ignore[misc]
        return list(django_settings.LANGUAGES)
    code = django_settings.LANGUAGE_CODE
    names = dict(django_settings.LANGUAGES)
    return [(code, names.get(code) or names.get(code.partition("-")[0], code))]


class SiteWording(Orderable, WordingFields):
    """A site's words in one language, where they differ."""

    settings = ParentalKey(PersonalisationSettings, on_delete=models.CASCADE, related_name="wordings")
    # The choices are the form's: a site's languages are no part of the database's structure.
    language = models.CharField(_("language"), max_length=20)

    class Meta(Orderable.Meta):
        verbose_name = _("wording in a language")
        verbose_name_plural = _("wordings in languages")
        constraints = [
            models.UniqueConstraint(
                fields=["settings", "language"],
                name="personalise_wording_once",
                violation_error_message=_("There are words in this language already. Change those."),
            )
        ]

    def __str__(self) -> str:
        return str(dict(languages()).get(self.language, self.language))
