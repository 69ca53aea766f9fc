"""The licence page: its opening fits where people come from, its next steps what they want to do."""

from __future__ import annotations

from ..raw import Northmoor, Raw, block, contact, details, facts, next_steps, opening, steps, version

LICENSING = contact(
    "Get help from the licensing team",
    "Tell us the name of your business if you have one.",
    phone="01632 960 120",
    email="licensing@northmoor.example.gov",
    opening="Monday to Friday, 9am to 4:30pm",
)


def business_licence(n: Northmoor) -> list[Raw]:
    return [
        licence_opening(n),
        facts(
            "At a glance",
            Cost="£140 for one year. You pay when you apply.",
            How_long_it_takes="Up to 20 working days from the day we have everything.",
            Renewal="Every year. We write to you eight weeks before it ends.",
        ),
        after_this(n),
        block(
            "text",
            "<h2>Who needs a licence</h2><p>You need a Northmoor business licence if you open premises to the public "
            "in Northmoor. That includes shops, places that serve food or drink, nurseries, salons and workshops "
            "with a counter.</p><p>You do not need one if you work from home and customers do not come to you, or if "
            "you trade only at the market. "
            f"{n.a('services/start-a-business', 'Check what else a new business needs')}.</p>"
            "<p>For a business in another area, apply to the council there.</p>",
        ),
        steps(
            "How to apply",
            (
                "Get these ready",
                "<ul><li>proof of who you are</li><li>the address and a floor plan of the premises</li><li>your "
                "lease, or a letter from the owner</li><li>proof of public liability insurance</li></ul>",
            ),
            ("Fill in the form", "<p>It takes about 25 minutes. You can save it and come back within 28 days.</p>"),
            ("Pay the fee", "<p>£140 by card. We pay it back if we turn you down.</p>"),
            (
                "Wait for the visit",
                "<p>An officer comes to look at the premises, usually within two weeks. You get a letter with the "
                "decision five working days later.</p>",
            ),
        ),
        details(
            "If the licensing portal sent you here",
            "<p>The portal does not pass on your details, so begin a new application here. With your portal reference "
            "you can skip the questions about your company.</p>",
        ),
        details(
            "If you are turned down",
            "<p>The letter says why. You can put things right and ask us to look again within 28 days at no cost, or "
            "you can appeal to the licensing committee.</p>",
        ),
        LICENSING,
    ]


def licence_opening(n: Northmoor) -> Raw:
    return n.personalised(
        "opening",
        version(
            "from-licensing-portal",
            opening(
                "You’ve come from the licensing portal",
                "<p>The portal has told you which licence you need. It does not pass on your details, so begin a new "
                "application here. <b>Keep your portal reference at hand</b>: with it, you can skip the questions "
                "about your company.</p>",
                n.link("services/start-a-business", "Check what else a new business needs"),
            ),
        ),
        version(
            "from-search",
            opening(
                "Is this the licence you are looking for?",
                "<p>This is the official page of Northmoor Council. This licence is for businesses that open "
                "premises to the public <b>in Northmoor</b>.</p><ul><li>For another area, apply to the council "
                "there.</li><li>To sell food, you also have to "
                f"{n.a('services/food-business-registration', 'register your food business')}.</li><li>To look after "
                "children, you also have to "
                f"{n.a('services/childcare-registration', 'register as a childcare provider')}.</li></ul>",
            ),
        ),
        standard=opening(
            "Before you start",
            "<p>You need a licence before you open premises to the public in Northmoor. Apply at least six weeks "
            "before your opening day.</p>",
            n.link("services/start-a-business", "Check what a new business needs"),
        ),
    )


def after_this(n: Northmoor) -> Raw:
    return n.personalised(
        "next_steps",
        version(
            "restaurant",
            next_steps(
                "For a restaurant, café or takeaway",
                "Besides this licence you need these.",
                n.link(
                    "services/food-business-registration",
                    "Register your food business",
                    "Free. At least 28 days before you open.",
                ),
                n.link(
                    "services/food-business-registration",
                    "Pass a hygiene inspection",
                    "We come within 28 days of your opening.",
                ),
                n.link(
                    "services/bins-and-recycling",
                    "Arrange food waste collection",
                    "The law does not let you put it in household bins.",
                ),
            ),
        ),
        version(
            "daycare",
            next_steps(
                "For a nursery, or childminding",
                "Besides this licence you need these.",
                n.link(
                    "services/childcare-registration",
                    "Register to look after children",
                    "Before the first child arrives.",
                ),
                n.link("services/childcare-registration", "Checks for every adult", "Allow eight weeks."),
                n.link("services/start-a-business", "Check your premises", "Planning permission for a change of use."),
            ),
        ),
        version(
            "starting-a-business",
            next_steps(
                "If your business is new",
                "Most new businesses need these as well.",
                n.link(
                    "services/start-a-business",
                    "Find out what your business needs",
                    "Five questions that every new business has to answer.",
                ),
                n.link(
                    "services/food-business-registration",
                    "If you sell food",
                    "Register at least 28 days before you open.",
                ),
                n.link(
                    "services/childcare-registration",
                    "If you look after children",
                    "Register before the first child arrives.",
                ),
            ),
        ),
        standard=next_steps(
            "Related services",
            "",
            n.link("services/start-a-business", "Start a business", "What to do, in which order."),
            n.link(
                "services/food-business-registration",
                "Register a food business",
                "For anybody who sells or gives away food.",
            ),
            n.link(
                "services/childcare-registration",
                "Register to look after children",
                "Nurseries, childminders and clubs.",
            ),
        ),
    )
