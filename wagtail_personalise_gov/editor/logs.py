"""What the history and the reports say of our own actions."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from .site_settings import changes

ACTIONS = {
    "archive": (_("Archive"), _("Moved to the archive")),
    "restore": (_("Restore"), _("Restored from the archive, as a draft")),
    "give_up_rules": (_("Give up missing rules"), _("Goes on without rules whose app was removed")),
    "import": (_("Import from a file"), _("Taken in from a file")),
    "keep_example": (_("Keep an example"), _("An example visit is kept")),
    "delete_example": (_("Delete an example"), _("An example visit is deleted")),
    "make_token": (_("Make an API token"), _("API token made")),
    "pause": (_("Pause personalisation"), _("Personalisation paused: every page shows its standard version")),
    "share_preview": (_("Share a preview"), _("Made a link by which people without an account can see a preview")),
    "revoke_token": (_("Revoke an API token"), _("API token revoked")),
    "resume": (_("Resume personalisation"), _("Personalisation on again")),
}


def register_actions(actions: Any) -> None:
    """Tell Wagtail's registry of log actions."""
    for name, (label, message) in ACTIONS.items():
        actions.register_action(f"wagtail_personalise_gov.{name}", label, message)
    actions.register_action(changes.ACTION)(changes.ChangedParts)
