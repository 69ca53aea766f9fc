"""A fact of the site's own, registered as the docs teach it."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from wagtail import hooks

from wagtail_personalise_gov.core.facts import Fact

from .wards import chosen_ward


@hooks.register("register_personalise_facts")
def ward() -> tuple[Fact, Callable[[HttpRequest], str | None]]:
    fact = Fact("northmoor.ward", _("the council ward you chose"), varies_on=frozenset({"Cookie"}), reads_device=True)
    return fact, chosen_ward
