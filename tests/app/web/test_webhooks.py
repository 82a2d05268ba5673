"""Twilio's webhooks, one at a time: who is let in, what is answered, and what no address or log line ever says."""

import base64
import hashlib
import io
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from app.logs import mask_numbers
from app.simulator import ignore, voicemail
from app.simulator.trace import Trace
from tests.app.web.signed import (
    CALL_SID,
    FORM,
    SignedClient,
    document_of,
    encoded,
    envelope,
    leads_on,
    next_paths,
    path_of,
    signature_of,
)
from tests.desk import BASE_URL, CALLER, MAIN, TOKEN, Desk, make_desk
from tests.scenarios.breakdowns import BreakingStore, mistaken_always, unavailable_always
from tests.scenarios.variants import MOMENTS, PLOTS, SharedServices, shared_services

PATHS = (
    "/voice/incoming",
    "/voice/status",
    "/voice/fallback",
    "/voice/keys/token",
    "/voice/silence/token",
    "/voice/dialled/token",
    "/voice/recorded/token",
    "/voice/accept/token",
    "/voice/accept-key/token",
    "/voice/leg/token",
    "/voice/recording/token",
    "/voice/no/such/webhook",
    "/sms/incoming",
)


@pytest.fixture
def client(desk: Desk) -> SignedClient:
    return SignedClient(desk.services)


@pytest.fixture(scope="module")
def shared(sqlite_template: Path) -> Iterator[SharedServices]:
    with shared_services(sqlite_template, open_store=BreakingStore.open) as services:
        yield services


# Who is let in.


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("wrong", ["", "not-a-signature", "é", "Wx5zdVBEttstuAD+L9S+6JTiEwE=", "=" * 4000])
def test_without_twilios_signature_nothing_is_answered_and_nothing_changes(
    client: SignedClient, path: str, wrong: str
) -> None:
    before = client.rows()
    reply = client.post(path, envelope(status="ringing").items(), signature=wrong)

    assert reply.status == 403
    assert b"Response>" not in reply.body
    assert client.rows() == before


@pytest.mark.parametrize("path", PATHS)
def test_a_get_without_a_signature_is_refused_too(client: SignedClient, path: str) -> None:
    before = client.rows()
    assert client.get(path, envelope(status="ringing").items(), signature="").status == 403
    assert client.rows() == before


def test_a_signature_for_other_fields_or_another_address_is_refused(client: SignedClient) -> None:
    body = encoded(envelope(status="ringing").items())
    before = client.rows()
    for_another_path = signature_of(f"{BASE_URL}/voice/status", body)
    for_another_host = signature_of("https://evil.example.org/voice/incoming", body)
    for_another_body = signature_of(f"{BASE_URL}/voice/incoming", body + b"&Digits=1")
    by_another_account = signature_of(f"{BASE_URL}/voice/incoming", body, token="another token")
    for signature in (for_another_path, for_another_host, for_another_body, by_another_account):
        assert client.post("/voice/incoming", body, signature=signature).status == 403
    assert client.rows() == before


@pytest.mark.parametrize(
    "query",
    [
        "tenant=7&step=menu",
        "e=%7Cx%40y",
        "euro=%E2%82%AC",
        "latin=%E9",
        "plus=a+b&percent=%25",
        "empty=",
        "a=1&a=2",
        "no-value",
    ],
)
def test_the_query_is_signed_as_it_came_escapes_and_all(client: SignedClient, query: str) -> None:
    reply = client.post(f"/voice/incoming?{query}", envelope(status="ringing").items())
    assert leads_on(document_of(reply))


def test_the_host_header_does_not_decide_what_was_signed(desk: Desk) -> None:
    from app import create_app  # noqa: PLC0415

    body = encoded(envelope(status="ringing").items())
    headers = {"X-Twilio-Signature": signature_of(f"{BASE_URL}/voice/incoming", body)}
    http = create_app(desk.services).test_client()
    inside = http.post(
        "/voice/incoming", data=body, headers=headers, content_type=FORM, base_url="http://10.0.0.7:5000"
    )
    assert inside.status_code == 200


def test_a_json_body_is_let_in_by_its_digest_and_refused_with_another(client: SignedClient) -> None:
    body = json.dumps({"level": "ERROR"}).encode()
    path = f"/voice/status?bodySHA256={hashlib.sha256(body).hexdigest()}"
    signature = signature_of(BASE_URL + path, b"")
    kind = "application/json"
    assert client.send("POST", path, body=body, content_type=kind, signature=signature).status == 200
    assert client.send("POST", path, body=body + b" ", content_type=kind, signature=signature).status == 403
    plain = signature_of(f"{BASE_URL}/voice/status", b"")
    assert client.send("POST", "/voice/status", body=body, content_type=kind, signature=plain).status == 403


