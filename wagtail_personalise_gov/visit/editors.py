"""Whether a request is an editor's own look at the site, which is not counted."""

from __future__ import annotations

from django.http import HttpRequest

from ..plugged import log_once_a_minute
from .cookies import SESSION

ADMIN_ACCESS = "wagtailadmin.access_admin"


def is_editor(request: HttpRequest) -> bool:
    """Whether somebody who may use Wagtail's admin is signed in. Nobody's account is looked at without a session."""
    if not SESSION.sent_by(request) or not hasattr(request, "user"):
        return False
    try:
        return bool(request.user.is_authenticated and request.user.has_perm(ADMIN_ACCESS))
    except Exception as error:  # sessions or accounts are away; or asked from where no database may be
        log_once_a_minute("editor", "It can't be told whether an editor is looking (%s).", type(error).__name__)
        return True  # what can't be told is not counted
