"""What the council's own templates need: the frame's language, navigation, and the mark of a version that was shown."""

from __future__ import annotations

from typing import Any

from django import template
from django.conf import settings
from django.template import Context
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from wagtail.admin.templatetags.wagtailuserbar import wagtailuserbar
from wagtail.models import Page, Site

from example_site.demo_bar import PERSONAS, Persona

register = template.Library()

STANDARD_LANGUAGE = "en-gb"


@register.simple_tag(takes_context=True)
def page_language(context: Context) -> str:
    """The language that the page is written in, as a language tag; of what is no page of the tree, the one spoken."""
    language: str = getattr(context.get("page"), "language", get_language() or STANDARD_LANGUAGE)
    return language


@register.simple_tag(takes_context=True)
def home_page(context: Context) -> Page | None:
    """The English home page, or None before there is any content."""
    request = context.get("request")
    site = Site.find_for_request(request) if request is not None else None
    return site.root_page if site else None


@register.simple_tag(takes_context=True)
def navigation(context: Context) -> list[dict[str, Any]]:
    """The pages in the main menu, each with whether the reader is on it or below it."""
    home = home_page(context)
    if home is None:
        return []
    here = getattr(context.get("page"), "path", "")
    pages = home.get_children().live().public().in_menu()
    return [{"page": page, "current": here.startswith(page.path)} for page in pages]


@register.simple_tag(takes_context=True)
def trail(context: Context) -> list[Page]:
    """The pages above this one, from the home page down. What is no page of the tree stands below the home page."""
    home, page = home_page(context), context.get("page")
    if home is None:
        return []
    if page is None or page.pk is None:
        return [home]
    return list(page.get_ancestors().descendant_of(home, inclusive=True))


@register.simple_tag(takes_context=True)
def story(context: Context) -> SafeString | str:
    """The mark of the version that was shown, inside a personalised block; nothing elsewhere."""
    shown = context.get("personalised")
    if not shown:
        return ""
    segment = shown["segment"] if isinstance(shown, dict) else shown.segment
    return format_html(' data-story="{}"', segment or "standard")


@register.simple_tag
def personas() -> tuple[Persona, ...]:
    return PERSONAS


@register.simple_tag(takes_context=True)
def editors_bar(context: Context) -> SafeString | str:
    """Wagtail's user bar, for people who have a session.

    The user bar asks who is signed in, which makes Django add `Vary: Cookie`. Asking only where there is a session
    cookie keeps the pages of everybody else fit for public caches.
    """
    request = context.get("request")
    if request is None or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return ""
    return SafeString(wagtailuserbar(context))
