"""The flood page. Everybody gets the warning line; place only decides what comes first after it."""

from __future__ import annotations

from ..raw import Northmoor, Raw, centre, contact, details, local, place_question, rest_centres, steps, version, warning

ST_ANNES = centre(
    "St Anne’s Hall",
    "Church Rise, Riverside, above the flood line",
    "Open now, day and night, until the warning ends",
    "Hot meals, beds and a nurse. Pets are welcome. Step-free.",
)
HILLTOP_SCHOOL = centre(
    "Hilltop School sports hall",
    "Moor Lane, Hilltop",
    "Open now, day and night, until the warning ends",
    "Hot drinks, charging points and a quiet room. Step-free.",
)
MOOR_HALL = centre(
    "Moor Hall",
    "Market Square",
    "Open 7am to 10pm every day until the warning ends",
    "Advice, phone charging and help with forms. Step-free.",
)


# Said first to people who seem to be there, and further down to everybody.
IN_RIVERSIDE = (
    "<ol><li>Move people, pets, medicines and papers upstairs <b>before 6pm</b>.</li><li>Turn off gas and electricity "
    "at the mains, if you can do it with dry hands and feet.</li><li>Leave by Church Rise when we tell you to, or "
    "sooner. Do not use Quay Street.</li><li>Go to St Anne’s Hall. You do not need to call first.</li></ol>"
)
IN_HILLTOP = (
    "<p>Homes in Hilltop are not expected to flood.</p><ul><li>Stay at home tonight if you can, and keep Hilltop Road "
    "clear for fire engines and ambulances.</li><li>Watch for water that runs off the moor, on Moor Lane and at the "
    "foot of Scar Bank.</li><li>If friends from Riverside are staying with you, tell the flood line, so that nobody "
    "looks for them.</li></ul>"
)


def emergency(n: Northmoor) -> list[Raw]:
    return [
        warning(
            "Flood warning: the River Moor is expected to rise above its banks from 6pm today",
            "<p>Water may reach homes in Riverside, Quay Street and the Old Bridge. Do not walk or drive through "
            "flood water. <b>If someone is in danger, call 999.</b></p>",
        ),
        first_of_all(n),
        place_question("Where are you?", "Riverside", "Hilltop"),
        steps(
            "What everybody in Northmoor should do",
            (
                "Stay away from the river",
                "<p>The riverside path, the weir and the underpass at Quay Street are closed. Fast water can knock "
                "over an adult at ankle depth.</p>",
            ),
            (
                "Plan your journeys",
                "<p>The Old Bridge is closed. Use Hilltop Road instead, and allow 30 minutes more.</p>",
            ),
            (
                "Look out for your neighbours",
                "<p>Knock on the door of anybody who may need help to move their things or themselves.</p>",
            ),
            (
                "Charge your phone",
                "<p>Power may be switched off in streets that flood. We send updates by text as well as here.</p>",
            ),
        ),
        rest_centres("Rest centres open now", ST_ANNES, HILLTOP_SCHOOL, MOOR_HALL),
        details("All advice for Riverside", IN_RIVERSIDE),
        details("All advice for Hilltop", IN_HILLTOP),
        details(
            "Get sandbags",
            "<p>Collect up to six sandbags for each home from the depot at Mill Road, from 8am to 8pm. Bring "
            "something to show your address. If you cannot collect them, call us and we will bring them.</p>",
        ),
        details(
            "Help to leave your home",
            "<p>If you cannot leave by yourself, call 01632 960 150. Tell us how many people you are, and about "
            "wheelchairs, oxygen or pets. We will send somebody.</p>",
        ),
        details(
            "After the flood",
            "<ul><li>Wait until we say that it is safe before you go back.</li><li>Take photographs of the damage "
            "before you clean up, for your insurer.</li><li>Do not switch on electricity that has been under "
            "water.</li></ul>",
        ),
        contact(
            "Who to call",
            "If someone is in danger, call 999. For all other help with flooding, call our flood line.",
            phone="01632 960 150",
            email="floods@northmoor.example.gov",
            opening="Day and night until the warning ends",
        ),
    ]


def first_of_all(n: Northmoor) -> Raw:
    return n.personalised(
        "local",
        version(
            "riverside",
            local(
                "If you are in Riverside: what to do and where to go",
                IN_RIVERSIDE,
                ST_ANNES,
                town="Riverside",
            ),
        ),
        version(
            "hilltop",
            local(
                "If you are in Hilltop: stay where you are",
                IN_HILLTOP,
                HILLTOP_SCHOOL,
                town="Hilltop",
            ),
        ),
        standard=local(
            "What to do, by where you are",
            "<ul><li><b>In Riverside:</b> move people, pets, medicines and papers upstairs before 6pm. Turn off gas "
            "and electricity at the mains. Leave by Church Rise when we tell you to, and go to St Anne’s "
            "Hall.</li><li><b>In Hilltop:</b> your home is not expected to flood. Stay where you are, and keep "
            "Hilltop Road clear.</li><li><b>Anywhere else in Northmoor:</b> do not travel near the river. Moor Hall "
            "is open for advice.</li></ul>",
        ),
    )
