"""Editors with more or fewer permissions, each at a desk: a browser in which they are signed in."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client


@pytest.fixture
def admin(db: None) -> User:
    return User.objects.create_superuser("admin", "admin@example.org", "admin", first_name="Ada", last_name="Byron")


@pytest.fixture
def desk(client: Client, admin: User) -> Client:
    """The browser of someone who may do everything."""
    client.force_login(admin)
    return client


@pytest.fixture
def desk_of(db: None) -> Callable[..., Client]:
    """``desk_of("change_segment")``: the browser of someone who has just these permissions, and may enter the admin."""

    def sign_in(*codenames: str) -> Client:
        user = User.objects.create_user(f"editor-{User.objects.count()}", password="editor")
        user.user_permissions.set(Permission.objects.filter(codename__in=["access_admin", *codenames]))
        browser = Client()
        browser.force_login(user)
        return browser

    return sign_in
