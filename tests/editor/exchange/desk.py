"""What an editor does with a file, and reads then."""

import json
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.utils.html import strip_tags

from wagtail_personalise_gov.editor.addresses import addresses_for
from wagtail_personalise_gov.models import (
    Segment,
)

from ...portable.conftest import rule

IN_RIVERSIDE = rule("LocationRule", cities=["Riverside"])
EVERYTHING = ("add_segment", "change_segment", "publish_segment", "add_intent", "change_intent")


def upload(desk: Client, given: Any, name: str = "council.json") -> HttpResponse:
    """What the admin answers to a file."""
    content = given if isinstance(given, bytes) else json.dumps(given).encode()
    return desk.post(addresses_for("import", Segment), {"file": SimpleUploadedFile(name, content)})


def read(response: HttpResponse) -> str:
    """The text of a page, a blank between words."""
    return " ".join(strip_tags(response.content.decode().split("<main")[1]).split()).replace("&quot;", '"')


def agreement(response: HttpResponse) -> str:
    """What the confirm button sends; "" where there is none."""
    return str(response.context["signed"])


def agree(desk: Client, response: HttpResponse, **options: Any) -> HttpResponse:
    return desk.post(addresses_for("import", Segment), {"agreed": agreement(response)}, **options)


def import_it(desk: Client, given: Any) -> str:
    """Look, agree, and what the page after that says."""
    return read(agree(desk, upload(desk, given), follow=True))
