"""A service's own worker in virtual time, a storm of callers, and a whole service in real time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from socketserver import ThreadingMixIn
from time import sleep
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import pytest
import requests

from app.clock import SystemClock
from app.simulator import (
    Account,
    CallerScript,
    Handsets,
    HttpWire,
    Phone,
    RealTimeline,
    RestSwitches,
    WallClock,
    accept,
    ignore,
    render,
)
from tests.app.simulator.desk import ACCOUNT, ANN, BASE, BEN, CALLER, MAIN, START, TOKEN, Asked, Desk, phone_to
from tests.app.simulator.sdk import client_of


def seconds(at: datetime) -> float:
    return round((at - START).total_seconds(), 1)


def test_an_outbox_is_delivered_right_after_the_request_that_filled_it() -> None:
    outbox: list[str] = []

    def incoming(_asked: Asked) -> str:
        outbox.append(ANN)
        return '<Enqueue waitUrl="/wait">q</Enqueue>'

    phone = phone_to(Desk({"/voice/incoming": incoming, "/wait": "<Pause length='10'/>"}))
    client = client_of(phone)

    def deliver() -> None:
        while outbox:
            client.messages.create(to=outbox.pop(), from_=MAIN, body="A caller waits.")

    phone.after_request(deliver)
    phone.dial(to=MAIN, from_=CALLER, caller=CallerScript(hangs_up_after_seconds=15))
    assert phone.texts_to(ANN) == ["A caller waits."]
    assert [seconds(text.created_at) for text in phone.texts()] == [0.0]


def test_sweeps_go_on_after_the_caller_has_gone() -> None:
    """Paging every minute until somebody takes the ticket by text."""
    acknowledged: list[str] = []

    def texted(asked: Asked) -> str:
        acknowledged.append(asked.form["Body"])
        return ""

    phone = phone_to(Desk({"/voice/incoming": "<Say>Hello.</Say>", "/sms/incoming": texted}))
    client = client_of(phone)

    def sweep() -> None:
        if not acknowledged:
            client.messages.create(to=ANN, from_=MAIN, body="Ticket 1042 needs you.")

    texts = iter([None, None, "ACK 1042"])
    phone.on_text(ANN, lambda _body: next(texts, None), after_seconds=30)
    phone.every(60, sweep)
    phone.dial(to=MAIN, from_=CALLER)
    assert phone.texts() == []
    phone.let_pass(600)
    assert [seconds(text.created_at) for text in phone.texts()] == [60.0, 120.0, 180.0]
    assert acknowledged == ["ACK 1042"]
    assert seconds(phone.timeline.now()) >= 600


def test_the_journal_tells_callers_apart() -> None:
    phone = phone_to(Desk({"/voice/incoming": "<Say>Hello.</Say>"}))
    phone.begin(to=MAIN, from_=CALLER)
    phone.begin(to=MAIN, from_="+18165550118")
    phone.run()
    told = "\n".join(render(phone.journal, names={}, zone=UTC))
    assert 'caller 1 hears "Hello."' in told
    assert 'caller 2 hears "Hello."' in told


def test_a_storm_of_callers_leaves_nobody_without_an_outcome() -> None:
    wait = '<Gather action="/key" numDigits="1" timeout="15"><Say>Please hold.</Say></Gather>'
    pages = {
        "/voice/incoming": '<Enqueue action="/left" waitUrl="/wait">support</Enqueue>',
        "/wait": wait,
        "/left": "<Say>Good-bye.</Say><Hangup/>",
        "/agent": '<Dial action="/agent" timeout="5"><Queue>support</Queue></Dial>',
    }
    staff = [f"+181655501{n:02}" for n in range(1, 9)]
    handsets = dict.fromkeys(staff, accept(talks_for_seconds=120))
    phone = phone_to(Desk(pages), handsets=handsets, rest=RestSwitches(calls_a_second=5))
    client = client_of(phone)

    def sweep() -> None:
        queues = client.queues.list()
        if queues and queues[0].current_size:
            for number in staff:
                if not phone.handsets.engaged(number):
                    client.calls.create(to=number, from_=MAIN, url=f"{BASE}/agent", timeout=10)

    sweeping = phone.every(20, sweep)
    script = CallerScript(hangs_up_after_seconds=900)
    traces = [phone.begin(to=MAIN, from_=f"+18165{550200 + n}", caller=script) for n in range(200)]
    phone.let_pass(1000)
    sweeping.stop()
    phone.run()
    assert all(trace.ended is not None for trace in traces)
    assert sum(bool(trace.connected()) for trace in traces) > 30
    assert all(call.is_over for call in phone.calls)
    assert phone.rest_warnings == []


class _Threading(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
        del format, args


@contextmanager
def serving(desk: Desk) -> Iterator[str]:
    with make_server("127.0.0.1", 0, desk, server_class=_Threading, handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def until(condition: object, *, within: float = 8.0) -> None:
    assert callable(condition)
    for _ in range(round(within / 0.02)):
        if condition():
            return
        sleep(0.02)
    pytest.fail("it did not happen in time")


def test_a_whole_service_in_real_time() -> None:
    """Webhooks and REST requests over real sockets, the service asking the API while it answers a webhook."""
    desk = Desk({})
    with serving(desk) as base_url:
        account = Account(ACCOUNT, base_url, owned_numbers=frozenset({MAIN}))
        handsets = Handsets({ANN: accept(after_seconds=0.1), BEN: ignore()})
        clock = WallClock(SystemClock().now)
        phone = Phone(HttpWire(5), account=account, auth_token=TOKEN, clock=clock, handsets=handsets)
        timeline = phone.timeline
        assert isinstance(timeline, RealTimeline)
        with phone.serve_rest() as server:
            api = f"{server.base_url}/2010-04-01/Accounts/{ACCOUNT}"

            def incoming(_asked: Asked) -> str:
                order = {"To": ANN, "From": MAIN, "Url": f"{base_url}/agent"}
                created = requests.post(f"{api}/Calls.json", data=order, auth=(ACCOUNT, TOKEN), timeout=5)
                assert created.status_code == 201
                return '<Enqueue action="/left" waitUrl="/wait">q</Enqueue>'

            desk.pages = {
                "/voice/incoming": incoming,
                "/wait": "<Pause length='1'/>",
                "/agent": "<Dial><Queue>q</Queue></Dial>",
                "/left": "<Hangup/>",
            }
            timeline.begin_playing()
            trace = phone.begin(to=MAIN, from_=CALLER, caller=CallerScript(talks_for_seconds=0.3))
            until(lambda: bool(trace.requests(path="/left")))
            until(lambda: all(call.is_over for call in phone.calls))
            phone.rest_faults.refuse(1)
            with pytest.raises(requests.ConnectionError):
                requests.get(f"{api}/Calls.json", auth=(ACCOUNT, TOKEN), timeout=5)
            timeline.stop_playing()
        assert trace.connected() == [ANN]
        assert trace.requests(path="/left")[0].params["QueueResult"] == "bridged"
        assert timeline.faults == []


def test_the_api_is_served_over_http_in_virtual_time_too() -> None:
    phone = phone_to(Desk({"/voice/incoming": "<Pause length='30'/><Say>Hello.</Say>"}))
    with phone.serve_rest() as server:
        url = f"{server.base_url}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        form = {"To": ANN, "From": MAIN, "Body": "A caller waits."}
        phone.timeline.after(5, lambda: requests.post(url, form, auth=(ACCOUNT, TOKEN), timeout=5).close())
        phone.dial(to=MAIN, from_=CALLER)
    assert [seconds(text.created_at) for text in phone.texts()] == [5.0]


def test_what_an_action_raises_in_real_time_stops_nobody_else() -> None:
    timeline = RealTimeline(WallClock(SystemClock().now))
    played: list[str] = []
    timeline.after(0.01, lambda: [].clear() if int("no number") else None)
    timeline.after(0.02, lambda: played.append("next"))
    timeline.begin_playing(players=1)
    until(lambda: played)
    timeline.stop_playing()
    assert [type(fault) for fault in timeline.faults] == [ValueError]
