"""The settings of the tests: the example site's, made quick and cut off from its data.

DATABASE_URL and CACHE_URL put the tests on PostgreSQL and Redis, as they do the demo.
"""

import os
from urllib.parse import urlsplit

os.environ.setdefault("SECRET_KEY", "the tests' own key, which guards nothing")  # else one is written under var/

from example_site.settings import *  # noqa: F403
from example_site.settings import CACHES, INSTALLED_APPS, MIDDLEWARE, VAR, WAGTAILSEARCH_BACKENDS, database

DEBUG = False
INSTALLED_APPS = [*INSTALLED_APPS, "tests.agency"]
# The package's own middleware, as a site has it; tests/example_site puts the demo's back. And the tests' live server
# serves static files itself; WhiteNoise would list them anew for every test client.
MIDDLEWARE = [
    "wagtail_personalise_gov.middleware.PersonaliseMiddleware",
    *(name for name in MIDDLEWARE if not name.startswith(("whitenoise.", "example_site."))),
]
DATABASES = {"default": database(os.environ.get("DATABASE_URL") or "sqlite:///:memory:")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # A file, since a database in memory has one connection: requests of one browser page, made at the same time, would
    # share one transaction. Each run has its own file, and nobody minds if a power cut spoils it.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR / f"tests-{os.getpid()}.sqlite3")}
    DATABASES["default"]["OPTIONS"]["init_command"] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF"
if (worker := os.environ.get("PYTEST_XDIST_WORKER")) and "redis" in CACHES["default"]["BACKEND"]:
    # Of several processes, each empties its own numbered database and nobody else's.
    url = urlsplit(CACHES["default"]["LOCATION"])
    number = int(url.path.strip("/") or 0) + 1 + int(worker.removeprefix("gw"))
    CACHES = {"default": {**CACHES["default"], "LOCATION": url._replace(path=f"/{number}").geturl()}}
MEDIA_ROOT = VAR / "tests"  # never written to: conftest.py gives each run a folder of its own
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick; guards nothing here

# A search index costs each save a third as much again. A test that searches asks for `searchable`.
WAGTAILSEARCH_BACKENDS = {"default": {**WAGTAILSEARCH_BACKENDS["default"], "AUTO_UPDATE": False}}

# Each test says which places and proxies it means.
WAGTAIL_PERSONALISE_GOV: dict[str, object] = {}
