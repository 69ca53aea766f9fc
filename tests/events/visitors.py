"""Visitors of these tests, and where they say something."""

from django.test import Client

from tests.counting.gathered import BROWSER

SAME = {"sec-fetch-site": "same-origin"}
CHOICE, INTENT, FORGET = "/personalisation/choice/", "/personalisation/intent/", "/personalisation/forget/"
API = "/api/personalise/v1/"


def browser(**headers: str) -> Client:
    return Client(headers={"user-agent": BROWSER, **SAME, **headers})
