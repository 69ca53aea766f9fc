"""What's on: a page that a CDN keeps, whose opening comes as a fragment."""

import re

from example_site.models import ServicePage
from tests.example_site.test_stories import FRANCE, HILLTOP, NOWHERE, RIVERSIDE, Visitor, WithItsDemoBar

WHATS_ON = "/services/whats-on/"
FRAGMENTS = "/personalisation/fragments/"


class TestWhatsOn(WithItsDemoBar):
    def test_the_page_is_public_and_shows_everybody_the_same(self) -> None:
        for address in (RIVERSIDE, HILLTOP, FRANCE, NOWHERE):
            visitor = Visitor(address)
            assert visitor.arrives(WHATS_ON) == ["standard"]
            assert not visitor.page.cookies
            assert "Cookie" not in visitor.page.get("Vary", "")
            assert "private" not in visitor.page.get("Cache-Control", "")
            assert 'class="personalise-fragment opening-room"' in visitor.says

    def test_each_gets_their_own_opening_by_the_script(self) -> None:
        page = ServicePage.objects.get(slug="whats-on")
        for address, stories in ((RIVERSIDE, ["riverside"]), (HILLTOP, ["hilltop"]), (FRANCE, []), (NOWHERE, [])):
            answer = Visitor(address).post(
                FRAGMENTS, {"page": page.pk, "path": WHATS_ON}, headers={"Sec-Fetch-Site": "same-origin"}
            )
            assert re.findall(r'data-story="([^"]*)"', answer.content.decode()) == stories
            assert "no-store" in answer["Cache-Control"]

    def test_the_same_block_comes_with_its_page_elsewhere(self) -> None:
        visitor = Visitor(RIVERSIDE)
        visitor.arrives("/services/garden-waste/")
        assert "personalise-fragment" not in visitor.says
        assert "private" in visitor.page["Cache-Control"]
