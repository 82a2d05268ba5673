"""The account, its numbers, its queues; who may ask; and what goes wrong on demand."""

from typing import Any

import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from app.simulator import Phone, WsgiWire, ignore
from app.simulator.rest.api import authorization
from tests.app.simulator.desk import ACCOUNT, ANN, API_KEY, API_SECRET, BASE, CALLER, MAIN, START, TOKEN, Desk, phone_to
from tests.app.simulator.sdk import API_URL, WsgiAdapter, client_of


@pytest.fixture
def phone() -> Phone:
    desk = Desk({"/voice/incoming": "<Say>Old.</Say>", "/voice/new": "<Say>New.</Say>", "/sms/new": ""})
    return phone_to(desk, handsets={ANN: ignore()})


def ring(phone: Phone) -> Any:
    return client_of(phone).calls.create(to=ANN, from_=MAIN, url=f"{BASE}/agent")


@pytest.mark.parametrize(
    ("user", "password", "works"),
    [
        (ACCOUNT, TOKEN, True),
        (API_KEY, API_SECRET, True),
        (ACCOUNT, "wrong", False),
        ("SK00000000000000000000000000000009", API_SECRET, False),
    ],
)
def test_who_may_ask(phone: Phone, user: str, password: str, works: bool) -> None:
    http = TwilioHttpClient()
    http.session.mount(API_URL, WsgiAdapter(phone.rest_app()))
    client = Client(user, password, ACCOUNT, http_client=http)
    if works:
        assert client.api.accounts(ACCOUNT).fetch().status == "active"
        return
    with pytest.raises(TwilioRestException) as caught:
        client.api.accounts(ACCOUNT).fetch()
    assert (caught.value.status, caught.value.code) == (401, 20003)


def test_without_credentials(phone: Phone) -> None:
    wire = WsgiWire(phone.rest_app(), API_URL)
    url = f"{API_URL}/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    assert wire.request("GET", url, headers={}, body=b"").status == 401
    headers = {"Authorization": authorization(ACCOUNT, TOKEN)}
    assert wire.request("GET", url, headers=headers, body=b"").status == 200
    other = url.replace(ACCOUNT, "AC" + "9" * 32)
    assert wire.request("GET", other, headers=headers, body=b"").status == 404


class TestNumbers:
    """A number's webhooks are read and changed, and the next call finds them so."""

    def test_as_they_are_set_up(self, phone: Phone) -> None:
        (number,) = client_of(phone).incoming_phone_numbers.list(phone_number=MAIN)
        assert (number.phone_number, number.voice_url, number.voice_method) == (MAIN, f"{BASE}/voice/incoming", "POST")
        assert (number.voice_fallback_url, number.status_callback) == ("", f"{BASE}/voice/status")
        assert number.sms_url == f"{BASE}/sms/incoming"
        assert number.capabilities["voice"]
        assert client_of(phone).incoming_phone_numbers(number.sid).fetch().phone_number == MAIN

    def test_changed(self, phone: Phone) -> None:
        (number,) = client_of(phone).incoming_phone_numbers.list()
        changed = number.update(
            voice_url=f"{BASE}/voice/new#rc=2&rp=5xx",
            voice_fallback_url=f"{BASE}/fallback",
            voice_caller_id_lookup=False,
            sms_url=f"{BASE}/sms/new",
            friendly_name="Main line",
        )
        assert changed.voice_url == f"{BASE}/voice/new#rc=2&rp=5xx"
        assert (changed.voice_fallback_url, changed.friendly_name) == (f"{BASE}/fallback", "Main line")
        assert changed.status_callback == f"{BASE}/voice/status"
        assert phone.dial(to=MAIN, from_=CALLER).heard_texts() == ["New."]
        assert phone.text(from_=ANN, to=MAIN, body="WHO") == []
        assert len(phone.journal.requests(path="/sms/new")) == 1
        assert phone.rest_warnings == []

    @pytest.mark.parametrize(
        ("fields", "code"),
        [
            ({"voice_url": "", "voice_fallback_url": f"{BASE}/fallback"}, 21405),
            ({"sms_url": "", "sms_fallback_url": f"{BASE}/fallback"}, 21406),
            ({"voice_url": "/voice/incoming"}, 21502),
        ],
    )
    def test_refused(self, phone: Phone, fields: dict[str, str], code: int) -> None:
        (number,) = client_of(phone).incoming_phone_numbers.list()
        with pytest.raises(TwilioRestException) as caught:
            number.update(**fields)
        assert caught.value.code == code
        assert number.fetch().voice_url == f"{BASE}/voice/incoming"

    def test_a_number_without_a_voice_url_fails_at_once(self, phone: Phone) -> None:
        (number,) = client_of(phone).incoming_phone_numbers.list()
        number.update(voice_url="")
        assert phone.dial(to=MAIN, from_=CALLER).dropped


