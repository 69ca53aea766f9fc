from typing import Any

import pytest
from django.core.cache import cache

from .page_caches import PAGE_CACHES, behind


@pytest.fixture(params=PAGE_CACHES)
def page_cache(request: pytest.FixtureRequest, settings: Any) -> str:
    """The site stands behind a page cache, with our two lines in MIDDLEWARE; once with each that is installed."""
    cache.clear()
    behind(request.param, settings)
    return str(request.param)
