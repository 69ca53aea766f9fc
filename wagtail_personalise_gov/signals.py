"""Signals that a site's own code may listen to."""

from django.dispatch import Signal

# Sent after a new ruleset has been announced; `version` is its token. Sender: None.
ruleset_retired = Signal()
