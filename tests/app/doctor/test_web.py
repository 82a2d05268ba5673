"""The doctor's way to the internet: an answer is an answer, and everything else one sentence. Loopback only."""

import socket
import ssl

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Response

from app.doctor import HttpWeb, Unreachable


def test_an_answer_with_its_date(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/healthz", method="GET").respond_with_data("ok")
    answer = HttpWeb().ask(httpserver.url_for("/healthz"), headers={})
    assert (answer.status, answer.body) == (200, "ok")
    assert answer.dated_at is not None


def test_a_form_is_posted_with_its_headers(httpserver: HTTPServer) -> None:
    expected = httpserver.expect_request(
        "/voice/status", method="POST", data="CallSid=CA0", headers={"X-Twilio-Signature": "abc="}
    )
    expected.respond_with_data("", status=204)
    url = httpserver.url_for("/voice/status")
    assert HttpWeb().ask(url, form={"CallSid": "CA0"}, headers={"X-Twilio-Signature": "abc="}).status == 204


@pytest.mark.parametrize("status", [302, 403, 503])
def test_a_refusal_or_redirect_is_an_answer(httpserver: HTTPServer, status: int) -> None:
    httpserver.expect_request("/").respond_with_response(Response("", status=status, headers={"Location": "/other"}))
    assert HttpWeb().ask(httpserver.url_for("/"), headers={}).status == status


def test_nothing_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/"
        with pytest.raises(Unreachable, match="nothing listens there"):
            HttpWeb().ask(url, headers={})


def test_a_listener_that_speaks_no_tls_has_no_certificate(httpserver: HTTPServer) -> None:
    with pytest.raises(Unreachable):
        HttpWeb().certificate_ends_at("127.0.0.1", httpserver.port)


def test_the_reason_of_a_bad_certificate_is_told() -> None:
    from app.doctor.web import _reason  # noqa: PLC0415

    fault = ssl.SSLCertVerificationError()
    fault.verify_message = "certificate has expired"
    assert _reason(fault) == "its certificate is not accepted: certificate has expired"
