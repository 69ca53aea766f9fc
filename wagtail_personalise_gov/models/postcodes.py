"""Beginnings of postcodes, as editors write them: which may be one, and which postcodes begin so."""

from __future__ import annotations

import re
import string

POSTCODE_LETTERS = frozenset(string.ascii_uppercase + string.digits + " -*")
MAX_POSTCODE = 10  # characters, in the United States: 95014-1234
# The British overseas territories that have one postcode each; elsewhere no postcode begins with four letters.
FOUR_LETTERS = frozenset({"ASCN", "BBND", "BIQQ", "FIQQ", "PCRN", "SIQQ", "STHL", "TDCU", "TKCA"})


def is_beginning_of_a_postcode(word: str) -> bool:
    """Whether any country's postcodes may begin so. At most three letters come first: MSD, in Malta."""
    letters = word.strip("*")
    return (
        any(letter.isalnum() for letter in letters)
        and set(word) <= POSTCODE_LETTERS
        and len(word) <= MAX_POSTCODE
        and (bool(re.match(r"[A-Z]{0,3}(?![A-Z])", letters)) or letters[:4] in FOUR_LETTERS)
    )


def postcode_patterns(word: str) -> list[str]:
    """The patterns of the postcodes that begin with a word, so that "OX1" takes in OX1 2AB and not OX10.

    Where letters meet digits a postcode has a joint, and nobody who names what stands before it means half of what
    follows: "B" is not BA1, nor is "OX1" OX10. A word of digits only is a beginning wherever it ends: 981 takes in
    98154. With a star it is taken as it is written.
    """
    if "*" in word:
        return [word]
    if word.isdigit() or not word[-1].isalnum():
        return [f"{word}*"]
    follow = string.digits if word[-1].isalpha() else string.ascii_uppercase
    return [word, f"{word} *", f"{word}-*", *(f"{word}{letter}*" for letter in follow)]
