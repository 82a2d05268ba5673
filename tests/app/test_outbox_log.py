"""Every line about an order names the call and the ticket it concerns, as far as the order says so."""

from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from structlog.contextvars import merge_contextvars
from structlog.testing import capture_logs

from app.flow.messages import Detail, Order, OrderKind
from app.outbox import Deliveries
from app.store import ClaimedOrder, pages_of
from tests.desk import Desk

AT = datetime(2026, 12, 1, 16, tzinfo=UTC)


def carried_out(order: ClaimedOrder) -> str | None:
    return f"done {order.id}"


@pytest.mark.parametrize(
    ("key", "payload", "told"),
    [
        ("ring:CA1:2:0", {"call_sid": "CA1", "number": "+18165550101"}, {"call_sid": "CA1"}),
        ("mail:1042:opened", {"ticket": 1042, "to": "desk"}, {"ticket": 1042}),
        (f"{pages_of(1042)}first:1:call:0", {"number": "+18165550101"}, {"ticket": 1042}),
        (f"{pages_of(1042)}first:1", {"ticket": 1042}, {"ticket": 1042}),
        ("end:CA2", {"leg_sid": "CA2"}, {}),
    ],
)
def test_a_line_names_the_call_and_the_ticket(
    desk: Desk, key: str, payload: Mapping[str, Detail], told: dict[str, object]
) -> None:
    with desk.services.store.turn() as turn:
        turn.order([Order(kind=OrderKind.RING_PHONE, key=key, due_at=AT, payload=dict(payload))])
    with capture_logs(processors=[merge_contextvars]) as lines:
        Deliveries(desk.services, {OrderKind.RING_PHONE: carried_out}).deliver_due(AT)
    (line,) = lines
    assert line["event"] == "order_done"
    assert {name: line[name] for name in ("call_sid", "ticket") if name in line} == told
    assert "8165550101" not in str(line)


def test_nothing_of_one_order_is_told_of_the_next(desk: Desk) -> None:
    with desk.services.store.turn() as turn:
        keys: Mapping[str, dict[str, Detail]] = {"a": {"ticket": 1042}, "b": {"call_sid": "CA1"}}
        orders = [Order(kind=OrderKind.RING_PHONE, key=key, due_at=AT, payload=told) for key, told in keys.items()]
        turn.order(orders)
    with capture_logs(processors=[merge_contextvars]) as lines:
        Deliveries(desk.services, {OrderKind.RING_PHONE: carried_out}).deliver_due(AT)
    assert [(line.get("ticket"), line.get("call_sid")) for line in lines] == [(1042, None), (None, "CA1")]
