"""Put the example site on its feet and serve it, from whatever is there: nothing, half of it, or all of it.

Everything happens in one process, so that the second start takes seconds. What an editor changed is kept: content is
only made where there is none. With ``--reset`` the data goes first.
"""

import argparse
import os
import shutil
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

ADDRESSES = [
    ("The council's home page", "/"),
    ("Licence for a business", "/services/business-licence/"),
    ("Flood warning", "/emergency/"),
    ("In Welsh", "/cy/"),
    ("What is used and kept, and the choice", "/personalisation/"),
    ("Where editors work", "/admin/"),
]


def say(text: str) -> None:
    print(text, flush=True)  # at once, also into a pipe


def taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def remove_files() -> None:
    """Uploads, geo database, cache and the SQLite files; the content of another database goes when it is made anew."""
    from django.conf import settings
    from django.core.cache import cache
    from django.db import connection

    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
    Path(settings.WAGTAIL_PERSONALISE_GOV["GEO_DATABASE"]).unlink(missing_ok=True)
    # A cache or database that the environment names may hold more than the demo: only its own content goes, later.
    if not os.environ.get("CACHE_URL"):
        cache.clear()
    if connection.vendor == "sqlite" and not os.environ.get("DATABASE_URL"):
        connection.close()
        for suffix in ("", "-wal", "-shm"):
            Path(f"{settings.DATABASES['default']['NAME']}{suffix}").unlink(missing_ok=True)


def prepare(reset: bool, port: int) -> None:
    """Tables, geo database and content, each only where it is missing; with `reset` the content is made anew.

    The site is told its port: from it Wagtail makes the addresses that its APIs and mails give.
    """
    from django.conf import settings
    from django.core.management import call_command
    from wagtail.models import Site

    say("Bringing the tables up to date.")
    call_command("migrate", verbosity=0)
    say("Building the geo database from the documentation address ranges.")
    call_command("demo_geo", settings.WAGTAIL_PERSONALISE_GOV["GEO_DATABASE"])
    say("Making the content, where it is missing: pages, segments, logins.")
    call_command("demo_content", reset=reset)
    for site in Site.objects.filter(is_default_site=True).exclude(port=port):
        site.port = port
        site.save()


def welcome(port: int) -> str:
    base = f"http://127.0.0.1:{port}"
    rows = "\n".join(f"  {base + path:<52} {name}" for name, path in ADDRESSES)
    logins = "  editor / editor    may change segments and pages\n  admin / admin      may do everything"
    return f"\n{rows}\n\n{logins}\n"


def main() -> str | None:
    """Serve until interrupted; a sentence, if it could not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--reset", action="store_true", help="remove all data of the demo first")
    options = parser.parse_args()
    if not 0 < options.port < 65536:
        return f"PORT={options.port} is not a port: 1 to 65535."
    if taken(options.port):
        return f"Port {options.port} is taken on 127.0.0.1. Try another: make demo PORT={options.port % 65535 + 1}"

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example_site.settings")
    os.environ.setdefault("DEMO_BASE_URL", f"http://127.0.0.1:{options.port}")
    import django
    from django.core.cache import cache
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import call_command
    from django.db import OperationalError, connection

    try:
        django.setup()
    except ImproperlyConfigured as problem:
        return str(problem)
    say(f"Database: {connection.display_name}. Cache: {'Redis' if os.environ.get('CACHE_URL') else 'in memory'}.")
    try:
        connection.ensure_connection()
    except OperationalError as problem:
        return f"The database of DATABASE_URL does not answer: {problem}"
    try:
        cache.get("demo")
    except Exception as problem:  # each client has its own kind; all mean the same here
        return f"The cache of CACHE_URL does not answer: {problem}"

    if options.reset:
        say("Removing the data of the demo.")
        remove_files()
    prepare(options.reset, options.port)
    say(welcome(options.port))
    say("Serving. Ctrl-C ends it.")
    call_command("runserver", f"127.0.0.1:{options.port}", use_reloader=False)
    return None


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("\nInterrupted. 'make demo' goes on from here.")
