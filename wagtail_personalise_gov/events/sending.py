"""Send a message to the webhooks that want it: signed, as a task, and again where it does not arrive.

Later tries need a task backend that can hold tasks back. Where tasks are run at once, within somebody's request, there
is one try, and a receiver that has just failed is left alone for a minute: nobody waits for it twice.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.utils import timezone
from django_tasks import task  # what Wagtail hands its own tasks to

from ..conf import settings
from ..core.events import Event
from ..core.webhooks import Webhook, webhooks_in
from ..plugged import log_once_a_minute
from . import posting

logger = logging.getLogger("wagtail_personalise_gov")

# From one try to the next: eight tries in a little more than a day.
PAUSES_SECONDS = (5, 5 * 60, 30 * 60, 2 * 3600, 5 * 3600, 8 * 3600, 10 * 3600)
LONGEST_PAUSE_SECONDS = 24 * 3600  # whatever a receiver asks for
SPREAD_PERCENT = 10  # by which a pause is longer, by chance, so that not all messages come back at once
AWAY_SECONDS = 60

GONE = 410

_away_until: dict[str, float] = {}  # the key of a webhook that failed → until when, in seconds of the monotonic clock


def webhooks() -> list[Webhook]:
    """Those that the setting names."""
    return webhooks_in(settings.WEBHOOKS)


def now_in_utc() -> datetime:
    return timezone.now().astimezone(UTC).replace(microsecond=0)


def send(event: Event, data: Mapping[str, Any], at: datetime) -> None:
    """Hand a message to each webhook that wants this event. To be called when nothing is taken back any more.

    Never raises.
    """
    message = {"type": str(event), "timestamp": at.isoformat(), "data": data}
    body = json.dumps(message, separators=(",", ":"))
    message_id = str(uuid4())
    for hook in webhooks():
        if event not in hook.events:
            continue
        try:
            send_task.enqueue(hook.key, message_id, body, 1)
        except Exception as error:  # a queue that is out of order
            log_once_a_minute("send_task", "Webhooks can't be told: the task queue fails (%s).", type(error).__name__)


@task()
def send_task(key: str, message_id: str, body: str, number: int) -> None:
    """One try, the `number`th, to send a message to the webhook of this key.

    The arguments may be kept in a database: they hold neither a secret nor an address.
    """
    hook = next((hook for hook in webhooks() if hook.key == key), None)
    if hook is None:
        return  # it is no longer in the settings
    can_wait = bool(send_task.get_backend().supports_defer)
    if not can_wait and time.monotonic() < _away_until.get(key, 0):
        log_once_a_minute(f"webhook {key}", "Webhook %s failed just now, and is not told of more.", hook.place)
        return
    failure = deliver(hook, message_id, body)
    if failure is None:
        return
    _away_until[key] = time.monotonic() + AWAY_SECONDS
    if can_wait and failure.pause_seconds is not None and number <= len(PAUSES_SECONDS):
        seconds = max(PAUSES_SECONDS[number - 1], failure.pause_seconds)
        seconds += seconds * secrets.randbelow(SPREAD_PERCENT + 1) // 100
        later = send_task.using(run_after=timezone.now() + timedelta(seconds=seconds))
        later.enqueue(key, message_id, body, number + 1)
    else:
        logger.error(
            "Webhook %s was not told of message %s: %s. Given up at try %s.",
            hook.place,
            message_id,
            failure.why,
            number,
        )


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message did not arrive, and how long the receiver wants to be left alone; None: for good."""

    why: str
    pause_seconds: int | None = 0


def deliver(hook: Webhook, message_id: str, body: str) -> Failure | None:
    """One try; None where the message arrived. Never raises."""
    seconds = int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "wagtail_personalise_gov",
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": hook.signature(message_id, seconds, body),
    }
    try:
        status, wanted = posting.post(hook.url, body, headers)
    except TimeoutError:
        return Failure(f"no answer was whole within {posting.TRY_SECONDS} seconds")
    except Exception as error:  # whatever a network does; its message may hold the address
        return Failure(type(error).__name__)
    if 200 <= status < 300:
        return None
    if status == GONE:
        return Failure("it answers 410, and so wants no more; take it out of WEBHOOKS", pause_seconds=None)
    # The other form, a date, is rare (RFC 9110, 10.2.3).
    pause = int(wanted) if re.fullmatch(r"[0-9]{1,9}", wanted) else 0
    return Failure(f"it answers {status}", min(pause, LONGEST_PAUSE_SECONDS))
