"""Requests reach an application in this process and a real server byte for byte."""

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from app.simulator import HttpWire, RoutedWire, WireDown, WsgiWire
from app.simulator.wire import Breakdown
from tests.app.simulator.desk import BASE, Desk, Page

FORM = b"From=%2B18165550117&Name="
HEADERS = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8", "X-Twilio-Signature": "abc="}


def test_the_query_reaches_the_application_as_it_was_sent() -> None:
    desk = Desk({"/a b": Page("ok", content_type="text/plain")})
    reply = WsgiWire(desk, BASE).request("POST", f"{BASE}/a%20b?e=%7Cx%40y&f=", headers=HEADERS, body=FORM)
    asked = desk.asked[0]
    assert (asked.path, asked.query) == ("/a b", "e=%7Cx%40y&f=")
    assert asked.form == {"From": "+18165550117", "Name": ""}
    assert asked.headers["HTTP_X_TWILIO_SIGNATURE"] == "abc="
    assert asked.headers["HTTP_HOST"] == "desk.example.org"
    assert (reply.status, reply.content_type, reply.body) == (200, "text/plain", b"ok")


@pytest.mark.parametrize("url", ["https://elsewhere.example/voice", "http://desk.example.org/voice"])
def test_nothing_listens_anywhere_else(url: str) -> None:
    with pytest.raises(WireDown) as down:
        WsgiWire(Desk({}), BASE).request("POST", url, headers={}, body=b"")
    assert down.value.breakdown is Breakdown.CONNECT


def test_the_application_is_closed_and_may_write() -> None:
    closed = []

    class Chunks:
        def __iter__(self) -> Iterator[bytes]:
            return iter([b"two"])

        def close(self) -> None:
            closed.append(True)

    def application(_environment: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [])(b"one ")
        return Chunks()

    assert WsgiWire(application, BASE).request("GET", BASE, headers={}, body=b"").body == b"one two"
    assert closed == [True]


def test_what_the_application_raises_is_seen() -> None:
    def application(_environment: WSGIEnvironment, _start_response: StartResponse) -> Iterable[bytes]:
        raise LookupError("a fault of the application")

    with pytest.raises(LookupError):
        WsgiWire(application, BASE).request("GET", BASE, headers={}, body=b"")


def test_several_hosts() -> None:
    desk, spare = Desk({"/v": "<Hangup/>"}), Desk({"/v": "<Leave/>"})
    other = "https://spare.example.org"
    wire = RoutedWire({BASE: WsgiWire(desk, BASE), other: WsgiWire(spare, other)})
    assert b"Leave" in wire.request("GET", f"{other}/v", headers={}, body=b"").body
    with pytest.raises(WireDown):
        wire.request("GET", "https://third.example.org/v", headers={}, body=b"")


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
        del format, args


@contextmanager
def serving(desk: Desk) -> Iterator[str]:
    with make_server("127.0.0.1", 0, desk, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_a_real_server() -> None:
    desk = Desk({"/voice": lambda asked: f"<Say>{asked.form['From']}</Say>"})
    with serving(desk) as base_url:
        reply = HttpWire(5).request("POST", f"{base_url}/voice?e=%7Cx", headers=HEADERS, body=FORM)
    assert reply.body == b"<Response><Say>+18165550117</Say></Response>"
    assert reply.content_type == "text/xml"
    assert desk.asked[0].query == "e=%7Cx"


def test_a_real_server_that_is_gone_is_a_failure_to_connect() -> None:
    # A port that is held, so that nobody else's server is there, and on which nobody listens.
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        with pytest.raises(WireDown) as down:
            HttpWire(5).request("POST", f"http://127.0.0.1:{held.getsockname()[1]}/voice", headers=HEADERS, body=FORM)
    assert down.value.breakdown is Breakdown.CONNECT
