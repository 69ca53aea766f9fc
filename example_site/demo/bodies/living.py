"""The pages of everybody who lives in Northmoor."""

from __future__ import annotations

from ..raw import Northmoor, Raw, block, contact, details, facts, links, steps, version


def council_tax(n: Northmoor) -> list[Raw]:
    return [
        facts(
            "Ways to pay",
            Online="By card, with your eight-digit account number. Takes about three minutes.",
            Direct_Debit="On the 1st or the 15th of the month, over 10 or 12 months.",
            By_phone="01632 960 110, day and night. A machine takes your card number.",
            In_person="At Moor Hall, or with your bill at any post office.",
        ),
        block(
            "text",
            "<h2>If you cannot pay</h2><p>Talk to us before you miss a payment. We can change the day you pay, "
            "spread your bill over more months, or check whether you can pay less.</p><h2>Who pays "
            "less</h2><ul><li>You live alone: 25% less.</li><li>Everybody at home is a full-time student: nothing to "
            "pay.</li><li>You are on a low income: up to 100% less.</li><li>Your home was changed for a disabled "
            "person: one band lower.</li></ul>",
        ),
        details(
            "What the money is spent on",
            "<p>Of each £10, about £4 goes on care for adults, £2.50 on children and schools, £1.50 on roads and "
            "buses, £1 on bins and parks, and £1 on everything else.</p>",
        ),
        contact(
            "Council tax team",
            phone="01632 960 110",
            email="counciltax@northmoor.example.gov",
            opening="Monday to Friday, 8:30am to 5pm",
        ),
    ]


def report_a_problem(n: Northmoor) -> list[Raw]:
    return [
        block(
            "text",
            "<p><b>If somebody could be hurt, do not report it online.</b> Call 999 if someone is in danger. Call us "
            "on 01632 960 150, day or night, about a fallen tree, a collapsed road or flooding.</p>",
        ),
        facts(
            "What happens after you report",
            Potholes="We look within five working days, and mend dangerous ones within 24 hours.",
            Street_lights="Mended within seven working days.",
            Drains="Cleared within three working days, the same day in a flood warning.",
            Litter_and_dumped_rubbish="Cleared within two working days.",
        ),
        steps(
            "How to report",
            ("Say what it is", "<p>Choose the kind of problem, and add a photograph if it is safe to take one.</p>"),
            ("Say where it is", "<p>A postcode, a street, or the number on the lamp post.</p>"),
            (
                "Follow what happens",
                "<p>You get a number. We text or email you when it is done, if you want us to.</p>",
            ),
        ),
        links(
            "Other things to report",
            n.link("services/bins-and-recycling", "A missed bin"),
            n.link("emergency", "Flooding"),
        ),
        contact("Report it by phone", phone="01632 960 130", opening="Monday to Friday, 8:30am to 5pm"),
    ]


def bins(n: Northmoor) -> list[Raw]:
    return [
        facts(
            "Collection days",
            Riverside="Tuesday. No collections on Quay Street during the flood warning.",
            Hilltop="Wednesday.",
            Market="Thursday.",
            Eastfield="Friday.",
        ),
        block(
            "text",
            "<h2>What goes where</h2><ul><li><b>Green bin:</b> paper, card, tins, glass and plastic bottles, every "
            "other week</li><li><b>Small brown bin:</b> food, every week</li><li><b>Grey bin:</b> everything else, "
            "every other week</li><li><b>Garden sacks:</b> from March to November</li></ul><p>Put bins out by 7am "
            "and take them in the same day.</p>",
        ),
        details(
            "If we missed your bin",
            "<p>Report it after 4pm on the day, and within two working days. Leave the bin out: we come back within "
            "two working days.</p>",
        ),
        contact(
            "Bins and recycling",
            phone="01632 960 135",
            email="bins@northmoor.example.gov",
            opening="Monday to Saturday, 8am to 5pm",
        ),
    ]


