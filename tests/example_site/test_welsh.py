"""From the Welsh page to the page about personalisation everything is in Welsh, frame and all; from others, English."""

import re

from .test_stories import Visitor, WithItsDemoBar


class WelshTests(WithItsDemoBar):
    def about_from(self, path: str) -> str:
        """The page about personalisation, by the link at the foot of a page."""
        visitor = Visitor()
        visitor.arrives(path)
        link = re.search(r'personalise-link" href="([^"]+)"', visitor.says)
        assert link is not None
        visitor.follows(link[1])
        return visitor.says

    def test_from_the_welsh_page_everything_is_in_welsh(self) -> None:
        html = self.about_from("/cy/")
        assert '<html lang="cy">' in html
        assert "Neidio i’r prif gynnwys" in html
        assert "yn addasu i chi</h1>" in html
        assert "Hafan" in html
        assert "Eich dewis" in html
        assert "Contact the council" not in html

    def test_from_an_english_page_everything_is_in_english(self) -> None:
        html = self.about_from("/emergency/")
        assert '<html lang="en-gb">' in html
        assert "adapts to you</h1>" in html
        assert "Contact the council" in html
        assert "Hafan" not in html
