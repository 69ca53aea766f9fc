"""Which Redis counts wait in, and what is said where none can be had."""

import sys
from typing import Any, ClassVar

import pytest
from django.core.exceptions import ImproperlyConfigured

from wagtail_personalise_gov import checks
from wagtail_personalise_gov.counting.redis import RedisBuffer, redis_address

from .processes import REDIS, nobody_listens

DJANGOS = "django.core.cache.backends.redis.RedisCache"


@pytest.mark.parametrize(
    "cache, expected",
    [
        ({"BACKEND": DJANGOS, "LOCATION": "redis://a:1/2"}, ("redis://a:1/2", {})),
        ({"BACKEND": DJANGOS, "LOCATION": "redis://a;redis://b"}, ("redis://a", {})),  # a leader and its follower
        ({"BACKEND": DJANGOS, "LOCATION": ["redis://a", "redis://b"]}, ("redis://a", {})),
        (
            {"BACKEND": DJANGOS, "LOCATION": "redis://a", "OPTIONS": {"db": 3, "parser_class": "x"}},
            ("redis://a", {"db": 3}),
        ),
        (
            {
                "BACKEND": "django_redis.cache.RedisCache",
                "LOCATION": "redis://a",
                "OPTIONS": {"PASSWORD": "p", "CLIENT_CLASS": "x", "CONNECTION_POOL_KWARGS": {"max_connections": 9}},
            },
            ("redis://a", {"password": "p", "max_connections": 9}),
        ),
    ],
)
def test_unless_one_is_named_it_is_that_of_the_default_cache(
    settings: Any, cache: dict[str, Any], expected: Any
) -> None:
    settings.CACHES = {"default": cache}
    assert redis_address() == expected


def test_the_one_that_is_named_comes_first(settings: Any, configure: Any) -> None:
    settings.CACHES = {"default": {"BACKEND": DJANGOS, "LOCATION": "redis://a"}}
    configure(COUNTING_REDIS="redis://b/1")
    assert redis_address() == ("redis://b/1", {})


def test_where_none_is_known_a_check_says_so(settings: Any, configure: Any) -> None:
    pytest.importorskip("redis")
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    configure(COUNTING_BUFFER=REDIS)
    (message,) = checks.check_plugged(None)
    assert message.id == "wagtail_personalise_gov.E004"
    assert "WAGTAIL_PERSONALISE_GOV['COUNTING_REDIS']" in message.msg
    assert "LocMemCache" in message.msg


def test_an_address_that_is_none_is_told_without_what_it_holds(configure: Any) -> None:
    pytest.importorskip("redis")
    configure(COUNTING_BUFFER=REDIS, COUNTING_REDIS="http://:secret@a")
    (message,) = checks.check_plugged(None)
    assert "the address of Redis can't be used" in message.msg
    assert "secret" not in message.msg


def test_without_redis_py_it_is_told_what_to_install(configure: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)  # as if it were not there
    configure(COUNTING_BUFFER=REDIS, COUNTING_REDIS="redis://a")
    with pytest.raises(ImproperlyConfigured, match=r"pip install 'wagtail-personalise-gov\[redis\]'"):
        RedisBuffer()
    (message,) = checks.check_plugged(None)
    assert "redis-py is not installed" in message.msg


def test_a_deploy_check_says_when_redis_does_not_answer(configure: Any) -> None:
    pytest.importorskip("redis")
    configure(COUNTING=True, COUNTING_BUFFER=REDIS, COUNTING_REDIS=nobody_listens())
    (message,) = checks.check_redis_of_counting(None)
    assert message.id == "wagtail_personalise_gov.W040"
    configure(COUNTING=False)
    assert checks.check_redis_of_counting(None) == []


class FullRedis:
    """As far as the check asks: what Redis says of its memory."""

    memory: ClassVar[dict[str, Any]] = {}

    def __enter__(self) -> "FullRedis":
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def info(self, section: str) -> dict[str, Any]:
        return self.memory if section == "memory" else {}


@pytest.mark.parametrize(
    "memory, told",
    [
        ({"maxmemory": 10**9, "maxmemory_policy": "allkeys-lru"}, True),
        ({"maxmemory": 10**9, "maxmemory_policy": "volatile-lru"}, False),  # our hash does not expire
        ({"maxmemory": 10**9, "maxmemory_policy": "noeviction"}, False),
        ({"maxmemory": 0, "maxmemory_policy": "allkeys-lru"}, False),  # never full
        ({}, False),  # a managed one that does not say
    ],
)
def test_a_deploy_check_says_when_redis_may_evict_what_was_counted(
    configure: Any, monkeypatch: pytest.MonkeyPatch, memory: dict[str, Any], told: bool
) -> None:
    pytest.importorskip("redis")
    configure(COUNTING=True, COUNTING_BUFFER=REDIS, COUNTING_REDIS="redis://a")
    monkeypatch.setattr(FullRedis, "memory", memory)
    monkeypatch.setattr(checks, "redis_client", FullRedis)
    messages = checks.check_redis_of_counting(None)
    assert [message.id for message in messages] == ["wagtail_personalise_gov.W041"] * told
    assert all("allkeys-lru" in message.msg for message in messages)
