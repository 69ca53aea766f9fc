#!/usr/bin/env python
"""Django's commands for the example site; ``make demo`` runs the ones that a newcomer needs."""

import os
import sys

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "example_site.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
