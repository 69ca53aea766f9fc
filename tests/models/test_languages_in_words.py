"""Languages as editors write them: what is understood, what is refused, and how it is said back."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from wagtail_personalise_gov.models import LanguageRule
from wagtail_personalise_gov.models.languages import MEANT, NAMES, language_name, language_tag


@pytest.mark.parametrize(
    "word, tag",
    [
        ("Welsh", "cy"),
        ("Cymraeg", "cy"),
        ("CY", "cy"),
        ("cym", "cy"),  # a browser sends the shortest code
        ("wel", "cy"),
        ("Gaeilge", "ga"),
        ("Irish", "ga"),
        ("Gàidhlig", "gd"),
        ("Gaelic", "gd"),
        ("polski", "pl"),
        ("français", "fr"),
        ("español", "es"),
        ("deutsch", "de"),
        ("Greek", "el"),
        ("Punjabi", "pa"),
        ("Farsi", "fa"),
        ("Mandarin", "zh"),
        ("Chinese", "zh"),
        ("Cantonese", "yue"),
        ("Scots", "sco"),
        ("EN-gb", "en-GB"),
        ("en-UK", "en-GB"),
        ("en_GB", "en-GB"),
        ("British English", "en-GB"),
        ("zh-hant-tw", "zh-Hant-TW"),
        ("es-419", "es-419"),
    ],
)
def test_a_language_is_kept_as_browsers_write_it(word: str, tag: str) -> None:
    rule = LanguageRule(languages=[word])
    rule.clean()
    assert rule.languages == [tag]


@pytest.mark.parametrize(
    "word, message",
    [
        (
            "klingon",
            "We do not know the language “klingon”. Write its English name, such as Welsh, or its code, such as cy.",
        ),
        ("Wesh", "We do not know the language “Wesh”. Did you mean Welsh?"),
        ("gb", "gb is a country, not a language. Did you mean en-GB?"),
        ("France", "France is a country, not a language. Did you mean fr?"),
        ("Bolivia", "Bolivia is a country, not a language."),
    ],
)
def test_what_no_browser_asks_for_is_refused(word: str, message: str) -> None:
    with pytest.raises(ValidationError) as caught:
        LanguageRule(languages=[word]).clean()
    assert caught.value.message_dict == {"languages": [message]}


@pytest.mark.parametrize(
    "word", ["x-klingon", "i-klingon", "*", "en-", "-en", "en-XX", "en-Xxxx", "1996", "a" * 500, "cý"]
)
def test_what_is_no_tag_is_refused(word: str) -> None:
    tag, message = language_tag(word)
    assert tag is None
    assert message.startswith("We do not know the language")
    assert len(message) < 200


@pytest.mark.parametrize(
    "tag, name",
    [
        ("cy", "Welsh"),
        ("el", "Greek"),
        ("yue", "Cantonese"),
        ("en-GB", "English (United Kingdom)"),
        ("zh-Hant", "Chinese (Traditional)"),
        ("zh-Hant-TW", "Chinese (Traditional, Taiwan)"),
        ("es-419", "Spanish (Latin America)"),
        ("klingon", "klingon"),  # as an older rule may have it
    ],
)
def test_a_language_is_said_by_its_english_name(tag: str, name: str) -> None:
    assert language_name(tag) == name


@pytest.mark.parametrize("tag", ["cy", "en-GB", "zh-Hant", "yue", "pa"])
def test_what_is_said_may_be_written(tag: str) -> None:
    assert language_tag(language_name(tag)) == (tag, "")


def test_our_own_names_lead_to_tags_that_are_known() -> None:
    for tag in {*NAMES.values(), *MEANT.values()}:
        assert language_tag(tag) == (tag, "")


@pytest.mark.parametrize("tag", ["hu", "ha", "mon", "yue", "sco", "fil"])
def test_a_code_is_never_taken_for_a_name(tag: str) -> None:
    """There are languages called Hu and Mon, which hardly anybody means."""
    assert language_tag(tag) == ({"mon": "mn"}.get(tag, tag), "")  # Mongolian has a shorter code
