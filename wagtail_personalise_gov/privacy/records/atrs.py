"""What the UK's Algorithmic Transparency Recording Standard asks: the fields of its template, version 3, tiers 1 and 2.

Whether a record is due at all is for the body to say: rules that put a paragraph first seldom have "a significant
influence on a decision". The names of fields are the template's, in English like it; compare them with its present
edition before you send the record in.
"""

from __future__ import annotations

from django.utils.translation import gettext

from ... import __version__
from ...conf import settings
from .document import Field, Record, Section, field
from .holding import Holding
from .risks import risks

STANDARD = "3.0"


def atrs(holding: Holding) -> Record:
    return Record(
        kind="atrs",
        title=gettext("Personalisation of %s: algorithmic transparency record") % holding.service,
        made=holding.made,
        beginning=tuple(holding.beginning()),
        note=gettext(
            "Put together on %(made)s from the settings and the live segments of %(site)s, in the fields of the "
            "Algorithmic Transparency Recording Standard, template version %(standard)s. What is marked has to be "
            "completed by you; compare the fields with the present template."
        )
        % {"made": holding.made, "site": holding.site.root_url, "standard": STANDARD},
        sections=(
            _tier_1(holding),
            _owner(holding),
            _rationale(holding),
            _deployment(holding),
            _tool(holding),
            _model(),
            _development_data(),
            _operational_data(holding),
            _risks(holding),
        ),
    )


def _tier_1(holding: Holding) -> Section:
    words = holding.words
    described = [
        (
            gettext("On %s, parts of some pages are shown in a version that suits the visit.")
            if holding.running
            else gettext("On %s, parts of some pages would be shown in a version that suits the visit.")
        )
        % holding.service,
        gettext("Rules that editors write say to whom. Visitors can turn it off and find the same information.")
        if holding.running
        else gettext("Rules that editors write would say to whom."),
        holding.mode(),
    ]
    return Section(
        "tier_1",
        "Tier 1 Information",
        (
            field("1.name", "1 - Name", [gettext("Personalisation of %s") % holding.service]),
            field("1.description", "2 - Description", described),
            field("1.website", "3 - Website URL", [holding.address("about")]),
            field(
                "1.contact",
                "4 - Contact email",
                [words.contact_email],
                "" if words.contact_email else gettext("Give an address, in Settings → Personalisation too."),
            ),
        ),
    )


def _owner(holding: Holding) -> Section:
    team = [holding.words.responsible]
    return Section(
        "owner",
        "Tier 2 - Owner and Responsibility",
        (
            field("1.1", "1.1 - Organisation or department", to_complete=gettext("Name your organisation.")),
            field("1.2", "1.2 - Team", team, "" if any(team) else gettext("Name the team that answers for it.")),
            field("1.3", "1.3 - Senior responsible owner", to_complete=gettext("Give the role, not the name.")),
            field(
                "1.4",
                "1.4 - Third party involvement",
                [gettext("The software is open source and runs on the site’s own server.")],
                gettext("Say whether a supplier builds, hosts or runs the site for you."),
            ),
            *(
                field(key, label, to_complete=gettext("Only where a supplier is involved."))
                for key, label in (
                    ("1.4.1", "1.4.1 - Third party"),
                    ("1.4.2", "1.4.2 - Companies House Number"),
                    ("1.4.3", "1.4.3 - Third party role"),
                    ("1.4.4", "1.4.4 - Procurement procedure type"),
                    ("1.4.5", "1.4.5 - Third party data access terms"),
                )
            ),
        ),
    )


def _rationale(holding: Holding) -> Section:
    return Section(
        "rationale",
        "Tier 2 - Description and Rationale",
        (
            field(
                "2.1",
                "2.1 - Detailed description",
                [
                    gettext("A segment is a set of rules, all or any of which a visit has to match."),
                    gettext("What can’t be told counts as no match, so the standard version is shown."),
                    *holding.segments_in_words(),
                ],
            ),
            field(
                "2.2",
                "2.2 - Benefits",
                [
                    f"{entry.segment.name}: {entry.segment.purpose}"
                    for entry in holding.entries
                    if entry.segment.purpose
                ],
                gettext("Say what has got better, and how you know."),
            ),
            field("2.3", "2.3 - Previous process", to_complete=gettext("Say how pages were before.")),
            field("2.4", "2.4 - Alternatives considered", to_complete=gettext("Say what else you considered.")),
        ),
    )


