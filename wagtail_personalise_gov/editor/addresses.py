"""Where the admin's views are: of segments, intents and goals, and of what holds personalised blocks."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.utils import quote
from django.urls import reverse


def address_of(view: str, instance: Any) -> str:
    """The address of one of the views of an instance, such as ``address_of("usage", segment)``."""
    return reverse(instance.snippet_viewset.get_url_name(view), args=[quote(instance.pk)])


def addresses_for(view: str, model: Any) -> str:
    """The address of a view of a model that is not about one instance, such as its list."""
    return reverse(model.snippet_viewset.get_url_name(view))


def content_address(view: str, instance: Any, model: Any = None) -> str:
    """The address of one of our views of a page or snippet that holds personalised blocks; "" of one never saved.

    `model`: its own, where the instance is of a base class.
    """
    if instance.pk is None:
        return ""
    opts = (model or instance)._meta
    return reverse(f"personalise_content:{view}", args=[opts.app_label, opts.model_name, quote(instance.pk)])
