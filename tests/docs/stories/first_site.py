"""The tutorial, as its reader lives it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.test import Client

from tests.docs.stories.common import login, welcome_for


def the_tutorial() -> None:
    """Steps 4 to 6, through the admin's own forms."""
    from django.urls import reverse
    from django.utils import timezone
    from wagtail.test.utils.form_data import inline_formset, nested_form_data

    from wagtail_personalise_gov.models import Segment

    editor = login()
    address = reverse(Segment.snippet_viewset.get_url_name("add"))  # type: ignore[attr-defined]
    form = editor.get(address).content.decode()
    assert "Add a rule" in form
    formsets: dict[str, Any] = {
        relation.get_accessor_name(): inline_formset([{}])
        if relation.get_accessor_name().endswith("firsttimevisitorrule_rules")
        else inline_formset([])
        for relation in Segment.rule_relations()
    }
    rule = next(key for key in formsets if key.endswith("firsttimevisitorrule_rules"))
    formsets[rule] = inline_formset([{"negated": "False"}])
    data = {
        "name": "First-time visitors",
        "slug": "first-time-visitors",
        "match": "all",
        "purpose": "Newcomers need to know where to begin.",
        "owner": "Web team",
        "review_by": (timezone.localdate() + timedelta(days=180)).isoformat(),
        "public_name": "People on their first visit",
        "public_explanation": "We show newcomers where to begin.",
        "action-publish": "1",
        **nested_form_data(formsets),
    }
    response = editor.post(address, data)
    assert response.status_code == 302, response.context["form"].errors
    segment = Segment.objects.get()
    assert segment.live
    assert len(segment.get_rules()) == 1

    home = welcome_for(segment)
    assert "As: “First-time visitors”" in [label for _mode, label in home.preview_modes]

    visitor = Client()
    page = visitor.get("/").content.decode()
    assert "New here?" in page
    assert "Turn it off" in page
    assert "Keep it on" in page
    assert "New here?" in visitor.get("/", headers={"referer": "http://testserver/"}).content.decode()

    refused = visitor.post(
        reverse("personalise:choice"), {"choice": "refused", "next": "/"}, headers={"sec-fetch-site": "same-origin"}
    )
    assert (refused.status_code, refused.url) == (303, "/")
    page = visitor.get("/").content.decode()
    assert "Welcome" in page
    assert "New here?" not in page
    assert "turned this off" in page
    kept = {name: cookie.value for name, cookie in visitor.cookies.items() if cookie.value}
    assert list(kept) == ["personalise_choice"]
    assert kept["personalise_choice"].startswith("refused.")
    assert reverse("personalise:about") in page
