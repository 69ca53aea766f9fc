"""Where a form leads afterwards: back into this site, or to the page about it."""

import pytest
from django.test import Client

CHOICE = "/personalisation/choice/"


@pytest.mark.parametrize(
    "address, leads_to",
    [
        ("/full/?a=1&b=2#top", "/full/?a=1&b=2#top"),
        ("http://testserver/full/", "http://testserver/full/"),
        ("", "/personalisation/"),
        ("//evil.example/", "/personalisation/"),
        ("///evil.example/", "/personalisation/"),
        ("https://evil.example/", "/personalisation/"),
        ("https://testserver@evil.example/", "/personalisation/"),
        (r"/\evil.example", "/personalisation/"),
        ("\t//evil.example", "/personalisation/"),
        ("javascript:alert(1)", "/personalisation/"),
        ("full/", "/personalisation/"),  # relative to the form's own address
        ("/personalisation/choice/", "/personalisation/"),  # a form has nothing to show
        ("/full/\r\nSet-Cookie: a=b", "/personalisation/"),
        ("http://[", "/personalisation/"),
        ("/full/?q=" + "x" * 5000, "/full/"),  # too long for a redirect, and still the page they were on
        ("/" + "x" * 5000, "/personalisation/"),
    ],
)
def test_next_leads_back_into_this_site_or_nowhere(visitor: Client, db: None, address: str, leads_to: str) -> None:
    response = visitor.post(CHOICE, {"choice": "refused", "next": address})
    assert response.status_code == 303
    assert response.headers["Location"] == leads_to
    assert "personalise_choice" in response.cookies
