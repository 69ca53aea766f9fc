"""The home page in Welsh."""

from __future__ import annotations

from ..raw import Northmoor, Raw, block, warning


def welsh_home(n: Northmoor) -> list[Raw]:
    return [
        warning(
            "Rhybudd llifogydd ar gyfer Afon Moor",
            "<p>Disgwylir llifogydd yn Riverside ac wrth yr Hen Bont o heno ymlaen. Gweithredwch nawr os ydych yn "
            "byw ger yr afon. Os oes rhywun mewn perygl, ffoniwch 999.</p>",
            n.link("emergency", "Beth i’w wneud a ble i fynd (yn Saesneg)"),
        ),
        block(
            "text",
            "<h2>Defnyddio’r Gymraeg gyda’r cyngor</h2><p>Mae croeso i chi gysylltu â ni yn Gymraeg. Byddwn yn ateb "
            "yn Gymraeg, ac ni fydd hynny’n arwain at oedi.</p><ul><li>Ffoniwch 01632 960 108 i siarad â rhywun yn "
            "Gymraeg.</li><li>Ysgrifennwch atom yn Gymraeg drwy e-bost neu lythyr.</li><li>Gofynnwch am eich bil "
            "treth gyngor yn Gymraeg.</li></ul>",
        ),
        block(
            "links",
            {
                "heading": "Gwasanaethau poblogaidd",
                "links": [
                    block("item", link)
                    for link in (
                        n.link(
                            "services/council-tax",
                            "Talu eich treth gyngor",
                            "Gyda cherdyn neu Ddebyd Uniongyrchol. Tudalen Saesneg.",
                        ),
                        n.link(
                            "services/report-a-problem",
                            "Rhoi gwybod am broblem",
                            "Ffyrdd, goleuadau stryd, draeniau a sbwriel. Tudalen Saesneg.",
                        ),
                        n.link(
                            "services/bins-and-recycling",
                            "Biniau ac ailgylchu",
                            "Dewch o hyd i’ch diwrnod casglu. Tudalen Saesneg.",
                        ),
                        n.link(
                            "services/business-licence",
                            "Cael trwydded busnes",
                            "Gwiriwch a oes angen un arnoch, a gwnewch gais. Tudalen Saesneg.",
                        ),
                    )
                ],
            },
        ),
        block(
            "text",
            "<h2>Cysylltu â ni yn Gymraeg</h2><p>Mae’r llinell Gymraeg ar agor o ddydd Llun i ddydd Gwener, 8:30am i "
            "5pm.</p><ul><li><b>Ffôn:</b> 01632 960 108</li><li><b>E-bost:</b> "
            "cymraeg@northmoor.example.gov</li></ul>",
        ),
    ]
