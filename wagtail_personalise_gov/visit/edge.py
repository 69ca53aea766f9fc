"""Segments that the network's edge decides: a CDN says in a header of its own whether the visitor is in one.

A page that asks nothing else is not private: it depends on these headers alone, and the CDN keeps a copy for each
combination of them. So nothing else may decide about such a segment, not even the visitor's choice: it is for the CDN
to honour that before it answers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from django.http import HttpRequest
from django.utils.cache import patch_vary_headers

from ..conf import settings
from ..core.decision import Reason
from .address import comes_from_trusted_proxy

ANSWERS = {"1": True, "0": False}  # whatever else stands in the header is no answer


def edge_headers(slugs: Iterable[str]) -> frozenset[str]:
    """The request headers in which the edge answers for these segments; those that it does not answer have none."""
    names: Mapping[str, str] = settings.EDGE_ANSWERS
    return frozenset(names[slug] for slug in slugs if slug in names)


def answers_at_edge(request: HttpRequest) -> dict[str, bool]:
    """Segment slug → whether the visitor is in it, for each that the edge answered in this request. Never raises.

    Only a trusted proxy is believed; of anybody else, nothing was answered.
    """
    names: Mapping[str, str] = settings.EDGE_ANSWERS
    if not names or not comes_from_trusted_proxy(request):
        return {}
    told = {slug: ANSWERS.get(_value(request, header)) for slug, header in names.items()}
    return {slug: answer for slug, answer in told.items() if answer is not None}


def reasons_at_edge(
    answers: Mapping[str, bool], slugs: Iterable[str], learning: Collection[str] = ()
) -> dict[str, Reason]:
    """The `Reason` of each of these segments (all of them live) that the edge answered; the others are left out."""
    found = {}
    for slug in slugs:
        if slug in answers:
            matched = Reason.LEARNING if slug in learning else Reason.MATCHED
            found[slug] = matched if answers[slug] else Reason.NOT_MATCHED
    return found


def vary_on_edge(response: object, slugs: Iterable[str]) -> None:
    """Tell the edge on which of its answers a response depends. What the response says of caches otherwise stands."""
    if headers := edge_headers(slugs):
        patch_vary_headers(response, sorted(headers))  # type: ignore[arg-type]  # streaming responses too


def _value(request: HttpRequest, header: str) -> str:
    return str(request.META.get(f"HTTP_{header.upper().replace('-', '_')}", "")).strip()
