"""What a turn writes is there afterwards, whole, once, and as it was."""

import threading
from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from app.cdr.records import CallRecord, Disposition, LegOutcome, TicketStatus
from app.flow.messages import Fact
from app.store import Store
from oncall import Priority
from tests.app.store.samples import AT, facts, leg, record, sid


def opened(store: Store, number: int = 1) -> CallRecord:
    with store.turn() as turn:
        return turn.open(record(number))


def test_a_call_opened_is_loaded_as_it_was_with_a_ticket_number(store: Store) -> None:
    with store.turn() as turn:
        given = turn.open(record(tags=("alternate", "café")))
    assert given.ticket.number == 1001
    assert given.call.ticket == 1001
    with store.turn() as turn:
        assert turn.load(sid(1)) == given
    assert store.calls.get(sid(1)) == given


def test_an_unknown_call_is_none(store: Store) -> None:
    with store.turn() as turn:
        assert turn.load(sid(9)) is None
        assert turn.saved_reply(sid(9), 0) is None
        assert turn.facts(sid(9)) == ()
    assert store.calls.get(sid(9)) is None
    assert store.calls.get("CA\0\ud800") is None
    assert store.calls.timeline("CA\0\ud800") == ()
    assert store.tickets.get(1001) is None
    assert store.tickets.get(10**30) is None


def test_opening_a_call_again_gives_the_first_one_and_uses_no_number(store: Store) -> None:
    first = opened(store)
    with store.turn() as turn:
        assert turn.open(record(1, stage="elsewhere")) == first
    assert opened(store, 2).ticket.number == 1002


def test_a_follow_up_call_joins_the_ticket_it_names(store: Store) -> None:
    first = opened(store)
    with store.turn() as turn:
        joined = turn.open(replace(record(2, started_at=AT + timedelta(hours=1)), ticket=first.ticket))
        again = turn.open(replace(record(2), ticket=first.ticket))
    assert joined.call.ticket == 1001
    assert again == joined
    file = store.tickets.get(1001)
    assert file is not None
    assert file.calls == (sid(1), sid(2))


def test_save_writes_call_legs_and_ticket(store: Store) -> None:
    before = opened(store)
    after = replace(
        before,
        call=replace(
            before.call,
            disposition=Disposition.ANSWERED,
            answered_by="Jamison White",
            answered_at=AT + timedelta(seconds=20),
            wait_seconds=20,
            priority=Priority.EMERGENCY,
        ),
        legs=(leg(turn=2), leg(turn=3, number="+18165550102")),
        ticket=replace(before.ticket, priority=Priority.EMERGENCY, status=TicketStatus.ACKNOWLEDGED),
    )
    last = replace(after, legs=(replace(after.legs[0], outcome=LegOutcome.BUSY, leg_sid="CA77"), after.legs[1]))
    with store.turn() as turn:
        turn.save(before, after)
        assert turn.load(sid(1)) == after
    with store.turn() as turn:
        turn.save(after, last)
        turn.save(last, last)
    assert store.calls.get(sid(1)) == last


def test_several_numbers_may_ring_in_one_turn_and_keep_their_order(store: Store) -> None:
    before = opened(store)
    numbers = ("+18165550109", "+18165550101", "+18165550105")
    after = replace(before, legs=tuple(leg(number=number) for number in numbers))
    with store.turn() as turn:
        turn.save(before, after)
    assert store.calls.get(sid(1)) == after


def test_save_leaves_columns_alone_that_did_not_change(store: Store) -> None:
    """Two writers that change different things do not undo each other."""
    before = opened(store)
    with store.turn() as turn:
        turn.save(before, replace(before, ticket=replace(before.ticket, assignee="Lasha Dalakishvili")))
    with store.turn() as turn:
        turn.save(before, replace(before, ticket=replace(before.ticket, subject="Missed call")))
    file = store.tickets.get(1001)
    assert file is not None
    assert (file.ticket.assignee, file.ticket.subject) == ("Lasha Dalakishvili", "Missed call")


def test_a_reply_is_kept_once(store: Store) -> None:
    body = '<?xml version="1.0"?><Response><Say>Grüß Gott</Say></Response>'
    with store.turn() as turn:
        turn.keep_reply(sid(1), 0, body)
        turn.keep_reply(sid(1), 0, "another")
    with store.turn() as turn:
        assert turn.saved_reply(sid(1), 0) == body
        assert turn.saved_reply(sid(1), 1) is None


