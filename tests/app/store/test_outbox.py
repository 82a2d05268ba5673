"""An order is stored with its turn, is one worker's at a time, and is never forgotten or done unseen."""

import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import chain

import pytest
from sqlalchemy import create_engine, text

from app.flow.messages import Order, OrderKind
from app.store import LANES, ClaimedOrder, Lane, Store
from tests.app.store.samples import AT, facts, record, sid

LEASE = 60.0


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def order(key: str, kind: OrderKind = OrderKind.RING_PHONE, *, due: float = 0) -> Order:
    return Order(kind=kind, key=key, due_at=later(due), payload={"number": "+18165550101", "rungs": [1, None, 2.5]})


def ordered(store: Store, *orders: Order) -> None:
    with store.turn() as turn:
        turn.order(orders)


def claim(store: Store, at: float = 0, *, limit: int = 10) -> tuple[ClaimedOrder, ...]:
    return store.outbox.claim(now=later(at), limit=limit, lease_seconds=LEASE)


def keys(orders: Sequence[ClaimedOrder]) -> list[str]:
    return [order.key for order in orders]


def test_an_order_comes_back_as_it_was_given(store: Store) -> None:
    ordered(store, order("one"))
    (claimed,) = claim(store)
    assert (claimed.key, claimed.kind, claimed.due_at) == ("one", OrderKind.RING_PHONE, AT)
    assert claimed.payload == {"number": "+18165550101", "rungs": [1, None, 2.5]}
    assert (claimed.attempts, claimed.claimed_at, claimed.uncertain_since) == (1, AT, None)


def test_an_order_is_stored_with_its_turn_or_not_at_all(store: Store) -> None:
    with suppress(ZeroDivisionError), store.turn() as turn:
        turn.open(record())
        turn.tell(sid(1), 0, facts("one"))
        turn.order([order("one")])
        raise ZeroDivisionError
    assert claim(store) == ()
    assert store.calls.get(sid(1)) is None


def test_an_order_given_twice_is_carried_out_once(store: Store) -> None:
    ordered(store, order("one"), order("one", due=5))
    ordered(store, order("one", due=9))
    (claimed,) = claim(store, 20)
    assert claimed.due_at == AT
    store.outbox.done(claimed, at=later(1))
    ordered(store, order("one"))
    assert claim(store, 100) == ()


def test_what_is_due_is_claimed_in_the_order_it_was_due(store: Store) -> None:
    ordered(store, order("third", due=3), order("first", due=1), order("second", due=2), order("not yet", due=30))
    assert keys(claim(store, 10, limit=2)) == ["first", "second"]
    assert keys(claim(store, 10)) == ["third"]
    assert keys(claim(store, 30)) == ["not yet"]


def test_what_somebody_waits_for_stands_behind_no_mail(store: Store) -> None:
    ordered(store, *(order(f"mail {n}", OrderKind.MAIL, due=n) for n in range(3)), order("ring", due=9))
    ordered(store, order("text", OrderKind.SEND_TEXT, due=9))
    assert keys(claim(store, 10, limit=3)) == ["ring", "text", "mail 0"]
    assert store.outbox.claim(now=later(10), limit=9, lease_seconds=LEASE, lane=Lane.URGENT) == ()
    assert keys(store.outbox.claim(now=later(10), limit=9, lease_seconds=LEASE, lane=Lane.MAIL)) == ["mail 1", "mail 2"]


def test_no_lane_stands_behind_another(store: Store) -> None:
    """Nor in front of it: each kind has its own lane, and those of a lane keep their order."""
    ordered(store, *(order(f"{kind} {n}", kind, due=n) for n in range(3) for kind in OrderKind))
    for lane in Lane:
        found = store.outbox.claim(now=later(10), limit=99, lease_seconds=LEASE, lane=lane)
        assert {each.kind for each in found} == LANES[lane]
        assert [each.due_at for each in found] == sorted(each.due_at for each in found)
    assert claim(store, 10, limit=99) == ()
    assert sorted(chain.from_iterable(LANES.values())) == sorted(OrderKind)


def test_a_lease_that_lapses_is_anybodys_and_the_order_uncertain(store: Store) -> None:
    ordered(store, order("one"))
    (first,) = claim(store)
    assert claim(store, LEASE - 1) == ()
    (second,) = claim(store, LEASE)
    assert (second.attempts, second.uncertain_since) == (2, AT)
    # The first wakes up too late to say anything but that it is done.
    store.outbox.again(first, due_at=AT, reason="slow", uncertain_since=None)
    store.outbox.give_up(first, at=later(LEASE), reason="slow")
    assert claim(store, LEASE + 1) == ()
    assert store.outbox.counts(now=AT).dead == 0
    store.outbox.done(first, at=later(LEASE + 2), result="CA1")
    assert claim(store, 3 * LEASE) == ()


