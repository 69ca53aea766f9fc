"""The public side under a strict Content-Security-Policy: nothing inline, nothing from another host, in any state."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.http import HttpRequest, HttpResponse
from django.test import override_settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'self'; require-trusted-types-for 'script'"
)
PACKAGE = Path(__file__).resolve().parent.parent / "wagtail_personalise_gov"
TEMPLATES = PACKAGE / "templates" / "wagtail_personalise_gov"
EDITORS = {"editor", "segment", "segments", "reports", "results", "goals", "review"}  # folders of the admin's own

# Of every page, in every frame: what the browser would not do.
LISTENS = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`Refused to ${event.violatedDirective}: ${event.blockedURI} ${event.sample} on ${location}`);
});
"""


class StrictPolicy:
    """Middleware that sends the policy with every response."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response


# What is written in the files


def public_templates() -> list[Path]:
    found = [path for path in TEMPLATES.rglob("*.html") if not EDITORS & set(path.relative_to(TEMPLATES).parts)]
    assert {"about.html", "banner.html", "base.html", "bad.html"} <= {path.name for path in found}
    return sorted(found)


class Inline(HTMLParser):
    """Gathers what a strict policy refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        if tag == "style" or (tag == "script" and not given.get("src")):
            self.faults.append(f"<{tag}>")
        for name, value in attributes:
            if name == "style" or name.startswith("on") or "javascript:" in (value or "").lower():
                self.faults.append(f"{name}={value!r}")
            if name in ("src", "action") and re.match(r"(https?:)?//", value or ""):
                self.faults.append(f"{name}={value!r}")

    @classmethod
    def of(cls, html: str) -> list[str]:
        parser = cls()
        parser.feed(html)
        return parser.faults


def test_the_look_at_templates_sees_what_it_looks_for() -> None:
    assert Inline.of("<script>1</script><p style='x' onclick='y'></p><a href='javascript:1'>") == [
        "<script>",
        "style='x'",
        "onclick='y'",
        "href='javascript:1'",
    ]


@pytest.mark.parametrize("template", public_templates(), ids=lambda path: path.relative_to(TEMPLATES).as_posix())
def test_no_public_template_has_anything_inline(template: Path) -> None:
    html = re.sub(r"{%.*?%}|{#.*?#}", "", template.read_text(), flags=re.S)
    assert Inline.of(re.sub(r"{{.*?}}", "x", html)) == []


def test_no_public_stylesheet_loads_anything() -> None:
    css = (PACKAGE / "static/wagtail_personalise_gov/css/personalise.css").read_text()
    assert not re.search(r"@import|url\(|expression\(", css)


def test_no_public_script_makes_code_or_style_out_of_text() -> None:
    scripts = [
        PACKAGE / "static/wagtail_personalise_gov/js" / name for name in ("choice.js", "banner.js", "fragments.js")
    ]
    for script in filter(Path.exists, scripts):
        text = script.read_text()
        for trick in (
            r"\beval\(", r"new Function", r"document\.write", r"setAttribute\(\s*.style", r"cssText", r"https?://",
            r"setTimeout\(\s*[\"'`]", r"createElement\(\s*.(script|style)",
        ):  # fmt: skip
            assert not re.search(trick, text), (script.name, trick)


# What a browser says


@pytest.fixture
def policed(northmoor: None) -> Iterator[str]:
    """The address of the example site, which sends the policy."""
    from pytest_django.live_server_helper import LiveServer

    with override_settings(MIDDLEWARE=[*django_settings.MIDDLEWARE, f"{__name__}.StrictPolicy"]):
        server = LiveServer("localhost")
        yield server.url
        server.stop()


class Tour:
    """A browser that notes whatever the policy refuses it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.refused: list[str] = []
        page.add_init_script(LISTENS)
        page.on("console", self._listen)

    def _listen(self, message: Any) -> None:
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            self.refused.append(message.text)

    def to(self, *paths: str) -> None:
        for path in paths:
            response = self.page.goto(path)
            assert response.headers["content-security-policy"] == POLICY
            self.here()

    def here(self) -> None:
        self.page.wait_for_load_state("networkidle")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name).first.click()
        self.here()


def test_the_tour_notices_what_is_refused(policed: str, new_page: Callable[..., Any]) -> None:
    tour = Tour(new_page(base_url=policed))
    tour.to("/")
    tour.page.evaluate(
        "() => { const style = document.createElement('style'); style.textContent = 'p {color: red}';"
        " document.head.append(style); }"
    )
    tour.here()
    assert any("style-src" in fault for fault in tour.refused)


def test_nothing_of_the_example_site_is_refused_in_any_state(policed: str, new_page: Callable[..., Any]) -> None:
    pages = ("/", "/emergency/", "/services/business-licence/", "/services/whats-on/", "/news/", "/cy/", "/nowhere/")
    ours = ("/personalisation/", "/personalisation/register/", "/personalisation/register.json")
    tour = Tour(new_page(base_url=policed, extra_http_headers={"X-Forwarded-For": "192.0.2.7"}))
    tour.to(*pages, *ours, "/emergency/?personalise=standard", "/emergency/?personalise_as=riverside")
    # The questions, answered.
    tour.to("/")
    tour.page.get_by_label("Start a business", exact=True).check()
    tour.press("Continue")
    tour.press("Forget my answer")
    tour.to("/emergency/")
    tour.press("I’m not in Riverside")
    # The banner: turned off, hidden; and turned on again on the page about it.
    tour.to("/emergency/")
    tour.press("Turn it off")
    tour.to(*pages, *reversed(ours))
    tour.page.get_by_label("Yes", exact=True).first.check()
    tour.press("Save my choice")
    tour.to(*pages, *ours)
    # An answer that is none.
    tour.to("/")
    tour.page.locator("form[action*='/intent/'] input[name=intent]").first.evaluate(
        "field => { field.value = 'nonsense'; field.checked = true; field.form.submit(); }"
    )
    tour.page.get_by_role("heading", name="That did not work").wait_for()
    tour.here()
    assert tour.refused == []


@pytest.mark.parametrize(
    "elsewhere, heading",
    [
        ("http://127.0.0.1:9/", "Nothing was changed"),  # another site
        ("http://localhost:9/", "Was this you?"),  # another port of this one, so it can't be told
    ],
    ids=["forbidden", "confirm"],
)
def test_nor_of_the_pages_that_answer_a_form_from_elsewhere(
    policed: str, new_page: Callable[..., Any], elsewhere: str, heading: str
) -> None:
    page = new_page(base_url=policed)
    form = f'<form method="post" action="{policed}/personalisation/choice/"><button name="choice" value="allowed">'
    page.route(
        f"{elsewhere}**", lambda route: route.fulfill(content_type="text/html", body=f"{form}Go</button></form>")
    )
    tour = Tour(page)
    page.goto(elsewhere)
    tour.press("Go")
    page.get_by_role("heading", name=heading).wait_for()
    if heading == "Was this you?":
        tour.press("Yes, turn it on")
        assert {cookie["name"] for cookie in page.context.cookies()} >= {"personalise_choice"}
    assert tour.refused == []


def test_everything_works_without_script_too(policed: str, new_page: Callable[..., Any]) -> None:
    page = new_page(base_url=policed, java_script_enabled=False, extra_http_headers={"X-Forwarded-For": "192.0.2.7"})
    page.goto("/emergency/")
    page.get_by_role("button", name="Turn it off").first.click()
    assert [cookie["name"] for cookie in page.context.cookies()] == ["personalise_choice"]
