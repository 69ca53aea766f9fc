"""For MIDDLEWARE: ``wagtail_personalise_gov.middleware.PersonaliseMiddleware``."""

from .visit.middleware import PersonaliseMiddleware

__all__ = ["PersonaliseMiddleware"]
