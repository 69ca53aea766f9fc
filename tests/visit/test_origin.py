"""Where a form was sent from. A row that says CROSS costs an honest visitor their choice, so it has to be certain."""

from typing import Any

import pytest
from django.test import RequestFactory

from wagtail_personalise_gov.visit.origin import Origin, origin_of


@pytest.mark.parametrize(
    "headers, expected",
    [
        # What the browser says itself is the better telling.
        ({"Sec-Fetch-Site": "same-origin"}, Origin.SAME),
        ({"Sec-Fetch-Site": "none"}, Origin.SAME),  # typed in, or a bookmark
        ({"Sec-Fetch-Site": "cross-site"}, Origin.CROSS),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "https://council.gov"}, Origin.CROSS),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, Origin.SAME),  # Referrer-Policy: no-referrer
        ({"Sec-Fetch-Site": "same-site"}, Origin.CANNOT_TELL),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://blogs.council.gov"}, Origin.CROSS),
        ({"Sec-Fetch-Site": "same-site", "Origin": "https://council.gov"}, Origin.CANNOT_TELL),  # contradicts itself
        ({"Sec-Fetch-Site": "whatever"}, Origin.CANNOT_TELL),
        # Older browsers say only where from.
        ({"Origin": "https://council.gov"}, Origin.SAME),
        ({"Origin": "http://council.gov"}, Origin.SAME),  # TLS may end at a proxy
        ({"Origin": "https://COUNCIL.gov:443"}, Origin.SAME),
        ({"Origin": "https://council.gov:8443"}, Origin.CANNOT_TELL),  # a proxy may drop the port from Host
        ({"Origin": "https://evil.example"}, Origin.CROSS),
        ({"Origin": "https://council.gov.evil.example"}, Origin.CROSS),
        ({"Origin": "https://evilcouncil.gov"}, Origin.CROSS),
        ({"Origin": "https://forms.partner.gov"}, Origin.SAME),  # a trusted origin, by its pattern
        ({"Origin": "https://app.council.gov"}, Origin.SAME),  # a trusted origin
        ({"Origin": "null"}, Origin.CANNOT_TELL),
        ({"Origin": ""}, Origin.CANNOT_TELL),
        ({"Origin": "http://[::1"}, Origin.CANNOT_TELL),
        ({"Origin": "http://council.gov:port"}, Origin.CANNOT_TELL),
        ({"Origin": "nonsense"}, Origin.CANNOT_TELL),
        ({}, Origin.CANNOT_TELL),
    ],
)
def test_origin_of_a_request(rf: RequestFactory, settings: Any, headers: dict[str, str], expected: Origin) -> None:
    settings.ALLOWED_HOSTS = ["council.gov"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://*.partner.gov", "https://app.council.gov"]
    assert origin_of(rf.post("/", headers={"Host": "council.gov", **headers})) is expected


def test_a_host_that_is_not_ours_proves_nothing(rf: RequestFactory, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["council.gov"]
    headers = {"Host": "evil.example", "Origin": "https://evil.example"}
    assert origin_of(rf.post("/", headers=headers)) is Origin.CANNOT_TELL
