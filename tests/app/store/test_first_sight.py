"""The first turn of a call is stored whole, once, and the same as turn by turn; or not at all."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from app.cdr.records import CallRecord
from app.flow.messages import Fact, Order, OrderKind
from app.store import Store, TurnTransaction
from tests.app.store.samples import AT, facts, record, sid

REPLY = "<Response/>"


def sees(store: Store, call: CallRecord, told: tuple[Fact, ...] = ()) -> bool:
    with store.first_sight() as sight:
        return sight.open(call, 0, told, reply=REPLY)


def test_what_is_stored_at_first_sight_is_what_a_turn_would_have_stored(store: Store) -> None:
    told = facts("call_arrived", "prompt_said", "menu_offered")
    assert sees(store, record(1, tags=("alternate", "café")), told)
    with store.turn() as turn:
        turn.open(record(2, tags=("alternate", "café")))
        turn.tell(sid(2), 0, told)
        turn.keep_reply(sid(2), 0, REPLY)
    with store.turn() as turn:
        one, other = turn.load(sid(1)), turn.load(sid(2))
        assert one is not None
        assert other is not None
        assert (one.ticket.number, other.ticket.number) == (1001, 1002)
        assert one.call == replace(other.call, call_sid=sid(1), ticket=1001)
        assert one.ticket == replace(other.ticket, number=1001)
        assert turn.facts(sid(1)) == turn.facts(sid(2)) != ()
        assert turn.saved_reply(sid(1), 0) == REPLY


def test_a_first_turn_without_facts_is_stored(store: Store) -> None:
    assert sees(store, record(1))
    with store.turn() as turn:
        assert turn.facts(sid(1)) == ()
        assert turn.load(sid(1)) is not None


def test_a_call_that_is_known_is_left_as_it_is_and_leaves_no_ticket_behind(store: Store) -> None:
    assert sees(store, record(1))
    known = store.calls.get(sid(1))
    assert not sees(store, record(1, stage="elsewhere"), facts("call_arrived"))
    assert store.calls.get(sid(1)) == known
    assert store.calls.timeline(sid(1)) == ()
    assert store.tickets.get(1002) is None


def test_of_many_who_see_a_call_first_one_opens_it(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(1, 6):
            opened = list(pool.map(partial(sees, store), [record(number)] * 8))
            assert opened.count(True) == 1
    tickets = {call.ticket.number for number in range(1, 6) if (call := store.calls.get(sid(number)))}
    assert len(tickets) == 5


def test_what_is_done_with_the_call_is_stored_with_it_or_not_at_all(store: Store) -> None:
    seen: list[int | None] = []

    def order(transaction: TurnTransaction, opened: CallRecord) -> None:
        seen.append(opened.ticket.number)
        transaction.order([Order(kind=OrderKind.MAIL, key=f"mail:{opened.ticket.number}", due_at=AT, payload={})])

    def fail(transaction: TurnTransaction, opened: CallRecord) -> None:
        order(transaction, opened)
        raise ValueError

    with store.first_sight() as sight:
        assert sight.open(record(1), 0, facts("call_arrived"), reply=REPLY, then=order)
    with pytest.raises(ValueError, match=r"^$"), store.first_sight() as sight:
        sight.open(record(2), 0, facts("call_arrived"), reply=REPLY, then=fail)
    assert seen[0] == 1001
    assert store.calls.get(sid(2)) is None
    assert store.outbox.counts(now=AT + timedelta(seconds=1)).waiting == 1


def test_who_calls_again_is_known_before_anything_is_stored(store: Store) -> None:
    call = record(1)
    assert sees(store, replace(call, call=replace(call.call, ended_at=AT)))
    with store.first_sight() as sight:
        found = sight.standing(caller=call.call.caller, call_sid=sid(2), at=AT + timedelta(minutes=5))
    assert found.earlier is not None
    assert found.open_ticket is not None
    assert found.open_ticket.number == 1001