def test_queues_are_set_up_changed_and_removed(phone: Phone) -> None:
    client = client_of(phone)
    queue = client.queues.create(friendly_name="support", max_size=5)
    assert (queue.current_size, queue.average_wait_time, queue.max_size) == (0, 0, 5)
    assert queue.update(max_size=7).max_size == 7
    assert [each.sid for each in client.queues.list()] == [queue.sid]
    with pytest.raises(TwilioRestException):
        client.queues(queue.sid).members("Front").fetch()
    assert queue.delete()
    assert client.queues.list() == []
    assert phone.rest_warnings == []


class TestFaults:
    """The API goes wrong when a test says so, and only then."""

    def test_too_many_requests(self, phone: Phone) -> None:
        phone.rest_faults.too_many(2)
        for _ in range(2):
            with pytest.raises(TwilioRestException) as caught:
                ring(phone)
            assert (caught.value.status, caught.value.code) == (429, 20429)
        assert ring(phone).status == "queued"
        assert len(phone.calls) == 1

    def test_server_errors_by_path_and_method(self, phone: Phone) -> None:
        phone.rest_faults.server_error(path="/Messages", method="POST")
        with pytest.raises(TwilioRestException) as caught:
            client_of(phone).messages.create(to=ANN, from_=MAIN, body="Hi")
        assert caught.value.status == 500
        assert client_of(phone).messages.list() == []
        assert ring(phone).status == "queued"
        phone.rest_faults.clear()
        assert client_of(phone).messages.create(to=ANN, from_=MAIN, body="Hi").status == "queued"

    def test_a_refused_connection(self, phone: Phone) -> None:
        phone.rest_faults.refuse(1)
        with pytest.raises(requests.ConnectionError):
            ring(phone)
        assert phone.calls == []

    def test_a_reply_that_is_lost_has_been_acted_on(self, phone: Phone) -> None:
        phone.rest_faults.lose_reply(1)
        with pytest.raises(requests.ConnectionError):
            ring(phone)
        assert len(phone.calls) == 1

    def test_a_slow_answer_takes_virtual_time(self, phone: Phone) -> None:
        phone.rest_faults.slow(5, 1)
        assert ring(phone).status == "queued"
        assert (phone.timeline.now() - START).total_seconds() == 5

    def test_an_answer_that_is_too_slow_has_been_acted_on(self, phone: Phone) -> None:
        phone.rest_faults.slow(30, 1)
        with pytest.raises(requests.ReadTimeout):
            ring(phone)
        assert (phone.timeline.now() - START).total_seconds() == 8
        assert len(phone.calls) == 1

    def test_every_request_is_remembered(self, phone: Phone) -> None:
        phone.rest_faults.too_many(1)
        with pytest.raises(TwilioException):
            ring(phone)
        ring(phone)
        seen = phone.rest_app().requests
        assert [(each.method, each.path.rpartition("/")[2], each.status) for each in seen] == [
            ("POST", "Calls.json", 429),
            ("POST", "Calls.json", 201),
        ]
        assert seen[1].fields == {"To": ANN, "From": MAIN, "Url": f"{BASE}/agent"}