def _deployment(holding: Holding) -> Section:
    appeals = [
        gettext("Visitors can turn it off, and see the standard version of every page."),
        gettext("They see why they were shown what they saw, at %s") % holding.address("about")
        if holding.address("about")
        else "",
    ]
    return Section(
        "deployment",
        "Tier 2 - Deployment Context",
        (
            field(
                "3.1",
                "3.1 - Integration into broader operational process",
                [gettext("It decides which version of a part of a page is shown, and nothing else.")],
                gettext("Say which of your processes these pages belong to."),
            ),
            field(
                "3.2",
                "3.2 - Human review",
                [
                    gettext("Every rule and every version is written and published by editors."),
                    gettext("Everything can be turned to the standard version at once (the pause)."),
                ],
                gettext("Say who approves a segment before it is published."),
            ),
            field(
                "3.3",
                "3.3 - Frequency and scale of usage",
                [
                    gettext("At each request of a page that has versions.")
                    if holding.running
                    else gettext("Not in use at the moment.")
                ],
                gettext("Give the number of visits to these pages."),
            ),
            field("3.4", "3.4 - Required training", to_complete=gettext("Say what your editors learn first.")),
            field("3.5", "3.5 - Appeals and review", appeals),
        ),
    )


def _tool(holding: Holding) -> Section:
    return Section(
        "tool",
        "Tier 2 - Tool Specification",
        (
            field(
                "4.1.1",
                "4.1.1 - System architecture",
                [gettext("wagtail-personalise-gov %s, a part of the site’s own Wagtail.") % __version__],
            ),
            field(
                "4.1.2",
                "4.1.2 - System-level input",
                [
                    *([] if holding.running and holding.uses else [gettext("Nothing at the moment.")]),
                    *(
                        use.meaning if holding.running else gettext("Would be read: %s.") % use.meaning
                        for use in holding.uses
                    ),
                ],
            ),
            field("4.1.3", "4.1.3 - System-level output", [gettext("The version of a part of a page.")]),
            field(
                "4.1.4",
                "4.1.4 - Maintenance",
                [
                    gettext("Last reviewed: %s") % holding.words.last_reviewed.isoformat()
                    if holding.words.last_reviewed
                    else ""
                ],
                gettext("Say who looks after it, and how often."),
            ),
            field("4.1.5", "4.1.5 - Models", [_no_model()]),
        ),
    )


def _no_model() -> str:
    return gettext("None. Rules that people wrote are applied as they are written; nothing is learned from data.")


def _model() -> Section:
    names = ("Model name", "Model version", "Model task", "Model input", "Model output", "Model architecture")
    labels = (*names, "Model performance", "Datasets and their purposes")
    return Section("model", "Tier 2 - Model Specification", _not_applicable("4.2", labels))


def _development_data() -> Section:
    labels = (
        "Development data description",
        "Data modality",
        "Data quantities",
        "Sensitive attributes",
        "Data completeness and representativeness",
        "Data cleaning",
        "Data collection",
        "Data access and storage",
        "Data sharing agreements",
    )
    return Section("development_data", "Tier 2 - Development Data Specification", _not_applicable("4.3", labels))


def _not_applicable(prefix: str, labels: tuple[str, ...]) -> tuple[Field, ...]:
    said = gettext("Not applicable: there is no model.")
    return tuple(
        field(f"{prefix}.{number}", f"{prefix}.{number} - {label}", [said])
        for number, label in enumerate(labels, start=1)
    )


def _operational_data(holding: Holding) -> Section:
    return Section(
        "operational_data",
        "Tier 2 - Operational Data Specification",
        (
            field(
                "4.4.1",
                "4.4.1 - Data sources",
                holding.reads_in_words() or [gettext("Nothing about visitors is read at the moment.")],
            ),
            field(
                "4.4.2",
                "4.4.2 - Sensitive attributes",
                [gettext("None is read as such.")],
                gettext("Say whether the subject of a page could reveal one."),
            ),
            field(
                "4.4.3",
                "4.4.3 - Data processing methods",
                [gettext("Compared with the rules while the page is made; what is not remembered is dropped then.")],
            ),
            field(
                "4.4.4",
                "4.4.4 - Data access and storage",
                [holding.where_kept(), *holding.cookies_in_words(), *holding.retention()],
            ),
            field("4.4.5", "4.4.5 - Data sharing agreements", holding.recipients()),
        ),
    )


def _risks(holding: Holding) -> Section:
    counted = [gettext("Counting is a purpose of its own, with a choice of its own.")] if settings.COUNTING else []
    return Section(
        "risks",
        "Tier 2 - Risks, Mitigations and Impact Assessments",
        (
            field(
                "5.1",
                "5.1 - Impact assessment",
                [gettext("Material for a DPIA: python manage.py export_records --format dpia")],
                gettext("Name the assessments that you made, with dates and links."),
            ),
            field(
                "5.2",
                "5.2 - Risks and mitigations",
                [
                    *(
                        f"{risk.risk} "
                        + " ".join(
                            [
                                *(gettext("Measure: %s") % measure for measure in risk.measures),
                                *(gettext("Open: %s") % gap for gap in risk.gaps),
                            ]
                        )
                        for risk in risks(holding)
                    ),
                    *counted,
                ],
                gettext("Add what you know of besides."),
            ),
        ),
    )
