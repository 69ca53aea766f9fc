"""Collect the texts to translate, and compile the translations: `make messages`.

    python tools/messages.py            write the .po and .mo files again
    python tools/messages.py --check    say what is missing or wrong in them, and change nothing

The files come out the same on every machine and on every day: no dates, no line numbers, no versions of tools. So two
branches that both add a text can be merged, and a difference is one that somebody made. It needs no gettext.
"""

from __future__ import annotations

import argparse
import gettext
import io
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polib

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")  # templates are read by Django's own rules

from tools.texts import NAME, PACKAGE, Found, Text, texts

LOCALE = PACKAGE / "locale"
FOR_VISITORS = "Visitors read this."


@dataclass(frozen=True, slots=True)
class Language:
    """A language that the package speaks, and how it counts. The rules are those of Django's own translations."""

    code: str
    name: str
    plural_forms: str
    # A number of each form, to try a translation with; the form of a single one may do without the number.
    numbers: tuple[int, ...]


ENGLISH = Language("en", "English", "nplurals=2; plural=(n != 1);", (1, 2))
WELSH = Language(
    "cy", "Welsh", "nplurals=4; plural=(n==1) ? 0 : (n==2) ? 1 : (n != 8 && n != 11) ? 2 : 3;", (1, 2, 3, 8)
)
SPANISH = Language("es", "Spanish", "nplurals=2; plural=(n != 1);", (1, 2))
FRENCH = Language("fr", "French", "nplurals=2; plural=(n > 1);", (1, 2))

# Whose translations must hold everything that visitors read.
TRANSLATED = (WELSH, SPANISH, FRENCH)
LANGUAGES = (ENGLISH, *TRANSLATED)


def path_of(language: Language) -> Path:
    return LOCALE / language.code / "LC_MESSAGES" / "django.po"


# Writing


def collected(language: Language, found: dict[Text, Found], old: Iterable[polib.POEntry] = ()) -> polib.POFile:
    """The catalog of a language: all texts, with the translations that the old one has of them."""
    translations = {text_of(entry): entry for entry in old if not entry.obsolete}
    catalog = polib.POFile(wrapwidth=100)
    catalog.header = f" Texts of {NAME} in {language.name}. Written by `make messages`; translate the msgstr."
    catalog.metadata = {
        "Project-Id-Version": NAME,
        "Language": language.code,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": language.plural_forms,
    }
    for text, where in sorted(found.items(), key=lambda item: (not item[1].visitors, item[1].first, item[0])):
        entry = polib.POEntry(
            msgid=text.singular,
            msgid_plural=text.plural,
            msgctxt=text.context or None,
            comment="\n".join([FOR_VISITORS] * where.visitors + where.notes),
            occurrences=[(file, "") for file in sorted(where.files)],
            flags=["python-format"] if placeholders(text.singular) else [],
        )
        if text.plural:
            entry.msgstr_plural = dict.fromkeys(range(len(language.numbers)), "")
        if text in translations:
            before = translations[text]
            entry.msgstr, entry.tcomment = before.msgstr, before.tcomment
            if text.plural:
                entry.msgstr_plural |= before.msgstr_plural
            if before.fuzzy:
                entry.flags.append("fuzzy")
        catalog.append(entry)
    return catalog


def text_of(entry: polib.POEntry) -> Text:
    return Text(entry.msgid, entry.msgid_plural or "", entry.msgctxt or "")


def written(catalog: polib.POFile) -> str:
    """The catalog as its file."""
    return f"{str(catalog).rstrip()}\n"


def compiled(catalog: polib.POFile) -> bytes:
    """The catalog as programs read it."""
    binary: bytes = catalog.to_binary()
    return binary


# Checking


