"""Northmoor's pages: made first without a body, so that bodies can link to any of them, then filled and published."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.utils import timezone
from wagtail.models import Locale, Page, Site

from example_site.models import (
    EmergencyPage,
    HomePage,
    NewsIndexPage,
    NewsPage,
    ServicePage,
    ServicesIndexPage,
    WelshHomePage,
)
from wagtail_personalise_gov.models import Segment

from .bodies import business, emergency, garden, home, licence, living, news, welsh, whats_on
from .raw import Northmoor, Raw

Body = Callable[[Northmoor], list[Raw]]
Topic = ServicePage.Topic


@dataclass(frozen=True, slots=True)
class PageSeed:
    """One page. `path` is its slugs from the home page down; its parent stands above it in the list."""

    path: str
    model: type[Page]
    title: str
    summary: str
    body: Body | None = None
    more: dict[str, Any] = field(default_factory=dict)


def service(slug: str, topic: str, title: str, summary: str, body: Body) -> PageSeed:
    return PageSeed(f"services/{slug}", ServicePage, title, summary, body, {"topic": topic})


NEWS_BODIES: dict[str, Body] = {
    "flood-warning-for-the-river-moor": news.flood,
    "late-opening-at-market-square": news.market,
    "start-up-week": news.start_up_week,
    "garden-waste-collections-stop-for-the-winter": news.garden_waste,
    "new-footbridge-at-mill-lane": news.footbridge,
    "council-agrees-its-budget": news.budget,
}

PAGES = (
    PageSeed(
        "services",
        ServicesIndexPage,
        "Services",
        "Everything that you can apply for, pay, report or ask us.",
        more={"show_in_menus": True},
    ),
    service(
        "business-licence",
        Topic.BUSINESS,
        "Business licence",
        "Apply for a licence to open premises to the public in Northmoor.",
        licence.business_licence,
    ),
    service(
        "start-a-business",
        Topic.BUSINESS,
        "Start a business",
        "What a new business in Northmoor has to do, and in which order.",
        business.start_a_business,
    ),
    service(
        "food-business-registration",
        Topic.BUSINESS,
        "Register a food business",
        "Register before you sell, cook or give away food, and get ready for your inspection.",
        business.food_business,
    ),
    service(
        "childcare-registration",
        Topic.BUSINESS,
        "Register to look after children",
        "For nurseries, childminders, and clubs before or after school.",
        business.childcare,
    ),
    service(
        "council-tax",
        Topic.MONEY,
        "Council tax",
        "Pay your bill, set up a Direct Debit, or get help if you cannot pay.",
        living.council_tax,
    ),
    service(
        "report-a-problem",
        Topic.STREETS,
        "Report a problem",
        "Tell us about roads, pavements, street lights, drains and litter.",
        living.report_a_problem,
    ),
    service(
        "bins-and-recycling",
        Topic.STREETS,
        "Bins and recycling",
        "Find your collection day, and what goes in which bin.",
        living.bins,
    ),
    service(
        "garden-waste",
        Topic.STREETS,
        "Garden waste",
        "Subscribe to collections from your garden, and see what else you can do with it.",
        garden.garden_waste,
    ),
    service(
        "moving-to-northmoor",
        Topic.LIVING,
        "Moving to Northmoor",
        "What to do in your first two weeks, wherever you come from.",
        living.moving,
    ),
    service(
        "your-councillors",
        Topic.LIVING,
        "Your councillors",
        "Who speaks for your ward, and how to reach them.",
        living.councillors,
    ),
    service(
        "whats-on",
        Topic.LIVING,
        "What’s on",
        "Markets, music and things to do with children, in every part of Northmoor.",
        whats_on.whats_on,
    ),
    PageSeed(
        "emergency",
        EmergencyPage,
        "Flooding: what to do",
        "Advice for everybody in Northmoor, kept up to date day and night.",
        emergency.emergency,
        {"show_in_menus": True},
    ),
    PageSeed(
        "news",
        NewsIndexPage,
        "News",
        "What is happening in Northmoor and at the council.",
        more={"show_in_menus": True},
    ),
    *(
        PageSeed(
            f"news/{seed.slug}", NewsPage, seed.title, seed.summary, NEWS_BODIES[seed.slug], {"days_ago": seed.days_ago}
        )
        for seed in news.NEWS
    ),
    PageSeed(
        "cy",
        WelshHomePage,
        "Hafan",
        "Gwasanaethau a gwybodaeth i bawb sy’n byw ac yn gweithio yn Northmoor.",
        welsh.welsh_home,
        {"heading": "Cyngor Northmoor", "language": "cy"},
    ),
    PageSeed(
        "about-this-site",
        ServicePage,
        "About this website",
        "What this website is, and how accessible it is.",
        living.about_this_site,
    ),
)


def create_pages() -> Mapping[str, int]:
    """Every page without its body, not yet published. Returns their primary keys by path."""
    root = Page.get_first_root_node()
    root.get_children().delete()  # Wagtail's own welcome page
    front = HomePage(
        title="Northmoor Council",
        slug="home",
        heading="Northmoor Council",
        summary="Services and advice for everybody who lives, works or does business in Northmoor.",
        live=False,
    )
    root.add_child(instance=front)
    Site.objects.update_or_create(
        is_default_site=True,
        defaults={"hostname": "localhost", "port": 80, "root_page": front, "site_name": "Northmoor Council"},
    )
    made: dict[str, Page] = {"": front}
    for seed in PAGES:
        parent, _slash, slug = seed.path.rpartition("/")
        made[seed.path] = page = seed.model(title=seed.title, slug=slug, summary=seed.summary, live=False)
        fill_in(page, seed.more)
        made[parent].refresh_from_db()  # treebeard counts children in the database
        made[parent].add_child(instance=page)
    return {path: page.pk for path, page in made.items()}


def fill_in(page: Page, more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if name == "days_ago":
            page.date = timezone.localdate() - timedelta(days=value)
        elif name == "language":
            page.locale = Locale.objects.get_or_create(language_code=value)[0]
        else:
            setattr(page, name, value)


def publish_pages(pages: Mapping[str, int]) -> None:
    """Fill and publish, from the top down, so that each page has a history that begins with its first words."""
    northmoor = Northmoor(pages, dict(Segment.objects.values_list("slug", "pk")))
    bodies: dict[str, Body | None] = {"": home.home, **{seed.path: seed.body for seed in PAGES}}
    for path, body in bodies.items():
        page = Page.objects.get(pk=pages[path]).specific
        if body is not None:
            page.body = page.body.stream_block.to_python(body(northmoor))
        page.full_clean()
        page.save_revision().publish()
