"""How much may be sent by whoever writes to us without an account, and how often, with nothing kept of who it was.

What is counted is a network and never a person: the first 24 bits of an IPv4 address, 48 of an IPv6 one. A network is
turned into the number of a counter by a hash whose key is drawn at random for each minute and known to this process
alone. When the minute is over, the counters and the key are thrown away, so that nothing leads back to anybody.

Refusing, withdrawing and erasing are never counted, and nobody's address is looked at for them.
"""

from __future__ import annotations

import secrets
import threading
import time
from array import array
from hashlib import blake2b
from io import BytesIO
from typing import TYPE_CHECKING

from django.http import HttpRequest

from ..conf import settings
from ..plugged import log_once_a_minute
from .address import Address, client_address

if TYPE_CHECKING:
    from .visit import Visit

MAX_BODY = 16 * 1024  # bytes; the longest honest form carries an address to go back to, and little else
SECONDS = 60  # of the time in which is counted
COUNTERS = 2**14  # 64 KB in each process, whoever sends how much; two networks hardly ever share one
KEY_BYTES = 16
IPV4_BYTES, IPV6_BYTES = 3, 6  # of an address that count: /24 and /48


def network_bytes(address: Address | None) -> bytes:
    """The part of an address that is counted; all senders whose address can't be told count as one."""
    if address is None:
        return b""
    return address.packed[: IPV4_BYTES if address.version == 4 else IPV6_BYTES]


class Rate:
    """How often each network has sent something in the minute that runs, in this process. Fit for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._minute = -1
        self._key = b""
        self._counters = array("I")

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def add(self, network: bytes) -> int:
        """Count one more for a network, and say how many that makes. Others may share its counter, by chance."""
        with self._lock:
            minute = int(time.time() // SECONDS)
            if minute != self._minute:
                self._minute, self._key = minute, secrets.token_bytes(KEY_BYTES)
                self._counters = array("I", bytes(COUNTERS * array("I").itemsize))
            digest = blake2b(network, key=self._key, digest_size=8).digest()
            row = int.from_bytes(digest, "big") % COUNTERS
            self._counters[row] += 1
            return self._counters[row]


rate = Rate()


def too_often(visit: Visit, accepts: bool = False) -> bool:
    """Whether this visitor's network has sent too much in this minute; this request is counted in.

    To be asked only where something would be added, so that refusing, withdrawing and erasing always work. Of visitors
    who do not want pages to adapt to them nothing is looked at, nor counted, unless this very request `accepts`.
    """
    limit = settings.FORMS_PER_MINUTE
    if not limit or not (accepts or visit.listens):
        return False
    if rate.add(network_bytes(client_address(visit.request))) <= limit:
        return False
    log_once_a_minute(
        "FORMS_PER_MINUTE",
        "One network sent more than %d forms in a minute (FORMS_PER_MINUTE), so it is asked to wait. If all visitors "
        "come through a proxy, name it in TRUSTED_PROXIES.",
        limit,
    )
    return True


def seconds_to_wait() -> int:
    """Seconds until the next minute begins, at least one."""
    return max(1, SECONDS - int(time.time() % SECONDS))


def is_too_large(request: HttpRequest, most: int = MAX_BODY) -> bool:
    """Whether a request brings a body of more than `most` bytes. Nothing is read beyond that.

    Its length is what it says; one that comes in pieces and does not say it is read as far as it may go.
    """
    said = str(request.META.get("CONTENT_LENGTH") or "")
    if said:
        return not said.isdecimal() or int(said[:20]) > most
    if hasattr(request, "_body") or getattr(request, "_read_started", False):
        return False  # somebody else took it in already
    # Django goes by the length alone, and would read nothing, also where the server knows the end (gunicorn says so).
    stream = request.META["wsgi.input"] if request.META.get("wsgi.input_terminated") else request
    begun = stream.read(most + 1)
    if len(begun) > most:
        return True
    request._body = begun  # where Django looks for what was read already
    request._stream = BytesIO(begun)
    request.META["CONTENT_LENGTH"] = str(len(begun))  # by which REST framework tells whether there is any
    return False
