"""The API's description of itself: that it is one, that it stands without a setting, and that its examples are true."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.settings import patched_settings
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from tests.agency.models import AgencyPage
from tests.api.calling import API
from tests.api.tokens import bearer
from tests.editor.counted import judged, make_goal
from tests.factories import make_segment
from tools.write_reference import COPIES, OPENAPI, ROOT, openapi_json
from wagtail_personalise_gov.api.openapi.building import JSON, REFERENCE
from wagtail_personalise_gov.api.openapi.document import own_document
from wagtail_personalise_gov.api.openapi.operations import operations
from wagtail_personalise_gov.api.problems import MEDIA_TYPE
from wagtail_personalise_gov.api.schema import SchemaView
from wagtail_personalise_gov.core.facts import KINDS as KINDS_OF_FACTS
from wagtail_personalise_gov.models import ApiToken, FirstTimeVisitorRule, Segment
from wagtail_personalise_gov.models.api_tokens import Scope

ADDRESS = f"{API}/schema/"
URLS = "wagtail_personalise_gov.api.urls"
DOCUMENT = own_document()


def is_valid(schema: dict[str, Any], value: Any) -> bool:
    """Whether a value is what a schema of the document says."""
    whole = {**schema, "components": DOCUMENT["components"]}
    return Draft202012Validator(whole).is_valid(value)


# The document


def test_it_is_a_valid_document_of_our_addresses_alone(client: Client, home: AgencyPage) -> None:
    told = client.get(ADDRESS)
    document = told.json()
    validate_schema(document)
    assert document["openapi"] == "3.1.0"
    assert document["servers"] == [{"url": f"http://testserver{API}"}]
    index = client.get(f"{API}/").json()["addresses"].values()
    assert set(document["paths"]) == {"/"} | {one.removeprefix(f"http://testserver{API}") for one in index}
    for name, schema in document["components"]["schemas"].items():
        assert name.startswith("Personalise")
        Draft202012Validator.check_schema(schema)


def test_every_call_that_a_view_takes_is_described(client: Client, home: AgencyPage) -> None:
    for path, calls in DOCUMENT["paths"].items():
        allowed = client.generic("TRACE", API + path.replace("{id}", "1"))["Allow"].split(", ")
        assert {method.upper() for method in calls} == set(allowed) - {"HEAD", "OPTIONS"}, path


def test_any_cache_may_keep_it_and_ask_again(client: Client, home: AgencyPage) -> None:
    told = client.get(ADDRESS)
    assert set(told["Cache-Control"].split(", ")) == {"public", "max-age=300"}
    assert not told.cookies
    assert client.get(ADDRESS, headers={"If-None-Match": told["ETag"]}).status_code == 304


def test_what_a_site_adds_as_a_fact_may_be_sent(home: AgencyPage) -> None:
    facts = DOCUMENT["components"]["schemas"]["PersonaliseFacts"]["properties"]
    assert {"location.country", "northmoor.ward"} <= facts.keys()  # the second is the example site's own
    kinds = {name.removeprefix("PersonaliseFact_") for name in DOCUMENT["components"]["schemas"] if "Fact_" in name}
    assert kinds == set(KINDS_OF_FACTS)


def test_without_the_extra_it_says_which_one(client: Client, home: AgencyPage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SchemaView, "is_there", False)
    answer = client.get(ADDRESS)
    assert answer.status_code == 404
    assert answer["Content-Type"] == MEDIA_TYPE
    assert answer.json()["detail"].endswith("pip install wagtail-personalise-gov[openapi]")
    assert client.get(f"{API}/visit/").status_code == 200


WITHOUT = """
import sys
sys.modules["drf_spectacular"] = None  # as if it were not there
import django
django.setup()
from wagtail_personalise_gov.api import urls
from wagtail_personalise_gov.api.schema import SchemaView
sys.exit(SchemaView.is_there)
"""


def test_the_api_is_there_without_the_extra() -> None:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"}
    subprocess.run([sys.executable, "-c", WITHOUT], check=True, cwd=ROOT, env=environment)


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_a_site_that_describes_its_own_api_has_ours_without_a_warning(version: str) -> None:
    with patched_settings({"OAS_VERSION": version}):
        document = SchemaGenerator(urlconf=URLS).get_schema(request=None, public=True)
        validate_schema(document)
        assert not GENERATOR_STATS
    assert document["openapi"] == version
    assert {path for path, _method in operations()} == {path.removeprefix("/") for path in document["paths"]}


def test_the_published_document_is_the_packages_own() -> None:
    assert OPENAPI.read_text() == openapi_json()
    for copy, original in COPIES.items():
        assert copy.read_text() == original.read_text()


# The examples


def bodies(described: dict[str, Any]) -> Iterator[tuple[dict[str, Any], Any]]:
    """(schema, example) of what a call takes, or is answered."""
    for content in described.get("content", {}).values():
        assert content["examples"], "there is one for each"
        for example in content["examples"].values():
            yield content["schema"], example["value"]


@pytest.mark.parametrize("call", operations().values(), ids=lambda call: call["operationId"])
def test_each_example_is_what_its_schema_says(call: dict[str, Any]) -> None:
    for described in (call.get("requestBody", {}), *call["responses"].values()):
        for schema, example in bodies(described):
            assert is_valid(schema, example), example
    for one in call.get("parameters", ()):
        assert is_valid(one["schema"], one["example"]), one["name"]


@pytest.fixture
def site(agency_page: AgencyPage, licence: Segment) -> AgencyPage:
    make_segment("new-here", FirstTimeVisitorRule())
    make_goal("applied")
    judged("applied")
    return agency_page


READ = ["", "visit/", "intent/", "place/", "pages/{id}/", "pages/?path=/flood/", "pages/{id}/segments/", "schema/"]


def shape(value: Any) -> Any:
    """The keys of a body; of a list those of its first item."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) and value else None


