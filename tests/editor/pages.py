"""People who work on pages, for tests of what is done around a page."""

from __future__ import annotations

from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from wagtail.models import GroupPagePermission, Page


def make_editor(name: str, *pages: Page, permissions: tuple[str, ...] = ()) -> User:
    """Somebody who may enter the admin and edit these pages and those below them, and has these permissions besides."""
    user = User.objects.create_user(name, password=name)
    user.user_permissions.set(Permission.objects.filter(codename__in=["access_admin", *permissions]))
    group = Group.objects.create(name=f"Group of {name}")
    change = Permission.objects.get(content_type__app_label="wagtailcore", codename="change_page")
    for page in pages:
        GroupPagePermission.objects.create(group=group, page=Page.objects.get(pk=page.pk), permission=change)
    user.groups.add(group)
    return user


def desk_of_user(user: User, **options: bool) -> Client:
    """The browser in which somebody is signed in."""
    browser = Client(**options)
    browser.force_login(user)
    return browser
