"""Where the admin's views of a segment or an intent are."""

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


def content_address(view: str, instance: Any) -> str:
    """The address of one of our views of a page or snippet that holds personalised blocks; "" of one never saved."""
    if instance.pk is None:
        return ""
    opts = instance._meta
    return reverse(f"personalise_content:{view}", args=[opts.app_label, opts.model_name, quote(instance.pk)])
