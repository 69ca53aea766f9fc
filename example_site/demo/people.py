"""The demo's two logins, and what editors may do."""

from __future__ import annotations

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from wagtail.models import GroupPagePermission, Page

from wagtail_personalise_gov.models import DailyTally, Goal, Intent, PersonalisationSettings, Segment

PAGE_RIGHTS = ("add_page", "change_page", "publish_page", "lock_page", "unlock_page")


def create_people() -> None:
    """`editor` / `editor` in the group Editors, who may do all but manage people; and `admin` / `admin`."""
    users = get_user_model().objects
    if not users.filter(username="admin").exists():
        users.create_superuser("admin", "admin@northmoor.example.gov", "admin")
    if not users.filter(username="editor").exists():
        editor = users.create_user(
            "editor", "editor@northmoor.example.gov", "editor", first_name="Ellis", last_name="Editor"
        )
        editor.groups.add(let_editors_edit())


def let_editors_edit() -> Group:
    group, _created = Group.objects.get_or_create(name="Editors")
    root = Page.get_first_root_node()
    for right in PAGE_RIGHTS:
        permission = Permission.objects.get(content_type__app_label="wagtailcore", codename=right)
        GroupPagePermission.objects.get_or_create(group=group, page=root, permission=permission)
    types = ContentType.objects.get_for_models(Segment, Intent, Goal, DailyTally, PersonalisationSettings).values()
    group.permissions.add(
        Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin"),
        *Permission.objects.filter(content_type__in=types),
    )
    return group
