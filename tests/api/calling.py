"""How tests call the API."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

API = "/api/personalise/v1"


def put(client: Client, name: str, body: object, **more: Any) -> HttpResponse:
    text = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.put(f"{API}/{name}/", text, **({"content_type": "application/json"} | more))
