"""How tests call the API."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from wagtail_personalise_gov.visit.header_token import HeaderToken

API = "/api/personalise/v1"


def put(client: Client, name: str, body: object, **more: Any) -> HttpResponse:
    text = body if isinstance(body, bytes | str) else json.dumps(body)
    return client.put(f"{API}/{name}/", text, **({"content_type": "application/json"} | more))


class FrontEnd:
    """A front end that cannot use cookies: it sends the token that it was given last, and begins with "new"."""

    def __init__(self, token: str = "new") -> None:
        self.token = token
        self.client = Client()

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self._answered(self.client.get(f"{API}/{path}", headers=self._with_token(headers)))

    def put(self, name: str, body: object, **headers: str) -> HttpResponse:
        return self._answered(put(self.client, name, body, headers=self._with_token(headers)))

    def delete(self, name: str, **headers: str) -> HttpResponse:
        return self._answered(self.client.delete(f"{API}/{name}/", headers=self._with_token(headers)))

    @property
    def holds(self) -> set[str]:
        """The cookies whose values the token holds, by their base names."""
        return set(HeaderToken.read(self.token).values)

    def holding(self, **values: str) -> None:
        """Have been given a token with these values of cookies."""
        self.token = HeaderToken({**HeaderToken.read(self.token).values, **values}).written()

    def _with_token(self, headers: dict[str, str]) -> dict[str, str]:
        return {"Personalise-Visitor": self.token} | headers

    def _answered(self, answer: HttpResponse) -> HttpResponse:
        assert not answer.cookies, "with a token no cookie is set"
        self.token = answer.headers.get("Personalise-Visitor", self.token)
        return answer
