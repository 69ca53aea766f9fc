"""Error reports without visitors, for Django to mail when a page fails.

Django's own report tells the whole request: the visitor's address, their cookies and headers, what they searched for,
who they are. None of that mends a page. A site that promises to keep no addresses names this one in its settings:

    DEFAULT_EXCEPTION_REPORTER = "wagtail_personalise_gov.visit.error_reports.VisitorsLeftOut"

What failed, where, at which address of the site and with which settings is told as before. With DEBUG everything is
shown, as Django does: then the visitor is the developer.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, QueryDict
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

# Of the headers, those that say what was asked for and how it came. All others may tell of the visitor: whoever adds
# one at a network's edge does so to say where somebody is.
TOLD = frozenset({"HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING", "HTTP_CONNECTION", "HTTP_HOST", "HTTP_X_FORWARDED_PROTO"})
OF_THE_REQUEST = frozenset({"QUERY_STRING", "RAW_URI", "REQUEST_URI"})


class LeavingOut(SafeExceptionReporterFilter):
    """Hides what a request says of its sender, and the values of variables, which may hold the same."""

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        meta: dict[str, Any] = super().get_safe_request_meta(request)
        return {key: self.cleansed_substitute if _tells_of_a_visitor(key) else value for key, value in meta.items()}

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        return dict.fromkeys(super().get_safe_cookies(request), self.cleansed_substitute)

    def get_post_parameters(self, request: HttpRequest | None) -> Any:
        return hidden(request.POST, self.cleansed_substitute) if request is not None else {}

    def get_traceback_frame_variables(self, request: HttpRequest, tb_frame: Any) -> Any:
        return ()


class VisitorsLeftOut(ExceptionReporter):
    """A report that tells what failed and where, and nothing about whose request it was."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.leaves_out = bool(self.filter.is_active(self.request))
        if self.leaves_out:
            self.filter = LeavingOut()

    def get_traceback_data(self) -> dict[str, Any]:
        data: dict[str, Any] = super().get_traceback_data()
        if self.leaves_out and self.request is not None:
            star = self.filter.cleansed_substitute
            data["request_insecure_uri"] = str(data.get("request_insecure_uri") or "").partition("?")[0]
            data["request_GET_items"] = hidden(self.request.GET, star).items()
            data["request_FILES_items"] = ()
            data["user_str"] = star
        return data


def hidden(given: QueryDict, star: str) -> QueryDict:
    """The names of what was given, without what was said."""
    names = QueryDict(mutable=True)
    for name in given:
        names[name] = star
    return names


def _tells_of_a_visitor(key: str) -> bool:
    return key.startswith("REMOTE_") or key in OF_THE_REQUEST or (key.startswith("HTTP_") and key not in TOLD)