@pytest.mark.parametrize("path", READ)
def test_what_is_read_is_what_is_described(client: Client, site: AgencyPage, path: str) -> None:
    answer = client.get(f"{API}/{path.replace('{id}', str(site.pk))}")
    assert answer.status_code == 200
    described = operations()[path.partition("?")[0], "GET"]["responses"]["200"]
    (schema, example), *_others = bodies(described)
    assert is_valid(schema, answer.json())
    assert set(example) <= set(answer.json())
    for name, header in described.get("headers", {}).items():
        assert answer.has_header(name) or not header.get("required"), name


def test_what_servers_and_analysts_read_is_what_is_described(admin_client: Client, site: AgencyPage) -> None:
    answers = {
        ("ruleset/", "GET"): Client().get(f"{API}/ruleset/", headers=bearer(Scope.RULESET)),
        ("results/", "GET"): admin_client.get(f"{API}/results/"),
        ("pages/{id}/", "GET"): admin_client.get(f"{API}/pages/{site.pk}/?variants=all"),
        ("decisions/", "POST"): decide({"facts": {}}),
    }
    for call, answer in answers.items():
        assert answer.status_code == 200, call
        (schema, _example), *_others = bodies(operations()[call]["responses"]["200"])
        assert is_valid(schema, answer.json()), call
    (block,) = answers["results/", "GET"].json()["blocks"]
    (_schema, results), *_others = bodies(operations()["results/", "GET"]["responses"]["200"])
    assert shape(results["blocks"][0]) == shape(block)


def decide(body: object, **headers: str) -> Any:
    headers = headers or bearer(Scope.DECISIONS)
    return Client().post(f"{API}/decisions/", json.dumps(body), content_type=JSON, headers=headers)


TAKEN = [(path, method) for (path, method), call in operations().items() if "requestBody" in call]


@pytest.mark.parametrize("path, method", TAKEN)
def test_what_a_call_takes_is_taken(client: Client, site: AgencyPage, path: str, method: str) -> None:
    call = operations()[path, method]
    for _schema, example in bodies(call["requestBody"]):
        if path == "decisions/":
            answer = decide({**example, "segments": ["new-here"]})
        else:
            sent = json.dumps(example).replace("start-business", "start-a-business")  # the intent of this site
            answer = client.put(f"{API}/{path}", sent, content_type=JSON)
        assert answer.status_code == 200, answer.content
        ((schema, _example), *_others) = bodies(call["responses"]["200"])
        assert is_valid(schema, answer.json())


def problems(site: AgencyPage, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[tuple[str, str], Any]]:
    """A call that goes wrong in each way that is described, and what it is answered."""
    page = f"{API}/pages/{site.pk}/"
    elsewhere = {"Origin": "https://evil.example"}
    client = Client()
    yield ("visit/", "GET"), client.get(f"{API}/visit/", headers={"Personalise-Page": "nowhere"})
    yield ("visit/", "DELETE"), client.delete(f"{API}/visit/", headers=elsewhere)
    yield ("visit/", "DELETE"), client.delete(f"{API}/visit/", "x" * 5000)
    yield ("preference/", "PUT"), client.put(f"{API}/preference/", '{"preference": "no"}', content_type=JSON)
    yield ("preference/", "PUT"), client.put(f"{API}/preference/", "{}", content_type="text/plain")
    yield ("place/", "PUT"), client.put(f"{API}/place/", '{"country": "XX"}', content_type=JSON)
    yield ("pages/{id}/", "GET"), client.get(f"{API}/pages/0/")
    yield ("pages/{id}/", "GET"), client.get(f"{page}?variants=all")
    yield ("pages/{id}/", "GET"), client.get(f"{page}?variants=all", headers=bearer(Scope.RULESET))
    yield ("decisions/", "POST"), decide({"facts": {"location.country": 7}})
    yield ("decisions/", "POST"), decide({"facts": {}}, Accept="*/*")
    yield ("decisions/", "POST"), decide({"facts": {"a": "x" * 66000}})
    yield ("ruleset/", "GET"), client.get(f"{API}/ruleset/")
    yield ("results/", "GET"), client.get(f"{API}/results/")
    yield ("results/", "GET"), client.get(f"{API}/results/", headers={"Authorization": "Basic YTpi"})

    def away(secret: str) -> None:
        raise OperationalError("away")

    headers = bearer(Scope.RULESET)
    monkeypatch.setattr(ApiToken, "with_secret", away)
    yield ("ruleset/", "GET"), client.get(f"{API}/ruleset/", headers=headers)


def test_each_problem_is_the_one_that_is_described(site: AgencyPage, monkeypatch: pytest.MonkeyPatch) -> None:
    for (path, method), answer in problems(site, monkeypatch):
        call = operations()[path, method]
        described = call["responses"].get(str(answer.status_code))
        assert described is not None, (path, answer.status_code)
        assert answer.status_code >= 400, (path, answer.content)
        assert answer["Content-Type"] == MEDIA_TYPE
        content = described["content"][MEDIA_TYPE]
        assert content["schema"]["$ref"].startswith(REFERENCE)
        assert is_valid(content["schema"], answer.json())
        (example,) = content["examples"].values()
        same = {key: value for key, value in answer.json().items() if key in ("type", "title", "status")}
        assert same.items() <= example["value"].items()
        if (path, answer.status_code) not in {("results/", 403), ("results/", 401), ("pages/{id}/", 404)}:
            assert answer.json()["detail"] == example["value"]["detail"]
        for name, header in described["headers"].items():
            assert answer.has_header(name) or not header.get("required"), name
