from django.urls import include, path
from wagtail import urls as wagtail_urls

urlpatterns = [path("personalisation/", include("wagtail_personalise_gov.urls")), path("", include(wagtail_urls))]
