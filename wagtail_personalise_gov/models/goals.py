"""Goal: something that a visit may achieve, and that is worth counting."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.search import index

from .addresses import PAGE_MODEL
from .links import link_problem
from .segments import validate_slug
from .tallies import DailyTally


def utc_today() -> date:
    return datetime.now(UTC).date()


class Goal(index.Indexed, models.Model):
    """Counted at most once a visit, for what the visit was shown before it.

    `page` or `path` is where it is reached, `link` where a link that is counted leads; a goal of the kind CODE is
    reached by ``goal_reached(request, slug)`` or ``{% goal "slug" %}``, as each of the others may be too.
    """

    PAGE, FORM, LINK, CODE = "page", "form", "link", "code"
    KINDS = [
        (PAGE, _("a page is reached")),
        (FORM, _("a form is sent")),
        (LINK, _("a link is followed")),
        (CODE, _("the site’s own code says so")),
    ]
    ABOUT_PAGES = frozenset({PAGE, FORM})

    name = models.CharField(_("name"), max_length=120, help_text=_("For editors, such as “Licence applied for”."))
    slug = models.CharField(
        _("slug"),
        max_length=50,
        unique=True,
        validators=[validate_slug],
        help_text=_("Its name in links, templates and code. It can’t change once something was counted."),
    )
    live = models.BooleanField(
        _("count it"), default=True, help_text=_("Unticked, nothing new is counted; what was counted stays.")
    )
    kind = models.CharField(_("reached when"), max_length=4, choices=KINDS, default=PAGE)
    page = models.ForeignKey(
        PAGE_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("page"),
        help_text=_("The page that is reached, or the page with the form."),
    )
    path = models.CharField(
        _("or address"),
        max_length=255,
        blank=True,
        help_text=_("In the stead of a page: an address on this site, without the site’s name, such as /apply/done/."),
    )
    link = models.CharField(
        _("where the link leads"),
        max_length=2000,
        blank=True,
        help_text=_("The whole address, such as https://apply.example.gov/start."),
    )
    smallest_difference = models.DecimalField(
        _("smallest difference worth knowing"),
        max_digits=4,
        decimal_places=1,
        default=Decimal("2.0"),
        validators=[MinValueValidator(Decimal("0.1")), MaxValueValidator(Decimal("50"))],
        help_text=_(
            "In percentage points. If 10 in 100 visits get there now, and 12 in 100 would be worth the work, it is 2. "
            "The smaller it is, the more visits are needed to tell."
        ),
    )
    public_name = models.CharField(
        _("public name"),
        max_length=120,
        blank=True,
        help_text=_("What visitors read about what is counted, such as “applications for a licence”."),
    )
    # UTC. A visit of that day or of one before may have come too early to reach it as it is now.
    # None: for as long as anything was.
    counted_since = models.DateField(_("counted since"), null=True, editable=False)

    search_fields = [index.SearchField("name"), index.AutocompleteField("name")]

    class Meta:
        verbose_name = _("goal")
        verbose_name_plural = _("goals")
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        errors: dict[str, Any] = {}
        if self.kind in self.ABOUT_PAGES and bool(self.page_id) == bool(self.path):
            both = gettext("Choose a page, or write an address; not both.")
            errors["page"] = both if self.path else gettext("Choose a page, or write an address below.")
        if self.path and (problem := path_problem(self.path)):
            errors["path"] = problem
        if self.kind == self.LINK and (problem := link_problem(self.link) or self._leads_to_itself()):
            errors["link"] = problem
        if type(self).objects.filter(name__iexact=self.name).exclude(pk=self.pk).exists():
            errors["name"] = gettext("There is another goal of this name. In the results nobody could tell them apart.")
        published = type(self).objects.filter(pk=self.pk).values_list("slug", flat=True).first() if self.pk else None
        if published and published != self.slug and DailyTally.objects.filter(goal=published).exists():
            errors["slug"] = gettext("Something was counted as “%s”. Keep it, or make another goal.") % published
        if errors:
            raise ValidationError(errors)

    def _leads_to_itself(self) -> str | None:
        """What is wrong with a link to a counted link: it might lead round in a circle."""
        with suppress(NoReverseMatch):
            counted = reverse("personalise:goal", args=["-"]).removesuffix("-/")
            if urlsplit(self.link.strip()).path.startswith(counted):
                return gettext("This is the address of a counted link. Write where it leads in the end.")
        return None

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Counted from now on where it is new, is switched on again, or is reached by something else."""
        before = type(self).objects.filter(pk=self.pk).first() if self.pk else None
        if before is None and self.counted_since is None:
            counted = DailyTally.objects.filter(day__lt=utc_today())
            if counted.exists() and not counted.filter(goal=self.slug).exists():
                self.counted_since = utc_today()
        if before and (self.reached_by != before.reached_by or (self.live and not before.live)):
            self.counted_since = utc_today()
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "counted_since"}
        super().save(*args, **kwargs)

    @property
    def reached_by(self) -> tuple[Any, ...]:
        """What reaches it; two goals of which this is the same count the same visits."""
        if self.kind in self.ABOUT_PAGES:
            return self.kind, self.page_id, self.path.rstrip("/")
        return self.kind, self.slug, self.link

    @property
    def public_label(self) -> str:
        """What visitors read."""
        return self.public_name or self.name


def path_problem(path: str) -> str | None:
    """What is wrong with an address on this site; None for nothing."""
    parts = urlsplit(path)
    if parts.scheme or parts.netloc or not path.startswith("/"):
        return gettext("Write it without the site’s name, beginning with a slash: /apply/done/")
    if parts.query or parts.fragment or "*" in path:
        return gettext("Write the plain address, without “?”, “#” or “*”: /apply/done/")
    return None
