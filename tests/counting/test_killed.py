"""A process is killed in the midst of counting: no more is lost than is said, and nothing is counted twice."""

import signal

import pytest

from wagtail_personalise_gov.counting.database import MOST_GATHERED
from wagtail_personalise_gov.counting.redis import RedisBuffer
from wagtail_personalise_gov.models import TallyBatch

from .processes import DATABASE, REDIS, Server, total

# Says a dot after each increment.
COUNTING = """
while True:
    buffer.add([tally(1)])
    say(".")
"""


ENOUGH = "." * (3 * MOST_GATHERED)  # so that some are in the database


# The bound holds as long as the database takes in time what is added, and here it may take its time.
IN_TIME = "import wagtail_personalise_gov.counting.database as module; module.ROOM_SECONDS = 30\n"


@pytest.mark.django_db(transaction=True)
def test_a_killed_process_loses_at_most_what_the_buffer_says(counting_server: Server) -> None:
    child = counting_server.start(DATABASE, IN_TIME + COUNTING)
    child.says(ENOUGH)
    counted = child.kill().count(".")
    assert counted - MOST_GATHERED <= total() <= counted + 1  # the last one may have been counted and not yet told


@pytest.mark.django_db(transaction=True)
def test_where_no_threads_run_the_bound_is_the_same(counting_server: Server) -> None:
    child = counting_server.start(DATABASE, "buffer._start = lambda: None\n" + COUNTING)
    child.says(ENOUGH)
    counted = child.kill().count(".")
    assert counted - MOST_GATHERED <= total() <= counted + 1


@pytest.mark.django_db(transaction=True)
def test_a_process_that_ends_by_itself_loses_nothing(counting_server: Server) -> None:
    counting_server.start(DATABASE, "for number in range(77): buffer.add([tally(number % 3)])").ends()
    assert total() == 77
    assert not TallyBatch.objects.exists()  # the numbers are needed while it is not certain that all has arrived


@pytest.mark.django_db(transaction=True)
def test_a_server_that_is_asked_to_stop_loses_nothing(counting_server: Server) -> None:
    script = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))\nbuffer.add([tally()])\nsay('up')\n"
    child = counting_server.start(DATABASE, script + "while True: time.sleep(0.02)")
    child.says("up")
    child.signal(signal.SIGTERM)
    child.ends()
    assert total() == 1


# Forks while the parent holds increments, a thread and both locks.
FORKING = """
warnings.simplefilter("ignore")  # from Python 3.12 on, of a fork beside threads
buffer.add([tally(1)] * 5)
with buffer._lock, buffer._adding:
    child = os.fork()
    if child == 0:
        signal.alarm(20)  # it might wait for a lock that nobody here holds
        buffer.add([tally(2)] * 7)
        sys.exit(0)
assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.django_db(transaction=True)
def test_a_forked_child_adds_its_own_and_not_its_parents(counting_server: Server) -> None:
    counting_server.start(DATABASE, FORKING).ends()
    assert total() == 12


@pytest.mark.django_db(transaction=True)
def test_so_does_one_that_was_forked_without_python_knowing(counting_server: Server) -> None:
    script = "from wagtail_personalise_gov.counting import background; background._buffers.clear()\n"
    counting_server.start(DATABASE, script + FORKING).ends()
    assert total() == 12


@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
def test_with_redis_a_killed_process_loses_nothing(counting_server: Server) -> None:
    child = counting_server.start(REDIS, COUNTING)
    child.says(ENOUGH)
    counted = child.kill().count(".")
    buffer = RedisBuffer()
    buffer.flush()
    buffer.close()
    assert total() in (counted, counted + 1)  # as above


KILLED = "os.kill(os.getpid(), signal.SIGKILL)"


@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "moment, script",
    [
        ("between the renaming and the database", f"redis_module.add_to_tallies = lambda *_, **__: {KILLED}"),
        ("between the database and the deletion", f"buffer._done = lambda number: {KILLED}"),
    ],
    ids=["renamed", "added"],
)
def test_what_a_killed_process_was_moving_is_added_once(counting_server: Server, moment: str, script: str) -> None:
    prepared = "import wagtail_personalise_gov.counting.redis as redis_module\n" + script
    child = counting_server.start(REDIS, f"{prepared}\nbuffer.add([tally(1)] * 5)\nbuffer.flush()\n")
    child.ends(-signal.SIGKILL)
    there = total()
    assert there == (0 if "renaming" in moment else 5)
    buffer = RedisBuffer()
    assert buffer.flush() == 0  # for a minute it may be that the process is still at it
    (held,) = buffer._redis.keys("*:held:*")
    assert 0 < buffer._redis.ttl(held) <= 60
    buffer._redis.delete(held)  # the minute is over
    assert buffer.flush() == 5 - there
    assert total() == 5
    assert not [key for key in buffer._redis.keys("*:tallies*") if b"batch" in key]
    buffer.close()
