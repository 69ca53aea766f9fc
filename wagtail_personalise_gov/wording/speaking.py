"""Which language our own pages speak: that of the page that led to them.

In what language a page is, only the page knows: by its place in the tree, its address, or its template. So the links
and forms on it carry it along, as ``?lang=cy``, and our pages speak what they are asked to. It stands in the address,
in no cookie and no Referer: then a page reads the same for everybody and fits into any cache, and a link that somebody
passes on leads to the same words. Nothing is added for the language that the site speaks anyway.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings as django_settings
from django.core.signals import setting_changed
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation

from ..visit.asked import query_of

PARAMETER = "lang"
ENGLISH = "en"
PROBE = "Pages change to suit your visit."  # a text that every translation of the package has


def address_of(name: str, **query: str) -> str:
    """The address of one of our pages or forms, in the language that is spoken now. Raises NoReverseMatch.

    `query`: what else is asked of it; what is empty is left out.
    """
    language = translation.get_language() or django_settings.LANGUAGE_CODE
    asked = {PARAMETER: "" if _is_the_sites(language) else language, **query}
    address = reverse(f"personalise:{name}")
    given = {key: value for key, value in asked.items() if value}
    return f"{address}?{urlencode(given)}" if given else address


def asked_for(request: HttpRequest) -> str:
    """The language that an address asks for; "" for none, and for one that the site does not have."""
    language = query_of(request).get(PARAMETER, "")
    return language if language in dict(django_settings.LANGUAGES) else ""


def as_asked(view: Callable[..., HttpResponse], *, for_everybody: bool = False) -> Callable[..., HttpResponse]:
    """The view, speaking the language that its address asks for; as the site speaks anyway where it asks for none.

    What is `for_everybody` then speaks the language of its path, or the site's own, and not that of a reader's cookie:
    caches keep it.
    """

    @functools.wraps(view)
    def speaking(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        language = asked_for(request)
        if for_everybody and not language:
            language = translation.get_language_from_path(request.path_info) or django_settings.LANGUAGE_CODE
        if not language:
            return view(request, *args, **kwargs)
        with translation.override(language):
            response = view(request, *args, **kwargs)
        response.headers.setdefault("Content-Language", language)  # LocaleMiddleware would name another
        return response

    return speaking


def spoken() -> str:
    """The language that our own words are really in: English, or the site's, where there is no translation of them."""
    language = translation.get_language() or ENGLISH
    return _spoken(language, django_settings.LANGUAGE_CODE)


@functools.lru_cache(maxsize=128)
def _spoken(language: str, site: str) -> str:
    if _base(language) == ENGLISH:
        return language
    with translation.override(site):
        of_site = translation.gettext(PROBE)
    with translation.override(language):
        told = translation.gettext(PROBE)
    # Django falls back on the language of the site, and from there on what is written in the code.
    if _base(language) != _base(site) and told == of_site:
        return site if told != PROBE else ENGLISH
    return language if told != PROBE else ENGLISH


def _is_the_sites(language: str) -> bool:
    return _base(language) == _base(django_settings.LANGUAGE_CODE)


def _base(language: str) -> str:
    return language.lower().partition("-")[0]


def _forget(setting: str, **kwargs: Any) -> None:
    if setting in ("LANGUAGE_CODE", "LOCALE_PATHS", "LANGUAGES", "INSTALLED_APPS"):
        _spoken.cache_clear()


setting_changed.connect(_forget)
