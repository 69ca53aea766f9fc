"""Goals in the admin: what reaches each, in words, and how content or code says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.forms import Media
from django.urls import NoReverseMatch, reverse
from django.utils.text import slugify
from django.utils.translation import gettext
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import Panel
from wagtail.admin.staticfiles import versioned_static
from wagtail.snippets.views.snippets import DeleteView, IndexView

from ..core.counting import MAX_GOAL
from ..models import Goal
from .results.stopped import stopped_for

TEMPLATES = "wagtail_personalise_gov/editor"
CSS = ("editor", "results")

# Which fields say more about which kinds of goals; the form shows and keeps no others.
FIELDS_OF_KINDS = {
    "page": [Goal.PAGE, Goal.FORM],
    "path": [Goal.PAGE, Goal.FORM],
    "link": [Goal.LINK],
}


def shown_for(field: str) -> dict[str, Any]:
    """Attributes with which Wagtail's own script shows a field while its kind is chosen, in a form that holds kinds."""
    kinds = ", ".join(f'"{kind}"' for kind in FIELDS_OF_KINDS[field])
    return {"data-w-rules-target": "show", "data-w-rules": f'{{"kind": [{kinds}]}}'}


class GoalForm(WagtailAdminModelForm):
    """An empty slug is made of the name, as Wagtail does for pages: its script only follows what is typed.

    What was filled in for another kind is let go: nobody could see it, nor what is wrong with it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if cleaned.get("slug") == "":
            if slug := self._slug_of(cleaned.get("name", "")):
                cleaned["slug"] = slug
            elif "name" not in self.errors:
                self.add_error("slug", gettext("The name has no letter from a to z to make a slug of. Write one."))
        for field, kinds in FIELDS_OF_KINDS.items():
            if cleaned.get("kind") and cleaned["kind"] not in kinds and field in self.fields:
                cleaned[field] = None if field == "page" else ""
                self.errors.pop(field, None)
        return cleaned

    def _slug_of(self, name: str) -> str:
        """A slug like the name that no other goal has; "" where the name has nothing to make one of."""
        base = slugify(name)[:MAX_GOAL].rstrip("-_")
        others = set(Goal.objects.exclude(pk=self.instance.pk).values_list("slug", flat=True))
        slug, number = base, 1
        while slug in others:
            number += 1
            end = f"-{number}"
            slug = base[: MAX_GOAL - len(end)].rstrip("-_") + end
        return slug


def reached_when(goal: Goal) -> str:
    """What reaches a goal, as one sentence for editors."""
    if goal.kind == Goal.LINK:
        return gettext("A link to %s is followed") % goal.link
    if goal.kind == Goal.CODE:
        return gettext("The site’s own code says so")
    if goal.page is None and not goal.path:
        return gettext("Nothing: its page was deleted. Choose another one")
    if goal.kind == Goal.FORM:
        return gettext("The form on %s is sent") % _where(goal)
    return gettext("%s is reached") % _where(goal)


def counted_in_a_word(goal: Goal) -> str:
    return gettext("Yes") if goal.live else gettext("No")


def _where(goal: Goal) -> str:
    return gettext("“%s”") % goal.page if goal.page else goal.path


def link_address(goal: Goal) -> str | None:
    """The address to link to in content; None where the site's addresses do not hold ours."""
    try:
        return reverse("personalise:goal", args=[goal.slug])
    except NoReverseMatch:
        return None


def may_see_results(user: Any) -> bool:
    return bool(user.has_perm("wagtail_personalise_gov.view_dailytally"))


class HowToPanel(Panel):
    """For a goal that content or code must name: what to write there."""

    class BoundPanel(Panel.BoundPanel):
        template_name = f"{TEMPLATES}/panels/goal_how_to.html"

        @property
        def media(self) -> Media:
            return Media(css={"all": [versioned_static(f"wagtail_personalise_gov/css/{name}.css") for name in CSS]})

        def is_shown(self) -> bool:
            return bool(super().is_shown() and self.instance.pk)

        def get_context_data(self, parent_context: Mapping[str, Any] | None = None) -> dict[str, Any]:
            goal: Goal = self.instance
            return {
                **super().get_context_data(parent_context),
                "goal": goal,
                "is_link": goal.kind == Goal.LINK,
                "address": link_address(goal),
            }


class GoalIndexView(IndexView):
    """The list, which says so where nothing is counted."""

    def get_base_queryset(self) -> QuerySet[Goal]:
        goals: QuerySet[Goal] = super().get_base_queryset()
        return goals.select_related("page")

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(*args, **kwargs),
            "stopped": stopped_for(self.request.user),
            "may_see_results": may_see_results(self.request.user),
        }


class GoalDeleteView(DeleteView):
    @property
    def confirmation_message(self) -> str:
        return gettext(
            "Are you sure you want to delete this goal? Nothing more is counted for it, and the results no longer show "
            "it. What was counted is deleted when its time comes, with the other totals."
        )
