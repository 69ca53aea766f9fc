"""What's on, in a browser: nothing moves, and what comes is as accessible as what stood there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.delivery.test_fragments_in_browser import PAINTED, SHIFTS, Held
from tests.example_site.test_fragments import WHATS_ON
from tests.test_content_security_policy import policed

__all__ = ["policed"]  # a fixture

WIDTHS = [320, 1280]


@pytest.mark.parametrize("width", WIDTHS)
def test_the_opening_of_a_place_comes_and_nothing_moves(
    policed: str,
    new_page: Callable[..., Any],
    accessibility_faults: Callable[[Any], list[str]],
    width: int,
) -> None:
    page = new_page(
        base_url=policed,
        extra_http_headers={"X-Forwarded-For": "192.0.2.7"},
        viewport={"width": width, "height": 900},
    )
    page.add_init_script(SHIFTS)
    held = Held(page)
    page.goto(WHATS_ON)
    page.wait_for_function(PAINTED)
    before = page.evaluate("document.documentElement.scrollHeight")
    held.go()
    page.get_by_role("heading", name="This week in Riverside").wait_for()
    assert page.evaluate("shifts") == []
    assert page.evaluate("document.documentElement.scrollHeight") == before
    assert accessibility_faults(page) == []
