"""The short words with which schemas and operations are written: each gives a piece of the document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from ..problems import MEDIA_TYPE as PROBLEM
from ..problems import title_of

Piece = dict[str, Any]

JSON = "application/json"
PREFIX = "Personalise"  # of each schema's name, so that it is nobody else's in a document of the whole site
REFERENCE = "#/components/schemas/"


def ref(name: str) -> Piece:
    return {"$ref": f"{REFERENCE}{PREFIX}{name}"}


def text(description: str, **more: Any) -> Piece:
    return {"type": "string", "description": description, **more}


def text_or_null(description: str) -> Piece:
    return {"type": ["string", "null"], "description": description}


def yes_or_no(description: str) -> Piece:
    return {"type": "boolean", "description": description}


def whole_number(description: str, **more: Any) -> Piece:
    return {"type": "integer", "description": description, **more}


def listed(items: Piece, description: str) -> Piece:
    return {"type": "array", "description": description, "items": items}


def thing(description: str, properties: Mapping[str, Piece], optional: Iterable[str] = ()) -> Piece:
    """An object that has all these properties, but for those that are optional."""
    required = [name for name in properties if name not in frozenset(optional)]
    described: Piece = {"type": "object", "description": description, "properties": dict(properties)}
    return {**described, "required": required} if required else described


def only(described: Piece) -> Piece:
    """An object that is sent: a property that it does not know is a slip, and refused."""
    return {**described, "additionalProperties": False}


def by_name(values: Piece, description: str) -> Piece:
    """An object whose keys are data."""
    return {"type": "object", "description": description, "additionalProperties": values}


def parameter(where: str, name: str, description: str, *, example: Any, required: bool = False, **schema: Any) -> Piece:
    """`where`: query, header or path."""
    schema = {"type": "string", **schema}
    described = {"name": name, "in": where, "description": description, "schema": schema, "example": example}
    return {**described, "required": True} if required else described


def header(description: str, *, always: bool = False, **schema: Any) -> Piece:
    """A header of an answer. `always`: whether it never goes without."""
    schema = {"type": "string", **schema}
    return {"description": description, "schema": schema, **({"required": True} if always else {})}


def answer(description: str, schema: Piece | None, examples: Mapping[str, Any], headers: Mapping[str, Piece]) -> Piece:
    """An answer in JSON; without a body where it has no schema. `examples` are bodies, by a name that says which."""
    described: Piece = {"description": description}
    if headers:
        described["headers"] = dict(headers)
    if schema is not None:
        described["content"] = {JSON: {"schema": schema, "examples": named(examples)}}
    return described


def problem(status: HTTPStatus, when: str, detail: str, headers: Mapping[str, Piece], **errors: list[str]) -> Piece:
    """The answer to bad input, with one that is really given: `detail`, or `errors` by field, which make the detail."""
    body: Piece = {"type": "about:blank", "title": title_of(status), "status": status.value, "detail": detail}
    if errors:
        told = " ".join(f"{field}: {message}" for field, messages in errors.items() for message in messages)
        body |= {"detail": told, "errors": errors}
    content = {PROBLEM: {"schema": ref("Problem"), "examples": named({"problem": body})}}
    return {"description": when, "headers": dict(headers), "content": content}


def named(examples: Mapping[str, Any]) -> Piece:
    return {name: {"value": value} for name, value in examples.items()}


def body(schema: Piece, examples: Mapping[str, Any]) -> Piece:
    """What a call takes, in JSON; it can't go without."""
    return {"required": True, "content": {JSON: {"schema": schema, "examples": named(examples)}}}
