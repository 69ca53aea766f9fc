"""Intent: something that a visit may be for, and the signals on a landing that suggest it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel
from wagtail.models import Orderable
from wagtail.search import index

from .addresses import PAGE_MODEL
from .segments import validate_slug
from .sensitive import sensitive_titles


class Intent(index.Indexed, ClusterableModel):
    """One answer to "What do you need to do today?", with more precise answers below it where it has children."""

    name = models.CharField(_("name"), max_length=120)
    slug = models.CharField(_("slug"), max_length=50, unique=True, validators=[validate_slug])
    question_label = models.CharField(
        _("answer"),
        max_length=120,
        blank=True,
        help_text=_("How the answer reads to visitors, such as “Start a business”. Empty: the name."),
    )
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="children",
        verbose_name=_("part of"),
        help_text=_("Asked only of visitors who chose this answer first."),
    )
    asked = models.BooleanField(
        _("offer it as an answer"), default=True, help_text=_("Unticked, it is only recognised and never asked.")
    )
    sort_order = models.PositiveIntegerField(_("order"), default=0, help_text=_("Lower numbers come first."))

    search_fields = [index.SearchField("name"), index.AutocompleteField("name")]

    class Meta:
        verbose_name = _("intent")
        verbose_name_plural = _("intents")
        ordering = ("sort_order", "name")

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        """The answer as visitors read it."""
        return self.question_label or self.name

    def clean(self) -> None:
        super().clean()
        if self.parent is None:
            return
        if self.parent_id == self.pk:
            raise ValidationError({"parent": gettext("An intent can't be part of itself.")})
        if self.parent.parent_id is not None:
            raise ValidationError(
                {"parent": gettext("“%s” is itself part of another. The question has two levels.") % self.parent}
            )
        if self.pk and self.children.exists():
            raise ValidationError(
                {"parent": gettext("Other intents are part of this one. The question has two levels.")}
            )


class IntentSignal(Orderable):
    """Something about the landing of a visit that suggests an intent, without asking."""

    PAGE, SECTION, CAMPAIGN, WORDS = "page", "section", "campaign", "words"
    KINDS = [
        (PAGE, _("the visit begins on this page")),
        (SECTION, _("the visit begins on this page or below it")),
        (CAMPAIGN, _("the visit follows a link of this campaign (utm_campaign)")),
        (WORDS, _("the visit comes from a search for these words")),
    ]
    ABOUT_PAGES = frozenset({PAGE, SECTION})
    STRENGTHS = [(0.3, _("a hint")), (0.6, _("likely")), (0.9, _("almost certain"))]

    intent = ParentalKey(Intent, on_delete=models.CASCADE, related_name="signals")
    kind = models.CharField(_("when"), max_length=10, choices=KINDS, default=PAGE)
    page = models.ForeignKey(
        PAGE_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+", verbose_name=_("page")
    )
    text = models.CharField(_("campaign or words"), max_length=120, blank=True)
    confidence = models.FloatField(_("how sure"), choices=STRENGTHS, default=0.6)

    class Meta(Orderable.Meta):
        verbose_name = _("signal")
        verbose_name_plural = _("signals")

    def __str__(self) -> str:
        subject: Any = self.page if self.kind in self.ABOUT_PAGES else self.text
        return f"{self.get_kind_display()}: {subject}"

    def clean(self) -> None:
        super().clean()
        if self.kind in self.ABOUT_PAGES and self.page_id is None:
            raise ValidationError({"page": gettext("Choose the page.")})
        if title := sensitive_landings([self])[0]:
            raise ValidationError(
                {
                    "page": gettext(
                        "“%s” is marked as sensitive: what somebody wants may not be concluded from having looked at "
                        "it. Choose another page, or offer the intent as an answer instead."
                    )
                    % title
                }
            )
        if self.kind not in self.ABOUT_PAGES and not self.text.strip():
            raise ValidationError({"text": gettext("Write the campaign or the words.")})


def sensitive_landings(signals: Sequence[IntentSignal]) -> list[str]:
    """For each of these signals, the title of a sensitive page that it concludes from; "" for none."""
    about = [signal.page_id or 0 if signal.kind in IntentSignal.ABOUT_PAGES else 0 for signal in signals]
    kinds = [signal.kind for signal in signals]
    of_pages, of_sections = sensitive_titles(
        [page for page, kind in zip(about, kinds, strict=True) if page and kind == IntentSignal.PAGE],
        [page for page, kind in zip(about, kinds, strict=True) if page and kind == IntentSignal.SECTION],
    )
    return [
        (of_pages if kind == IntentSignal.PAGE else of_sections).get(page, "")
        for page, kind in zip(about, kinds, strict=True)
    ]
