"""One page type. Its body is the subject's: plain blocks, ours, or the peer's."""

from importlib import import_module

from django.conf import settings
from django.http import HttpRequest
from wagtail.fields import StreamField
from wagtail.models import Page

body = import_module(f"tests.benchmarks.site.bodies.{settings.SUBJECT}")


class BenchPage(Page):
    body = StreamField(body.Body(), blank=True)

    def get_template(self, request: HttpRequest, *args: object, **kwargs: object) -> str:
        """With our banner and link around it where the address asks for them, and the subject has them."""
        banner = settings.SUBJECT == "ours" and self.slug.endswith("banner")
        return "bench/page_with_banner.html" if banner else "bench/page.html"