def test_both_tokens_are_good_while_the_token_is_changed(sqlite_url: str, tmp_path: Path) -> None:
    from dataclasses import replace  # noqa: PLC0415

    from app.telephony.signature import SignatureCheck  # noqa: PLC0415

    desk = make_desk(sqlite_url, tmp_path)
    check = SignatureCheck(public_base_url=BASE_URL, tokens=(TOKEN, "the next token"))
    client = SignedClient(replace(desk.services, signatures=check))
    body = encoded(envelope(status="ringing").items())
    for token, status in ((TOKEN, 200), ("the next token", 200), ("the one before", 403)):
        signature = signature_of(f"{BASE_URL}/voice/incoming", body, token=token)
        assert client.post("/voice/incoming", body, signature=signature).status == status
    desk.services.store.close()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_no_other_method_does_anything(client: SignedClient, path: str, method: str) -> None:
    before = client.rows()
    reply = client.send(method, path, body=b"", content_type=FORM, signature="")
    assert reply.status in {403, 405}
    assert client.rows() == before


# What is answered.


def test_the_first_ring_opens_the_ticket_and_answers_with_the_menu(client: SignedClient) -> None:
    before = client.rows()
    document = document_of(client.post("/voice/incoming", envelope(status="ringing").items()))

    assert [verb.name for verb in document.verbs] == ["Gather", "Redirect"]
    after = client.rows()
    assert (after["calls"], after["tickets"]) == (before["calls"] + 1, before["tickets"] + 1)


def test_twilio_repeating_a_redirected_post_as_get_is_understood(client: SignedClient) -> None:
    menu = document_of(client.post("/voice/incoming", envelope(status="ringing").items()))
    keyed = client.get(next_paths(menu)[0], envelope(Digits="2").items())

    assert [verb.name for verb in document_of(keyed).verbs] == ["Say", "Dial"]


def test_reports_are_answered_with_an_empty_document(client: SignedClient) -> None:
    menu = document_of(client.post("/voice/incoming", envelope(status="ringing").items()))
    token = next_paths(menu)[0].rpartition("/")[2]
    for path in (f"/voice/leg/{token}", f"/voice/recording/{token}", "/voice/status", "/sms/incoming"):
        reply = client.post(path, envelope(status="completed").items())
        assert document_of(reply).verbs == ()


def test_a_caller_who_has_gone_is_told_nothing_and_nobody_is_rung_for_them(client: SignedClient, desk: Desk) -> None:
    menu = document_of(client.post("/voice/incoming", envelope(status="ringing").items()))
    gone = envelope(status="completed")
    for path in (next_paths(menu)[0], "/voice/keys/forged", "/voice/no/such"):
        assert document_of(client.post(path, gone.items())).verbs == ()

    record = desk.services.store.calls.get(CALL_SID)
    assert record is not None
    assert record.legs == ()
    assert record.call.ended_at is not None


def test_every_answer_to_twilio_is_xml(client: SignedClient) -> None:
    for path in PATHS:
        reply = client.post(path, envelope().items())
        assert (reply.status, reply.content_type) == (200, "text/xml"), path


def test_a_staff_phone_whose_caller_is_gone_is_not_connected(client: SignedClient) -> None:
    menu = document_of(client.post("/voice/incoming", envelope(status="ringing").items()))
    dial = document_of(client.post(next_paths(menu)[0], envelope(Digits="2").items())).verbs[-1]
    accept = path_of(dial.children[0].attributes["url"])
    leg = {"CallSid": "CA" + "2" * 32, "ParentCallSid": CALL_SID, "CallStatus": "in-progress"}
    client.post("/voice/status", envelope(status="completed", CallDuration="9").items())
    prompt = document_of(client.post(accept, leg.items()))
    key = path_of(prompt.verbs[0].attributes["action"])
    answer = document_of(client.post(key, {**leg, "Digits": "1"}.items()))

    assert [verb.name for verb in answer.verbs] == ["Say", "Hangup"]
    assert "no longer on the line" in answer.verbs[0].text


@pytest.mark.parametrize("digits", ["2", "9", "#", "", "11"])
def test_only_the_accept_key_connects_a_staff_phone(client: SignedClient, digits: str) -> None:
    menu = document_of(client.post("/voice/incoming", envelope(status="ringing").items()))
    dial = document_of(client.post(next_paths(menu)[0], envelope(Digits="2").items())).verbs[-1]
    accept = path_of(dial.children[0].attributes["url"])
    leg = {"CallSid": "CA" + "2" * 32, "ParentCallSid": CALL_SID, "CallStatus": "in-progress"}
    key = path_of(document_of(client.post(accept, leg.items())).verbs[0].attributes["action"])
    for _ in range(4):
        answer = document_of(client.post(key, {**leg, "Digits": digits}.items()))
        assert answer.verbs[-1].name == "Hangup", "falling off the end of the document would connect them"
        if answer.verbs[0].name != "Gather":
            return
        key = path_of(answer.verbs[0].attributes["action"])
    raise AssertionError("the prompt is repeated without end")


