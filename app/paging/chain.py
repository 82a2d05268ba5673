"""When a chain of pages begins, comes sooner and ends. Works within the transaction of whatever changed the ticket."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from app.cdr.records import CallRecord, Ticket
from app.cdr.ticket_rules import is_unowned_emergency
from app.flow.messages import Fact, FactKind, Order, OrderKind
from app.store import TurnTransaction, pages_of
from oncall import Roster

DEFAULT_FIRST_AFTER_SECONDS: Final = 60

# After these nobody of ours is being rung for the caller.
_NOBODY_IS_RUNG: Final = frozenset(
    {
        FactKind.NOBODY_TO_RING,
        FactKind.RECORDING_STARTED,
        FactKind.RECORDING_ENDED,
        FactKind.CALLER_LEFT,
        FactKind.CALL_FINISHED,
        FactKind.CALL_ENDED,
    }
)


def follow(
    transaction: TurnTransaction,
    before: Ticket | None,
    record: CallRecord,
    facts: Iterable[Fact],
    *,
    roster: Roster,
    at: datetime,
) -> None:
    """Order pages when these facts leave an emergency without an owner, and withdraw them when it has got one.

    `before` is the ticket as it was stored before them, None when it was not.
    """
    ticket = record.ticket
    waited = before is not None and is_unowned_emergency(before)
    waits = is_unowned_emergency(ticket)
    if ticket.number is None or not (waited or waits):
        return
    if not waits:
        stop(transaction, ticket.number, at=at)
        return
    # The lock is for another call that makes the same ticket an emergency in this very moment.
    if not waited:
        transaction.tickets.lock(ticket.number)
    if not waited and not transaction.pages.are_due(ticket.number):
        begin(transaction, ticket.number, due_at=at + timedelta(seconds=_first_after(roster)), chain=_name(at))
    if any(map(_leaves_us, facts)):
        transaction.pages.hasten(ticket.number, at=at)


def begin(transaction: TurnTransaction, ticket: int, *, due_at: datetime, chain: str) -> None:
    """Order the first page of a chain, named apart from chains the ticket had before."""
    transaction.order([page_order(ticket, chain, 1, due_at=due_at)])


def stop(transaction: TurnTransaction, ticket: int, *, at: datetime, but: str | None = None) -> None:
    """Withdraw a ticket's pages and end the phones that ring for it, except the leg with the SID `but`."""
    ends = [
        Order(kind=OrderKind.END_LEG, key=f"end:{sid}", due_at=at, payload={"leg_sid": sid})
        for sid in transaction.pages.phones_rung(ticket)
        if sid != but
    ]
    transaction.cancel_orders(pages_of(ticket), at=at)
    transaction.order(ends)


def page_order(
    ticket: int, chain: str, page: int, *, due_at: datetime, rang: Iterable[str] = (), quiet: bool = False
) -> Order:
    """The order of a page, counted from 1. `rang` are the keys of the calls that the page before has ordered.

    `quiet`: that one rang no phone, and this one comes at once when phones stop ringing for the caller.
    """
    return Order(
        kind=OrderKind.PAGE,
        key=f"{pages_of(ticket)}{chain}:{page}",
        due_at=due_at,
        payload={"ticket": ticket, "chain": chain, "page": page, "rang": list(rang), "quiet": quiet},
    )


def _name(at: datetime) -> str:
    return f"{int(at.timestamp() * 1000):x}"


def _first_after(roster: Roster) -> int:
    return DEFAULT_FIRST_AFTER_SECONDS if roster.paging is None else roster.paging.first_after_seconds


def _leaves_us(fact: Fact) -> bool:
    to_outside = fact.kind is FactKind.LEG_DIALLED and fact.detail.get("screened") is False
    return fact.kind in _NOBODY_IS_RUNG or to_outside
