"""The other pages of somebody who starts a business."""

from __future__ import annotations

from ..raw import (
    Northmoor,
    Raw,
    block,
    contact,
    facts,
    intent_question,
    links,
    steps,
)
from .licence import after_this


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
