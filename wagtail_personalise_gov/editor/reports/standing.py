"""Which pages and snippets hold versions for some visitors: found by the database, so that few have to be read.

What is saved is known to Wagtail's reference index, by the segments that it names. Unpublished changes are not, so
these are looked for in the text of the newest revision.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.models import ContentType
from django.db.models import BigIntegerField, CharField, Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.utils.text import capfirst
from wagtail.models import DraftStateMixin, ReferenceIndex
from wagtail.snippets.models import get_snippet_models

from ...counting.contents import visible_to
from ...models import Segment
from ...models.addresses import PAGE_MODEL
from ...models.references import OF_VERSIONS, references_of_versions
from ...models.streams import (
    children_of,
    children_with_streams,
    is_page,
    personalised_in_revision,
    streams_of,
    way_in_words,
)
from .base import Chain

# A revision keeps a stream as a text within JSON, where quotation marks are escaped. "variants" is not meant.
IN_REVISION = 'variant\\"'

SAVED, DRAFT = "saved", "draft"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which objects, and which blocks of them, a report is asked for. Nothing of it: all."""

    drafts: bool = False
    segment: Segment | None = None
    block: str = ""  # the name of a block in its stream
    kind: str = ""  # a model's label
    status: str = ""  # "live" or "draft"
    root: str = ""  # the path of a site's root page
    locale: str = ""  # a language code
    words: str = ""  # in the title

    @property
    def of_pages_only(self) -> bool:
        return bool(self.root)


def page_model() -> type[Any]:
    return apps.get_model(PAGE_MODEL)


def objects_with_versions(user: Any, wanted: Wanted) -> Chain:
    """Those that a user may see, pages first by their titles, then each kind of snippet."""
    find = _drafts if wanted.drafts else _saved
    querysets = [queryset for model in _models(wanted) if (queryset := find(model, user, wanted)) is not None]
    return Chain(querysets)


def _models(wanted: Wanted) -> list[type[Any]]:
    """The models to ask: that of all pages, and the snippets that hold versions."""
    if wanted.drafts:
        snippets = [model for model in get_snippet_models() if issubclass(model, DraftStateMixin) and _may_hold(model)]
    else:
        kinds = references_of_versions().values_list("base_content_type", flat=True).distinct()
        known = (ContentType.objects.get_for_id(kind).model_class() for kind in kinds)
        snippets = [model for model in known if model is not None and not is_page(model)]
    models = [page_model(), *sorted(snippets, key=lambda model: model._meta.label)]
    if wanted.kind:
        models = [model for model in models if is_page(model) or model._meta.label_lower == wanted.kind]
    return [model for model in models if is_page(model) or not wanted.of_pages_only]


def _may_hold(model: type[Any]) -> bool:
    return bool(streams_of(model) or children_with_streams(model))


# What is saved


def _saved(model: type[Any], user: Any, wanted: Wanted) -> QuerySet[Any] | None:
    rows = references_of_versions().filter(
        base_content_type=ContentType.objects.get_for_model(model, for_concrete_model=False)
    )
    if wanted.segment:
        rows = rows.filter(to_object_id=str(wanted.segment.pk))
    if wanted.block:
        rows = rows.filter(_of_block(wanted.block))
    if is_page(model):
        keys: Any = rows.annotate(key=Cast("object_id", BigIntegerField())).values("key")
    else:
        keys = set(rows.values_list("object_id", flat=True))  # which may be of any type
    return _narrowed(visible_to(user, model).filter(pk__in=keys), model, wanted)


def _of_block(name: str) -> Q:
    """The block itself, or a list of such."""
    return Q(model_path__contains=f".{name}{OF_VERSIONS}") | Q(model_path__contains=f".{name}.item{OF_VERSIONS}")


# What is not published yet


def _drafts(model: type[Any], user: Any, wanted: Wanted) -> QuerySet[Any] | None:
    objects = visible_to(user, model).filter(has_unpublished_changes=True, latest_revision__isnull=False)
    objects = _narrowed(objects, model, wanted)
    objects = objects.annotate(draft_text=Cast("latest_revision__content", TextField()))
    drafts: QuerySet[Any] = objects.filter(draft_text__contains=IN_REVISION).select_related("latest_revision")
    if not (wanted.segment or wanted.block):
        return drafts
    if wanted.segment:  # few texts hold the number at all, and only those are worth reading
        drafts = drafts.filter(draft_text__contains=str(wanted.segment.pk))
    keys = [
        draft.pk
        for draft in drafts.iterator(chunk_size=200)
        if any(is_wanted(found.content, wanted) for found in _in_draft(draft))
    ]
    found: QuerySet[Any] = ordered(model._default_manager.filter(pk__in=keys), model)
    return found.select_related("latest_revision")


