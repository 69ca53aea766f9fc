"""The example site with a view beside it that renders whatever template a test gives it, at /tried/ and below."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.template import Context, Template
from django.urls import path

from example_site.urls import urlpatterns as of_the_site

Answer = Callable[[HttpRequest], HttpResponse]
answers: list[Answer] = []  # the last one answers


def template(source: str) -> None:
    """Let the view render this."""
    made = Template("{% load personalise wagtailcore_tags %}" + source)
    answers.append(lambda request: HttpResponse(made.render(Context({"request": request}))))


def tried(request: HttpRequest, **kwargs: str) -> HttpResponse:
    return answers[-1](request)


urlpatterns = [path("tried/", tried), path("tried/<slug:slug>/", tried), *of_the_site]
