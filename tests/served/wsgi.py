"""For gunicorn: ``tests.served.wsgi:application``. Each answer says by which process; /-/flush adds what it counted."""

import os

from django.core.wsgi import get_wsgi_application

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.served.settings"
site = get_wsgi_application()


def application(environ, start_response):
    process = ("X-Process", str(os.getpid()))
    if environ["PATH_INFO"] == "/-/flush":
        from wagtail_personalise_gov.counting.buffer import flush

        body = str(flush()).encode()
        start_response("200 OK", [process, ("Content-Length", str(len(body)))])
        return [body]
    return site(environ, lambda status, headers, exc=None: start_response(status, [*headers, process], exc))
