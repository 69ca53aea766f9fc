"""The example site's addresses, and Wagtail's API v3. Wagtail 8 has it."""

from django.urls import path
from wagtail.api.v3.urls import api

from example_site import urls

urlpatterns = [path("api/v3/", api.urls), *urls.urlpatterns]
