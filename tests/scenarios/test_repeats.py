"""Requests that come twice, late or out of order change nothing: not the replies, not the record, not the tickets."""

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from app import create_app
from app.cdr.records import CallRecord, TimelineEntry
from app.simulator import CallerScript, FinalStatus, Moment, Purpose, Switches, WsgiWire
from app.simulator.events import Requested
from app.simulator.signing import signature
from app.store import TicketFilters
from tests.desk import BASE_URL, MAIN, TOKEN, TUESDAY_MORNING, Desk, PlayedCall, assert_cared_for
from tests.scenarios.variants import LINES, MOMENTS, PLOTS, SharedServices, shared_services, what_happened

pytestmark = pytest.mark.slow

STEERING = (Purpose.DOCUMENT, Purpose.FALLBACK, Purpose.FAREWELL)
# Reports carry no instants we use, so a late one makes "since when" late by as much, and nothing else.
JITTER_SECONDS = 8.0


@pytest.fixture(scope="module")
def shared(sqlite_template: Path) -> Iterator[SharedServices]:
    with shared_services(sqlite_template) as services:
        yield services


def play(desk: Desk, plot: str, *, moment: str = "night", line: str = "main", **switches: object) -> PlayedCall:
    told = PLOTS[plot]
    told.set_up(desk)
    desk.twilio(**switches)
    return desk.dials(LINES[line], at=MOMENTS[moment], keys=told.keys(moment), script=told.script)


def facts(played: PlayedCall) -> Counter[tuple[str, str]]:
    """How often each thing is told, whatever the instant."""
    return Counter((entry.fact, entry.because) for entry in played.timeline)


def tickets(played: PlayedCall) -> int:
    return len(played.services.store.tickets.page(TicketFilters(), limit=100).items)


@pytest.mark.parametrize("plot", PLOTS)
def test_webhooks_delivered_twice_get_the_same_bytes_and_double_nothing(shared: SharedServices, plot: str) -> None:
    once = play(shared.desk(), plot)
    twice = play(shared.desk(), plot, webhooks_delivered_twice=True, callbacks_delivered_twice=True)

    assert_cared_for(twice)
    assert twice.trace.replays_that_differed == []
    assert facts(twice) == facts(once)
    assert what_happened(twice.record) == what_happened(once.record)
    assert twice.ticket.number == (once.ticket.number or 0) + 1, "one call, one ticket"


@pytest.mark.parametrize("plot", PLOTS)
@pytest.mark.parametrize("final", [FinalStatus.AFTER, FinalStatus.BEFORE, FinalStatus.DUPLICATED])
def test_reports_late_twice_and_out_of_order_give_the_same_record(
    shared: SharedServices, plot: str, final: FinalStatus
) -> None:
    in_order = play(shared.desk(), plot, moment="open")
    muddled = play(
        shared.desk(),
        plot,
        moment="open",
        final_status=final,
        callbacks_delivered_twice=True,
        callback_jitter_seconds=JITTER_SECONDS,
    )

    assert_cared_for(muddled)
    assert what_happened(muddled.record) == what_happened(in_order.record)
    assert facts(muddled).keys() == facts(in_order).keys()
    late = timedelta(seconds=JITTER_SECONDS + 1)
    for told, truth in zip(muddled.legs, in_order.legs, strict=True):
        assert abs((told.ended_at or told.started_at) - (truth.ended_at or truth.started_at)) < late
    assert muddled.call.wait_seconds == pytest.approx(in_order.call.wait_seconds, abs=JITTER_SECONDS)


# Everything again, long after.


def send(wire: WsgiWire, request: Requested) -> bytes:
    """The request once more, as Twilio would sign it; returns the reply's body."""
    body = urlencode(request.params).encode()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "X-Twilio-Signature": signature(auth_token=TOKEN, url=request.url, form=request.params),
        "I-Twilio-Idempotency-Token": request.token,
    }
    reply = wire.request(request.method, request.url, headers=headers, body=body)
    assert reply.status == 200
    return reply.body


def everything_of(played: PlayedCall) -> tuple[CallRecord, tuple[TimelineEntry, ...]]:
    return played.record, played.timeline


@pytest.mark.parametrize("plot", PLOTS)
def test_a_whole_call_sent_again_in_any_order_changes_nothing(desk: Desk, plot: str) -> None:
    """As after a network split: every request arrives once more, when the call is long over."""
    played = play(desk, plot)
    before = everything_of(played)
    wire = WsgiWire(create_app(desk.services), BASE_URL)
    requests = played.trace.requests()
    random.Random(plot).shuffle(requests)  # noqa: S311 (an order, not a secret)
    desk.clock.show(desk.clock.now() + timedelta(minutes=3))
    for request in requests:
        send(wire, request)

    assert everything_of(played) == before
    assert tickets(played) == 1


