"""Words that editors wrote, so that a page in another language can say in which one they stand.

Editors write a group's name, its purpose and the like once, in the language of the site. A screen reader that is not
told so reads them out by the rules of the page's language, and nobody understands it (WCAG 3.1.2). What the package
says itself is in the language of the page anyway.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings as django_settings
from django.template.defaultfilters import linebreaksbr
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html, linebreaks
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language_info

from .speaking import spoken


class Written(str):
    """A text as an editor wrote it, or a developer of the site who had it translated into nothing else."""

    __slots__ = ()


class Quoting(str):
    """A sentence of ours with such texts in it. Made by `quoting`."""

    frame: str
    words: dict[str, str]


def quoting(frame: str, **words: str) -> Quoting:
    """`frame` % words, which knows where the words of others stand in it."""
    sentence = Quoting(frame % words)
    sentence.frame, sentence.words = frame, words
    return sentence


def remarked(frame: str, name: str) -> Quoting:
    """A name with a remark after it: `frame` holds one %s for it."""
    return quoting(frame.replace("%s", "%(name)s"), name=name)


def meaning_of(fact: Any) -> str:
    """What a fact is, in plain words. One that its developer did not have translated is in the site's language."""
    meaning = fact.meaning
    return str(meaning) if isinstance(meaning, Promise) else Written(meaning)


def marked(text: Any, how: str = "") -> SafeString:
    """A text as HTML, with its language where that is not the page's.

    `how`: "capfirst", "linebreaks", "linebreaksbr" or nothing.
    """
    if isinstance(text, Quoting) and not how:
        quoted = {name: marked(word) for name, word in text.words.items()}
        return mark_safe(conditional_escape(text.frame) % quoted)  # noqa: S308  both are escaped
    if how == "linebreaks":
        html, element = mark_safe(linebreaks(text, autoescape=True)), "div"  # noqa: S308
    elif how == "linebreaksbr":
        html, element = linebreaksbr(text, autoescape=True), "span"
    else:
        html, element = conditional_escape(capfirst(text) if how == "capfirst" else text), "span"
    attributes = of_the_site() if isinstance(text, Written) and text.strip() else SafeString()
    return format_html("<{0}{1}>{2}</{0}>", element, attributes, html) if attributes else html


def of_the_site() -> SafeString:
    """The attributes of an element whose words are in the site's language; "" among words in that language.

    What stands around them are words of ours, marked where they are not in the page's language either.
    """
    language: str = django_settings.LANGUAGE_CODE
    if _base(spoken()) == _base(language):
        return SafeString()
    try:
        direction = "rtl" if get_language_info(language)["bidi"] else "ltr"
    except KeyError:  # a language of the site's own, which Django does not know
        direction = "auto"
    return format_html(' lang="{}" dir="{}"', language, direction)


def _base(language: str) -> str:
    return language.lower().partition("-")[0]
