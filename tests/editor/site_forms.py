"""The form of a site's settings as a browser posts it."""

from typing import Any

from django.urls import reverse
from wagtail.models import Site

from wagtail_personalise_gov.models import PersonalisationSettings

WORDS = ("service_name", "banner_heading", "banner_introduction", "policy_link")


def edit_address(site: Site) -> str:
    return reverse("wagtailsettings:edit", args=["wagtail_personalise_gov", "personalisationsettings", site.pk])


def banner_address(site: Site) -> str:
    return reverse("personalise_site_settings:banner", args=[site.pk])


def site_form(*wordings: dict[str, Any], **fields: str) -> dict[str, str]:
    """Everything that the form posts: empty but for these fields, and these words by language."""
    form = {
        **dict.fromkeys((*WORDS, "responsible", "contact_email", "contact_link", "last_reviewed"), ""),
        "holdout_percent": "0",
        "wordings-TOTAL_FORMS": str(len(wordings)),
        "wordings-INITIAL_FORMS": str(sum(1 for words in wordings if words.get("id"))),
        "wordings-MIN_NUM_FORMS": "0",
        "wordings-MAX_NUM_FORMS": "1000",
        **fields,
    }
    for number, words in enumerate(wordings):
        for name, value in {**dict.fromkeys(("id", "language", "ORDER", "DELETE", *WORDS), ""), **words}.items():
            if not (words.get("id") and name == "language"):  # of what is saved the language is not posted
                form[f"wordings-{number}-{name}"] = str(value)
    return form


def saved_form(row: PersonalisationSettings, *more: dict[str, Any], **fields: str) -> dict[str, str]:
    """The form of what is saved, as it is opened, with these changes."""
    wordings = [
        {"id": words.pk, "language": words.language, **{name: getattr(words, name) for name in WORDS}}
        for words in row.wordings.all()
    ]
    own = {name: str(getattr(row, name) or "") for name in (*WORDS, "responsible", "contact_email", "contact_link")}
    return site_form(*wordings, *more, **{**own, "holdout_percent": str(row.holdout_percent), **fields})
