"""Lists in a sentence, as they are written in each language."""

import pytest

from wagtail_personalise_gov.core.conjunctions import fitting


@pytest.mark.parametrize(
    "word, following, language, written",
    [
        ("y", "Francia", "es", "y"),
        ("y", "Irlanda", "es", "e"),
        ("y", "India", "es-mx", "e"),
        ("y", "hilo", "es", "e"),
        ("y", "hielo", "es", "y"),  # it begins like "yes"
        ("o", "Bélgica", "es", "o"),
        ("o", "Irlanda", "es", "o"),
        ("o", "Omán", "es", "u"),
        ("o", "Honduras", "es", "u"),
        ("o", "11 días", "es", "u"),
        ("o", "1100 días", "es", "o"),
        ("a", "Ffrainc", "cy", "a"),
        ("a", "Iwerddon", "cy", "ac"),
        ("a", "Ynys Môn", "cy", "ac"),
        ("neu", "Iwerddon", "cy", "neu"),
        ("et", "Irlande", "fr", "et"),
        ("and", "Ireland", "en", "and"),
        ("o", "Oman", "it", "o"),
        ("y", "", "es", "y"),
    ],
)
def test_the_word_before_the_last_of_a_list(word: str, following: str, language: str, written: str) -> None:
    assert fitting(word, following, language) == written
