"""Settings of the example site: SQLite and nothing else, unless the environment says otherwise.

Everything that is generated goes under var/. From the environment, all optional:

DATABASE_URL          e.g. postgres://user:password@127.0.0.1:5432/northmoor (extra: postgres)
CACHE_URL             e.g. redis://127.0.0.1:6379/1 (extra: redis)
DEMO_TRUSTED_PROXIES  networks whose X-Forwarded-For is believed, commas between; empty means none
DEMO_API_ORIGINS      front ends on other hosts that may call the API, commas between, such as http://127.0.0.1:8080
DEBUG                 1 (as if not given) or 0
SECRET_KEY            else one is made, once, in var/secret_key
ALLOWED_HOSTS         more host names, commas between
DEMO_BASE_URL         where the admin's own links point
"""

import os
import secrets
from pathlib import Path
from typing import Any

import dj_database_url
import django
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
VAR = BASE_DIR / "var"
STATIC_ROOT = VAR / "static"
MEDIA_ROOT = VAR / "media"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns about a folder that is not there


def listed(text: str) -> list[str]:
    """The names in `text`, which has commas between them; empty text gives none."""
    return [name for part in text.split(",") if (name := part.strip())]


def kept_secret(path: Path) -> str:
    """The key in the file at `path`, made on the first call. Two processes that start at once agree on one."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(50))
        try:
            os.link(draft, path)  # unlike a rename, fails where another process was first
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text()


def database(url: str) -> dict[str, Any]:
    """Django's row for the database at `url`; SQLite is made fit for several processes at once."""
    try:
        row: dict[str, Any] = dict(dj_database_url.parse(url))
    except ValueError as problem:  # the address itself stays unsaid: it may hold a password
        raise ImproperlyConfigured(f"DATABASE_URL: {problem}") from problem
    if row["ENGINE"] == "django.db.backends.sqlite3":
        row["OPTIONS"] = {
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",  # readers never wait for the writer
            "transaction_mode": "IMMEDIATE",  # a writer queues at its start, instead of failing halfway
            "timeout": 20,  # seconds in that queue
        }
    return row


def cache(url: str) -> dict[str, Any]:
    """Django's row for the cache at `url`. Without one each process remembers for itself, as Django does unasked."""
    if not url:
        return {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    if not url.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured(f"CACHE_URL={url}: not an address of Redis, such as redis://127.0.0.1:6379/1.")
    return {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": url}


# --- This machine -----------------------------------------------------------------------------------------------------

DEBUG = os.environ.get("DEBUG", "1").lower() in {"1", "true", "yes", "on"}
SECRET_KEY = os.environ.get("SECRET_KEY") or kept_secret(VAR / "secret_key")
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", "testserver", *listed(os.environ.get("ALLOWED_HOSTS", ""))]
DATABASES = {"default": database(os.environ.get("DATABASE_URL") or f"sqlite:///{VAR / 'demo.sqlite3'}")}
CACHES = {"default": cache(os.environ.get("CACHE_URL", ""))}
MAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
if django.VERSION >= (6, 1):  # where EMAIL_BACKEND is deprecated, and MAILERS new
    MAILERS = {"default": {"BACKEND": MAIL_BACKEND}}
else:
    EMAIL_BACKEND = MAIL_BACKEND

# --- Personalisation --------------------------------------------------------------------------------------------------

WAGTAIL_PERSONALISE_GOV = {
    # Written by `manage.py demo_geo` from the documentation address ranges; no real place is in it.
    "GEO_DATABASE": str(VAR / "demo.mmdb"),
    # The demo believes X-Forwarded-For from this machine, so that curl can try a place from outside.
    "TRUSTED_PROXIES": listed(os.environ.get("DEMO_TRUSTED_PROXIES", "127.0.0.1")),
    # Front ends on another host, such as examples/static-front-end served apart.
    "API_ORIGINS": listed(os.environ.get("DEMO_API_ORIGINS", "")),
    # For the bar that lets a reader be somebody else. A site of yours needs neither of these two.
    "GEO_PROVIDER": "example_site.geo.DemoGeo",
    "VISITOR_STORE": "example_site.stores.DemoStore",
    # Every version that was chosen for a visit can be asked why it is shown.
    "SAY_WHY": True,
    # What is shown, and what it achieves, is counted as daily totals.
    "COUNTING": True,
}

# --- Django -----------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "example_site",
    "wagtail_personalise_gov",
    "rest_framework",
    "wagtail.contrib.forms",
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

if DATABASES["default"]["ENGINE"] == "django.db.backends.postgresql":
    INSTALLED_APPS.append("django.contrib.postgres")  # Wagtail's search uses its fields; Django 6.1 insists

# Not here: LocaleMiddleware, which adds `Vary: Accept-Language` to every page. Welsh pages have their own addresses.
MIDDLEWARE = [
    # First, or right after a page cache's update middleware. A site of yours names the class that this one extends:
    # wagtail_personalise_gov.middleware.PersonaliseMiddleware.
    "example_site.demo_bar.DemoPersonaliseMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "wagtail.contrib.redirects.middleware.RedirectMiddleware",
]

ROOT_URLCONF = "example_site.urls"
WSGI_APPLICATION = "example_site.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]

STATIC_URL = "/static/"
MEDIA_URL = "/media/"
WHITENOISE_USE_FINDERS = True  # serves each app's static files where they lie: no collectstatic before a demo

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_TZ = True

# --- Wagtail ----------------------------------------------------------------------------------------------------------

WAGTAIL_SITE_NAME = "Northmoor Council"
WAGTAILADMIN_BASE_URL = os.environ.get("DEMO_BASE_URL", "http://127.0.0.1:8000")
WAGTAIL_I18N_ENABLED = True
WAGTAIL_CONTENT_LANGUAGES = LANGUAGES = [("en", "English"), ("cy", "Cymraeg")]
WAGTAILSEARCH_BACKENDS = {"default": {"BACKEND": "wagtail.search.backends.database"}}
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a page with many blocks posts more fields than Django's 1,000

# The demo asks nothing of other hosts: no news of releases, no portraits.
WAGTAIL_ENABLE_UPDATE_CHECK = False
WAGTAIL_GRAVATAR_PROVIDER_URL = None
