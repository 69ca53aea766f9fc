"""What a data protection impact assessment asks, in the seven steps of the ICO's sample template (UK GDPR, Article 35).

The same steps serve Article 35 of the EU's regulation.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext

from ...conf import settings
from ...core.preference import Mode
from .document import Record, Section, field
from .holding import Holding
from .risks import risks


def dpia(holding: Holding) -> Record:
    return Record(
        kind="dpia",
        title=gettext("Personalisation of %s: material for a data protection impact assessment") % holding.service,
        made=holding.made,
        beginning=tuple(holding.beginning()),
        note=gettext(
            "Put together on %(made)s from the settings and the live segments of %(site)s. It describes; it does not "
            "assess. What is marked has to be completed by you, and the assessment is yours."
        )
        % {"made": holding.made, "site": holding.site.root_url},
        sections=(
            _need(holding),
            _nature(holding),
            _scope(holding),
            _context(holding),
            _purposes(holding),
            _consultation(),
            _necessity(holding),
            _risks(holding),
            _sign_off(),
        ),
    )


def _need(holding: Holding) -> Section:
    return Section(
        "need",
        gettext("Step 1: identify the need for a DPIA"),
        (
            field("aim", gettext("What the processing aims at"), [_aim(holding), holding.mode()]),
            field(
                "criteria",
                gettext("What may call for an assessment"),
                list(_criteria(holding)) or [gettext("Nothing about visitors is read at the moment.")],
                gettext("Say why you carried out an assessment, or why none is needed."),
            ),
        ),
    )


def _aim(holding: Holding) -> str:
    if not holding.running:
        return gettext(
            "Parts of pages would be shown in a version that suits the visit, such as that of the visitor’s town. The "
            "site’s own server would put them together, by rules that editors write. Nothing would be decided about "
            "anybody: the same information would be there for everyone."
        )
    return gettext(
        "Parts of pages are shown in a version that suits the visit, such as that of the visitor’s town. The site’s "
        "own server puts them together, by rules that editors write. Nothing is decided about anybody: the same "
        "information is there for everyone."
    )


def _criteria(holding: Holding) -> Iterator[str]:
    if not holding.running:
        yield gettext("Nothing about visitors is read at the moment.")
        for use in holding.uses_of_visitors:
            yield gettext("This would be read: %s.") % use.meaning
        if settings.COUNTING and settings.MODE is not Mode.OFF:
            yield gettext("It would be counted how often versions are shown and what they lead to, as daily totals.")
        return
    if holding.asks("location."):
        yield gettext("Where a visitor roughly is, is guessed or asked.")
    if holding.remembers_past:
        yield gettext("Something of earlier visits is remembered.")
    if holding.asks("account."):
        yield gettext("Something of a visitor’s account is read.")
    if holding.asks("network."):
        yield gettext("The visitor’s internet address is compared with networks.")
    if settings.COUNTING:
        yield gettext("It is counted how often versions are shown and what they lead to, as daily totals.")
    for use in holding.uses_of_visitors:
        if not use.fact.read_from:
            yield gettext("A part that the site added reads: %s.") % use.meaning


def _nature(holding: Holding) -> Section:
    return Section(
        "nature",
        gettext("Step 2: describe the processing – its nature"),
        (
            field(
                "collection",
                gettext("How data is collected and used, and from where"),
                holding.reads_in_words() or [gettext("Nothing about visitors is read at the moment.")],
            ),
            field(
                "storage",
                gettext("How it is stored and deleted"),
                [
                    holding.where_kept(),
                    *holding.cookies_in_words(),
                    gettext("A visitor can erase what is kept at any time; turning it off erases it too."),
                ],
            ),
            field(
                "recipients",
                gettext("Who receives it"),
                holding.recipients(),
                gettext("Name those who host or operate the site for you, and under which contract."),
            ),
        ),
    )


def _scope(holding: Holding) -> Section:
    special = gettext("No fact of the package is of a special category. What a segment’s pages are about may be.")
    return Section(
        "scope",
        gettext("Step 2: describe the processing – its scope"),
        (
            field(
                "data",
                gettext("What data it is"),
                [*(use.meaning for use in holding.uses_of_visitors), special],
                gettext("Say whether the subject of a page could reveal data of a special category."),
            ),
            field("segments", gettext("The live segments"), holding.segments_in_words()),
            field("retention", gettext("How long it is kept"), holding.retention()),
            field(
                "people",
                gettext("How many people it concerns, and where they are"),
                to_complete=gettext("Give the number of visitors, how often they come, and from where."),
            ),
        ),
    )


def _context(holding: Holding) -> Section:
    control = [holding.mode()]
    if about := holding.address("about"):
        control.append(gettext("Visitors see what is used, choose, download and erase at %s") % about)
    return Section(
        "context",
        gettext("Step 2: describe the processing – its context"),
        (
            field("control", gettext("How much control visitors have"), control),
            field(
                "relationship",
                gettext("Your relationship with visitors, and what they expect"),
                to_complete=gettext(
                    "Say who your visitors are, whether there are children or other vulnerable people among them, and "
                    "whether they would expect this."
                ),
            ),
            field(
                "technology",
                gettext("The technology"),
                [gettext("Rules that people wrote; no profiling by machine learning. It works without JavaScript.")],
                gettext("Name earlier concerns, security flaws, and codes that you have signed."),
            ),
        ),
    )


def _purposes(holding: Holding) -> Section:
    told = [
        gettext("“%(segment)s”: %(purpose)s") % {"segment": entry.segment.name, "purpose": entry.segment.purpose}
        for entry in holding.entries
        if entry.segment.purpose
    ]
    if settings.COUNTING:
        told.append(
            gettext("Counting, as a purpose of its own: to tell which words help.")
            if holding.running
            else gettext("Counting, as a purpose of its own, would tell which words help.")
        )
    without = [entry.segment.name for entry in holding.entries if not entry.segment.purpose]
    return Section(
        "purposes",
        gettext("Step 2: describe the processing – its purposes"),
        (
            field(
                "purposes",
                gettext("What is to be achieved, for whom"),
                told,
                gettext("Write the purpose of: %s.") % ", ".join(without) if without else "",
            ),
            field("benefits", gettext("The benefits"), to_complete=gettext("Say whom it helps, and how you know.")),
        ),
    )


def _consultation() -> Section:
    return Section(
        "consultation",
        gettext("Step 3: consultation process"),
        (
            field(
                "consultation",
                gettext("Whom you asked"),
                to_complete=gettext("Say when and how you ask visitors, or why you do not, and whom else you asked."),
            ),
        ),
    )


def _necessity(holding: Holding) -> Section:
    consent = settings.MODE is Mode.OPT_IN
    return Section(
        "necessity",
        gettext("Step 4: assess necessity and proportionality"),
        (
            field(
                "basis",
                gettext("The lawful basis"),
                [
                    holding.mode()
                    if settings.MODE is Mode.OFF
                    else gettext("Visitors are asked first; nothing is used or kept before they allow it.")
                    if consent
                    else gettext("Visitors are not asked first: it is on until they turn it off.")
                    if holding.running
                    else gettext("Visitors would not be asked first: it would be on until they turn it off.")
                ],
                gettext(
                    "Name the lawful basis, and the one for storing on and reading from visitors’ devices (in the UK "
                    "PECR regulation 6 and its schedule A1, in the EU the law that follows ePrivacy Article 5(3))."
                ),
            ),
            field(
                "minimisation",
                gettext("How only what is needed is used"),
                [
                    gettext("What no live segment asks is neither read nor kept; a segment that ends takes it along."),
                    gettext(
                        "The internet address, postcodes and coordinates are used within one request and not kept."
                    ),
                ],
            ),
            field(
                "alternatives",
                gettext("Whether another way would do"),
                to_complete=gettext("Say why the same page for everybody would not do."),
            ),
            field(
                "rights",
                gettext("How people are informed, and use their rights"),
                [
                    gettext("%(what)s: %(address)s") % {"what": what, "address": address}
                    for what, address in (
                        (gettext("What is used and kept, the choice, download and erasure"), holding.address("about")),
                        (gettext("The public register"), holding.address("register_page")),
                        (gettext("The privacy policy"), holding.said.policy_link),
                        (gettext("Contact"), holding.words.contact_email or holding.words.contact_link),
                    )
                    if address
                ],
                "" if holding.words.contact_email or holding.words.contact_link else gettext("Name a contact."),
            ),
            field(
                "transfers",
                gettext("Processors and international transfers"),
                to_complete=gettext("Say where the site is hosted, and how you make sure that processors comply."),
            ),
        ),
    )


def _risks(holding: Holding) -> Section:
    judged = gettext("Judge likelihood and severity, what remains after the measures, and who accepts it.")
    return Section(
        "risks",
        gettext("Steps 5 and 6: risks, and measures that hold in this configuration"),
        tuple(
            field(
                risk.key,
                risk.risk,
                [
                    *(gettext("Measure: %s") % measure for measure in risk.measures),
                    *(gettext("Open: %s") % gap for gap in risk.gaps),
                ],
                judged,
            )
            for risk in risks(holding)
        ),
    )


def _sign_off() -> Section:
    return Section(
        "sign_off",
        gettext("Step 7: sign off and record outcomes"),
        tuple(
            field(key, label, to_complete=gettext("Name, date and notes."))
            for key, label in (
                ("measures", gettext("Measures approved by")),
                ("residual", gettext("Residual risks approved by")),
                ("advice", gettext("Advice of the data protection officer")),
                ("review", gettext("This assessment is kept under review by")),
            )
        ),
    )