def moving(n: Northmoor) -> list[Raw]:
    return [
        steps(
            "In your first two weeks",
            (
                "Tell us that you have moved",
                f"<p>Register for {n.a('services/council-tax', 'council tax')} within 21 days. It takes ten "
                "minutes.</p>",
            ),
            (
                "Find your bin days",
                "<p>They depend on the part of Northmoor: see "
                f"{n.a('services/bins-and-recycling', 'bins and recycling')}.</p>",
            ),
            (
                "Register to vote",
                "<p>You can vote in Northmoor’s elections if you are a citizen of the UK, Ireland, the Commonwealth "
                "or certain other countries.</p>",
            ),
            ("Apply for a school place", "<p>You can apply before you arrive, with proof of your new address.</p>"),
        ),
        block(
            "text",
            "<h2>If you come from another country</h2><p>Bring your passport or your visa to Moor Hall. We help you "
            "to get a library card, a doctor and a place on an English course, all in one appointment. Interpreters "
            "are free.</p>",
        ),
        facts(
            "Before you arrive",
            Call_us="+44 1632 960 100, from 8:30am to 5pm, UK time.",
            Pay_us="You can pay your council tax from a bank account outside the UK.",
        ),
        contact(
            "New in Northmoor",
            phone="01632 960 140",
            email="welcome@northmoor.example.gov",
            opening="Monday to Friday, 9am to 5pm",
        ),
    ]


COUNCILLORS = {
    "eastfield": (
        ("Ama Boateng", "the first Tuesday of the month, 6pm to 7:30pm, at Eastfield Community Centre"),
        ("Colin Reeve", "Fridays, 2pm to 4pm, at Eastfield Library"),
    ),
    "hilltop": (
        ("Sioned Parry", "Mondays, 5pm to 6:30pm, at Hilltop Library"),
        ("David Okafor", "the second Saturday of the month, 10am to noon, at Hilltop School"),
    ),
    "market": (
        ("Ruth Hargreaves", "the first Saturday of the month, 10am to noon, at Market Library"),
        ("Imran Malik", "Wednesdays, 5pm to 7pm, at Moor Hall"),
    ),
    "riverside": (
        ("Joan Whitfield", "Thursdays, 4pm to 6pm, at St Anne’s Hall"),
        ("Tomasz Nowak", "the third Saturday of the month, 10am to noon, at Riverside Primary School"),
    ),
}


def councillors(n: Northmoor) -> list[Raw]:
    by_ward = "".join(f"<h3>{slug.title()}</h3>{meetings(people)}" for slug, people in COUNCILLORS.items())
    return [
        block(
            "ward_question",
            {
                "heading": "Which ward do you live in?",
                "hint": "You do not have to answer. We keep your answer on your device for 30 days, and use it only to "
                "show your councillors first.",
            },
        ),
        n.personalised(
            "personalised",
            *(
                version(
                    f"{slug}-ward",
                    [block("text", f"<h2>Your councillors in {slug.title()} ward</h2>{meetings(people)}")],
                )
                for slug, people in COUNCILLORS.items()
            ),
            standard=[
                block(
                    "text",
                    "<h2>Meet a councillor</h2><p>Every councillor meets residents at least once a month. You do not "
                    "need an appointment.</p>",
                )
            ],
        ),
        block("text", f"<h2>Councillors by ward</h2>{by_ward}"),
        contact(
            "Write to a councillor",
            "Put the councillor’s name in the subject.",
            phone="01632 960 105",
            email="councillors@northmoor.example.gov",
        ),
    ]


def meetings(people: tuple[tuple[str, str], ...]) -> str:
    return f"<ul>{''.join(f'<li><b>{person}</b> meets residents on {when}.</li>' for person, when in people)}</ul>"


def about_this_site(n: Northmoor) -> list[Raw]:
    return [
        block(
            "text",
            "<h2>A demonstration</h2><p>Northmoor is not a real place. This site shows what a council’s website can "
            "do when its pages suit the visit and everybody can say no. Nobody reads what you send "
            "here.</p><h2>Accessibility</h2><p>We want everybody to be able to use this website. It is built to meet "
            "the Web Content Accessibility Guidelines 2.2 at level AA:</p><ul><li>everything works with a "
            "keyboard</li><li>everything works without JavaScript</li><li>you can zoom in up to 400% without "
            "scrolling sideways</li><li>it follows your own colours and your wish for less "
            "movement</li></ul><h2>Cookies</h2><p>“How Northmoor Council adapts to you”, at the foot of each page, "
            "lists the cookies of pages that change. Besides those, we keep your ward for 30 days if you tell us "
            "which it is, and who you are in the demonstration until you close your browser. Editors who sign in get "
            "two more.</p><h2>Welsh</h2><p>The home page is in Welsh too. The other pages are in English.</p>",
        ),
        contact(
            "If something does not work for you",
            "Tell us what it was, and what you use.",
            phone="01632 960 101",
            email="accessibility@northmoor.example.gov",
        ),
    ]
