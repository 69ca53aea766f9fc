"""Where else the editor's side says what a site is called."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from wagtail.models import Site

import wagtail_personalise_gov
from wagtail_personalise_gov.models import PersonalisationSettings

from ..agency.models import AgencyPage
from ..factories import committed
from .test_review_links import flood, maker, share

__all__ = ["flood", "maker"]

TEMPLATES = Path(wagtail_personalise_gov.__file__).parent / "templates"


@pytest.fixture(autouse=True)
def own_frame(settings: Any) -> None:
    """The package's pages in the frame that they come with, which names the service."""
    settings.TEMPLATES = copy.deepcopy(settings.TEMPLATES)
    settings.TEMPLATES[0]["DIRS"] = [str(TEMPLATES)]


def test_a_shared_preview_names_the_service_as_the_site_does(flood: AgencyPage, maker: User, configure: Any) -> None:
    configure(SERVICE_NAME="As the settings say")
    link = share(maker, flood)
    assert "As the settings say</a></header>" in Client().get(link).content.decode()
    with committed():
        PersonalisationSettings.objects.create(site=Site.objects.get(), service_name="As the site says")
    assert "As the site says</a></header>" in Client().get(link).content.decode()
    flood.unpublish()
    maker.delete()
    ended = Client().get(link)
    assert ended.status_code == 410
    assert "As the site says</a></header>" in ended.content.decode()
