"""The example site, Northmoor Council, with its content and its map of places; and its visitors."""

from __future__ import annotations

import tempfile
from pathlib import Path

from django.core.management import call_command
from django.test import TestCase, override_settings

from example_site import settings as demo
from tests.requirements.visitors import FIREFOX, NOWHERE, Visitor

HOME, LICENCE, EMERGENCY, COUNCILLORS = "/", "/services/business-licence/", "/emergency/", "/services/your-councillors/"
ADAPTING = (HOME, LICENCE, EMERGENCY, COUNCILLORS, "/services/garden-waste/")
WELSH = "/cy/"


class Resident(Visitor):
    """A visitor of Northmoor, whose proxy says where they are."""

    def __init__(self, address: str = NOWHERE, agent: str = FIREFOX, **headers: str) -> None:
        super().__init__("127.0.0.1", agent, X_Forwarded_For=address, **headers)


class NorthmoorTestCase(TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        database = Path(folder.name) / "demo.mmdb"
        call_command("demo_geo", str(database), verbosity=0)
        given = {**demo.WAGTAIL_PERSONALISE_GOV, "GEO_DATABASE": database, "TRUSTED_PROXIES": ["127.0.0.1"]}
        cls.enterClassContext(override_settings(WAGTAIL_PERSONALISE_GOV=given))
        super().setUpClass()

    @classmethod
    def setUpTestData(cls) -> None:
        call_command("demo_content", verbosity=0)
