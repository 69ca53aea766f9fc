"""The pages of somebody who starts a business: the licence journey and what belongs to it."""

from __future__ import annotations

from ..raw import (
    Northmoor,
    Raw,
    block,
    contact,
    details,
    facts,
    intent_question,
    links,
    next_steps,
    opening,
    steps,
    version,
)

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
            f"{n.a('services/start-a-business', 'Check what else a new business needs')}.</p>",
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


def start_a_business(n: Northmoor) -> list[Raw]:
    return [
        intent_question(),
        after_this(n),
        steps(
            "Five questions for every new business",
            (
                "Do customers come to your premises?",
                f"<p>Then you need a {n.a('services/business-licence', 'business licence')}. Apply at least six weeks "
                "before you open.</p>",
            ),
            (
                "Do you change how a building is used?",
                "<p>A house that becomes a nursery, or a shop that becomes a café, may need planning permission. Ask "
                "the planning desk before you sign a lease.</p>",
            ),
            (
                "Do you sell, cook or give away food?",
                f"<p>{n.a('services/food-business-registration', 'Register your food business')} at least 28 days "
                "before you open. It is free.</p>",
            ),
            (
                "Do you look after children?",
                f"<p>{n.a('services/childcare-registration', 'Register as a childcare provider')} before the first "
                "child arrives.</p>",
            ),
            (
                "Do you have premises of your own?",
                "<p>Then you may have to pay business rates. Small businesses often pay nothing, but you have to ask "
                "for it.</p>",
            ),
        ),
        contact(
            "Talk to a business adviser",
            "Half an hour, free, by phone or at Moor Hall.",
            phone="01632 960 125",
            email="business@northmoor.example.gov",
            opening="Monday to Thursday, 9am to 5pm",
        ),
    ]


def food_business(n: Northmoor) -> list[Raw]:
    return [
        facts(
            "At a glance",
            Cost="Free.",
            When="At least 28 days before you open.",
            Who="Anybody who sells, cooks, stores, delivers or gives away food, at home or elsewhere.",
        ),
        steps(
            "How to register",
            (
                "Tell us about the business",
                "<p>Who runs it, where the food is kept, and what kind of food it is. The form takes 15 minutes.</p>",
            ),
            (
                "Write down how you keep food safe",
                "<p>We have a pack for small businesses. Fill it in and keep it in the kitchen.</p>",
            ),
            (
                "Open, and be ready for a visit",
                "<p>An officer visits within 28 days of your opening, without an appointment.</p>",
            ),
        ),
        block(
            "text",
            "<h2>What inspectors look for</h2><ul><li>how food is handled, cooked, cooled and stored</li><li>how "
            "clean the premises are, and whether they can be kept clean</li><li>how you write down what you "
            "do</li></ul><p>You get a rating from 0 to 5. Show it where customers can read it before they come "
            "in.</p>",
        ),
        links(
            "You may need these too",
            n.link("services/business-licence", "Business licence", "If customers come to your premises."),
        ),
        contact(
            "Food safety team",
            phone="01632 960 122",
            email="food@northmoor.example.gov",
            opening="Monday to Friday, 9am to 4:30pm",
        ),
    ]


def childcare(n: Northmoor) -> list[Raw]:
    return [
        facts(
            "At a glance",
            Cost="£35 for childminders, £220 for nurseries.",
            How_long_it_takes="About 12 weeks for childminders, up to 25 weeks for nurseries.",
            Who="Anybody who looks after children under eight for more than two hours a day and is paid for it.",
        ),
        steps(
            "How to register",
            (
                "Take a first aid course",
                "<p>It must cover babies and small children. We run one every month at Moor Hall.</p>",
            ),
            (
                "Get everybody checked",
                "<p>Everybody over 16 who lives or works on the premises needs a background check.</p>",
            ),
            ("Apply and pay", "<p>You need two references and a health declaration from your doctor.</p>"),
            (
                "Have a visit",
                "<p>An inspector comes to see the rooms, the garden and how you plan to keep children safe.</p>",
            ),
        ),
        links(
            "You may need these too",
            n.link("services/business-licence", "Business licence", "If parents come to your premises."),
        ),
        contact(
            "Early years team",
            phone="01632 960 128",
            email="earlyyears@northmoor.example.gov",
            opening="Monday to Friday, 9am to 4:30pm",
        ),
    ]
