"""For MIDDLEWARE: ``wagtail_personalise_gov.middleware.PersonaliseMiddleware``, and for page caches the other one."""

from .delivery.page_cache import PageCacheMiddleware
from .visit.middleware import PersonaliseMiddleware

__all__ = ["PageCacheMiddleware", "PersonaliseMiddleware"]
