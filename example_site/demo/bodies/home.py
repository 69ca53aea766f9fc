"""The home page."""

from __future__ import annotations

from ..raw import Northmoor, Raw, block, intent_question, local, next_steps, version, warning, welcome


def home(n: Northmoor) -> list[Raw]:
    return [
        warning(
            "Flood warning for the River Moor",
            "<p>Riverside and the Old Bridge are expected to flood from this evening. Act now if you live near the "
            "river.</p>",
            n.link("emergency", "What to do and where to go"),
        ),
        greeting(n),
        intent_question(),
        steps_for_today(n),
        near_you(n),
        arriving(n),
        block("latest_news", {"heading": "Latest news", "how_many": 3}),
    ]


def greeting(n: Northmoor) -> Raw:
    return n.personalised(
        "welcome",
        version(
            "first-time-visitors",
            welcome(
                "New here? Start with…",
                "Three things that people look for on their first visit.",
                n.link("services", "What the council does", "All our services, from bins to business licences."),
                n.link("services/your-councillors", "Who speaks for you", "Find your ward and your councillors."),
                n.link(
                    "services/moving-to-northmoor",
                    "Moving to Northmoor",
                    "Council tax, schools and bins, in the right order.",
                ),
            ),
        ),
        standard=welcome(
            "This week in Northmoor",
            "",
            n.link(
                "services/bins-and-recycling",
                "Bins: normal days this week",
                "Garden waste stops for the winter on Friday.",
            ),
            n.link(
                "news/late-opening-at-market-square",
                "Market open late on Thursday",
                "Stalls until 8pm, and free parking from 4pm.",
            ),
            n.link(
                "services/council-tax", "Council tax: next payment on the 1st", "Pay online, or set up a Direct Debit."
            ),
        ),
    )


def steps_for_today(n: Northmoor) -> Raw:
    """More particular variants come first: who opens a restaurant is starting a business as well."""
    licence = n.link(
        "services/business-licence",
        "Apply for a business licence",
        "You need it before you open. It takes up to 20 working days.",
    )
    premises = n.link(
        "services/start-a-business", "Check your premises", "Planning permission, business rates and signs."
    )
    return n.personalised(
        "next_steps",
        version(
            "restaurant",
            next_steps(
                "Your next steps: open a restaurant, café or takeaway",
                "Do these in order. You can stop and come back.",
                n.link(
                    "services/food-business-registration",
                    "Register your food business",
                    "Free. Do it at least 28 days before you open.",
                ),
                licence,
                n.link(
                    "services/food-business-registration",
                    "Get ready for your hygiene inspection",
                    "What inspectors look for, and how ratings work.",
                ),
                numbered=True,
            ),
        ),
        version(
            "daycare",
            next_steps(
                "Your next steps: open a nursery or work as a childminder",
                "Do these in order. You can stop and come back.",
                n.link(
                    "services/childcare-registration",
                    "Register to look after children",
                    "You must register before the first child arrives.",
                ),
                n.link(
                    "services/childcare-registration",
                    "Get everybody’s checks done",
                    "Each adult on the premises needs one.",
                ),
                licence,
                numbered=True,
            ),
        ),
        version(
            "starting-a-business",
            next_steps(
                "Your next steps: start a business",
                "Do these in order. You can stop and come back.",
                n.link(
                    "services/start-a-business",
                    "Find out what your business needs",
                    "Five questions that every new business has to answer.",
                ),
                licence,
                premises,
                numbered=True,
            ),
        ),
        version(
            "report-a-problem",
            next_steps(
                "Report it now",
                "Most reports take two minutes, and you do not need an account.",
                n.link(
                    "services/report-a-problem",
                    "A road, pavement or street light",
                    "Potholes, broken lights, blocked drains.",
                ),
                n.link("services/bins-and-recycling", "A missed bin", "We come back within two working days."),
                n.link("emergency", "Flooding", "What to do first, and who to call."),
            ),
        ),
        version(
            "pay-council-tax",
            next_steps(
                "Pay your council tax",
                "You need your eight-digit account number. It is at the top of your bill.",
                n.link("services/council-tax", "Pay now", "By card, in about three minutes."),
                n.link("services/council-tax", "Set up a Direct Debit", "Spread your bill over 10 or 12 months."),
                n.link(
                    "services/council-tax", "If you cannot pay", "Talk to us early. We can change your instalments."
                ),
            ),
        ),
        standard=next_steps(
            "Popular services",
            "",
            n.link("services/council-tax", "Pay your council tax", "By card or Direct Debit."),
            n.link("services/report-a-problem", "Report a problem", "Roads, street lights, drains and litter."),
            n.link("services/bins-and-recycling", "Bins and recycling", "Find your collection day."),
            n.link("services/business-licence", "Get a business licence", "Check whether you need one, and apply."),
            n.link("services/start-a-business", "Start a business", "What to do, in which order."),
            n.link("services/your-councillors", "Your councillors", "Who they are and how to reach them."),
        ),
    )


def near_you(n: Northmoor) -> Raw:
    """The third variant is a slip that an editor made: the first has the same segment, so nobody ever sees it."""
    return n.personalised(
        "local",
        version(
            "riverside",
            local(
                "In Riverside today",
                "<ul><li>The Old Bridge and Quay Street are closed.</li><li>Riverside Primary School is closed. "
                f"Lessons are online.</li><li>{n.a('emergency', 'Flood advice for Riverside')}</li></ul>",
                town="Riverside",
            ),
        ),
        version(
            "hilltop",
            local(
                "In Hilltop today",
                "<ul><li>Buses 4 and 9 turn round at Hilltop Green.</li><li>Hilltop Library is open late, until 9pm, "
                f"for anybody who needs it.</li><li>{n.a('emergency', 'What the flood means for Hilltop')}</li></ul>",
                town="Hilltop",
            ),
        ),
        version(
            "riverside",
            local(
                "Riverside riverbank works",
                "<p>Work on the riverbank path goes on until the end of the month.</p>",
                town="Riverside",
            ),
        ),
        standard=local(
            "Around Northmoor today",
            "<ul><li>The Old Bridge is closed. Use Hilltop Road.</li>"
            f"<li>{n.a('news/flood-warning-for-the-river-moor', 'What is open, closed and moved')}</li>"
            f"<li>{n.a('emergency', 'Flood advice for every part of Northmoor')}</li></ul>",
        ),
    )


def arriving(n: Northmoor) -> Raw:
    """For people who can be told to be abroad. Whoever's place can't be told sees the standard version."""
    return n.personalised(
        "local",
        version(
            "abroad",
            local(
                "Contacting us from abroad",
                "<ul><li>Call +44 1632 960 100. We are open from 8:30am to 5pm, UK time.</li><li>You can pay your "
                "council tax from a bank account outside the UK.</li>"
                f"<li>{n.a('services/moving-to-northmoor', 'Moving to Northmoor from another country')}</li></ul>",
                why="We put this first because your internet address seems to be outside the UK. The address is "
                "often wrong, and we have not kept it.",
                not_here="I’m not abroad",
            ),
        ),
        standard=local(
            "Talk to us",
            "<ul><li>Call 01632 960 100, Monday to Friday, 8:30am to 5pm.</li><li>Visit us at Moor Hall, Market "
            "Square. You do not need an "
            f"appointment.</li><li>{n.a('services/your-councillors', 'Ask one of your councillors')}</li></ul>",
        ),
    )
