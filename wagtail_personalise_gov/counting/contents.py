"""Where personalised blocks stand: in which live pages and snippets, by which names, with which versions.

Totals are kept by the ids of versions, which copies of a page share. So a block is everything that shares an id, and
it may stand in several places. Read from what visitors see; drafts are left out.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet, prefetch_related_objects
from django.utils.text import capfirst
from wagtail.models import ReferenceIndex
from wagtail.models.pages import AbstractPage
from wagtail.permission_policies import ModelPermissionPolicy
from wagtail.permission_policies.pages import PagePermissionPolicy

from ..core.contents import Version
from ..models import Segment
from ..models.streams import is_page, lookups_of_streams, personalised_of, streams_of

LOOKING = ("view", "add", "change", "delete", "publish")  # who may do one of these with a snippet may see it

# What the report says of a page: its title, its kind, and where it is.
OF_A_PAGE = ("title", "live", "path", "depth", "url_path", "locale", "content_type", "owner")


@dataclass(frozen=True, slots=True)
class Place:
    """A page or snippet in which a block stands, and the block's name there."""

    instance: Any
    name: str

    @property
    def title(self) -> str:
        return str(self.instance)

    @property
    def kind(self) -> str:
        return str(capfirst(self.instance._meta.verbose_name))

    @property
    def page_id(self) -> int | None:
        return self.instance.pk if is_page(type(self.instance)) else None


@dataclass(slots=True, eq=False)
class CountedBlock:
    """A personalised block. `versions` are those of all its places, in the order of the first.

    `places` are those that the user may see, and `places_unseen` counts the others.
    """

    places: list[Place] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    places_unseen: int = 0

    @property
    def id(self) -> str:
        """By which its own page is found: the id of its first version."""
        return self.versions[0].id

    @property
    def version_ids(self) -> list[str]:
        return [version.id for version in self.versions]

    def add(self, place: Place | None, versions: Iterable[Version]) -> None:
        """Add a place, or one that is not to be seen, with the versions that stand in it."""
        if place is None:
            self.places_unseen += 1
        else:
            self.places.append(place)
        self._add_versions(versions)

    def take_in(self, other: CountedBlock) -> None:
        """Make another block part of this one."""
        self.places += other.places
        self.places_unseen += other.places_unseen
        self._add_versions(other.versions)

    def _add_versions(self, versions: Iterable[Version]) -> None:
        known = set(self.version_ids)
        self.versions += [version for version in versions if version.id not in known]


class StandingBlocks:
    """The blocks that a user may see, for the length of a request. Queries: some for each model that has any."""

    def __init__(self, user: Any) -> None:
        self.user = user

    @cached_property
    def all(self) -> list[CountedBlock]:
        """Those that the user may see somewhere: by the title of the first place, and as they stand there.

        A block is made of all its places, seen or not, so that everybody is told the same of it. Versions without ids
        are left out, since nothing is counted for them.
        """
        blocks: list[CountedBlock] = []
        of_version: dict[str, CountedBlock] = {}
        for place, versions, seen in sorted(self._found(), key=lambda found: found[0].title.casefold()):
            counted = [version for version in versions if version.id]
            if not counted:
                continue
            sharing: list[CountedBlock] = []
            for version in counted:
                if (known := of_version.get(version.id)) is not None and known not in sharing:
                    sharing.append(known)
            if not sharing:
                sharing.append(CountedBlock())
                blocks.append(sharing[0])
            block, *others = sharing
            for other in others:  # this place has versions of both
                block.take_in(other)
                blocks.remove(other)
            block.add(place if seen else None, counted)
            of_version.update(dict.fromkeys(block.version_ids, block))
        return [block for block in blocks if block.places]

    def with_version(self, version: str) -> CountedBlock | None:
        """The block that has a version of this id, whichever of its versions it is."""
        return next((block for block in self.all if version in block.version_ids), None)

    def on_page(self, page: int) -> list[CountedBlock]:
        return [block for block in self.all if any(place.page_id == page for place in block.places)]

    def found_by(self, words: str) -> list[CountedBlock]:
        """Those with these words in the title of a place, in their name there, or in the name of a segment."""
        words = words.casefold()
        return [block for block in self.all if any(words in text.casefold() for text in self._known_as(block))]

    def _known_as(self, block: CountedBlock) -> Iterator[str]:
        for place in block.places:
            yield f"{place.title} {place.name}"
        for version in block.versions:
            yield from (str(self.segments[key]) for key in version.segments if key in self.segments)

    @cached_property
    def segments(self) -> dict[int, Segment]:
        """The segments that the versions are for, by primary key."""
        keys = {key for block in self.all for version in block.versions for key in version.segments}
        return Segment.objects.in_bulk(keys)

    def _found(self) -> Iterator[tuple[Place, tuple[Version, ...], bool]]:
        """(place, versions there, whether the user may see it) of every block that visitors may be shown."""
        for model, (keys, roots) in _naming_segments().items():
            instances = _live(model, keys, roots)
            lookups = (lookup for lookup in lookups_of_streams(model) if lookup.split("__")[0] in roots)
            prefetch_related_objects(instances, *lookups)
            seen = self._seen(model, instances)
            for instance in instances:
                for found in personalised_of(instance, roots):
                    yield Place(instance, found.name), found.content.versions, instance.pk in seen

    def _seen(self, model: type[Any], instances: list[Any]) -> set[Any]:
        """The primary keys of those that the user may see: pages in the explorer, snippets in their lists."""
        visible = visible_to(self.user, model)
        return set(visible.filter(pk__in=[instance.pk for instance in instances]).values_list("pk", flat=True))


def visible_to(user: Any, model: type[Any]) -> QuerySet[Any]:
    """The objects of a model that a user may see: pages in the explorer, snippets in their lists."""
    if is_page(model):
        return PagePermissionPolicy().explorable_instances(user)  # type: ignore[no-any-return]
    viewset = getattr(model, "snippet_viewset", None)
    policy = viewset.permission_policy if viewset else ModelPermissionPolicy(model)
    return policy.instances_user_has_any_permission_for(user, LOOKING)  # type: ignore[no-any-return]


def _live(model: type[Any], keys: set[str], roots: set[str]) -> list[Any]:
    """The objects that visitors may see. A snippet without drafts is live once it is saved.

    Of a page no more is read than its title, its address and the streams: of thousands, the rest is what takes long.
    """
    objects = model._default_manager.filter(pk__in=list(keys))
    if is_page(model):
        objects = objects.filter(live=True)
        if model.__str__ is AbstractPage.__str__:
            streams = [stream.name for stream in streams_of(model) if stream.name in roots]
            objects = objects.only(*OF_A_PAGE, *streams)
    return [instance for instance in objects if getattr(instance, "live", True)]


def _naming_segments() -> dict[type[Any], tuple[set[str], set[str]]]:
    """The models with objects that name segments in content: to (their primary keys, the fields or relations)."""
    kind = ContentType.objects.get_for_model(Segment)
    rows = ReferenceIndex.objects.filter(to_content_type=kind).order_by()
    naming: dict[type[Any], tuple[set[str], set[str]]] = defaultdict(lambda: (set(), set()))
    for content_type, key, path in rows.values_list("content_type", "object_id", "model_path").distinct():
        model = ContentType.objects.get_for_id(content_type).model_class()
        if model is not None and "." in path:  # a bare field is no stream
            keys, roots = naming[model]
            keys.add(key)
            roots.add(path.split(".")[0])
    return naming
