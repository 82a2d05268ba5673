"""Tells the world outside that something happened to a ticket: orders of mail and webhooks, given within the turn.

Knows who is told of what; refuses to know what is written and how it is sent. Only ids and instants are in an order:
what a mail or webhook says is read from the ticket when it goes out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from app.cdr.records import Ticket, TicketStatus
from app.cdr.ticket_rules import CLOSED
from app.flow.messages import Detail, Order, OrderKind
from app.outgoing import Endpoint, MailWay
from app.store import TurnTransaction


class TicketEvent(StrEnum):
    """What may happen to a ticket that others want to hear of."""

    OPENED = "opened"
    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    UPDATED = "updated"
    WAITING = "waiting"
    RESOLVED = "resolved"
    CLOSING_SOON = "closing_soon"
    CLOSED = "closed"
    REOPENED = "reopened"
    MERGED = "merged"
    PRIORITY_CHANGED = "priority_changed"
    UPDATE_DUE = "update_due"
    OVERDUE = "overdue"


class Reader(StrEnum):
    """Who reads a mail."""

    DESK = "desk"
    REQUESTER = "requester"
    SUPERVISOR = "supervisor"


# The support address hears of work that is new to it. What becomes of it is not mail, or every ticket would fill a
# mailbox; programs that want all of it take webhooks.
TOLD_TO_DESK: Final = frozenset({TicketEvent.OPENED, TicketEvent.REOPENED})
TOLD_TO_REQUESTER: Final = frozenset(
    {
        TicketEvent.ACKNOWLEDGED,
        TicketEvent.ASSIGNED,
        TicketEvent.UPDATED,
        TicketEvent.WAITING,
        TicketEvent.RESOLVED,
        TicketEvent.CLOSING_SOON,
        TicketEvent.CLOSED,
        TicketEvent.REOPENED,
    }
)
# Whoever accepts a ticket has it in hand: two events of one instant, told in one mail.
_IN_HAND: Final = {TicketEvent.ACKNOWLEDGED: "in_hand", TicketEvent.ASSIGNED: "in_hand"}
# A caller has pressed the key for the priority by then, so that the mail is filed rightly by whatever reads it.
OPENING_MAIL_AFTER: Final = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcer:
    """Tells of tickets wherever an operator has said that somebody listens; without that, it costs nothing."""

    mail: MailWay | None = None
    endpoints: tuple[Endpoint, ...] = ()

    @property
    def is_heard(self) -> bool:
        """Whether anybody listens."""
        return self.mail is not None or bool(self.endpoints)

    def announce(self, transaction: TurnTransaction, *, number: int, event: TicketEvent, at: datetime) -> None:
        """Order the mail and webhooks of an event of a ticket, within the transaction that makes it happen.

        Telling the same event of the same instant again orders nothing; a ticket is opened once, whenever that is.
        """
        if not self.is_heard:
            return
        orders = [*self._mails(number, event, at), *self._webhooks(number, event, at)]
        if orders:
            transaction.order(orders)

    def tell_supervisor(self, transaction: TurnTransaction, *, number: int, at: datetime) -> bool:
        """Order the mail to the supervisors about an update that nobody gives; False where no mail goes out."""
        if self.mail is None:
            return False
        notice = _Notice(number, TicketEvent.OVERDUE, at)
        transaction.order([_order(OrderKind.MAIL, notice, to=Reader.SUPERVISOR, due_at=at)])
        return True

    def follow(self, transaction: TurnTransaction, before: Ticket | None, after: Ticket, *, at: datetime) -> None:
        """Announce what a turn of a call made of its ticket; `before` is None when the turn opened it.

        A ticket that is another one than before is none of this turn's making.
        """
        if after.number is None or (before is not None and before.number != after.number):
            return
        for event in _events(before, after):
            self.announce(transaction, number=after.number, event=event, at=at)

    def _mails(self, number: int, event: TicketEvent, at: datetime) -> Iterator[Order]:
        if self.mail is None:
            return
        if self.mail.support is not None and event in TOLD_TO_DESK:
            due_at = at + OPENING_MAIL_AFTER if event is TicketEvent.OPENED else at
            yield _order(OrderKind.MAIL, _Notice(number, event, at), to=Reader.DESK, due_at=due_at)
        if event in TOLD_TO_REQUESTER:
            yield _order(OrderKind.MAIL, _Notice(number, event, at), to=Reader.REQUESTER, due_at=at)

    def _webhooks(self, number: int, event: TicketEvent, at: datetime) -> Iterator[Order]:
        for endpoint in self.endpoints:
            yield _order(OrderKind.WEBHOOK, _Notice(number, event, at), to=endpoint.name, due_at=at)


def _events(before: Ticket | None, after: Ticket) -> Iterator[TicketEvent]:
    if before is None:
        yield TicketEvent.OPENED
        return
    if before.priority is not after.priority:
        yield TicketEvent.PRIORITY_CHANGED
    if before.status is TicketStatus.NEW and after.status is TicketStatus.ACKNOWLEDGED:
        yield TicketEvent.ACKNOWLEDGED
    if before.status in CLOSED and after.status not in CLOSED:
        yield TicketEvent.REOPENED


@dataclass(frozen=True, slots=True)
class _Notice:
    """An event of a ticket."""

    number: int
    event: TicketEvent
    at: datetime

    def key(self, to: str) -> str:
        word = _IN_HAND.get(self.event, self.event) if to == Reader.REQUESTER else self.event
        # A turn that is stored a second time, after an outage, has another instant; a ticket still opens only once.
        when = "" if self.event is TicketEvent.OPENED else f":{int(self.at.timestamp() * 1000):x}"
        return f"{to}:{self.number}:{word}{when}"


def _order(kind: OrderKind, notice: _Notice, *, to: str, due_at: datetime) -> Order:
    payload: dict[str, Detail] = {
        "ticket": notice.number,
        "event": notice.event.value,
        "at": notice.at.isoformat(),
        "to": to,
    }
    return Order(kind=kind, key=f"{kind}:{notice.key(to)}", due_at=due_at, payload=payload)
