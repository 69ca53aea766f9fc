"""Garden waste: its opening is shorter on a phone, and it is counted whether that helps."""

from __future__ import annotations

from ..raw import Northmoor, Raw, block, contact, details, facts, opening, version

FORM = "/personalisation/goal/garden-waste-form/"  # a link that is counted; it leads to the form


def garden_waste(n: Northmoor) -> list[Raw]:
    return [
        n.personalised(
            "opening",
            version(
                "on-a-phone",
                opening(
                    "Subscribe on your phone",
                    f'<p>Have your bank card ready. It takes two minutes. <a href="{FORM}">Subscribe now, £48 for a '
                    "year</a>.</p>",
                ),
            ),
            version(
                "came-back",
                opening(
                    "Back to subscribe?",
                    f'<p>Places for this year are still free. <a href="{FORM}">Subscribe to garden waste '
                    "collections</a>.</p>",
                ),
            ),
            standard=opening(
                "Garden waste collections",
                "<p>We collect your garden waste every other week from March to November, if you subscribe. It costs "
                "£48 for a year, for one brown bin.</p>"
                f'<p><a href="{FORM}">Subscribe to garden waste collections</a></p>',
            ),
        ),
        facts(
            "At a glance",
            Cost="£48 for a year, for one bin. £30 for each further bin.",
            Collections="Every other week, March to November.",
            Starts="About ten days after you subscribe.",
        ),
        block(
            "text",
            "<h2>What you can put in</h2><ul><li>grass, leaves, weeds and cut flowers</li><li>hedge cuttings and "
            "branches thinner than your wrist</li><li>Christmas trees without their pots</li></ul><p>No food, soil, "
            f"stones or plastic bags. {n.a('services/bins-and-recycling', 'See your other bins')}.</p>",
        ),
        details(
            "If you do not want to subscribe",
            "<p>Take garden waste to the recycling centre at Mill Lane at no cost, or compost it at home.</p>",
        ),
        contact("Garden waste", phone="01632 960 136", email="bins@northmoor.example.gov"),
    ]
