"""Records for who has to answer for all of it: what a DPIA and the UK's transparency record ask, as far as it is known.

Everything in them comes from the settings in force, the registries in code and the database. What only the public body
can know is never guessed: it is marked, with what has to be written there.
"""

from collections.abc import Callable

from .atrs import atrs
from .document import Record
from .dpia import dpia
from .holding import Holding

RECORDS: dict[str, Callable[[Holding], Record]] = {"dpia": dpia, "atrs": atrs}

__all__ = ["RECORDS", "Holding", "Record", "atrs", "dpia"]