def faults(language: Language, found: dict[Text, Found]) -> Iterator[str]:
    """What is missing or wrong in the files of a language, a sentence each."""
    path = path_of(language)
    if not path.is_file():
        yield f"{language.name} has no file. Run `make messages`."
        return
    catalog = polib.pofile(str(path))
    if written(collected(language, found, catalog)) != path.read_text():
        yield f"{path.name} of {language.name} is not what the code says now. Run `make messages`."
        present = {text_of(entry) for entry in catalog}
        yield from (f"{language.name} does not know the text {text.singular!r}." for text in sorted({*found} - present))
    if not path.with_suffix(".mo").is_file() or path.with_suffix(".mo").read_bytes() != compiled(catalog):
        yield f"The compiled {language.name} is not made from the one that people write. Run `make messages`."
    yield from missing(language, catalog, found)
    for entry in catalog:
        yield from (f"{language.name}: {fault} in {entry.msgid!r}." for fault in faults_of(entry))


def missing(language: Language, catalog: polib.POFile, found: dict[Text, Found]) -> Iterator[str]:
    """What visitors read and has no translation, each plural form counting as one."""
    if language is ENGLISH:
        return
    entries = {text_of(entry): entry for entry in catalog}
    for text in sorted(text for text, where in found.items() if where.visitors):
        entry = entries.get(text)
        forms = [""] if entry is None else list(entry.msgstr_plural.values()) if text.plural else [entry.msgstr]
        if not all(forms):
            yield f"{language.name} has no translation of {text.singular!r}."


def faults_of(entry: polib.POEntry) -> Iterator[str]:
    """What a translation has lost or made up, in a few words each."""
    if entry.fuzzy:
        yield "a translation that somebody should look at (fuzzy)"
    for number, form in enumerate(entry.msgstr_plural.values()) if entry.msgid_plural else [(0, entry.msgstr)]:
        if not form:
            continue
        originals = [entry.msgid, entry.msgid_plural] if entry.msgid_plural else [entry.msgid]
        if placeholders(form) not in [placeholders(original) for original in originals]:
            yield f"other placeholders than in {form!r}"
        if entry.msgid_plural and number and placeholders(form) != placeholders(entry.msgid_plural):
            yield f"no number in the plural {form!r}"
        if tags(form) != tags(entry.msgid):
            yield f"other HTML than in {form!r}"
        if edges(form) != edges(entry.msgid):
            yield f"other spaces at the ends than in {form!r}"


def placeholders(text: str) -> list[str]:
    """What is filled in: "%s", "%(name)s"… Unnamed ones in their order, named ones in any."""
    found = re.findall(r"%(?:\(\w+\))?[#0 +-]*\d*(?:\.\d+)?[a-zA-Z]", text.replace("%%", ""))
    return [each for each in found if "(" not in each] + sorted({each for each in found if "(" in each})


def tags(text: str) -> list[str]:
    return sorted(re.findall(r"<[^>]+>", text))


def edges(text: str) -> tuple[str, str]:
    """The spaces at its two ends. French may add a narrow one of its own, before a colon."""
    inner = text.strip(" \n\t")
    before, _inner, after = text.partition(inner)
    return before, after


def plural_forms(catalog: bytes) -> gettext.GNUTranslations:
    """A compiled catalog, to ask."""
    return gettext.GNUTranslations(io.BytesIO(catalog))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="change nothing, and say what is missing or wrong")
    found = texts()
    if parser.parse_args().check:
        wrong = [fault for language in LANGUAGES for fault in faults(language, found)]
        print("\n".join(wrong) or "Nothing is missing.")
        return 1 if wrong else 0
    for language in LANGUAGES:
        path = path_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        catalog = collected(language, found, polib.pofile(str(path)) if path.is_file() else ())
        path.write_text(written(catalog))
        path.with_suffix(".mo").write_bytes(compiled(catalog))
        left = len(list(missing(language, catalog, found)))
        visitors = sum(where.visitors for where in found.values())
        print(
            f"{language.name}: {len(found)} texts, {visitors} of them read by visitors"
            + (f"; {left} of these have no translation." if left else ".")
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
