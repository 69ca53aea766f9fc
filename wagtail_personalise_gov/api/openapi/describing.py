"""How views answer drf-spectacular, which is an optional extra: the one place that knows whether it is there.

So the API also stands in a document that a site makes of all its views, without a setting or an app more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework.schemas.inspectors import ViewInspector

from .building import Piece
from .older import as_3_0, without_scopes
from .references import referred_to

try:
    from drf_spectacular.openapi import AutoSchema
    from drf_spectacular.plumbing import ResolvedComponent as Component
    from drf_spectacular.settings import spectacular_settings
except ImportError:
    IS_INSTALLED = False
    Inspector: Any = ViewInspector  # then nobody asks
else:
    IS_INSTALLED, Inspector = True, AutoSchema


class Described(Inspector):
    """For a view's `schema`: its calls are as `operations` says, whatever the site has set for its other views."""

    def get_operation(self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any) -> Piece | None:
        """One call, whose schemas are registered along with it; None for one that is not described."""
        from ...facts import known_facts
        from .answers import security_schemes
        from .operations import operations  # not above: it knows the views, which know this
        from .schemas import schemas

        call = call_at(path, method.upper(), operations())
        if call is None:
            return None
        known = schemas(known_facts().values())
        parts = {name: known[name] for name in referred_to(call, known)}
        if spectacular_settings.OAS_VERSION.startswith("3.0"):
            call, parts = without_scopes(as_3_0(call)), {name: as_3_0(part) for name, part in parts.items()}
        schemes = security_schemes()
        ways = {way: schemes[way] for needed in call["security"] for way in needed}
        component: Any = Component
        for kind, pieces in ((component.SCHEMA, parts), (component.SECURITY_SCHEMA, ways)):
            for name, piece in pieces.items():
                registry.register_on_missing(component(name=name, type=kind, schema=piece, object=name))
        return call


def call_at(path: str, method: str, calls: Mapping[tuple[str, str], Piece]) -> Piece | None:
    """The call at a path, which may stand below others and name its parameter in another way; None for none."""
    path = path.replace("{pk}", "{id}")
    ends = sorted((end for end, takes in calls if takes == method), key=len, reverse=True)
    return next((calls[end, method] for end in ends if path.endswith(f"/{end}")), None)
