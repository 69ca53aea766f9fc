"""Six items of news: plain pages, the same for everybody."""

from __future__ import annotations

from dataclasses import dataclass

from ..raw import Northmoor, Raw, block, contact, facts, links


@dataclass(frozen=True, slots=True)
class NewsSeed:
    """`days_ago` counts back from the day on which the demo is made."""

    slug: str
    title: str
    summary: str
    days_ago: int


NEWS = (
    NewsSeed(
        "flood-warning-for-the-river-moor",
        "Flood warning for the River Moor",
        "Riverside and the Old Bridge are expected to flood this evening. Three rest centres are open.",
        0,
    ),
    NewsSeed(
        "late-opening-at-market-square",
        "Market Square opens late on Thursdays",
        "Forty stalls stay open until 8pm every Thursday until the end of the year, and parking is free from 4pm.",
        3,
    ),
    NewsSeed(
        "start-up-week",
        "Start-up Week: free advice for new businesses",
        "Five days of talks and one-to-one advice for anybody who is thinking of starting a business in Northmoor.",
        6,
    ),
    NewsSeed(
        "garden-waste-collections-stop-for-the-winter",
        "Garden waste collections stop for the winter",
        "The last garden sacks are collected this week. Collections begin again in March.",
        9,
    ),
    NewsSeed(
        "new-footbridge-at-mill-lane",
        "New footbridge at Mill Lane is open",
        "People who walk, cycle or use a wheelchair can cross the Moor without going through town.",
        14,
    ),
    NewsSeed(
        "council-agrees-its-budget",
        "Council agrees its budget for next year",
        "Libraries keep their hours, and £1.2 million goes into flood defences at Riverside.",
        20,
    ),
)


def flood(n: Northmoor) -> list[Raw]:
    return [
        block(
            "text",
            "<p>Heavy rain on the moor means that the river is expected to rise above its banks from 6pm. Water may "
            "reach homes in Riverside, Quay Street and around the Old Bridge.</p><p>Fire crews have been going from "
            "door to door since this morning. Rest centres are open at St Anne’s Hall, at Hilltop School and at Moor "
            "Hall.</p><p>“Please move what you can upstairs now, and leave when we ask you to,” said Priya Nair, who "
            "leads the council’s emergency team. “Nobody has to be alone tonight.”</p>",
        ),
        facts(
            "Open, closed and moved",
            Riverside="The Old Bridge and Quay Street are closed. Lessons of Riverside Primary School are online.",
            Hilltop="Buses 4 and 9 turn round at Hilltop Green. Hilltop Library is open until 9pm.",
            Everywhere_else="All libraries are open. Use Hilltop Road in place of the Old Bridge.",
        ),
        links("Advice", n.link("emergency", "Flooding: what to do and where to go", "Kept up to date, day and night.")),
    ]


def market(n: Northmoor) -> list[Raw]:
    return [
        block(
            "text",
            "<p>The Thursday market stays open three hours longer from this week. Alongside fruit, bread and cheese "
            "there will be hot food from eleven of Northmoor’s own kitchens.</p><p>Parking in Market Square and "
            "Station Road is free from 4pm. The last number 4 bus leaves at 8:40pm, half an hour later than "
            "before.</p>",
        ),
        facts(
            "The late market",
            When="Thursdays, 9am to 8pm, until the end of the year",
            Where="Market Square",
            Stalls="£12 for an evening. Call 01632 960 126.",
        ),
    ]


def start_up_week(n: Northmoor) -> list[Raw]:
    return [
        block(
            "text",
            "<p>Have you an idea for a business? In Start-up Week you can talk it over with people who have done it, "
            "and with the officers who will look at your application.</p><ul><li><b>Monday:</b> Is my idea a "
            "business?</li><li><b>Tuesday:</b> Premises, leases and planning</li><li><b>Wednesday:</b> Food "
            "businesses</li><li><b>Thursday:</b> Looking after children</li><li><b>Friday:</b> Money, rates and "
            "grants</li></ul><p>All talks are at Moor Hall at 6pm, and are free. There is a sign language "
            "interpreter on Wednesday and Friday.</p>",
        ),
        links(
            "Before you come",
            n.link("services/start-a-business", "Five questions for every new business"),
            n.link("services/business-licence", "Who needs a business licence"),
        ),
        contact("Book a place", phone="01632 960 125", email="business@northmoor.example.gov"),
    ]


def garden_waste(n: Northmoor) -> list[Raw]:
    return [
        block(
            "text",
            "<p>Put your last garden sacks out by 7am on your usual day this week. After that, you can take branches "
            "and leaves to the recycling centre at Mill Road, which is open every day from 8am to 4pm in "
            "winter.</p><p>Food waste, recycling and grey bins are collected as usual through the winter.</p>",
        ),
        links("Find your day", n.link("services/bins-and-recycling", "Bins and recycling")),
    ]


def footbridge(n: Northmoor) -> list[Raw]:
    return [
        block(
            "text",
            "<p>The bridge is four metres wide and step-free, and it stands two metres above the highest flood on "
            "record. It makes the walk from Eastfield to the railway station twelve minutes shorter.</p><p>Pupils of "
            "Riverside Primary School were the first to cross. They had chosen its colour: heron grey.</p><p>The "
            "bridge cost £2.1 million, of which £1.6 million came from the national fund for walking and cycling. It "
            "was built to stay open in a flood.</p>",
        ),
        facts("The bridge in numbers", Length="48 metres", Built_in="14 months", Open="Day and night"),
    ]


def budget(n: Northmoor) -> list[Raw]:
    return [
        block(
            "text",
            "<p>Councillors agreed the budget by 21 votes to 14 after a debate of four hours. Council tax for a home "
            "in band D goes up by £1.15 a week from April.</p><ul><li>£1.2 million for flood defences at "
            "Riverside</li><li>£640,000 to mend roads</li><li>£300,000 for more places in special schools</li><li>no "
            "change to the opening hours of libraries</li></ul><p>The council saves £900,000 by moving three offices "
            "into Moor Hall.</p>",
        ),
        links("What it means for you", n.link("services/council-tax", "Council tax: how to pay, and who pays less")),
    ]
