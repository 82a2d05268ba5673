"""Webhooks are signed as the specification says, come at least once under one id, and tell nothing private."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.announcements import Announcer, TicketEvent
from app.connectors.webhooks import REST_SECONDS, Webhooks, signature
from app.outbox import NoLongerWanted
from app.outgoing import Endpoint
from app.simulator.handsets import accept, ignore
from app.store import ClaimedOrder, Lane
from app.telephony.provider import ProviderError
from tests.app.connectors.endpoint import DROP, EndpointDouble, endpoint
from tests.desk import CALLER, MAIN, SATURDAY_NIGHT, Desk, PlayedCall, desk

__all__ = ["desk"]
# In two halves, for it looks like a telephone number.
EXAMPLE = b'{"test": 24322' + b"32314}"
KEY, OLDER = b"a key of tests, 32 bytes long, so", b"another key of tests, 32 bytes lo"


@contextmanager
def listening(desk: Desk) -> Iterator[EndpointDouble]:
    """A desk that tells an endpoint of its tickets."""
    with endpoint() as listener:
        announcer = Announcer(endpoints=(Endpoint(url=listener.url, keys=(KEY, OLDER)),))
        desk.services = replace(desk.services, announcer=announcer)
        yield listener


def webhooks(desk: Desk) -> tuple[ClaimedOrder, ...]:
    later = desk.clock.at + timedelta(minutes=5)
    return desk.services.store.outbox.claim(now=later, limit=99, lease_seconds=1, lane=Lane.WEBHOOKS)


def emergency(desk: Desk) -> PlayedCall:
    desk.everybody(ignore()).phone("answering-service", ignore())
    return desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1")


def opened(desk: Desk) -> ClaimedOrder:
    return next(order for order in webhooks(desk) if order.payload["event"] == "opened")


def test_the_signature_is_that_of_the_published_example() -> None:
    """The example by which the reference implementations of the specification test themselves."""
    key = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signature([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, EXAMPLE)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_new_ticket_is_told_with_ids_and_instants_alone(desk: Desk) -> None:
    with listening(desk) as listener:
        played = emergency(desk)
        Webhooks(desk.services).carry_out(opened(desk))
    (delivery,) = listener.received
    number, told = played.ticket.number, json.loads(delivery.body)
    assert delivery.path == "/tickets?from=desk"
    assert delivery.headers["content-type"] == "application/json"
    assert told["type"] == "ticket.opened"
    assert datetime.fromisoformat(told["timestamp"]) == datetime.fromisoformat(SATURDAY_NIGHT)
    assert told["timestamp"].endswith("Z")
    assert told["data"] == {
        "ticket": number,
        "channel": "phone",
        "priority": "emergency",
        "status": "new",
        "created_at": "2026-11-28T09:00:00Z",
        "acknowledged_at": None,
        "update_due_at": told["data"]["update_due_at"],
        "resolve_due_at": None,
        "resolved_at": None,
        "closed_at": None,
        "calls": [played.sid],
        "link": f"https://desk.example.org/tickets/{number}",
    }
    assert not any(phone[-7:].encode() in delivery.body for phone in (CALLER, *desk.names()))


def test_every_key_signs_so_that_one_can_be_exchanged(desk: Desk) -> None:
    with listening(desk) as listener:
        emergency(desk)
        Webhooks(desk.services).carry_out(opened(desk))
    (delivery,) = listener.received
    webhook_id, at = delivery.headers["webhook-id"], delivery.headers["webhook-timestamp"]
    assert int(at) == int(desk.clock.at.timestamp())
    content = f"{webhook_id}.{at}.".encode() + delivery.body
    expected = [base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode() for key in (KEY, OLDER)]
    assert delivery.headers["webhook-signature"] == " ".join(f"v1,{each}" for each in expected)


def test_a_webhook_that_is_sent_again_keeps_its_id_and_is_signed_anew(desk: Desk) -> None:
    with listening(desk) as listener:
        emergency(desk)
        order, hooks = opened(desk), Webhooks(desk.services)
        listener.answers = [(500, {})]
        with pytest.raises(ProviderError):
            hooks.carry_out(order)
        desk.clock.at += timedelta(seconds=60)
        hooks.carry_out(order)
    first, second = (delivery.headers for delivery in listener.received)
    assert first["webhook-id"] == second["webhook-id"]
    assert int(second["webhook-timestamp"]) - int(first["webhook-timestamp"]) == 60
    assert first["webhook-signature"] != second["webhook-signature"]


def test_different_events_have_different_ids(desk: Desk) -> None:
    with listening(desk) as listener:
        played, hooks = emergency(desk), Webhooks(desk.services)
        with desk.services.store.turn() as transaction:
            for event in TicketEvent:
                number = played.ticket.number or 0
                desk.services.announcer.announce(transaction, number=number, event=event, at=desk.clock.at)
        for order in webhooks(desk):
            hooks.carry_out(order)
    told = [json.loads(delivery.body)["type"] for delivery in listener.received]
    assert set(told) == {f"ticket.{event}" for event in TicketEvent}
    assert len({delivery.headers["webhook-id"] for delivery in listener.received}) == len(told)


ANSWERS = [
    (301, {"Location": "http://127.0.0.1:1/"}, False, None),
    (400, {}, False, None),
    (404, {}, False, None),
    (410, {}, True, None),
    (429, {"Retry-After": "90"}, False, 90),
    (429, {}, False, None),
    (503, {"Retry-After": "Sat, 28 Nov 2026 12:00:00 GMT"}, False, 3600),
    (503, {"Retry-After": "soon"}, False, None),
    (429, {"Retry-After": "999999"}, False, 3600),
    (500, {}, False, None),
]


@pytest.mark.parametrize(("status", "headers", "for_good", "wait"), ANSWERS)
def test_what_an_endpoint_answers_is_heeded(
    desk: Desk, status: int, headers: dict[str, str], for_good: bool, wait: float | None
) -> None:
    with listening(desk) as listener:
        emergency(desk)
        listener.answers = [(status, headers)]
        with pytest.raises(ProviderError) as fault:
            Webhooks(desk.services).carry_out(opened(desk))
    assert (fault.value.permanent, fault.value.code, fault.value.retry_after) == (for_good, status, wait)
    assert len(listener.received) == 1


def test_an_endpoint_that_does_not_answer_holds_up_no_other(desk: Desk) -> None:
    ticks = [1000.0]
    with listening(desk) as listener:
        emergency(desk)
        order, hooks = opened(desk), Webhooks(desk.services, monotonic=lambda: ticks[0])
        listener.answers = [(DROP, {})]
        with pytest.raises(ProviderError, match="no answer") as fault:
            hooks.carry_out(order)
        assert fault.value.unknown_outcome
        ticks[0] += 10
        with pytest.raises(ProviderError, match="a moment ago") as fault:
            hooks.carry_out(order)
        assert fault.value.retry_after == REST_SECONDS - 10
        assert len(listener.received) == 1
        ticks[0] += REST_SECONDS
        hooks.carry_out(order)
    assert len(listener.received) == 2


def test_where_nobody_listens_the_webhook_waits(desk: Desk) -> None:
    with listening(desk) as listener:
        emergency(desk)
        order, port = opened(desk), listener.port
    with pytest.raises(ProviderError, match="cannot be reached") as fault:
        Webhooks(desk.services).carry_out(order)
    assert (fault.value.permanent, fault.value.unknown_outcome) == (False, False)
    assert str(port) not in str(fault.value)


def test_an_endpoint_that_was_taken_away_gets_nothing_more(desk: Desk) -> None:
    with listening(desk) as listener:
        emergency(desk)
        order = opened(desk)
        desk.services = replace(desk.services, announcer=Announcer())
        with pytest.raises(NoLongerWanted):
            Webhooks(desk.services).carry_out(order)
    assert listener.received == []


def test_the_key_of_the_caller_and_of_whoever_takes_the_call_are_told(desk: Desk) -> None:
    with listening(desk):
        desk.everybody(accept())
        desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1")
        told = [order.payload["event"] for order in webhooks(desk)]
    assert told == ["opened", "priority_changed", "acknowledged"]


def test_a_call_of_an_outage_is_told_once(desk: Desk) -> None:
    """Whether it is stored at once or from the spool, and however often."""
    with listening(desk):
        played = emergency(desk)
        number = played.ticket.number or 0
        with desk.services.store.turn() as transaction:
            for seconds in (0, 5):
                at = desk.clock.at + timedelta(seconds=seconds)
                desk.services.announcer.announce(transaction, number=number, event=TicketEvent.OPENED, at=at)
        assert len([order for order in webhooks(desk) if order.payload["event"] == "opened"]) == 1
