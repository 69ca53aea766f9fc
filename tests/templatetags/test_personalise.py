"""The template tags, on their own."""

from typing import Any

import pytest
from django.template import Context, RequestContext, Template, TemplateSyntaxError
from django.test import RequestFactory

from tests.factories import make_segment
from wagtail_personalise_gov.models import QueryRule, Segment
from wagtail_personalise_gov.visit.visit import Visit

WHO = '{% load personalise %}{% segment "housing" %}in{% else %}out{% endsegment %}'


@pytest.fixture
def housing(db: None) -> Segment:
    return make_segment("housing", QueryRule(parameter="topic", values=["housing"]))


def render(source: str, path: str = "/", visited: bool = True, **context: Any) -> str:
    request = RequestFactory().get(path)
    request.resolver_match = None
    if visited:
        request.visit = Visit(request)
    return Template(source).render(RequestContext(request, context))


def test_segment_shows_its_first_part_to_visitors_in_it(housing: Segment) -> None:
    assert render(WHO, "/?topic=housing") == "in"


def test_segment_shows_its_other_part_to_everyone_else(housing: Segment) -> None:
    assert render(WHO, "/?topic=schools") == "out"
    assert render(WHO, "/") == "out"


def test_the_other_part_may_be_left_out(housing: Segment) -> None:
    source = '{% load personalise %}{% segment "housing" %}in{% endsegment %}'
    assert render(source, "/?topic=housing") == "in"
    assert render(source) == ""


def test_without_a_request_or_a_visit_everyone_is_outside(housing: Segment) -> None:
    assert Template(WHO).render(Context()) == "out"
    assert render(WHO, "/?topic=housing", visited=False) == "out"


@pytest.mark.parametrize("slug, shown", [("housing", "in"), ("schools", "out"), ("", "out"), (None, "out"), (7, "out")])
def test_the_slug_may_be_a_variable(housing: Segment, slug: Any, shown: str) -> None:
    source = "{% load personalise %}{% segment slug %}in{% else %}out{% endsegment %}"
    assert render(source, "/?topic=housing", slug=slug) == shown


def test_a_segment_itself_will_do_too(housing: Segment) -> None:
    source = "{% load personalise %}{% segment segment %}in{% else %}out{% endsegment %}"
    assert render(source, "/?topic=housing", segment=housing) == "in"


def test_segments_may_stand_inside_one_another(housing: Segment) -> None:
    source = (
        '{% load personalise %}{% segment "housing" %}a{% segment "none" %}b{% else %}c{% endsegment %}{% else %}d'
        "{% endsegment %}"
    )
    assert render(source, "/?topic=housing") == "ac"


def test_blocks_inside_a_segment_can_be_filled_by_a_child_template(housing: Segment) -> None:
    inside, outside = Template(WHO).nodelist[1].inside, Template(WHO).nodelist[1].outside
    assert len(inside) == len(outside) == 1


@pytest.mark.parametrize(
    "source",
    [
        "{% segment %}{% endsegment %}",
        '{% segment "a" "b" %}{% endsegment %}',
        '{% segment "a" %}',
        "{% personalise_banner x %}{% endpersonalise_banner %}",
        "{% personalise_banner %}",
    ],
)
def test_a_slip_in_a_template_is_told_at_once(source: str) -> None:
    with pytest.raises(TemplateSyntaxError):
        Template("{% load personalise %}" + source)


def test_the_banner_without_a_request_is_its_inside() -> None:
    source = "{% load personalise %}{% personalise_banner %}inside{% endpersonalise_banner %}"
    assert Template(source).render(Context()) == "inside"


def test_the_banner_stands_before_its_inside_though_that_is_rendered_first(housing: Segment) -> None:
    html = render("{% load personalise %}{% personalise_banner %}" + WHO[22:] + "{% endpersonalise_banner %}")
    assert html.startswith('<div class="govuk-cookie-banner')
    assert html.endswith("out")


def test_a_preview_shows_no_banner(housing: Segment) -> None:
    request = RequestFactory().get("/")
    request.resolver_match = None
    request.visit = Visit.preview(request, [housing])
    source = "{% load personalise %}{% personalise_banner %}" + WHO[22:] + "{% endpersonalise_banner %}"
    assert Template(source).render(RequestContext(request)) == "in"


def test_the_link_reads_the_same_to_everybody_and_asks_nothing(settings: Any) -> None:
    settings.WAGTAIL_PERSONALISE_GOV = {"SERVICE_NAME": "Example Agency"}
    request = RequestFactory().get("/")
    request.visit = Visit(request)
    html = Template("{% load personalise %}{% personalise_link %}").render(RequestContext(request))
    assert 'href="/personalisation/"' in html
    assert ">How Example Agency adapts to you</a>" in html
    assert not request.visit.considered


def test_the_link_may_have_a_text_of_its_own() -> None:
    html = Template("{% load personalise %}{% personalise_link text %}").render(Context({"text": "<Cookies>"}))
    assert ">&lt;Cookies&gt;</a>" in html


def test_the_styles_are_a_file_and_not_written_into_the_page() -> None:
    html = Template("{% load personalise %}{% personalise_styles %}").render(Context())
    assert "wagtail_personalise_gov/css/personalise.css" in html
    assert "<style" not in html
