"""The pages and snippets that can hold personalised blocks: which those are, who may edit them, and their drafts."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps import apps
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from wagtail.models import PreviewableMixin, RevisionMixin

from ...core.contents import PARTS
from ...models.streams import children_with_streams, is_page, streams_of
from ...visit.editors import may_edit


def can_hold(model: Any) -> bool:
    """Whether objects of a model can hold personalised blocks, in themselves or in their inline children."""
    return _can_hold(model)


@cache
def _can_hold(model: Any) -> bool:
    if any(_holds(stream.stream_block, set()) for stream in streams_of(model)):
        return True
    return any(can_hold(child) for child in children_with_streams(model).values())


def _holds(block: Any, seen: set[int]) -> bool:
    """Whether a block is or holds a personalised one. Told by its parts: blocks are no business of the admin's."""
    if id(block) in seen:  # a block may stand inside itself
        return False
    seen.add(id(block))
    inner = getattr(block, "child_blocks", None) or {}
    if inner.keys() >= PARTS:
        return True
    parts = [*inner.values(), *filter(None, [getattr(block, "child_block", None)])]
    return any(_holds(part, seen) for part in parts)


def model_of(instance: Any) -> type[Any] | None:
    """The model that an object of a list is really of; None where its app is gone. No query."""
    return instance.specific_class if is_page(type(instance)) else type(instance)


def editable(user: Any, app_label: str, model_name: str, key: str) -> Any:
    """The page or snippet that these parts of an address name. 404 for none that can hold personalised blocks, 403
    where the user may not edit it."""
    try:
        model = apps.get_model(app_label, model_name)
        if not can_hold(model) or not (is_page(model) or hasattr(model, "snippet_viewset")):
            raise Http404
        instance = model._default_manager.get(pk=unquote(key))
    except (LookupError, ValueError, ValidationError, OverflowError):
        raise Http404 from None
    except model.DoesNotExist:
        raise Http404 from None
    if not may_edit(user, instance):
        raise PermissionDenied
    return instance


def draft_of(instance: Any) -> Any:
    """An object as it was last saved, published or not."""
    return instance.get_latest_revision_as_object() if isinstance(instance, RevisionMixin) else instance


def is_previewable(instance: Any) -> bool:
    return isinstance(instance, PreviewableMixin) and bool(instance.is_previewable())
