"""Who may call, what each call may tell in headers and addresses, and the answers that many calls have in common."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from django.conf import settings as django_settings

from ...models.api_tokens import PREFIX as TOKEN_PREFIX
from ...models.api_tokens import Scope
from ...visit.cookies import CHOICE
from ...visit.front_end import PAGE_HEADER, REFERRER_HEADER
from ...visit.header_token import HEADER, NEW
from ...visit.page_request import MAX_ADDRESS
from ..decisions import VERSION_HEADER
from ..rulesets import SIGNATURE_HEADER
from .building import Piece, header, parameter, problem, whole_number

# Who calls

ANYBODY: list[Piece] = [{}]
A_VISITOR: list[Piece] = [{}, {"visitorToken": []}, {"visitorCookies": []}]
AN_ANALYST: list[Piece] = [{"session": []}, {"basic": []}]


def a_server(scope: Scope) -> list[Piece]:
    return [{"token": [str(scope)]}]


def security_schemes() -> dict[str, Piece]:
    """The ways in which a call may say whose it is."""
    return {
        "visitorToken": {
            "type": "apiKey",
            "in": "header",
            "name": HEADER,
            "description": f"What is kept of the visitor, in the place of cookies. Begin with “{NEW}”; where an answer "
            "has this header, send that from then on.",
        },
        "visitorCookies": {
            "type": "apiKey",
            "in": "cookie",
            "name": CHOICE.name,
            "description": "The cookies of this package, this one among them, where the front end shares them.",
        },
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": f"A token of a server, which begins with {TOKEN_PREFIX}. It is good for what it was made "
            f"for: {', '.join(Scope)}.",
        },
        "session": {
            "type": "apiKey",
            "in": "cookie",
            "name": django_settings.SESSION_COOKIE_NAME,
            "description": "Somebody who is signed in to the admin.",
        },
        "basic": {
            "type": "http",
            "scheme": "basic",
            "description": "A user name and a password, unless the site's REST framework is set to take others.",
        },
    }


# What a call may tell

LANGUAGE = parameter("query", "lang", "The language of the words; else that of the site.", example="cy")
AT_PAGE = parameter(
    "header",
    PAGE_HEADER,
    f"The address of the page that the visitor is at, with its query; at most {MAX_ADDRESS} characters.",
    example="/services/?utm_source=leaflet",
)
FROM_PAGE = parameter(
    "header", REFERRER_HEADER, "The address from which they came to it.", example="https://www.example.org/advice/"
)
OF_A_VISITOR = (LANGUAGE, AT_PAGE, FROM_PAGE)
IF_NONE_MATCH = parameter(
    "header", "If-None-Match", "The ETag of an answer that you keep.", example='"9f86d081884c7d659a2feaa0c55ad015"'
)
PAGE_ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "The id of a live page that anybody may read.",
    "schema": {"type": "integer", "minimum": 0},
    "example": 3,
}

# The headers of answers

VISITORS_TOKEN = {HEADER: header("What is kept of the visitor now; absent where nothing has changed.")}
ETAG = {"ETag": header("Changes with any byte of the answer.", always=True)}
CACHE_CONTROL = {"Cache-Control": header("Who may keep the answer, and for how long.", always=True)}
RULESET_VERSION = {VERSION_HEADER: header("The version of the ruleset; absent before the first publication.")}
SIGNATURE = {SIGNATURE_HEADER: header("A detached JSON Web Signature of the bytes (EdDSA); absent without a key.")}
RETRY_AFTER = {
    "Retry-After": {"description": "Seconds to wait.", "required": True, "schema": whole_number("Seconds.", minimum=1)}
}
CHALLENGE = {"WWW-Authenticate": header("What is needed.", always=True)}

# Answers to what can't be done


def also_telling(headers: Mapping[str, Piece], problems: Mapping[str, Piece]) -> dict[str, Piece]:
    """These answers, each with these headers too."""
    return {status: {**told, "headers": {**told["headers"], **headers}} for status, told in problems.items()}


def bad_page(headers: Mapping[str, Piece] = {}) -> dict[str, Piece]:
    """Of every call of a visitor, since each may say at which page they are."""
    told = f"This is no address of a page. Give its path and query, with at most {MAX_ADDRESS} characters."
    described = problem(HTTPStatus.BAD_REQUEST, "A value will not do.", "", headers, **{PAGE_HEADER: [told]})
    return {"400": described}


def bad_body(**errors: list[str]) -> dict[str, Piece]:
    return {
        "400": problem(
            HTTPStatus.BAD_REQUEST, "The JSON or a value will not do; `errors` says of which.", "", {}, **errors
        )
    }


FROM_ANOTHER_SITE = {
    "403": problem(
        HTTPStatus.FORBIDDEN,
        "A page of another website sent it; or it allows something, and nothing says that your own page sent it.",
        "This was sent from another website. Send it from a page of this one, or have the origin of your front end "
        "named in the site’s API_ORIGINS.",
        {},
    )
}
NO_SUCH_PAGE = {
    "404": problem(
        HTTPStatus.NOT_FOUND,
        "This site has no such page that anybody may read.",
        "This site has no such page that anybody may read. Name it by its id, or by its path on this site without the "
        "query.",
        {},
    )
}
NOT_JSON = {
    "415": problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        "The body is not JSON.",
        "Send JSON, and say so: “Content-Type: application/json”.",
        {},
    )
}
TOO_OFTEN = {
    "429": problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "Too much came in this minute. What refuses or withdraws is never limited.",
        "Request was throttled. Expected available in 30 seconds.",
        RETRY_AFTER,
    )
}
TOKENS_AWAY = {
    "503": problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "Tokens can't be looked up.",
        "Tokens can’t be looked up at the moment. Try again in a minute.",
        {},
    )
}


def too_large(most: int, remedy: str) -> dict[str, Piece]:
    """`most`: the bytes that a body may have."""
    told = f"The body has more than {most} bytes. {remedy}"
    return {"413": problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body has more than {most} bytes.", told, {})}


def no_token() -> dict[str, Piece]:
    return {
        "401": problem(
            HTTPStatus.UNAUTHORIZED,
            "No token, or one that does not work.",
            f"This call needs a token. Send it as “Authorization: Bearer {TOKEN_PREFIX}…”; editors make one in the "
            "admin.",
            CHALLENGE,
        )
    }


def wrong_scope(scope: Scope) -> dict[str, Piece]:
    return {
        "403": problem(
            HTTPStatus.FORBIDDEN,
            "The token is good for something else.",
            f"This token is not good for “{scope}”. Use one that is, or make a new one with this scope.",
            {"WWW-Authenticate": header("What is needed.")},
        )
    }


def of_a_server(scope: Scope) -> dict[str, Piece]:
    """What any call with a token may be answered."""
    return {**no_token(), **wrong_scope(scope), **TOO_OFTEN, **TOKENS_AWAY}
