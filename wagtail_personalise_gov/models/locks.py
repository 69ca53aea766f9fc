"""What keeps a segment from being changed, besides Wagtail's own locks."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from wagtail.locks import BaseLock


class ArchivedLock(BaseLock):
    """Nobody edits or publishes a segment in the archive; it is restored first."""

    def for_user(self, user: Any) -> bool:
        return True

    def get_message(self, user: Any) -> str:
        return gettext("This segment is in the archive. Restore it to change or publish it.")

    def get_locked_by(self, user: Any) -> str:
        return gettext("Archived")

    def get_description(self, user: Any) -> str:
        return gettext("Nobody is in this segment, and it is not offered for new content")
