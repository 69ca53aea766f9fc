"""Purging: the pages that a segment changes are taken from the caches in front of the site when it changes.

Known are the front-end caches that Wagtail is told of, and wagtail-cache. What is to be purged is gathered while a
transaction goes on, and handed to one task after it; nothing that goes wrong with a cache fails a save.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.contenttypes.models import ContentType
from django.core.cache import caches
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone, translation
from django_tasks import task  # what Wagtail hands its own tasks to
from wagtail.contrib.frontend_cache.utils import PurgeBatch
from wagtail.models import ReferenceIndex, Site

from ..conf import settings
from ..models import Segment, SegmentRule
from ..models.addresses import PAGE_MODEL
from ..models.using import MOST_KEYS, pages_among, things_using

logger = logging.getLogger("wagtail_personalise_gov")

WAGTAIL_CACHE = "wagtailcache"


# What is to be purged: gathered until the transaction ends


class _Waiting(threading.local):
    """Of this thread. A transaction that is rolled back leaves some here: once too often does no harm."""

    def __init__(self) -> None:
        self.everything = False
        self.segments: set[int] = set()
        self.pages: set[int] = set()

    def take(self) -> tuple[list[int] | None, list[int]]:
        """The segments (None: all live ones) and the pages that wait. From here on none does."""
        taken = None if self.everything else sorted(self.segments), sorted(self.pages)
        self.everything = False
        self.segments.clear()
        self.pages.clear()
        return taken


_waiting = _Waiting()


def purge_for_segments(segments: Iterable[int]) -> None:
    """Purge the pages that use these segments (primary keys), once the transaction ends."""
    if has_caches():
        _waiting.segments.update(segments)
        transaction.on_commit(_hand_over)


def purge_for_all_segments() -> None:
    """Purge the pages that use any live segment, once the transaction ends."""
    if has_caches():
        _waiting.everything = True
        transaction.on_commit(_hand_over)


def purge_before_deletion(segments: Iterable[int]) -> None:
    """Purge the pages that use these segments now, once the transaction ends: by then nobody knows which they were."""
    if has_caches():
        _waiting.pages.update(pages_using(segments))
        transaction.on_commit(_hand_over)


def _hand_over() -> None:
    """Hand everything that waits to one task; each change of a transaction asks for this, and the first does it."""
    segments, pages = _waiting.take()
    if segments == [] and not pages:
        return
    try:
        purge_task.enqueue(segments, pages)
        if purge_task.get_backend().supports_defer:
            # Until every process has heard of the change, one of them may still hand an old page to a cache.
            heard = timezone.now() + timedelta(seconds=settings.RULESET_CHECK_SECONDS + 1)
            purge_task.using(run_after=heard).enqueue(segments, pages)
    except Exception as error:  # a queue that is out of order; what was saved stands
        logger.error("Pages can't be purged: the task queue fails (%s: %s).", type(error).__name__, error)


@task()
def purge_task(segments: list[int] | None, pages: list[int]) -> None:
    """Purge the pages that use these segments (None: any live one), and these pages."""
    try:
        addresses = addresses_of({*pages_using(segments), *pages})
    except Exception as error:  # where tasks are run at once, this is still the editor's request
        logger.error("Pages can't be purged (%s: %s).", type(error).__name__, error)
        return
    if problems := purge(addresses):
        logger.error("Addresses that were not purged everywhere: %d. %s", len(addresses), " ".join(problems))


# Which pages


def pages_using(segments: Iterable[int] | None) -> set[int]:
    """The primary keys of the pages that one of these segments changes, drafts of pages included; None: any live one.

    A page changes too where its version is for a live segment that depends on one of them, and where the version stands
    in a snippet that the page uses. What a template asks by `{% segment %}` is not found.
    """
    concerned = dict.fromkeys(_with_those_that_depend_on_them(segments))
    if not concerned:
        return set()
    kind = ContentType.objects.get_for_model(Segment)
    # Whatever names it: versions, and fields and blocks of the site's own. Other segments have been followed above.
    rows = ReferenceIndex.objects.filter(to_content_type=kind).exclude(base_content_type=kind).order_by()
    if len(concerned) <= MOST_KEYS:
        rows = rows.filter(to_object_id__in=[str(key) for key in concerned])
    return set(pages_among(things_using(rows, concerned)))


def _with_those_that_depend_on_them(segments: Iterable[int] | None) -> set[int]:
    """These segments, live or not (one may just have ended), and the live ones that ask about them, however deep."""
    live = set(Segment.objects.live_for_visitors().order_by().values_list("pk", flat=True))
    if segments is None:
        return live
    asked_by: dict[int, set[int]] = defaultdict(set)
    for here, other in SegmentRule.objects.order_by().values_list("segment_id", "other_id"):
        if here in live:
            asked_by[other].add(here)
    waiting, found = list(segments), set[int]()
    while waiting:
        key = waiting.pop()
        if key not in found:
            found.add(key)
            waiting += asked_by[key]
    return found


def addresses_of(pages: Collection[int]) -> set[str]:
    """The full addresses of those of these pages that are published, on each site that shows them.

    A page's own `get_cached_paths` says which addresses below its own belong to it.
    """
    batches = {site.pk: PurgeBatch(cache_object=_request_for(site)) for site in Site.objects.all()}
    roots = Site.get_site_root_paths()
    with translation.override(None):  # else the addresses would be those of the editor's own language
        for page in _published(list(pages)):
            shown_on = {root.site_id for root in roots if page.url_path.startswith(root.root_path)}
            for site in shown_on & batches.keys():
                batches[site].add_page(page)
    return {address for batch in batches.values() for address in batch.urls}


def _request_for(site: Site) -> HttpRequest:
    """What makes a page that several sites show say its address on this one."""
    request = HttpRequest()
    request._wagtail_site = site  # type: ignore[attr-defined]  # where Wagtail keeps the site of a request
    return request


def _published(keys: list[int]) -> Iterator[Any]:
    model = apps.get_model(PAGE_MODEL)
    for start in range(0, len(keys), MOST_KEYS):
        # As their own kind, which may make its addresses itself, but without its own fields.
        yield from model._default_manager.filter(pk__in=keys[start : start + MOST_KEYS]).live().specific(defer=True)


# Which caches, and how


def has_caches() -> bool:
    """Whether there is any cache that we know how to purge."""
    return _has_frontend_cache() or _has_wagtail_cache()


def _has_frontend_cache() -> bool:
    # Its app only listens for pages that are published; these settings name the caches.
    return any(getattr(django_settings, f"WAGTAILFRONTENDCACHE{part}", None) for part in ("", "_LOCATION"))


def _has_wagtail_cache() -> bool:
    # Its middleware works without its app, which only adds a page to the admin.
    middleware = getattr(django_settings, "MIDDLEWARE", None) or ()
    return apps.is_installed(WAGTAIL_CACHE) or any(name.startswith(f"{WAGTAIL_CACHE}.") for name in middleware)


def purge(addresses: Collection[str]) -> list[str]:
    """Take these full addresses from every cache. Returns a sentence for each that could not be told; never raises."""
    problems = []
    for name, tell in _caches() if addresses else ():
        try:
            tell(addresses)
        except Exception as error:  # a cache that is away, or set up wrongly; the others are told all the same
            problems.append(f"{name} fails ({type(error).__name__}: {error}).")
    return problems


def _caches() -> Iterator[tuple[str, Callable[[Collection[str]], None]]]:
    if _has_frontend_cache():
        backends = getattr(django_settings, "WAGTAILFRONTENDCACHE", None)
        for name in backends or [None]:
            yield f"Front-end cache {name!r}" if name else "The front-end cache", _frontend_cache(name)
    if _has_wagtail_cache():
        yield "wagtail-cache", _tell_wagtail_cache


def _frontend_cache(name: str | None) -> Callable[[Collection[str]], None]:
    """One of Wagtail's front-end caches, by its name in the setting; None: all that there are."""

    def tell(addresses: Collection[str]) -> None:
        from wagtail.contrib.frontend_cache.tasks import purge_urls_from_cache_task

        # Called rather than enqueued: this is a task already, and must hear when it fails.
        purge_urls_from_cache_task.call(sorted(addresses), None, name and [name])

    return tell


def _tell_wagtail_cache(addresses: Collection[str]) -> None:
    from wagtailcache.cache import clear_cache  # type: ignore[import-not-found]
    from wagtailcache.settings import wagtailcache_settings  # type: ignore[import-not-found]

    backend = wagtailcache_settings.WAGTAIL_CACHE_BACKEND
    if not wagtailcache_settings.WAGTAIL_CACHE_KEYRING:
        # It does not know what it keeps under which address, so all that it can do is to empty its cache.
        if backend == "default":
            raise RuntimeError(
                "it can only empty all of the default cache; set WAGTAIL_CACHE_KEYRING, or give it a cache of its own"
            )
        clear_cache()
    elif "keyring" in caches[backend]:  # without which it would empty its cache
        # By the path alone: the site may be reached by other names than the one that it is said to have.
        paths = sorted({re.escape(unquote(urlsplit(address).path)) for address in addresses})
        clear_cache([rf"https?://[^/?]+(?:{'|'.join(paths)})(?:\?.*)?$"])
