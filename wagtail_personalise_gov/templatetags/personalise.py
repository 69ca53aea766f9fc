"""Template tags: ``{% load personalise %}``.

{% personalise_banner %}…{% endpersonalise_banner %}   around everything in <body>, the skip link included
{% personalise_link %}                                 in the footer: always a way to the choice
{% segment "new-parents" %}…{% else %}…{% endsegment %}
{% personalise_cache 600 "bin-days" page.pk %}…        a part that is kept for all to whom it is the same
{% personalise_why %}                                  in the template of a block's content: why this version is shown
{% goal "licence-applied" %}                           where a goal is reached; shows nothing
{% goal_link "apply" %}                                the address of a link that is counted, for an href
{% personalise_url "choice" %}                         the address of one of our forms, in this page's language
{% personalise_language %}                             in a tag: marks our words where they are in another language
{{ group.name|written }}                               marks an editor's words where they are in another language
{% personalise_styles %}                               in <head>, for a site that does not style our markup itself
{% personalise_script %}                               in a banner of a site's own: no page need be loaded again
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
from django.utils.translation import get_language, get_language_info

from ..blocks.fragments import script_for
from ..delivery.cached_parts import cached_part
from ..delivery.fragments import AHEAD
from ..privacy.banner import render_banner, script
from ..privacy.why import render_notice, render_why
from ..visit.goals import goal_reached
from ..wording.speaking import PARAMETER, address_of, spoken
from ..wording.words import about_title
from ..wording.written import marked

register = Library()


class BannerNode(Node):
    """Renders its inside first, and so knows whether the page asked anything about the visitor, or has fragments."""

    def __init__(self, nodelist: NodeList) -> None:
        self.nodelist = nodelist

    def render(self, context: Context) -> SafeString:
        with context.push(**{AHEAD: True}):
            inside = self.nodelist.render(context)
        request = context.get("request")
        visit = getattr(request, "visit", None)
        # First of all, since a script that shows the banner waits for the styles, and what follows waits for it.
        ahead = script_for(visit) if visit is not None else SafeString()
        return ahead + (render_notice(request) or render_banner(request)) + inside


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


class CacheNode(Node):
    """A part of a page, cached for all visitors to whom it is the same."""

    def __init__(self, nodelist: NodeList, seconds: FilterExpression, names: list[FilterExpression]) -> None:
        self.nodelist, self.seconds, self.names = nodelist, seconds, names

    def render(self, context: Context) -> SafeString:
        given = self.seconds.resolve(context)
        try:
            seconds = int(given)
        except (TypeError, ValueError):
            raise TemplateSyntaxError(f"{{% personalise_cache %}} takes seconds, such as 600; got {given!r}.") from None
        name = "\n".join(str(name.resolve(context)) for name in self.names)
        visit = getattr(context.get("request"), "visit", None)
        return cached_part(visit, name, seconds, lambda: self.nodelist.render(context))


@register.tag
def personalise_cache(parser: Parser, token: Token) -> CacheNode:
    _name, *given = token.split_contents()
    if len(given) < 2:
        raise TemplateSyntaxError(
            "{% personalise_cache %} takes seconds, a name, and what else the part depends on, such as "
            '{% personalise_cache 600 "bin-days" page.pk %}.'
        )
    seconds, *names = map(parser.compile_filter, given)
    nodelist = parser.parse(("endpersonalise_cache",))
    parser.delete_first_token()
    return CacheNode(nodelist, seconds, names)


@register.simple_tag(takes_context=True)
def personalise_why(context: Context, about: Any = "") -> SafeString:
    """Why this version is shown, for who wants to know; nothing for a standard version.

    `about` names the part of the page for those who can't see where it stands, such as its heading.
    """
    shown = context.get("personalised")
    if (said := context.get("personalise_said")) is not None and shown is not None:
        said.append(shown)  # so that the block does not say it again
    return render_why(context.get("request"), shown, str(about), context.get("personalise_content") or "")


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
        address_of("about"),
        text or about_title(visit),
    )


@register.simple_tag
def personalise_url(name: str, language: Any = "") -> str:
    """The address of one of the package's pages or forms, in the language of this page; or in another that is given."""
    return address_of(name, **{PARAMETER: str(language)}) if language else address_of(name)


@register.simple_tag
def personalise_language() -> SafeString:
    """Marks the package's own words, where they are not in the language of the page; nothing where they are."""
    language = spoken()
    if language == get_language():
        return SafeString()
    direction = "rtl" if get_language_info(language)["bidi"] else "ltr"
    return format_html(' lang="{}" dir="{}"', language, direction)


@register.filter
def written(text: Any, how: str = "") -> SafeString:
    """A text of an editor's in the package's own pages, marked with its language where the page's is another.

    `how`: "capfirst", "linebreaks" or "linebreaksbr", since the filters of these names give a text that no longer
    knows whose it is.
    """
    return marked(text, how)


@register.simple_tag
def personalise_styles() -> SafeString:
    return format_html('<link rel="stylesheet" href="{}">', static("wagtail_personalise_gov/css/personalise.css"))


@register.simple_tag
def personalise_script() -> SafeString:
    """The script that spares visitors the loading of a page when they choose; "" where it can't be had."""
    source = script("choice")
    return format_html('<script src="{}" defer></script>', source) if source else SafeString()
