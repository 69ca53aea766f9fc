"""Being somebody else on the example site, since a developer's own address has no place on Northmoor's map.

A persona changes what a request says of itself (its headers), what the geo provider is asked (`geo.py`) or what is
remembered (`stores.py`), each by a public extension point of the package. A request without the demo's cookie is
untouched.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass, field

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from wagtail_personalise_gov.middleware import PersonaliseMiddleware

PERSONA_COOKIE = "northmoor_demo"
# Present until the persona's visit has begun (`stores.py` ends it). Until then each request arrives from outside.
ARRIVING_COOKIE = "northmoor_demo_arriving"


@dataclass(frozen=True, slots=True)
class Look:
    """A page where a persona sees something of their own."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Persona:
    """Somebody to be. `address` is where they seem to be, `came_from` the page that they arrive from."""

    slug: str
    label: str
    means: str
    looks: tuple[Look, ...]
    address: str | None = None
    came_from: str = ""  # no page: typed in, or a bookmark
    visited_before: bool = False
    headers: dict[str, str] = field(default_factory=dict)  # as WSGI names them


HOME_LOOK = Look("/", "Home page")
LICENCE_LOOK = Look("/services/business-licence/", "Business licence")
FLOOD_LOOK = Look("/emergency/", "Flooding: what to do")

YOURSELF = Persona(
    "yourself",
    "Yourself",
    "Nobody can tell where you are, so you see the standard version of local information. Until you have been here "
    "before, the home page greets you as new.",
    (HOME_LOOK, FLOOD_LOOK, LICENCE_LOOK),
)

PERSONAS = (
    Persona(
        "riverside",
        "From Riverside",
        "Your internet address seems to be in Riverside, beside the river. Everybody sees the flood warning; you see "
        "what to do in Riverside first after it.",
        (FLOOD_LOOK, HOME_LOOK),
        address="192.0.2.10",
    ),
    Persona(
        "hilltop",
        "From Hilltop",
        "Your internet address seems to be in Hilltop, above the flood. Everybody sees the flood warning; you see what "
        "it means for Hilltop first after it.",
        (FLOOD_LOOK, HOME_LOOK),
        address="198.51.100.10",
    ),
    Persona(
        "abroad",
        "From abroad",
        "Your internet address seems to be in Lyon, in France. The home page has something for people who are not in "
        "the UK.",
        (HOME_LOOK, FLOOD_LOOK),
        address="203.0.113.10",
    ),
    Persona(
        "search",
        "From a search engine",
        "You arrive from a search engine. The licence page begins with what people who searched want to know, for as "
        "long as your visit lasts.",
        (LICENCE_LOOK,),
        came_from="https://www.google.com/",
    ),
    Persona(
        "portal",
        "From the licensing portal",
        "You arrive from the government’s licensing portal. The licence page picks up where the portal left off, for "
        "as long as your visit lasts.",
        (LICENCE_LOOK,),
        came_from="https://licensing.example.gov/apply/next-steps",
    ),
    Persona(
        "second-visit",
        "On a second visit",
        "You were here three days ago, so the home page no longer greets you as new.",
        (HOME_LOOK,),
        visited_before=True,
    ),
    Persona(
        "gpc",
        "With Global Privacy Control",
        "Your browser asks every website not to use your data. Nothing is read and nothing is kept: you see the "
        "standard version everywhere.",
        (HOME_LOOK, FLOOD_LOOK, LICENCE_LOOK),
        address="192.0.2.10",
        headers={"HTTP_SEC_GPC": "1"},
    ),
    YOURSELF,
)

BY_SLUG = {persona.slug: persona for persona in PERSONAS}


def persona_of(request: HttpRequest) -> Persona | None:
    """Who this request is made as; None for everybody who did not use the demo bar."""
    return BY_SLUG.get(request.COOKIES.get(PERSONA_COOKIE, ""))


class DemoPersonaliseMiddleware(PersonaliseMiddleware):
    """The package's middleware, which is shown the request as a persona would have sent it."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if persona := persona_of(request):
            request.META.update(persona.headers)
            if ARRIVING_COOKIE in request.COOKIES:
                request.META["HTTP_REFERER"] = persona.came_from
        return super().__call__(request)
