"""Orders that are over are forgotten after a month; those somebody has still to look at never."""

from datetime import timedelta

from app.flow.messages import Order, OrderKind
from app.outbox import sweep_orders
from app.outbox.retention import KEPT
from app.store import OrderState
from tests.desk import Desk, desk

__all__ = ["desk"]


def test_a_month_after_it_was_done_an_order_is_forgotten(desk: Desk) -> None:
    store, at = desk.services.store, desk.clock.at
    with store.turn() as turn:
        turn.order([Order(kind=OrderKind.MAIL, key=f"order {number}", due_at=at) for number in range(450)])
    dead, waiting, *done = store.outbox.claim(now=at, limit=450, lease_seconds=60)
    for each in done:
        store.outbox.done(each, at=at)
    store.outbox.give_up(dead, at=at, reason="refused")

    desk.clock.at = at + KEPT
    sweep_orders(desk.services)
    assert len(store.orders.list(OrderState.DONE, limit=999)) == len(done)
    desk.clock.at += timedelta(seconds=1)
    sweep_orders(desk.services)
    assert store.orders.list(OrderState.DONE, limit=999) == ()
    assert [order.id for order in store.orders.list(OrderState.DEAD, limit=9)] == [dead.id]
    assert [order.id for order in store.orders.list(OrderState.WAITING, limit=9)] == [waiting.id]
