"""What visitors read is there in every language that the package speaks, and nothing is lost on the way."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

import polib
import pytest
from django.utils.translation import gettext, ngettext, npgettext, override, pgettext

from tools import texts as reading
from tools.messages import LANGUAGES, TRANSLATED, Language, faults, faults_of, missing, path_of, text_of
from tools.messages import collected as catalog_of
from tools.messages import compiled as compiled_catalog
from tools.texts import Found, NotTranslatable, Text, texts
from tools.write_reference import example_rules
from wagtail_personalise_gov.models import SegmentRule
from wagtail_personalise_gov.models.names import country_after_in, language_in_words, region_in_words

OWNERS = ("django", "wagtail", "rest_framework")


@pytest.fixture(scope="module")
def found() -> dict[Text, Found]:
    return texts()


def named(language: Language) -> str:
    return language.code


# The files


@pytest.mark.parametrize("language", LANGUAGES, ids=named)
def test_the_files_hold_every_text_and_everything_that_visitors_read(
    language: Language, found: dict[Text, Found]
) -> None:
    assert list(faults(language, found)) == []


@pytest.mark.parametrize("language", TRANSLATED, ids=named)
def test_a_text_that_visitors_begin_to_read_is_missed_until_it_is_translated(
    language: Language, found: dict[Text, Found]
) -> None:
    new = Text("A sentence that nobody has translated.")
    more = {**found, new: Found(("a.py", 1), {"a.py"}, visitors=True)}
    catalog = catalog_of(language, more, polib.pofile(str(path_of(language))))
    assert f"{language.name} has no translation of {new.singular!r}." in list(missing(language, catalog, more))
    assert any("is not what the code says now" in fault for fault in faults(language, more))


@pytest.mark.parametrize("language", TRANSLATED, ids=named)
def test_a_text_that_only_editors_read_may_stay_in_english(language: Language, found: dict[Text, Found]) -> None:
    more = {**found, Text("Only for editors."): Found(("a.py", 1), {"a.py"})}
    catalog = catalog_of(language, more, polib.pofile(str(path_of(language))))
    assert not [fault for fault in missing(language, catalog, more) if "Only for editors" in fault]


def test_each_form_of_a_plural_must_be_there() -> None:
    text = Text("%d lamp", "%d lamps")
    found = {text: Found(("a.py", 1), {"a.py"}, visitors=True)}
    welsh = TRANSLATED[0]
    catalog = catalog_of(welsh, found)
    catalog[0].msgstr_plural = {0: "%d lamp", 1: "%d lamp", 2: "%d lamp", 3: ""}
    assert len(list(missing(welsh, catalog, found))) == 1
    catalog[0].msgstr_plural[3] = "%d lamp"
    assert list(missing(welsh, catalog, found)) == []


@pytest.mark.parametrize(
    "entry, fault",
    [
        (polib.POEntry(msgid="We use %(things)s.", msgstr="Usamos %(cosas)s."), "other placeholders"),
        (polib.POEntry(msgid="We use %(things)s.", msgstr="Usamos."), "other placeholders"),
        (polib.POEntry(msgid="%s of %d", msgstr="%d de %s"), "other placeholders"),  # Python fills them in by order
        (polib.POEntry(msgid="%(a)s of %(b)s", msgstr="%(b)s: %(a)s"), ""),
        (polib.POEntry(msgid="100%% of %s", msgstr="100%% de %s"), ""),
        (polib.POEntry(msgid="<b>Bold</b>", msgstr="Negrita"), "other HTML"),
        (polib.POEntry(msgid='<a href="%(url)s">x</a>', msgstr='<a href="%(url)s" style="">x</a>'), "other HTML"),
        (polib.POEntry(msgid=" and ", msgstr="y"), "other spaces"),
        (polib.POEntry(msgid="One", msgstr="Uno", flags=["fuzzy"]), "fuzzy"),
        (polib.POEntry(msgid="a", msgid_plural="%d", msgstr_plural={0: "uno", 1: "%s"}), "other placeholders"),
        (polib.POEntry(msgid="a", msgid_plural="%d", msgstr_plural={0: "uno", 1: "dos"}), "no number in the plural"),
        (polib.POEntry(msgid="a", msgid_plural="%d", msgstr_plural={0: "uno", 1: "%d"}), ""),
        (polib.POEntry(msgid="Not translated %s", msgstr=""), ""),
    ],
)
def test_what_counts_as_lost_in_translation(entry: polib.POEntry, fault: str) -> None:
    told = list(faults_of(entry))
    assert bool(told) is bool(fault)
    assert all(fault in each for each in told[:1])


@pytest.mark.parametrize("language", LANGUAGES, ids=named)
def test_the_files_say_nothing_of_when_and_where_they_were_written(language: Language) -> None:
    path = path_of(language)
    for word in ("POT-Creation-Date", "PO-Revision-Date", "Last-Translator", str(Path.home()), str(Path.cwd())):
        assert word not in path.read_text()
        assert word.encode() not in path.with_suffix(".mo").read_bytes()


@pytest.mark.parametrize("language", TRANSLATED, ids=named)
def test_programs_read_what_translators_wrote(language: Language) -> None:
    """Through Django, and each form of each plural by a number of its own."""
    with override(language.code):
        for entry in polib.pofile(str(path_of(language))):
            forms = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
            if not all(forms):
                continue
            if not entry.msgid_plural:
                told = pgettext(entry.msgctxt, entry.msgid) if entry.msgctxt else gettext(entry.msgid)
                assert told == entry.msgstr
                continue
            for number, form in zip(language.numbers, forms, strict=True):
                arguments = (entry.msgid, entry.msgid_plural, number)
                assert (npgettext(entry.msgctxt, *arguments) if entry.msgctxt else ngettext(*arguments)) == form


@pytest.mark.parametrize("language", TRANSLATED, ids=named)
def test_no_text_of_django_or_wagtail_reads_differently_because_of_ours(language: Language) -> None:
    """All translations of a site are one heap: what we say in another way, their screens would say that way too."""
    theirs = [
        polib.pofile(str(path))
        for owner in OWNERS
        for path in sorted(Path(find_spec(owner).origin).parent.rglob(f"locale/{language.code}/LC_MESSAGES/django.po"))
    ]
    said: dict[Text, set[str]] = {}
    for entry in (entry for catalog in theirs for entry in catalog if entry.translated()):
        said.setdefault(text_of(entry), set()).add(told(entry))
    ours = [entry for entry in polib.pofile(str(path_of(language))) if entry.translated()]
    assert len({text_of(entry) for entry in ours} & said.keys()) > 5
    for entry in ours:
        if (texts := said.get(text_of(entry))) is not None:
            assert told(entry) in texts, f"{entry.msgid!r} is said as {texts} elsewhere"


def told(entry: polib.POEntry) -> str:
    return str(entry.msgstr_plural) if entry.msgid_plural else entry.msgstr


def test_a_catalog_is_compiled_the_same_each_time(found: dict[Text, Found]) -> None:
    old = polib.pofile(str(path_of(TRANSLATED[0])))
    assert compiled_catalog(catalog_of(TRANSLATED[0], found, old)) == compiled_catalog(
        catalog_of(TRANSLATED[0], found, old)
    )


# Which texts are the visitor's


@pytest.mark.parametrize(
    "text, visitors",
    [
        (Text("People who seem to be in %s"), True),  # a rule's words for visitors…
        (Text("They seem to be in %s"), False),  # …and for editors
        (Text("postcodes that begin with %s"), True),  # of a method that the words for visitors use
        (Text("Name at least one network."), False),
        (Text("a phone"), True),  # of a list that a rule's words look up
        (Text("Europe"), True),
        (Text("how many times you have visited"), True),
        (Text("What do you need to do today?"), True),
        (Text("Others see nothing here"), False),
        (Text("until you close your browser"), True),
        (Text("Skip this question"), True),
        (Text("They are kept for %d day.", "They are kept for %d days."), True),
    ],
    ids=lambda value: value.singular if isinstance(value, Text) else "",
)
def test_whose_a_text_is(text: Text, visitors: bool, found: dict[Text, Found]) -> None:
    assert found[text].visitors is visitors


def test_a_text_that_is_put_together_when_the_program_runs_is_refused(tmp_path: Path) -> None:
    call = ast.parse('gettext(f"We use {things}.")').body[0].value  # type: ignore[attr-defined]
    with pytest.raises(NotTranslatable, match=r"a\.py:1"):
        reading._text(call, "gettext", "a.py:1")


def test_templates_are_read_with_plurals_contexts_and_brackets(tmp_path: Path) -> None:
    template = tmp_path / "a.html"
    template.write_text(
        "{% load i18n %}{# Translators: a greeting #}\n"
        '{% translate "Hello (you)" %}{% translate "May" context "month" %}\n'
        '{% blocktranslate count n=n trimmed %}\n  One "lamp"\n{% plural %}\n  {{ n }} lamps\n{% endblocktranslate %}'
        '{% if x == _("Yes") %}Not this{% endif %}'
    )
    assert [(text, note) for _line, text, note in reading.texts_of_template(template)] == [
        (Text("Hello (you)"), "a greeting"),
        (Text("May", context="month"), "a greeting"),  # on the same line
        (Text('One "lamp"', "%(n)s lamps"), ""),
        (Text("Yes"), ""),
    ]


# In words


@pytest.mark.parametrize("language", TRANSLATED, ids=named)
@pytest.mark.parametrize("negated", [False, True], ids=["", "negated"])
@pytest.mark.django_db
def test_whom_a_rule_describes_is_said_in_the_language_of_the_page(language: Language, negated: bool) -> None:
    for rule in example_rules():
        rule.negated = negated
        if isinstance(rule, SegmentRule) and not negated:
            continue  # it says the name of the other segment, which is an editor's
        with override("en"):
            english = rule.public_sentence()
        with override(language.code):
            assert rule.public_sentence() != english
            assert "%" not in rule.public_sentence()


@pytest.mark.parametrize(
    "language, place, region, tongue",
    [
        ("en", "the United Kingdom", "Scotland", "Portuguese (Brazil)"),
        ("cy", "Y Deyrnas Unedig", "Yr Alban", "Portiwgaleg (Brasil)"),
        ("es", "Reino Unido", "Escocia", "Portugués (Brasil)"),
        ("fr", "Royaume-Uni", "Écosse", "Portugais (Brésil)"),
        ("fr-ca", "Royaume-Uni", "Écosse", "Portugais (Brésil)"),
        ("de", "Vereinigtes Königreich", "Scotland", "Portugiesisch (Brasilien)"),  # what nobody translated: in English
    ],
)
def test_names_of_places_and_languages(language: str, place: str, region: str, tongue: str) -> None:
    with override(language):
        assert (country_after_in("GB"), region_in_words("GB-SCT"), language_in_words("pt-BR")) == (
            place,
            region,
            tongue,
        )


def test_names_that_nobody_knows_stay_as_they_are() -> None:
    for language in ("en", "cy"):
        with override(language):
            assert (country_after_in("XX"), region_in_words("Hilltop"), language_in_words("xx")) == (
                "XX", "Hilltop", "xx",
            )  # fmt: skip
