"""What is wrong with a webhook as it is written, and how a message to it is signed."""

import base64
from typing import Any

import pytest

from wagtail_personalise_gov.core.webhooks import webhooks_in, webhooks_problem

BYTES = bytes(range(32))
SECRET = "whsec_" + base64.b64encode(BYTES).decode()
GOOD: dict[str, Any] = {"url": "https://crm.example.gov/hooks/", "secret": SECRET, "events": ["segment_changed"]}


def secret_of(length: int) -> str:
    return "whsec_" + base64.b64encode(bytes(length)).decode()


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"url": "https://crm.example.gov:8443/hooks/?tenant=7"},
        {"url": "https://10.0.0.1/"},  # a machine of the site's own network: whoever writes settings may mean it
        {"url": "http://localhost:8000/"},
        {"url": "http://127.0.0.1/"},
        {"url": "http://[::1]:9/"},
        {"secret": [SECRET, secret_of(24), secret_of(64)]},
        {"events": ("segment_changed", "preference_changed", "intent_declared", "goal_reached")},
    ],
)
def test_what_may_be_written(row: dict[str, Any]) -> None:
    assert webhooks_problem([{**GOOD, **row}]) is None
    assert webhooks_problem([]) is None


@pytest.mark.parametrize(
    "value, problem",
    [
        ("https://crm.example.gov/", "use a list of webhooks"),
        ({"url": "https://crm.example.gov/"}, "use a list of webhooks"),
        (["https://crm.example.gov/"], "[0] is no dict; its keys are 'url', 'secret', 'events'"),
        ([{**GOOD, "event": []}], "[0]['event']: there is no such key; the nearest is 'events'"),
        ([{"url": "https://a.example/", "secret": SECRET}], "[0]['events']: it is missing"),
        ([{**GOOD, "url": "http://crm.example.gov/"}], "[0]['url']: use https; only for localhost"),
        ([{**GOOD, "url": "http://localhost.evil.example/"}], "[0]['url']: use https"),
        ([{**GOOD, "url": "ftp://localhost/"}], "[0]['url']: use https"),
        ([{**GOOD, "url": "https://me:pass@crm.example.gov/"}], "[0]['url']: leave the name and the password out"),
        ([{**GOOD, "url": "https://crm.example.gov/#top"}], "[0]['url']: leave out what begins with #"),
        ([{**GOOD, "url": "https://"}], "[0]['url']: it has no host"),
        ([{**GOOD, "url": "https://crm.example.gov:99999/"}], "[0]['url']: it is no address"),
        ([{**GOOD, "url": "https://crm.example.gov:0/"}], "[0]['url']: it has no host, or no port"),
        ([{**GOOD, "url": "https://[::1/"}], "[0]['url']: it is no address"),
        ([{**GOOD, "url": "https://crm.example.gov/a b"}], "[0]['url']: write an address"),
        ([{**GOOD, "url": "https://crm.example.gov/\r\nHost: evil"}], "[0]['url']: write an address"),
        ([{**GOOD, "url": None}], "[0]['url']: write an address"),
        ([{**GOOD, "secret": "a" * 40}], "[0]['secret']: use whsec_ and then 24 to 64 random bytes"),
        ([{**GOOD, "secret": secret_of(23)}], "[0]['secret']: use whsec_"),
        ([{**GOOD, "secret": secret_of(65)}], "[0]['secret']: use whsec_"),
        ([{**GOOD, "secret": "whsec_*not base64*"}], "[0]['secret']: use whsec_"),
        ([{**GOOD, "secret": []}], "[0]['secret']: use whsec_"),
        ([{**GOOD, "secret": [SECRET, ""]}], "[0]['secret']: use whsec_"),
        ([{**GOOD, "secret": 7}], "[0]['secret']: use whsec_"),
        ([{**GOOD, "events": []}], "[0]['events']: use a list of events"),
        ([{**GOOD, "events": "segment_changed"}], "[0]['events']: use a list of events"),
        (
            [{**GOOD, "events": ["goal_reach"]}],
            "[0]['events']: there is no event 'goal_reach'; the nearest is 'goal_reached'",
        ),
        ([{**GOOD, "events": [None]}], "[0]['events']: there is no event None"),
        ([{**GOOD, "events": [["goal_reached"]]}], "[0]['events']: there is no event"),
        ([GOOD, GOOD], "[1]['url']: it stands at [0] already"),
        ([GOOD, {**GOOD, "url": "https://b.example/", "secret": ""}], "[1]['secret']: use whsec_"),
    ],
)
def test_what_may_not(value: Any, problem: str) -> None:
    found = webhooks_problem(value)
    assert found is not None
    assert found.startswith(problem)


def test_no_problem_repeats_a_secret_or_an_address() -> None:
    rows = [
        {**GOOD, "secret": "whsec_dontprintme"},
        {**GOOD, "url": "http://crm.example.gov/dontprintme"},
        {**GOOD, "url": "https://dontprintme@crm.example.gov/"},
        {**GOOD, "secret": ["dontprintme", SECRET]},
    ]
    for row in rows:
        assert "dontprintme" not in str(webhooks_problem([row]))


def test_the_remedy_for_a_secret_makes_one() -> None:
    found = webhooks_problem([{**GOOD, "secret": "weak"}])
    assert found is not None
    code = found.partition('-c "')[2].rpartition('"')[0]
    printed: list[str] = []
    exec(code, {"print": printed.append})  # noqa: S102  a line of ours
    assert webhooks_problem([{**GOOD, "secret": printed[0]}]) is None


def test_the_signature_is_that_of_the_specification() -> None:
    """The numbers stand in the specification's own libraries as a test; the secret and the text are public."""
    row = {**GOOD, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
    [hook] = webhooks_in([row])
    signature = hook.signature("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}')
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_an_old_secret_signs_too_and_the_new_one_comes_first() -> None:
    [both] = webhooks_in([{**GOOD, "secret": [SECRET, secret_of(24)]}])
    [new] = webhooks_in([GOOD])
    first, second = both.signature("id", 1, "{}").split(" ")
    assert first == new.signature("id", 1, "{}")
    assert second.startswith("v1,")
    assert second != first


def test_two_webhooks_have_keys_that_tell_neither_secret_nor_address() -> None:
    one, other = webhooks_in([GOOD, {**GOOD, "url": "https://b.example/"}])
    assert one.key != other.key
    assert one.key.isalnum()
    assert one.place == "https://crm.example.gov"
    assert repr([one]) == "[<Webhook https://crm.example.gov>]"
