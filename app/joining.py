"""A call that turns out to be about a ticket that is open already: the call moves there, and its own ticket is closed.

Whoever calls has answered: a ticket that waited for them goes on, and one that was resolved lately is reopened.
Works within the transaction that stores the turn. Which ticket it is has been decided by then.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from app.announcements import Announcer, TicketEvent
from app.cdr.records import CallRecord, Ticket, TicketStatus, TicketUpdate
from app.cdr.ticket_clocks import merged
from app.cdr.ticket_rules import requester_came_back
from app.flow.messages import Fact, FactKind
from app.paging import stop
from app.store import TurnTransaction
from oncall import BusinessHours

AUTHOR = "telephone"
CALLED_AGAIN = "called_again"
MERGED = "merged"
REPLIED = "requester_reply"


def joined(
    transaction: TurnTransaction,
    known: CallRecord | None,
    record: CallRecord,
    facts: Sequence[Fact],
    *,
    at: datetime,
    hours: BusinessHours | None,
    announcer: Announcer,
) -> tuple[CallRecord | None, CallRecord]:
    """The record as stored (None: not yet) and as it now begins, both with the ticket that the facts make the call's.

    A ticket that is gone by now leaves the call with its own. `hours` are the desk's, for clocks that go on; without
    them those are put right by the clock process.
    """
    number = next((fact.detail["ticket"] for fact in facts if fact.kind is FactKind.TICKET_JOINED), None)
    ticket = transaction.tickets.hold(number) if isinstance(number, int) else None
    if ticket is None or ticket.number is None:
        return known, record
    because = next(fact.because for fact in facts if fact.kind is FactKind.TICKET_JOINED)
    transaction.tickets.note(ticket.number, _entry(CALLED_AGAIN, f"a further call: {because}", at))
    after = requester_came_back(ticket, at=at, hours=hours)
    if after.status is not ticket.status:
        text = f"{ticket.status} to {after.status}: the requester called"
        transaction.tickets.note(ticket.number, _entry(REPLIED, text, at))
    moved = replace(record, ticket=after, call=replace(record.call, ticket=ticket.number))
    if known is None:
        return replace(transaction.open(moved), ticket=ticket), moved
    _close(transaction, known.ticket, into=ticket.number, at=at, announcer=announcer)
    return replace(known, ticket=ticket), moved


def _close(transaction: TurnTransaction, own: Ticket, *, into: int, at: datetime, announcer: Announcer) -> None:
    """Nobody works on the ticket the call had before: not even a page goes out for it."""
    if own.number is not None:
        closed = merged(replace(own, status=TicketStatus.CLOSED, closed_at=at), into=into)
        transaction.tickets.save(own, closed)
        transaction.tickets.note(own.number, _entry(MERGED, f"the call belongs to ticket {into}", at))
        stop(transaction, own.number, at=at)
        announcer.announce(transaction, number=own.number, event=TicketEvent.MERGED, at=at)


def _entry(kind: str, text: str, at: datetime) -> TicketUpdate:
    return TicketUpdate(at=at, author=AUTHOR, kind=kind, text=text)
