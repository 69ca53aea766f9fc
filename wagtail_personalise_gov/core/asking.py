"""What an address may ask of a page: ``?personalise=standard``, or ``?personalise_as=<slug of a group>``."""

from __future__ import annotations

import re

STANDARD, STANDARD_VALUE = "personalise", "standard"  # the page's standard version
SEEN_BY = "personalise_as"  # the page as the group with this slug sees it
RESERVED = frozenset({STANDARD, SEEN_BY})  # parameters that mean this and nothing else, so that no rule may ask them

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")  # as those of segments are
