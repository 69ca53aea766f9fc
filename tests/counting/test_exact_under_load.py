"""Two processes with eight threads each count as fast as they can: the daily totals are exact."""

import pytest

from wagtail_personalise_gov.counting.redis import RedisBuffer
from wagtail_personalise_gov.models import DailyTally

from .processes import DATABASE, REDIS, Server, total
from .tallies import tally

PROCESSES, THREADS, TIMES, HANDFUL = 2, 8, 10_000, 10

# Each thread counts ten of seven tallies at a time, as a request does that shows many blocks, each from another one on.
LOAD = f"""
def count(first):
    tallies = [tally((first + step) % 7) for step in range({HANDFUL})]
    for turn in range({TIMES // HANDFUL}):
        buffer.add(tallies)
threads = [threading.Thread(target=count, args=(first,)) for first in range({THREADS})]
for thread in threads:
    thread.start()
"""
JOIN = """
for thread in threads:
    thread.join()
"""
MOVE = """
while any(thread.is_alive() for thread in threads):
    buffer.flush()
    time.sleep(0.02)
"""


def expected() -> dict[str, int]:
    totals = dict.fromkeys((tally(number).exposure.variant for number in range(7)), 0)
    for first in range(THREADS):
        for step in range(HANDFUL):
            totals[tally((first + step) % 7).exposure.variant] += PROCESSES * TIMES // HANDFUL
    return totals


def counted() -> dict[str, int]:
    return dict(DailyTally.objects.values_list("variant", "count"))


@pytest.mark.django_db(transaction=True)
def test_the_database_has_every_increment_of_two_processes_once(counting_server: Server) -> None:
    children = [counting_server.start(DATABASE, LOAD + JOIN) for _ in range(PROCESSES)]
    for child in children:
        child.ends()  # what is left is added at the end
    assert counted() == expected()
    assert total() == PROCESSES * THREADS * TIMES


@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
def test_so_it_has_through_redis_while_both_move_what_is_there(counting_server: Server) -> None:
    children = [counting_server.start(REDIS, LOAD + MOVE) for _ in range(PROCESSES)]
    for child in children:
        child.ends()
    buffer = RedisBuffer()
    buffer.flush()
    buffer.close()
    assert counted() == expected()
    assert total() == PROCESSES * THREADS * TIMES
