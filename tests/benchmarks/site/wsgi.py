"""For gunicorn: ``tests.benchmarks.site.wsgi:application``. Each answer says by which process it was given."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.benchmarks.site.settings"
site = get_wsgi_application()


def application(environ, start_response):
    def with_process(status, headers, exc_info=None):
        return start_response(status, [*headers, ("X-Process", str(os.getpid()))], exc_info)

    return site(environ, with_process)
