"""Template tags: ``{% load personalise %}``.

{% personalise_banner %}…{% endpersonalise_banner %}   around everything in <body>, the skip link included
{% personalise_link %}                                 in the footer: always a way to the choice
{% segment "new-parents" %}…{% else %}…{% endsegment %}
{% goal "licence-applied" %}                           where a goal is reached; shows nothing
{% goal_link "apply" %}                                the address of a link that is counted, for an href
{% personalise_styles %}                               in <head>, for a site that does not style our markup itself
"""

from __future__ import annotations

from typing import Any

from django.template import Library, Node, TemplateSyntaxError
from django.template.base import FilterExpression, NodeList, Parser, Token
from django.template.context import Context
from django.templatetags.static import static
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from ..privacy.banner import render_banner
from ..privacy.words import about_title
from ..visit.goals import goal_reached

register = Library()


class BannerNode(Node):
    """Renders its inside first, and so knows whether the page asked anything about the visitor."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        inside = self.nodelist.render(context)
        return render_banner(context.get("request")) + inside


@register.tag
def personalise_banner(parser: Parser, token: Token) -> BannerNode:
    if len(token.split_contents()) > 1:
        raise TemplateSyntaxError("{% personalise_banner %} takes no arguments.")
    nodelist = parser.parse(("endpersonalise_banner",))
    parser.delete_first_token()
    return BannerNode(nodelist)


class SegmentNode(Node):
    """The first part for visitors in the segment, the other for everyone else and where there is no visitor."""

    child_nodelists = ("inside", "outside")

    def __init__(self, slug: FilterExpression, inside: NodeList, outside: NodeList) -> None:
        self.slug, self.inside, self.outside = slug, inside, outside

    def render(self, context: Context) -> SafeString:
        visit = getattr(context.get("request"), "visit", None)
        slug = self.slug.resolve(context, ignore_failures=True)
        slug = getattr(slug, "slug", slug)  # a Segment will do too
        within = visit is not None and isinstance(slug, str) and bool(slug) and visit.includes(str(slug))
        return (self.inside if within else self.outside).render(context)


@register.tag
def segment(parser: Parser, token: Token) -> SegmentNode:
    _name, *given = token.split_contents()
    if len(given) != 1:
        raise TemplateSyntaxError('{% segment %} takes one slug, such as {% segment "new-parents" %}.')
    slug = parser.compile_filter(given[0])
    inside = parser.parse(("else", "endsegment"))
    outside = NodeList()
    if parser.next_token().contents == "else":
        outside = parser.parse(("endsegment",))
        parser.delete_first_token()
    return SegmentNode(slug, inside, outside)


@register.simple_tag(takes_context=True)
def goal(context: Context, slug: Any) -> str:
    """Say that the visit has reached this goal. Shows nothing."""
    request = context.get("request")
    if request is not None:
        goal_reached(request, str(getattr(slug, "slug", slug)))
    return ""


@register.simple_tag
def goal_link(slug: Any) -> str:
    """The address of the link of this goal: it counts, and leads on to where the goal says."""
    return reverse("personalise:goal", args=[str(getattr(slug, "slug", slug))])


@register.simple_tag(takes_context=True)
def personalise_link(context: Context, text: Any = "") -> SafeString:
    """A link to the page about personalisation. It reads the same to everybody, so that it may stand on every page."""
    visit = getattr(context.get("request"), "visit", None)
    return format_html(
        '<a class="govuk-link personalise-link" href="{}">{}</a>',
        reverse("personalise:about"),
        text or about_title(visit),
    )


@register.simple_tag
def personalise_styles() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("wagtail_personalise_gov/css/personalise.css"))
