"""Who edits the site: whether a request is an editor's own look at it, which is not counted, and what they may edit."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from modelcluster.fields import ParentalKey
from wagtail.permission_policies import ModelPermissionPolicy

from ..models.streams import is_page
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


def may_edit(user: Any, one: Any) -> bool:
    """Whether somebody may edit a page, a snippet or another object, or a row of one of these."""
    if is_page(type(one)):
        return bool(one.permissions_for_user(user).can_edit())
    viewset = getattr(type(one), "snippet_viewset", None)
    parents = [getattr(one, key.name) for key in one._meta.get_fields() if isinstance(key, ParentalKey)]
    if viewset is None and any(parents):
        return all(may_edit(user, parent) for parent in parents if parent is not None)
    policy = viewset.permission_policy if viewset else ModelPermissionPolicy(type(one))
    return bool(policy.user_has_permission_for_instance(user, "change", one))
