"""The tests' site as a server runs it. SERVED is JSON: keys of WAGTAIL_PERSONALISE_GOV under "options", and

redis       address of Redis, the default cache
page_cache  whether pages are kept there, by Django's middleware
"""

import json
import os

from tests.settings import *  # noqa: F403
from tests.settings import DATABASES, MIDDLEWARE

SERVED = json.loads(os.environ["SERVED"])

ALLOWED_HOSTS = ["*"]
DATABASES["default"]["CONN_MAX_AGE"] = 60
DATABASES["default"].setdefault("OPTIONS", {})["connect_timeout"] = 2  # seconds
CACHES = {
    "default": {
        "BACKEND": "tests.served.caches.UnreliableRedis",
        "LOCATION": SERVED["redis"],
        "OPTIONS": {"socket_connect_timeout": 0.25, "socket_timeout": 0.5},
    }
}
WAGTAIL_PERSONALISE_GOV = {
    "GEO_PROVIDER": "wagtail_personalise_gov.visit.geo.HeaderGeo",
    "GEO_HEADERS": {"country": "X-Country", "city": "X-City"},
    "TRUSTED_PROXIES": ["127.0.0.1"],
    "RULESET_CHECK_SECONDS": 1,
    **SERVED.get("options", {}),
}
if SERVED.get("page_cache"):
    CACHE_MIDDLEWARE_SECONDS = 600
    MIDDLEWARE = [
        "wagtail_personalise_gov.middleware.PageCacheMiddleware",
        "django.middleware.cache.UpdateCacheMiddleware",
        *MIDDLEWARE,
        "django.middleware.cache.FetchFromCacheMiddleware",
    ]
LOGGING = {
    "version": 1,
    "formatters": {"process": {"format": "%(process)d %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "process"}},
    "loggers": {"wagtail_personalise_gov": {"handlers": ["stderr"], "propagate": False}},
}
