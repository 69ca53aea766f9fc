"""Fill an empty site with Northmoor."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from wagtail.models import Page

from example_site.demo.counts import create_goals, create_totals
from example_site.demo.intents import create_intents, create_signals
from example_site.demo.pages import create_pages, publish_pages
from example_site.demo.people import create_people
from example_site.demo.segments import create_segments
from example_site.demo.site_words import create_site_words
from example_site.models import HomePage
from wagtail_personalise_gov import compiling
from wagtail_personalise_gov.models import DailyTally, Goal, Intent, PersonalisationSettings, Segment, SegmentRule


class Command(BaseCommand):
    help = "Make Northmoor's pages, segments, intents and logins, once. What is there already stays as it is."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reset", action="store_true", help="remove what is there, editors' changes too, first")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if options["reset"]:
            remove_all()
        if HomePage.objects.exists():
            self.stdout.write("Northmoor's content is there already and stays as it is (--reset begins anew).")
        else:
            create_intents()
            create_segments()
            pages = create_pages()
            publish_pages(pages)
            create_signals(pages)
            create_goals(pages)
            create_totals(pages)
            create_site_words()
            compiling.retire()
            self.stdout.write(
                f"Made {len(pages)} pages, {Segment.objects.count()} segments, {Intent.objects.count()} intents, "
                f"{Goal.objects.count()} goals."
            )
        create_people()
        self.stdout.write("Sign in as editor / editor or admin / admin.")


def remove_all() -> None:
    """Remove pages, segments, intents and the demo's logins. What they leave in history goes with them."""
    pages = [page.specific for page in Page.get_first_root_node().get_children()]
    for page in pages:
        if page._meta.app_label != "example_site" and not page.title.startswith("Welcome to your new Wagtail site"):
            raise CommandError(
                f"“{page}” is no page of Northmoor's. This database belongs to another site; nothing is removed."
            )
    for page in pages:
        page.delete()
    SegmentRule.objects.all().delete()  # a segment that another asks about can't be deleted
    Segment.objects.all().delete()
    Intent.objects.filter(parent__isnull=False).delete()
    Intent.objects.all().delete()
    Goal.objects.all().delete()
    DailyTally.objects.all().delete()
    PersonalisationSettings.objects.all().delete()
    compiling.resume()
    get_user_model().objects.filter(username__in=("editor", "admin")).delete()
