"""The example site's addresses, with its pages under the language that they are in."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path
from wagtail import urls as wagtail_urls

from example_site import urls

urlpatterns = [*urls.urlpatterns[:-1], *i18n_patterns(path("", include(wagtail_urls)))]
