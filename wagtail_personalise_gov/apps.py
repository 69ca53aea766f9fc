"""The Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PersonaliseConfig(AppConfig):
    name = "wagtail_personalise_gov"
    label = "wagtail_personalise_gov"
    verbose_name = _("Personalisation")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from . import checks, receivers  # noqa: F401  models can only be imported from here on
        from .blocks.wagtail_v3 import tell_wagtail_v3

        tell_wagtail_v3()
