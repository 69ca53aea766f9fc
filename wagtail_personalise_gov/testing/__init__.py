"""For a site's own tests: be a visitor for a while, and hold a store or a geo provider of your own to its contract.

with visiting(country="FR", first_visit=True):
    assert "Bienvenue" in client.get("/").content.decode()

class OfficeGeoTests(GeoProviderContract, SimpleTestCase): ...
class CacheStoreTests(VisitorStoreContract, TestCase): ...
"""

from .geo import GeoProviderContract
from .stores import VisitorStoreContract
from .visits import Visiting, fact_ending_with, visiting

__all__ = ["GeoProviderContract", "Visiting", "VisitorStoreContract", "fact_ending_with", "visiting"]
