"""How tests read a response: what it says to caches, whom it greets; and what was logged."""

import pytest
from django.http import HttpResponse
from django.test import Client


def vary(response: HttpResponse) -> list[str]:
    return [name.strip() for name in response.headers.get("Vary", "").split(",") if name.strip()]


def directives(response: HttpResponse) -> set[str]:
    return {part.strip() for part in response.headers.get("Cache-Control", "").split(",") if part.strip()}


def log_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the package itself has logged."""
    return [record.getMessage() for record in caplog.records if record.name == "wagtail_personalise_gov"]


def is_new(client: Client, **headers: str) -> bool:
    """Whether /welcome/ greets this visitor as a new one."""
    answer = client.get("/welcome/", headers=headers)
    text = answer.content.decode()
    assert ("New here?" in text) != ("Welcome back" in text)
    return "New here?" in text
