"""Settings of the measured site. BENCH_SUBJECT says which: floor (nothing of ours is installed), ours, peer.

BENCH_DATABASE    address of the database, such as sqlite:////tmp/floor.sqlite3
BENCH_PAGE_CACHE  address of Redis: pages are kept by Django's cache middleware
BENCH_PLACES      path of the .mmdb that places are read from
"""

import os
from typing import Any
from urllib.parse import unquote, urlsplit

SUBJECT = os.environ["BENCH_SUBJECT"]
PAGE_CACHE = os.environ.get("BENCH_PAGE_CACHE", "")

SECRET_KEY = "of a benchmark, guards nothing"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "Europe/London"
LANGUAGE_CODE = "en-gb"
STATIC_URL = "/static/"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
ROOT_URLCONF = f"tests.benchmarks.site.urls_{SUBJECT}"


def database(address: str) -> dict[str, Any]:
    """Django's row for the database; a connection is kept from request to request, as on a busy site."""
    parts = urlsplit(address)
    if parts.scheme == "sqlite":
        options = {"init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL", "timeout": 20}
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": parts.path[1:],
            "CONN_MAX_AGE": None,
            "OPTIONS": options,
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path[1:],
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": parts.port,
        "CONN_MAX_AGE": None,
    }


DATABASES = {"default": database(os.environ["BENCH_DATABASE"])}
CACHES: dict[str, Any] = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if PAGE_CACHE:
    CACHES["default"] = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": PAGE_CACHE}
    CACHE_MIDDLEWARE_KEY_PREFIX = SUBJECT
    CACHE_MIDDLEWARE_SECONDS = 3600

INSTALLED_APPS = [
    *{
        "floor": [],
        "ours": ["wagtail_personalise_gov"],
        "peer": ["wagtail_modeladmin", "wagtail_personalisation", "wagtailfontawesomesvg"],
    }[SUBJECT],
    "tests.benchmarks.site",
    "rest_framework",
    "wagtail.contrib.redirects",
    "wagtail.contrib.settings",
    "wagtail.embeds",
    "wagtail.sites",
    "wagtail.users",
    "wagtail.snippets",
    "wagtail.documents",
    "wagtail.images",
    "wagtail.search",
    "wagtail.admin",
    "wagtail",
    "modelcluster",
    "taggit",
    "django_filters",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
if "postgresql" in DATABASES["default"]["ENGINE"]:
    INSTALLED_APPS.append("django.contrib.postgres")


class NoMigrations:
    """Tables are made from the models as they stand, in a second; all migrations of Wagtail take many."""

    def __contains__(self, app: str) -> bool:
        return True

    def __getitem__(self, app: str) -> None:
        return None


MIGRATION_MODULES = NoMigrations()

OURS = ["wagtail_personalise_gov.middleware.PersonaliseMiddleware"] if SUBJECT == "ours" else []
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]
if PAGE_CACHE:
    MIDDLEWARE = [
        *(["wagtail_personalise_gov.middleware.PageCacheMiddleware"] if SUBJECT == "ours" else []),
        "django.middleware.cache.UpdateCacheMiddleware",
        *OURS,
        *MIDDLEWARE,
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]
else:
    MIDDLEWARE = [*OURS, *MIDDLEWARE]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

WAGTAIL_SITE_NAME = "Benchmark"
WAGTAILADMIN_BASE_URL = "http://localhost"
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database", "AUTO_UPDATE": False}}
if SUBJECT == "ours":
    WAGTAIL_PERSONALISE_GOV = {"GEO_DATABASE": os.environ.get("BENCH_PLACES")}
if SUBJECT == "peer":
    SILENCED_SYSTEM_CHECKS = ["fields.W340"]