@pytest.mark.parametrize("plot", PLOTS)
def test_a_turn_already_answered_is_answered_with_the_same_bytes_by_any_machine(desk: Desk, plot: str) -> None:
    played = play(desk, plot)
    other_machine = WsgiWire(create_app(replace(desk.services)), BASE_URL)
    screening = ("/voice/accept", "/voice/accept-key")
    for request in played.trace.requests(*STEERING):
        if not request.url.removeprefix(BASE_URL).startswith(screening):
            assert send(other_machine, request) == request.body


def test_a_first_webhook_that_comes_a_second_time_after_the_call_opens_no_second_ticket(desk: Desk) -> None:
    played = play(desk, "answered")
    first = played.trace.requests(Purpose.DOCUMENT, path="/voice/incoming")[0]
    send(WsgiWire(create_app(desk.services), BASE_URL), first)

    assert tickets(played) == 1


# Status callbacks and calls.


def test_the_final_status_before_the_last_action_keeps_the_talk(shared: SharedServices) -> None:
    after = play(shared.desk(), "answered", moment="open")
    before = play(shared.desk(), "answered", moment="open", final_status=FinalStatus.BEFORE)

    assert_cared_for(before)
    assert what_happened(before.record) == what_happened(after.record)
    assert before.call.talk_seconds == pytest.approx(after.call.talk_seconds, abs=1)


@pytest.mark.parametrize("plot", ["hangs-up-ringing", "hangs-up-screening", "answered-caller-hangs-up"])
def test_the_final_status_before_the_dials_end_is_the_same_story(shared: SharedServices, plot: str) -> None:
    after = play(shared.desk(), plot, moment="open")
    before = play(shared.desk(), plot, moment="open", final_status=FinalStatus.BEFORE)

    assert what_happened(before.record) == what_happened(after.record)


def test_a_lost_final_status_loses_neither_the_ticket_nor_who_answered(shared: SharedServices) -> None:
    played = play(shared.desk(), "answered", moment="open", final_status=FinalStatus.LOST)

    assert played.call.answered_by == played.ticket.assignee == "Jamison White"
    assert played.call.talk_seconds == pytest.approx(60, abs=5)


def test_a_caller_who_hangs_up_in_the_menu_has_a_ticket_even_if_nobody_ever_tells_us(shared: SharedServices) -> None:
    script = CallerScript(hangs_up_at=Moment.MENU)
    desk = shared.desk()
    desk.switches = Switches(final_status=FinalStatus.LOST)
    played = desk.dials(MAIN, at=TUESDAY_MORNING, script=script)

    assert played.ticket.number is not None
    assert played.ticket.requester.startswith("+1816555")


def status_of_unseen_call(desk: Desk, status: str, *, call_sid: str = "CA" + "7" * 32) -> CallRecord:
    params = {
        "AccountSid": desk.services.settings.account_sid,
        "CallSid": call_sid,
        "From": "+18165550117",
        "To": MAIN,
        "Direction": "inbound",
        "CallStatus": status,
        "CallDuration": "0",
        "Timestamp": "Tue, 01 Dec 2026 16:00:00 +0000",
    }
    at = desk.clock.now()
    request = Requested(at, call_sid, Purpose.CALLBACK, "POST", f"{BASE_URL}/voice/status", params, 0, b"", "token")
    send(WsgiWire(create_app(desk.services), BASE_URL), request)
    found = desk.services.store.calls.get(call_sid)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("status", "disposition"),
    [
        ("completed", "abandoned"),
        ("no-answer", "abandoned"),
        ("busy", "abandoned"),
        ("canceled", "abandoned"),
        ("failed", "failed"),
    ],
)
def test_a_final_status_of_a_call_we_never_saw_opens_its_ticket(
    desk_on_each: Desk, status: str, disposition: str
) -> None:
    record = status_of_unseen_call(desk_on_each, status)

    assert record.call.disposition == disposition
    assert record.ticket.number is not None
    assert record.ticket.requester == "+18165550117"
    assert record.ticket.subject.startswith("Missed call" if disposition == "abandoned" else "Failed call")


def test_a_final_status_of_an_unseen_call_told_twice_opens_one_ticket(desk: Desk) -> None:
    first, second = status_of_unseen_call(desk, "completed"), status_of_unseen_call(desk, "completed")

    assert first == second


@pytest.mark.parametrize("status", ["queued", "initiated", "ringing", "in-progress", "", "of-tomorrow"])
def test_a_status_that_is_not_final_ends_and_opens_nothing(desk: Desk, status: str) -> None:
    with pytest.raises(AssertionError):
        status_of_unseen_call(desk, status)
