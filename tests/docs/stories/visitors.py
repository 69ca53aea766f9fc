"""What visitors may say, and from where."""

from __future__ import annotations

from django.test import Client, RequestFactory

from tests.docs.stories.common import a_home_page_for_newcomers, a_segment, welcome_for


def what_may_be_done_from_where() -> None:
    from django.urls import reverse

    a_home_page_for_newcomers()
    here, elsewhere, silence = {"sec-fetch-site": "same-origin"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}
    forms = [
        ("choice", {"choice": "refused"}, 303),
        ("choice", {"choice": "hide"}, 303),
        ("forget", {}, 303),
        ("choice", {"choice": "allowed"}, 403),
        ("intent", {"intent": ""}, 403),
        ("place", {"place": "none"}, 403),
    ]
    for name, data, in_silence in forms:
        for headers, status in ((here, 303), (elsewhere, 403), (silence, in_silence)):
            response = Client().post(reverse(f"personalise:{name}"), data, headers=headers)
            assert response.status_code == status, (name, data, headers)
    away = Client().post(
        reverse("personalise:choice"), {"choice": "refused", "next": "https://elsewhere.example/"}, headers=here
    )
    assert away.url == reverse("personalise:about")
    odd = Client().post(reverse("personalise:choice"), {"choice": "perhaps"}, headers=here)
    assert odd.status_code == 400


def an_intent_that_a_visitor_declares() -> None:
    """The form that the page teaches, and the shipped question beside it."""
    from django.urls import reverse

    from wagtail_personalise_gov.blocks import IntentQuestionBlock
    from wagtail_personalise_gov.models import Intent, VisitIntentRule
    from wagtail_personalise_gov.visit.visit import Visit

    def question() -> str:
        request = RequestFactory().get("/")
        request.visit = Visit(request)  # type: ignore[attr-defined]
        block = IntentQuestionBlock()
        return block.render(block.get_default(), context={"request": request})

    intent = Intent.objects.create(name="Start a business", slug="start-business")
    assert not question()
    VisitIntentRule.objects.create(segment=(segment := a_segment("starting")), intent=intent)
    assert "Start a business" in question()
    welcome_for(segment)
    visitor = Client()
    assert "New here?" not in visitor.get("/").content.decode()
    data = {"intent": "start-business", "next": "/"}
    assert visitor.post(reverse("personalise:intent"), data, headers={"sec-fetch-site": "same-origin"}).url == "/"
    assert "New here?" in visitor.get("/", headers={"referer": "http://testserver/"}).content.decode()
    visitor.post(reverse("personalise:intent"), {"intent": ""}, headers={"sec-fetch-site": "same-origin"})
    assert "New here?" not in visitor.get("/", headers={"referer": "http://testserver/"}).content.decode()
