"""The settings of the tests on a site of two languages, with the app that TRANSLATING_WITH names."""

import os

from tests.settings import *  # noqa: F403
from tests.settings import INSTALLED_APPS

WITH = os.environ.get("TRANSLATING_WITH", "wagtail.contrib.simple_translation")
APPS = {
    "wagtail.contrib.simple_translation": ["wagtail.contrib.simple_translation", "wagtail.locales"],
    "wagtail_localize": ["wagtail_localize", "wagtail_localize.locales"],
}
INSTALLED_APPS = [*APPS[WITH], "tests.translating", *INSTALLED_APPS]
WAGTAIL_I18N_ENABLED = True
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES = [("en", "English"), ("cy", "Welsh")]
