"""The example site's addresses, and Wagtail's API v2 twice: as it comes, and with our mixin."""

from django.urls import path
from wagtail.api.v2.router import WagtailAPIRouter
from wagtail.api.v2.views import PagesAPIViewSet

from example_site import urls
from wagtail_personalise_gov.api.wagtail_v2 import PersonalisedAPIMixin


class PersonalisedPages(PersonalisedAPIMixin, PagesAPIViewSet):
    pass


plain = WagtailAPIRouter("plain_api")
plain.register_endpoint("pages", PagesAPIViewSet)

personalised = WagtailAPIRouter("wagtailapi")
personalised.register_endpoint("pages", PersonalisedPages)

urlpatterns = [path("api/plain/", plain.urls), path("api/v2/", personalised.urls), *urls.urlpatterns]
