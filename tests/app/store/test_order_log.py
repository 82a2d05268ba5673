"""People see how the orders stand, and what they do about the dead ones is in the audit log."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlalchemy import create_engine

from app.flow.messages import Order, OrderKind
from app.store import ClaimedOrder, OrderState, Store, StoredOrder, order_log
from tests.app.store.samples import AT

LEASE = 60.0


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def order(key: str, kind: OrderKind = OrderKind.MAIL, *, due: float = 0) -> Order:
    return Order(kind=kind, key=key, due_at=later(due), payload={"ticket": 1042})


def ordered(store: Store, *orders: Order) -> None:
    with store.turn() as turn:
        turn.order(orders)


def claim(store: Store, at: float = 0) -> tuple[ClaimedOrder, ...]:
    return store.outbox.claim(now=later(at), limit=99, lease_seconds=LEASE)


def keys(orders: Sequence[ClaimedOrder | StoredOrder]) -> list[str]:
    return [order.key for order in orders]


def bury(store: Store, *orders: Order) -> list[int]:
    """The ids of orders that are given up one after the other."""
    ordered(store, *orders)
    dying = {each.key: each for each in claim(store, 100)}
    for number, each in enumerate(orders):
        store.outbox.give_up(dying[each.key], at=later(200 + number), reason="refused")
    return [dying[each.key].id for each in orders]


def test_each_kind_stands_by_itself(store: Store) -> None:
    ordered(store, order("late"), order("later", due=30), order("not yet", OrderKind.WEBHOOK, due=99))
    bury(store, order("one", OrderKind.RING_PHONE), order("two", OrderKind.RING_PHONE))
    found = {each.kind: (each.waiting, each.oldest_seconds, each.dead) for each in store.orders.standing(now=later(40))}
    assert found == {"mail": (2, 40, 0), "webhook": (1, 0, 0), "ring_phone": (0, 0, 2)}


def test_orders_are_listed_by_where_they_are(store: Store) -> None:
    bury(store, order("first dead"), order("second dead", OrderKind.WEBHOOK))
    ordered(store, order("due"), order("due later", OrderKind.WEBHOOK, due=900))
    (due,) = claim(store, 300)
    store.outbox.done(due, at=later(301), result="<1@desk>")
    ordered(store, order("due soon", due=500))
    log = store.orders
    assert keys(log.list(OrderState.WAITING, limit=9)) == ["due soon", "due later"]
    assert keys(log.list(OrderState.WAITING, limit=9, kind="webhook")) == ["due later"]
    assert keys(log.list(OrderState.WAITING, limit=1)) == ["due soon"]
    assert keys(log.list(OrderState.DEAD, limit=9)) == ["second dead", "first dead"]
    (done,) = log.list(OrderState.DONE, limit=9)
    assert (done.result, done.done_at, done.state) == ("<1@desk>", later(301), OrderState.DONE)
    assert log.get(done.id) == done


@pytest.mark.parametrize("order_id", [0, -1, 99, 2**31, 10**30])
def test_an_order_that_is_none_is_not_found_nor_dealt_with(store: Store, order_id: int) -> None:
    assert store.orders.get(order_id) is None
    assert not store.orders.revive(order_id, at=AT, by="Lasha Dalakishvili")
    assert not store.orders.dismiss(order_id, at=AT, by="Lasha Dalakishvili", because="a test")
    assert store.audit.list(limit=9).items == ()


def test_a_dead_order_is_tried_again_or_put_aside_and_it_is_known_by_whom(store: Store) -> None:
    one, two = bury(store, order("one"), order("two"))
    assert store.orders.revive(one, at=later(300), by="Lasha Dalakishvili")
    assert store.orders.dismiss(two, at=later(301), by="Jamison White", because="told them by phone")
    assert not store.orders.revive(two, at=later(302), by="Lasha Dalakishvili")
    assert not store.orders.dismiss(one, at=later(302), by="Lasha Dalakishvili", because="x")
    assert store.outbox.counts(now=later(302)).dead == 0
    (again,) = claim(store, 303)
    assert (again.key, again.attempts) == ("one", 1)
    last, first = store.audit.list(limit=9).items
    assert (first.actor, first.action, first.subject) == ("Lasha Dalakishvili", "order_retried", f"order {one}")
    assert (last.actor, last.action, last.subject) == ("Jamison White", "order_discarded", f"order {two}")
    assert last.detail == {"kind": "mail", "because": "told them by phone"}


def test_all_the_dead_are_tried_again(store: Store) -> None:
    buried = bury(store, *(order(f"order {number}") for number in range(5)))
    assert store.orders.revive_all(at=later(300), by="Lasha Dalakishvili") == tuple(buried)
    assert store.orders.revive_all(at=later(301), by="Lasha Dalakishvili") == ()
    assert len(claim(store, 301)) == len(store.audit.list(limit=9).items) == 5


def test_what_is_over_is_forgotten_a_few_at_a_time_and_nothing_else(store: Store) -> None:
    ordered(store, *(order(f"order {number}") for number in range(5)))
    bury_me, waiting, *done = claim(store)
    for number, each in enumerate(done):
        store.outbox.done(each, at=later(number))
    store.outbox.give_up(bury_me, at=AT, reason="refused")
    assert [store.orders.sweep(before=later(2), limit=1) for _ in range(3)] == [1, 1, 0]
    assert keys(store.orders.list(OrderState.DONE, limit=9)) == [done[-1].key]
    assert store.orders.get(bury_me.id) is not None
    assert store.orders.get(waiting.id) is not None


def test_neither_figures_nor_the_sweep_read_the_whole_table(sqlite_url: str) -> None:
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        for statement, index in order_log.INDEXED.items():
            words = str(statement.compile(engine, compile_kwargs={"render_postcompile": True}))
            values = [5] * words.count("?")
            plan = str(connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", tuple(values)).all())
            assert f"INDEX {index}" in plan, plan
            assert "SCAN outbox'" not in plan, plan
    engine.dispose()