def test_what_failed_is_due_again_and_certain_or_not_as_told(store: Store) -> None:
    ordered(store, order("certain"), order("uncertain"))
    certain, uncertain = claim(store)
    store.outbox.again(certain, due_at=later(5), reason="429", uncertain_since=None)
    store.outbox.again(uncertain, due_at=later(6), reason="no answer", uncertain_since=AT)
    assert claim(store, 4) == ()
    certain, uncertain = claim(store, 7)
    assert (certain.key, certain.attempts, certain.uncertain_since) == ("certain", 2, None)
    assert (uncertain.key, uncertain.attempts, uncertain.uncertain_since) == ("uncertain", 2, AT)


def test_claimers_at_once_get_different_orders(database_url: str) -> None:
    """Four processes, as it were: each has the database open for itself."""
    stores = [Store.open(database_url, timeout_seconds=10) for _ in range(4)]
    ordered(stores[0], *(order(f"order {n:03}") for n in range(200)))
    got: list[list[str]] = [[] for _ in stores]
    start = threading.Barrier(len(stores))

    def work(number: int) -> None:
        start.wait()
        while found := claim(stores[number], limit=7):
            got[number] += keys(found)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(stores))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in stores:
        each.close()
    assert sorted(chain.from_iterable(got)) == [f"order {n:03}" for n in range(200)]


def test_unclaimed_orders_are_withdrawn_by_the_beginning_of_their_keys(store: Store) -> None:
    ordered(store, order("ring:CA1:3:a"), order("ring:CA1:3:b", due=9), order("ring:CA1:30:c"), order("ring:CA1:2:d"))
    (claimed,) = claim(store, limit=1)
    assert claimed.key == "ring:CA1:3:a"
    assert store.outbox.cancel("ring:CA1:3:", at=later(1)) == 1
    assert keys(claim(store, 10)) == ["ring:CA1:30:c", "ring:CA1:2:d"]
    with store.turn() as turn:
        turn.order([order("end:CA1"), order("END:CA1"), order("end;CA1")])
        assert turn.cancel_orders("end:", at=later(10)) == 1
    assert sorted(keys(claim(store, 11))) == ["END:CA1", "end;CA1"]
    with pytest.raises(ValueError, match="beginning"):
        store.outbox.cancel("", at=AT)


def test_the_dead_are_counted_and_shown_until_somebody_sees_to_them(store: Store) -> None:
    ordered(store, order("one"), order("two"), order("three", due=50))
    one, two = claim(store, 1)
    store.outbox.give_up(one, at=later(2), reason="Twilio answers 400, code 21211")
    store.outbox.give_up(two, at=later(3), reason="\0" + "x" * 999)
    assert claim(store, 40) == ()
    counts = store.outbox.counts(now=later(40))
    assert (counts.waiting, counts.oldest_seconds, counts.dead) == (1, 0, 2)
    last, first = store.outbox.dead(9)
    assert (first.key, first.attempts, first.first_due_at, first.dead_at) == ("one", 1, AT, later(2))
    assert first.reason == "Twilio answers 400, code 21211"
    assert len(last.reason) == 200
    assert len(store.outbox.dead(1)) == 1


def test_the_provider_may_tell_us_first_that_it_is_done(store: Store) -> None:
    ordered(store, order("one"))
    (claimed,) = claim(store)
    assert not store.outbox.is_result("CA77")
    assert store.outbox.settle("one", at=later(1), result="CA77")
    assert not store.outbox.settle("one", at=later(2), result="CA78")
    assert not store.outbox.settle("two", at=later(2), result="CA78")
    store.outbox.again(claimed, due_at=later(3), reason="no answer", uncertain_since=AT)
    assert claim(store, 100) == ()
    assert store.outbox.is_result("CA77")
    assert store.outbox.counts(now=later(9)).waiting == 0


def test_listeners_hear_of_orders_once_they_can_be_claimed(store: Store) -> None:
    heard: list[list[str]] = []
    store.outbox.listen(lambda: heard.append(keys(claim(store))))
    with store.turn() as turn:
        turn.open(record())
        turn.order([])
    assert heard == []
    with suppress(ZeroDivisionError), store.turn() as turn:
        turn.order([order("undone")])
        raise ZeroDivisionError
    assert heard == []
    ordered(store, order("one"))
    assert heard == [["one"]]


def test_kinds_of_a_newer_release_are_left_to_it(store: Store, database_url: str) -> None:
    ordered(store, order("one"), order("two", due=1))
    engine = create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE outbox SET kind = 'carrier_pigeon' WHERE key = 'one'"))
    engine.dispose()
    assert keys(claim(store, 2)) == ["two"]