def _in_draft(instance: Any) -> Iterable[Any]:
    model = specific_model(instance)
    return personalised_in_revision(model, instance.latest_revision.content) if model else ()


def specific_model(instance: Any) -> type[Any] | None:
    """The model of a page's own kind; that of any other object. None for one whose app is gone."""
    return instance.specific_class if is_page(type(instance)) else type(instance)


def is_wanted(content: Any, wanted: Wanted) -> bool:
    """Whether a block is one of those that were asked for."""
    if wanted.block and (not content.path or content.path[-1] != wanted.block):
        return False
    if wanted.segment:
        return any(wanted.segment.pk in version.segments for version in content.versions)
    return True


# For both


def _narrowed(objects: QuerySet[Any], model: type[Any], wanted: Wanted) -> QuerySet[Any]:
    fields = {field.name for field in model._meta.get_fields()}
    if wanted.kind and is_page(model):
        app_label, _dot, name = wanted.kind.partition(".")
        objects = objects.filter(content_type__app_label=app_label, content_type__model=name)
    if wanted.status and "live" in fields:
        objects = objects.filter(live=wanted.status == "live")
    elif wanted.status == DRAFT:
        objects = objects.none()  # it has no drafts: what is saved is live
    if wanted.root:
        objects = objects.filter(path__startswith=wanted.root)
    if wanted.locale:
        objects = objects.filter(locale__language_code=wanted.locale) if "locale" in fields else objects.none()
    if wanted.words:
        objects = objects.filter(with_words(model, wanted.words))
    return ordered(objects, model)


def ordered(objects: QuerySet[Any], model: type[Any]) -> QuerySet[Any]:
    return objects.order_by("title", "pk") if is_page(model) else objects.order_by("pk")


def with_words(model: type[Any], words: str) -> Q:
    """In a page's title, or in any short text of a snippet: which of them makes its name, only its code knows."""
    if is_page(model):
        names: Sequence[str] = ("title", "draft_title")
    else:
        names = [field.name for field in model._meta.concrete_fields if isinstance(field, CharField)]
    nothing = Q(pk__in=[])
    return reduce(or_, (Q(**{f"{name}__icontains": words}) for name in names), nothing)


# For the filters


def references_seen_by(user: Any) -> QuerySet[ReferenceIndex]:
    """Those in objects that a user may see: of others, not even their kind is told."""
    seen = Q(pk__in=[])
    for kind in references_of_versions().values_list("base_content_type", flat=True).distinct():
        model = ContentType.objects.get_for_id(kind).model_class()
        if model is not None:
            visible = visible_to(user, model).order_by()
            keys: Any = visible.annotate(key=Cast("pk", CharField())).values("key")
            if not is_page(model):  # whose keys may be of any type
                named = set(references_of_versions().filter(base_content_type=kind).values_list("object_id", flat=True))
                keys = [str(key) for key in visible.filter(pk__in=named).values_list("pk", flat=True)]
            seen |= Q(base_content_type=kind, object_id__in=keys)
    return references_of_versions().filter(seen)


def kinds_with_versions(user: Any) -> list[tuple[str, str]]:
    """(label, name) of the models of which something that the user may see holds versions, by name."""
    kinds = references_seen_by(user).values_list("content_type", flat=True).distinct()
    known = (ContentType.objects.get_for_id(kind).model_class() for kind in kinds)
    named = [(model._meta.label_lower, str(capfirst(model._meta.verbose_name))) for model in known if model is not None]
    return sorted(named, key=lambda row: row[1].casefold())


def blocks_with_versions(user: Any) -> list[tuple[str, str]]:
    """(name in the stream, label) of the blocks that have versions somewhere that the user may see, by label."""
    found: dict[str, str] = {}
    for kind, path in references_seen_by(user).values_list("content_type", "model_path").distinct():
        model = ContentType.objects.get_for_id(kind).model_class()
        names = path[: path.rindex(OF_VERSIONS)].split(".")
        while len(names) > 1 and names[-1] == "item":
            names.pop()
        if model is not None and len(names) > 1:
            found.setdefault(names[-1], _label(model, names))
    return sorted(found.items(), key=lambda row: row[1].casefold())


_BETWEEN = re.compile(r"\.variants\.variant\.content(?=\.|$)|\.item(?=\.|$)")


def _label(model: type[Any], names: Sequence[str]) -> str:
    root, *path = _BETWEEN.sub("", ".".join(names)).split(".")
    owner: Callable[[str], Any] = {stream.name: stream for stream in streams_of(model)}.get
    stream = owner(root)
    if stream is None and path and root in children_of(model):
        inner = {own.name: own for own in streams_of(children_of(model)[root])}
        # Of an inline child the index says "item" and then the field.
        stream, path = inner.get(path[0]), path[1:]
    return way_in_words(stream, tuple(path)).rsplit(" → ", 1)[-1] if stream is not None and path else names[-1]
