"""Banners that were rendered are kept in the process: most visitors of a page are asked in the same words.

A banner depends on what is live, on the settings, the language and the site, on what the page did, and on little of the
visitor: all of it stands in its key. One whose address has a query is not kept, since that may say who came.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any

from django.conf import settings as django_settings
from django.core.signals import setting_changed
from django.http import HttpRequest
from django.urls import get_script_prefix, get_urlconf
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from ..conf import settings
from ..visit.visit import Visit

MOST_KEPT = 512  # of about 2 KB each

_kept: OrderedDict[Hashable, SafeString] = OrderedDict()
_lock = Lock()


def kept_or_made(
    request: HttpRequest, visit: Visit, depends_on: tuple[Hashable, ...], make: Callable[[], SafeString]
) -> SafeString:
    """The banner of this page, for visits of which `depends_on` is so; as `make` gives it."""
    version = visit.ruleset.version
    # A visit of another kind may be asked by other words than the live ones. And a developer changes templates.
    if type(visit) is not Visit or not version or request.META.get("QUERY_STRING") or django_settings.DEBUG:
        return make()
    site = visit.site.pk if visit.site else None
    here = (get_language(), get_script_prefix(), get_urlconf(), site, request.path)
    key = (version, settings.fingerprint, here, depends_on)
    with _lock:
        if (banner := _kept.get(key)) is not None:
            _kept.move_to_end(key)
            return banner
    banner = make()
    if not banner:
        return banner  # something is missing, which may be there in a moment
    with _lock:
        _kept[key] = banner
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return banner


def forget_kept(**kwargs: Any) -> None:
    """Render each anew; for what else may change: templates, addresses, translations."""
    with _lock:
        _kept.clear()


setting_changed.connect(forget_kept)
