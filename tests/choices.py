"""The choice cookie, for tests that ask what was chosen and not on which day."""

import re

DAYS = re.compile(r"(?<=\.)([0-9]+)\.[0-9]+(?:-[0-9]+)?(?=\.|$)")


def without_days(value: str) -> str:
    """What a choice cookie holds, without the days: `allowed.1.20783.n` becomes `allowed.1.n`. Each must have one."""
    without, dated = DAYS.subn(r"\1", value)
    assert dated == 1, value
    return without
