"""What's on: a page that a CDN keeps, the same for everybody, and whose opening comes as a fragment."""

from __future__ import annotations

from ..raw import Northmoor, Raw, block, contact, facts, opening, version


def whats_on(n: Northmoor) -> list[Raw]:
    return [
        n.personalised(
            "opening",
            version(
                "riverside",
                opening(
                    "This week in Riverside",
                    "<p>Supper for neighbours at St Anne’s Hall on Friday at 6pm. All are welcome, and it is free.</p>",
                ),
            ),
            version(
                "hilltop",
                opening(
                    "This week at Hilltop",
                    "<p>Story time at Hilltop Library on Saturday at 10:30am, for children under five.</p>",
                ),
            ),
            standard=opening(
                "This week in Northmoor",
                "<p>The late market at Market Square, on Thursday until 8pm, with food from eleven kitchens.</p>",
            ),
        ),
        facts(
            "Every week",
            Monday="Choir at Moor Hall, 7pm. Beginners come at 6:30pm.",
            Thursday="The late market at Market Square, 9am to 8pm.",
            Saturday="Story times at all libraries, 10:30am.",
        ),
        block(
            "text",
            "<h2>Put on something yourself</h2><p>Moor Hall and St Anne’s Hall can be hired by the hour. Groups from "
            f"Northmoor pay half. {n.a('news', 'Read our news')} for what is new.</p>",
        ),
        contact("Events", phone="01632 960 148", email="events@northmoor.example.gov"),
    ]
