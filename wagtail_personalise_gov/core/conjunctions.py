"""The word that joins two others, where it sounds different before some of them."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Language → word → (before what, how it is written there), each in small letters.
_SPANISH = {
    "y": (re.compile(r"i|hi(?![aeou])"), "e"),  # "Gales e Irlanda", and "agua y hielo"
    "o": (re.compile(r"h?[oó]|8|11\b"), "u"),  # "Bélgica u Holanda"; 8 and 11 are read "ocho" and "once"
}
_WELSH = {"a": (re.compile(r"[aeiouwyâêîôûŵŷ]"), "ac")}  # "Cymru ac Iwerddon"
CONJUNCTIONS: Mapping[str, Mapping[str, tuple[re.Pattern[str], str]]] = {"es": _SPANISH, "cy": _WELSH}


def fitting(word: str, following: str, language: str) -> str:
    """The joining word as it is written before what follows: "y" or "e", "o" or "u", "a" or "ac"."""
    before, other = CONJUNCTIONS.get(language.partition("-")[0], {}).get(word, (None, word))
    return other if before is not None and before.match(following.lower()) else word
