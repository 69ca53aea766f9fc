"""Every call: who may send it, what it takes, and each answer that it may get."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any

from ...models.api_tokens import Scope
from .. import decisions, formats
from . import answers as given
from . import examples
from .building import Piece, answer, body, header, parameter, problem, ref
from .examples import PLACE

GET, PUT, POST, DELETE = "GET", "PUT", "POST", "DELETE"
VISITORS, PAGES, SERVERS, ANALYSTS, MACHINES = "Visitors", "Pages", "Servers", "Results", "The API itself"

TAGS = {
    VISITORS: "For the visitor who calls, or for whom a front end calls. No account is needed.",
    PAGES: "Pages, and what they depend on.",
    SERVERS: "For servers, with a token.",
    ANALYSTS: "For those who may see what was counted.",
    MACHINES: "Where things are, and what they are.",
}


def operation(
    name: str,
    summary: str,
    description: str,
    tag: str,
    answers: Mapping[str, Piece],
    *,
    security: list[Piece],
    parameters: Iterable[Piece] = (),
    takes: Piece | None = None,
) -> Piece:
    """One call. `answers` by their status, which is a text in the document."""
    described: Piece = {"operationId": name, "summary": summary, "description": description, "tags": [tag]}
    if parameters := list(parameters):
        described["parameters"] = parameters
    if takes is not None:
        described["requestBody"] = takes
    return {**described, "security": security, "responses": {status: answers[status] for status in sorted(answers)}}


def told(description: str, schema: str, *headers: Mapping[str, Piece], **shown: Any) -> dict[str, Piece]:
    """The answer to what went well. `shown` are examples by their names."""
    merged = {name: piece for some in headers for name, piece in some.items()}
    return {"200": answer(description, ref(schema), shown, merged)}


def unchanged(*headers: Mapping[str, Piece]) -> dict[str, Piece]:
    merged = {name: piece for some in headers for name, piece in some.items()}
    return {"304": answer("What you keep still holds.", None, {}, merged)}


def put(
    name: str,
    summary: str,
    description: str,
    schema: str,
    shown: Mapping[str, Any],
    well: Mapping[str, Piece],
    **wrong: Any,
) -> Piece:
    """A call by which a visitor says something. `wrong`: a field, and what it is told of a value that will not do."""
    problems = {
        **given.bad_body(**wrong),
        **given.FROM_ANOTHER_SITE,
        **given.too_large(formats.MAX_BODY, "Send only the field that this address takes."),
        **given.NOT_JSON,
        **given.TOO_OFTEN,
    }
    answers = {**well, **given.also_telling(given.VISITORS_TOKEN, problems)}  # what refuses is done all the same
    takes = body(ref(schema), shown)
    parameters = given.OF_A_VISITOR
    return operation(
        name, summary, description, VISITORS, answers, security=given.A_VISITOR, parameters=parameters, takes=takes
    )


def visitors() -> dict[tuple[str, str], Piece]:
    private = {**given.CACHE_CONTROL, **given.VISITORS_TOKEN}
    of_visitor: dict[str, Any] = {"security": given.A_VISITOR, "parameters": given.OF_A_VISITOR}
    erased = {"204": answer("Nothing is kept any more.", None, {}, private)}
    too_large = given.too_large(formats.MAX_BODY, "Send only the field that this address takes.")
    return {
        ("visit/", GET): operation(
            "readVisit",
            "Who the visitor is here",
            "Their preference, the segments that they are in, what that was told from, and whether to ask them what "
            "they want. It asks every fact that a live segment needs.",
            VISITORS,
            told(
                "The visit.",
                "Visit",
                private,
                asked=examples.VISIT,
                refused=examples.VISIT_OF_SOMEBODY_WHO_REFUSED,
            )
            | given.bad_page(),
            **of_visitor,
        ),
        ("visit/", DELETE): operation(
            "forgetVisit",
            "Erase what is kept",
            "Erases what is kept of the visitor, but for their choice.",
            VISITORS,
            erased | given.also_telling(given.VISITORS_TOKEN, given.bad_page() | given.FROM_ANOTHER_SITE | too_large),
            **of_visitor,
        ),
        ("preference/", PUT): put(
            "choose",
            "Say what the visitor wants",
            "Their choice about pages, about counting, or both. A refusal erases what was kept, with this very answer.",
            "Preference",
            {"refuse": {"preference": "refused"}, "allow": {"preference": "allowed", "counting": "allowed"}},
            told("Where they stand now.", "Standing", private, refused=examples.REFUSED, counted=examples.COUNTED),
            preference=['Say "allowed" or "refused".'],
        ),
        ("intent/", GET): operation(
            "readIntents",
            "What the visit may be for",
            "The answers to ask the visitor about, in the editors' order.",
            VISITORS,
            told("The answers.", "Intents", private, intents=examples.INTENTS) | given.bad_page(),
            **of_visitor,
        ),
        ("intent/", PUT): put(
            "declareIntent",
            "Say what the visit is for",
            "A slug of `GET intent/`; null withdraws what was said.",
            "Intent",
            {"declare": {"intent": "start-business"}, "withdraw": {"intent": None}},
            told("What is kept.", "IntentKept", private, kept={"intent": "start-business", "kept": True}),
            intent=["There is no such intent. Name one of restaurant, start-business; or say null to withdraw it."],
        ),
        ("place/", GET): operation(
            "readPlace",
            "Where the visitor said they are",
            "What they said, and never what was guessed.",
            VISITORS,
            told("What they said.", "PlaceAsked", private, place={"ask": True, "place": None}) | given.bad_page(),
            **of_visitor,
        ),
        ("place/", PUT): put(
            "declarePlace",
            "Say where the visitor is",
            "By their own word, which beats what would be guessed.",
            "PlaceSaid",
            {"declare": PLACE, "not_there": {"place": "none"}, "withdraw": {"place": None}},
            told("What is kept.", "PlaceKept", private, kept={"place": PLACE, "kept": True}),
            country=["There is no such country. Use a two-letter code, such as FR."],
        ),
    }


PAGE_PARAMETERS = (
    *given.OF_A_VISITOR,
    parameter(
        "query",
        "variants",
        "With “all”, the page comes with every version; for those who may.",
        example="all",
        enum=["all"],
    ),
    parameter("query", "personalise", "With “standard”, the page's standard version.", example="standard"),
    parameter("query", "personalise_as", "The page as the group with this slug sees it.", example="riverside"),
    given.IF_NONE_MATCH,
)
AT_PATH = parameter(
    "query", "path", "The path of the page, from the home page of the site.", example="/services/", required=True
)


def pages() -> dict[tuple[str, str], Piece]:
    needs_token = given.a_server(Scope.VARIANTS)
    either = [*given.A_VISITOR, *needs_token, {"session": []}]
    headers = {
        **given.VISITORS_TOKEN,
        "ETag": header("Of a page with every version."),
        "Cache-Control": header("Absent where the page is the same for everybody."),
    }
    found = told("The page.", "Page", headers, visitor=examples.PAGE, every_version=examples.PAGE_WITH_EVERY_VERSION)
    strangers = problem(
        HTTPStatus.UNAUTHORIZED,
        "“variants=all” without a token that works.",
        "“variants=all” is for those who may edit the page. Send a token that is good for “variants”, as "
        "“Authorization: Bearer wpg_…”, or sign in to the admin.",
        given.CHALLENGE,
    )
    wrong = given.of_a_server(Scope.VARIANTS) | {"401": strangers} | given.NO_SUCH_PAGE
    answers = {**found, **unchanged(given.ETAG, given.CACHE_CONTROL), **given.bad_page(), **wrong}
    description = (
        "Its StreamFields are resolved for this visitor. It counts as shown while the site counts, and as a page that "
        "the visitor has seen. With `variants=all` nothing of a visitor is read or kept."
    )
    segments = told("What it depends on.", "PageSegments", given.ETAG, given.CACHE_CONTROL, page=examples.PAGE_SEGMENTS)
    return {
        ("pages/{id}/", GET): operation(
            "readPage", "A page, as the visitor gets it", description, PAGES, answers,
            security=either, parameters=[given.PAGE_ID, *PAGE_PARAMETERS],
        ),
        ("pages/", GET): operation(
            "readPageAt", "The page at a path, as the visitor gets it", description, PAGES, answers,
            security=either, parameters=[AT_PATH, *PAGE_PARAMETERS],
        ),
        ("pages/{id}/segments/", GET): operation(
            "readPageSegments",
            "What a page depends on",
            "The segments that it asks, and what they are told from: the same for everybody, so that a front end can "
            "keep each outcome once.",
            PAGES,
            segments | unchanged(given.ETAG, given.CACHE_CONTROL) | given.bad_page() | given.NO_SUCH_PAGE,
            security=given.ANYBODY,
            parameters=[given.PAGE_ID, given.IF_NONE_MATCH, *given.OF_A_VISITOR],
        ),
    }  # fmt: skip


def servers() -> dict[tuple[str, str], Piece]:
    too_large = given.too_large(decisions.MAX_BODY, "Send fewer facts, or ask less at once.")
    wrong = given.bad_body(**{"facts.location.country": ['Send a text, such as "GB".']}) | too_large | given.NOT_JSON
    decided = told("By slug.", "Decision", given.CACHE_CONTROL, given.RULESET_VERSION, some=examples.DECISION)
    seen = problem(
        HTTPStatus.FORBIDDEN,
        "Whoever asks may not see results, or did not say who they are.",
        "You do not have permission to perform this action.",
        {},
    )
    unknown = problem(
        HTTPStatus.UNAUTHORIZED,
        "A user name and password that do not fit.",
        "Invalid username/password.",
        given.CHALLENGE,
    )
    goals = given.bad_body(goal=["There is no such goal. Name one of licence-applied; or leave it out."])
    return {
        ("decisions/", POST): operation(
            "decide",
            "Which segments a visit is in",
            "From the facts that you send. Nothing is read of the request but its body, and nothing is kept.",
            SERVERS,
            decided
            | wrong
            | given.of_a_server(Scope.DECISIONS),
            security=given.a_server(Scope.DECISIONS),
            takes=body(ref("Asked"), {"some": examples.ASKED, "nothing_known": {"facts": {}}}),
        ),
        ("ruleset/", GET): operation(
            "readRuleset",
            "Every live segment, as a condition",
            "So that a worker at the CDN, or a front end in another language, can decide by itself.",
            SERVERS,
            told(
                "The ruleset.", "Ruleset", given.ETAG, given.CACHE_CONTROL, given.RULESET_VERSION, given.SIGNATURE,
                ruleset=examples.RULESET,
            )
            | unchanged(given.ETAG, given.CACHE_CONTROL)
            | given.of_a_server(Scope.RULESET),
            security=given.a_server(Scope.RULESET),
            parameters=[given.IF_NONE_MATCH],
        ),
        ("results/", GET): operation(
            "readResults",
            "What was counted",
            "For whoever may see the report in the admin; what is withheld there is withheld here.",
            ANALYSTS,
            told("The results.", "Results", given.CACHE_CONTROL, results=examples.RESULTS)
            | goals
            | {"401": unknown, "403": seen},
            security=given.AN_ANALYST,
            parameters=[
                parameter("query", "goal", "Only the rows of the goal with this slug.", example="licence-applied"),
                parameter(
                    "query", "page", "Only the blocks on the page with this id.", example=3, type="integer", minimum=1
                ),
            ],
        ),
    }  # fmt: skip


def machines() -> dict[tuple[str, str], Piece]:
    of_anybody: dict[str, Any] = {"security": given.ANYBODY}
    document = {"type": "object", "description": "An OpenAPI document.", "required": ["openapi", "info", "paths"]}
    shown = {"document": examples.DOCUMENT}
    described = {"200": answer("This document.", document, shown, {**given.ETAG, **given.CACHE_CONTROL})}
    absent = problem(
        HTTPStatus.NOT_FOUND,
        "The site does not describe its API.",
        "This site does not describe its API for machines. Its developers can change that: "
        "pip install wagtail-personalise-gov[openapi]",
        {},
    )
    return {
        ("", GET): operation(
            "readIndex",
            "Where everything is",
            "The same for everybody.",
            MACHINES,
            told("The addresses.", "Index", index=examples.INDEX) | given.bad_page(),
            parameters=given.OF_A_VISITOR,
            **of_anybody,
        ),
        ("schema/", GET): operation(
            "readSchema",
            "This document",
            "The API described for machines, by OpenAPI 3.1.",
            MACHINES,
            described | unchanged(given.ETAG, given.CACHE_CONTROL) | given.bad_page() | {"404": absent},
            parameters=[given.IF_NONE_MATCH, *given.OF_A_VISITOR],
            **of_anybody,
        ),
    }


@cache
def operations() -> Mapping[tuple[str, str], Piece]:
    """(path below the API, method) → the call."""
    return {**machines(), **visitors(), **pages(), **servers()}
