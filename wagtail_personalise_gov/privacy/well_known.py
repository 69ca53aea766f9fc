"""``/.well-known/gpc.json``: how this site treats Global Privacy Control, for browsers and researchers.

The specification: https://w3c.github.io/gpc/#gpc-support-resource
"""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from ..conf import settings
from ..visit.recording import is_for_everybody

# When it was last settled what the signal means here. Change it with that meaning, and not with anything else.
MEANING_SETTLED = "2026-11-26"
MAX_AGE = 3600  # seconds that a cache may keep the answer


@csrf_exempt  # else what is no GET would get the answer for forgeries, and not that for methods
@require_safe
def gpc_support(request: HttpRequest) -> HttpResponse:
    """That the signal is honoured, and since when in this sense; 404 where the site does not act on it."""
    if not settings.HONOUR_GPC:
        raise Http404
    response = JsonResponse({"gpc": True, "lastUpdate": MEANING_SETTLED})
    patch_cache_control(response, public=True, max_age=MAX_AGE)
    is_for_everybody(response)
    return response
