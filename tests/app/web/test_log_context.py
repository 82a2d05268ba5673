"""A line that is logged while a webhook is answered names the webhook and its call, and never the address itself."""

from types import SimpleNamespace

import pytest
from flask import Flask, g

from app.web.log_context import about_request
from tests.app.store.samples import sid


@pytest.fixture
def app() -> Flask:
    made = Flask("one")
    made.add_url_rule("/voice/keys/<token>", "keys", lambda token: token)
    return made


def test_outside_of_a_request_there_is_nothing_to_say() -> None:
    assert about_request() == {}


def test_the_rule_and_the_call_are_named_and_the_token_is_not(app: Flask) -> None:
    with app.test_request_context("/voice/keys/a-position-token"):
        g.voice = SimpleNamespace(call_sid=sid(1))
        assert about_request() == {"route": "/voice/keys/<token>", "call_sid": sid(1)}


@pytest.mark.parametrize("address", ["/voice/keys/a-position-token", "/nowhere/8165550142"])
def test_before_it_is_known_who_asks_no_call_is_named(app: Flask, address: str) -> None:
    with app.test_request_context(address):
        told = about_request()
        assert "call_sid" not in told
        assert "8165550142" not in str(told)
