"""What the record tells of a number that calls: the ticket still open, and the call before."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from app.cdr.records import CallRecord, TicketStatus, TicketUpdate
from app.flow.standing import EarlierCall, OpenTicket, Standing
from app.store import Store
from oncall import Priority
from tests.app.store.samples import AT, record, sid

CALLER = "+18165550142"
HERE_NOW = sid(99)
LATER = AT + timedelta(hours=1)


def kept(
    store: Store,
    number: int,
    *,
    ended_at: datetime | None = AT + timedelta(minutes=2),
    status: TicketStatus = TicketStatus.NEW,
    **changes: object,
) -> CallRecord:
    begun = record(number, **{"ended_at": ended_at, **changes})
    with store.turn() as transaction:
        return transaction.open(replace(begun, ticket=replace(begun.ticket, status=status)))


def standing(store: Store, *, caller: str = CALLER, at: datetime = LATER, call_sid: str = HERE_NOW) -> Standing:
    with store.turn() as transaction:
        return transaction.standing(caller=caller, call_sid=call_sid, at=at)


def number_of(found: Standing) -> int | None:
    return found.open_ticket.number if found.open_ticket else None


def test_the_newest_ticket_that_is_open_and_the_last_call_are_told(store: Store) -> None:
    first = kept(store, 1, priority=Priority.HIGH)
    second = kept(store, 2, started_at=AT + timedelta(minutes=9), ended_at=AT + timedelta(minutes=10))
    third = kept(
        store,
        3,
        started_at=AT + timedelta(minutes=20),
        ended_at=AT + timedelta(minutes=22),
        status=TicketStatus.CLOSED,
    )

    assert first.ticket.number is not None
    assert second.ticket.number is not None
    assert third.ticket.number is not None
    assert standing(store) == Standing(
        open_ticket=OpenTicket(
            number=second.ticket.number,
            status="new",
            priority=Priority.MEDIUM,
            updated_at=second.ticket.created_at,
        ),
        earlier=EarlierCall(ticket=third.ticket.number, priority=Priority.MEDIUM, ended_at=AT + timedelta(minutes=22)),
    )


@pytest.mark.parametrize("status", list(TicketStatus))
def test_resolved_and_closed_tickets_are_not_open(store: Store, status: TicketStatus) -> None:
    opened = kept(store, 1, status=status)

    is_over = status in {TicketStatus.RESOLVED, TicketStatus.CLOSED}
    assert number_of(standing(store)) == (None if is_over else opened.ticket.number)


def test_the_call_at_hand_is_not_the_call_before(store: Store) -> None:
    kept(store, 1)

    assert standing(store, call_sid=sid(1)) == Standing()


def test_somebody_still_on_the_line_is_somebody_else(store: Store) -> None:
    kept(store, 1, ended_at=None)

    assert standing(store) == Standing()


@pytest.mark.parametrize("caller", ["+19135550142", "+18165550143", "", "5550142", "+5550142"])
def test_only_the_whole_number_is_the_same_one(store: Store, caller: str) -> None:
    kept(store, 1)

    assert standing(store, caller=caller) == Standing()


def test_withheld_numbers_have_no_record_in_common(store: Store) -> None:
    kept(store, 1, caller="")

    assert standing(store, caller="") == Standing()


@pytest.mark.parametrize(("days", "known"), [(89, True), (91, False)])
def test_calls_of_long_ago_are_left_alone(store: Store, days: int, known: bool) -> None:
    kept(store, 1)

    assert (standing(store, at=AT + timedelta(days=days)).open_ticket is not None) is known


def test_a_call_that_comes_later_is_not_the_call_before(store: Store) -> None:
    kept(store, 1)

    assert standing(store, at=AT - timedelta(minutes=1)) == Standing()


def test_news_by_people_is_an_update_and_our_own_notes_are_none(store: Store) -> None:
    opened = kept(store, 1)
    assert opened.ticket.number is not None
    with store.turn() as transaction:
        for minute, kind in ((10, "update"), (20, "called_again"), (30, "merged")):
            at = AT + timedelta(minutes=minute)
            entry = TicketUpdate(at=at, author="Jamison White", kind=kind, text="words")
            transaction.tickets.note(opened.ticket.number, entry)

    found = standing(store).open_ticket
    assert found is not None
    assert found.updated_at == AT + timedelta(minutes=10)
