"""What Northmoor says of itself to its visitors, in English and in Welsh."""

from __future__ import annotations

from django.utils import timezone
from wagtail.models import Site

from wagtail_personalise_gov.models import PersonalisationSettings, SiteWording


def create_site_words() -> None:
    """The settings of Northmoor's site: names, the beginning of its banner, and who answers for all of it."""
    settings = PersonalisationSettings.objects.create(
        site=Site.objects.get(is_default_site=True),
        service_name="Northmoor Council",
        banner_introduction="We want you to find what you came for.",
        policy_link="/about-this-site/",
        responsible="Digital Services team, Northmoor Council",
        contact_email="digital@northmoor.example.gov",
        last_reviewed=timezone.localdate(),
    )
    SiteWording.objects.create(
        settings=settings,
        language="cy",
        service_name="Cyngor Northmoor",
        banner_introduction="Rydym am i chi ddod o hyd i’r hyn y daethoch i’w geisio.",
    )
