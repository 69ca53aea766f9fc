"""Addresses: the package's three, the example site's own two forms, the admin, and the pages."""

from django.conf import settings
from django.conf.urls.static import static
from django.urls import include, path
from wagtail import urls as wagtail_urls
from wagtail.admin import urls as wagtailadmin_urls
from wagtail.documents import urls as wagtaildocs_urls

from . import views

urlpatterns = [
    path("personalisation/", include("wagtail_personalise_gov.urls")),
    path("api/personalise/v1/", include("wagtail_personalise_gov.api.urls")),
    path("", include("wagtail_personalise_gov.well_known_urls")),
    path("admin/", include(wagtailadmin_urls)),
    path("documents/", include(wagtaildocs_urls)),
    path("demo/", views.demo, name="demo"),
    path("ward/", views.ward, name="ward"),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
    path("", include(wagtail_urls)),
]