@pytest.mark.parametrize("position", ["forged", "none", "a.b.c"])
def test_a_staff_phone_with_a_position_that_is_not_ours_is_never_connected_by_a_key(
    client: SignedClient, position: str
) -> None:
    leg = {"CallSid": "CA" + "2" * 32, "ParentCallSid": CALL_SID, "CallStatus": "in-progress", "Digits": "1"}
    answer = document_of(client.post(f"/voice/accept-key/{position}", leg.items()))
    assert answer.verbs[-1].name == "Hangup"


def test_a_staff_phone_with_a_screening_position_that_is_not_ours_is_hung_up(client: SignedClient) -> None:
    """An empty screening document ends by itself, and that would connect the phone, voicemail or not."""
    leg = {"CallSid": "CA" + "2" * 32, "ParentCallSid": CALL_SID, "CallStatus": "in-progress"}
    answer = document_of(client.post("/voice/accept/forged", leg.items()))
    assert [verb.name for verb in answer.verbs][-1:] == ["Hangup"]


# What no address and no log line says.

NUMBER = re.compile(r"\+?1?816[-. ]?\d{3}[-. ]?\d{4}")
PEOPLE = re.compile("jamison|white|lasha|dalakishvili", re.IGNORECASE)


def decoded(url: str) -> str:
    """An address with the readable part of its position token laid open."""
    token = url.rpartition("/")[2].partition(".")[0]
    try:
        return url + base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("utf-8", "replace")
    except ValueError:
        return url


def urls_of(trace: Trace) -> set[str]:
    documents = [request.body.decode() for request in trace.requests() if request.status == 200]
    said = {url for body in documents for url in re.findall(r"https?://[^\"<\s]+", body)}
    return said | {request.url for request in trace.requests()}


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("moment", ["open", "holiday"])
def test_no_address_holds_a_number_or_a_name(shared: SharedServices, plot: str, moment: str) -> None:
    desk, told = shared.desk(), PLOTS[plot]
    told.set_up(desk)
    played = desk.dials(MAIN, at=MOMENTS[moment], keys=told.keys(moment), script=told.script)
    urls = urls_of(played.trace)

    assert len(urls) > 2
    for url in map(decoded, urls):
        assert not NUMBER.search(url), url
        assert not PEOPLE.search(url), url
        assert len(url) < 600


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that the service logs, as it is written with `LOG_FORMAT=json`; and before the last mask is put on it."""
    was, written = structlog.get_config(), io.StringIO()
    structlog.configure(
        processors=[structlog.processors.format_exc_info, mask_numbers, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(file=written),
        cache_logger_on_first_use=False,
    )
    yield written
    structlog.configure(**was)


@pytest.mark.parametrize("fault", [None, unavailable_always, mistaken_always])
@pytest.mark.parametrize("plot", ["answered", "voicemails-then-message", "hangs-up-ringing"])
def test_the_log_of_a_whole_call_holds_no_number(
    shared: SharedServices, logged: io.StringIO, caplog: pytest.LogCaptureFixture, plot: str, fault: Any
) -> None:
    desk, told = shared.desk(), PLOTS[plot]
    store = desk.services.store
    assert isinstance(store, BreakingStore)
    store.breaks(fault or (lambda _: None))
    told.set_up(desk)
    with caplog.at_level(logging.DEBUG):
        desk.dials(MAIN, at=MOMENTS["night"], keys=told.keys("night"), script=told.script)
    store.breaks(lambda _: None)
    text = logged.getvalue() + caplog.text

    assert bool(logged.getvalue()) == (fault is not None)
    assert not NUMBER.search(text)
    assert not PEOPLE.search(text)


def test_no_event_of_the_log_is_given_a_number_even_before_it_is_masked(shared: SharedServices) -> None:
    desk = shared.desk().everybody(voicemail())
    store = desk.services.store
    assert isinstance(store, BreakingStore)
    store.breaks(unavailable_always)
    with capture_logs() as events:
        desk.dials(MAIN, at=MOMENTS["night"], keys="1", caller=CALLER)
    store.breaks(lambda _: None)

    assert events
    assert not NUMBER.search(repr(events))


def test_a_refused_signature_is_logged_without_what_was_sent(client: SignedClient) -> None:
    with capture_logs() as events:
        client.post("/voice/incoming", envelope(status="ringing").items(), signature="wrong")

    assert [event["event"] for event in events] == ["signature_refused"]
    assert not NUMBER.search(repr(events))


def test_no_person_is_named_to_a_phone_before_its_key_is_pressed(shared: SharedServices) -> None:
    desk = shared.desk().everybody(voicemail(after_seconds=2)).phone("answering-service", ignore())
    store = desk.services.store
    assert isinstance(store, BreakingStore)
    store.breaks(lambda _: None)
    played = desk.dials(MAIN, at=MOMENTS["night"], keys="1")
    said = [text for number in set(played.trace.rang()) for text in played.trace.heard_texts(number)]

    assert said
    assert not NUMBER.search(" ".join(said))
    assert not PEOPLE.search(" ".join(said))
