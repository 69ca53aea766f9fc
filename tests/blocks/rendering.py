"""How tests render a stream for a visitor."""

from typing import Any

from django.test import RequestFactory

from tests.agency.streams import AgencyBody
from tests.factories import raw_stream
from wagtail_personalise_gov.testing import visiting
from wagtail_personalise_gov.visit.visit import Visit


def render(*blocks: tuple[str, Any], visitor: bool = True, **facts: Any) -> str:
    """A stream as a visitor of whom just these facts are known gets it; with no visit at all for `visitor=False`."""
    stream = AgencyBody().to_python(raw_stream(*blocks))
    request = RequestFactory().get("/")
    if visitor:
        request.visit = Visit(request)  # type: ignore[attr-defined]
    with visiting(**facts):
        return "".join(child.render({"request": request}) for child in stream)