def test_facts_are_kept_once_and_in_order(store: Store) -> None:
    with store.turn() as turn:
        turn.tell(sid(1), 0, facts("z", "a", "m"))
        turn.tell(sid(1), 0, facts("a", "again"))
        turn.tell(sid(1), 2, facts("later", at=AT + timedelta(seconds=2)))
        turn.tell(sid(1), 1, facts("between", at=AT + timedelta(seconds=1)))
        turn.tell(sid(1), 3, ())
    with store.turn() as turn:
        stored = turn.facts(sid(1))
    assert [each.key for each in stored] == ["z", "a", "again", "m", "between", "later"]
    (told,) = facts("z")
    assert all(getattr(stored[0], name) == getattr(told, name) for name in Fact.__slots__)
    assert stored[-1].turn == 2


def test_the_timeline_names_the_place_that_decided(store: Store) -> None:
    with store.turn() as turn:
        turn.tell(sid(1), 0, facts("hours"))
    (entry,) = store.calls.timeline(sid(1))
    assert entry.at == AT
    assert entry.fact == "hours_checked"
    assert entry.detail["source"] == "schedules/business_hours.yaml:7"
    assert entry.detail["is_open"] is False


def test_a_turn_that_raises_leaves_nothing(store: Store) -> None:
    def fail() -> None:
        with store.turn() as turn:
            turn.open(record())
            turn.tell(sid(1), 0, facts("a"))
            raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        fail()
    assert store.calls.get(sid(1)) is None
    assert store.calls.timeline(sid(1)) == ()
    assert opened(store).call.call_sid == sid(1)


def test_an_instant_without_a_zone_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="without a zone"), store.turn() as turn:
        turn.open(record(started_at=AT.replace(tzinfo=None)))
    opened(store)


def test_an_instant_comes_back_in_utc_to_the_microsecond(store: Store) -> None:
    local = AT.astimezone(timezone(timedelta(hours=-6)))
    with store.turn() as turn:
        turn.open(record(started_at=local))
    found = store.calls.get(sid(1))
    assert found is not None
    assert found.call.started_at == AT
    assert found.call.started_at.utcoffset() == timedelta(0)


@pytest.mark.parametrize("caller", ["", "anonymous\0", "+1\ud800", "9" * 400, "Zoë 🚑"])
def test_whatever_a_caller_is_called_is_stored(store: Store, caller: str) -> None:
    with store.turn() as turn:
        turn.open(record(caller=caller))
    found = store.calls.get(sid(1))
    assert found is not None
    assert "\0" not in found.call.caller


def test_one_call_opened_by_many_threads_is_one_call_with_one_ticket(store: Store) -> None:
    gate = threading.Barrier(6)
    given: list[CallRecord] = []

    def arrive() -> None:
        gate.wait()
        with store.turn() as turn:
            if turn.saved_reply(sid(1), 0) is None:
                given.append(turn.open(record()))
                turn.tell(sid(1), 0, facts("a"))
                turn.keep_reply(sid(1), 0, "<Response/>")

    threads = [threading.Thread(target=arrive) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.ticket.number for each in given] == [1001]
    assert opened(store, 2).ticket.number == 1002


def test_threads_that_open_without_looking_first_get_the_same_call(store: Store) -> None:
    gate = threading.Barrier(4)
    given: list[CallRecord] = []

    def arrive() -> None:
        gate.wait()
        with store.turn() as turn:
            given.append(turn.open(record()))

    threads = [threading.Thread(target=arrive) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(given) == 4
    assert len({each.ticket.number for each in given}) == 1


def test_the_heartbeat_of_each_process_is_the_last_one(store: Store) -> None:
    assert store.heartbeats() == {}
    store.beat("clock", at=AT)
    store.beat("clock", at=AT + timedelta(seconds=5))
    store.beat("web", at=AT)
    assert store.heartbeats() == {"clock": AT + timedelta(seconds=5), "web": AT}
    store.ping()


def test_a_bug_is_not_an_outage(store: Store) -> None:
    with pytest.raises(TypeError), store.turn() as turn:
        turn.open(record(tags=(object(),)))
    opened(store)
