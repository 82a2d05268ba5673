"""THE use case of tickets: somebody acknowledges, takes or updates one, and its history says who and why.

What may become of a ticket is decided by the rules of `cdr`; this holds it still meanwhile, writes it with its entry,
and ends the pages of an emergency that has got its owner.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from app.cdr.records import Ticket, TicketStatus, TicketUpdate
from app.cdr.ticket_rules import CLOSED, acknowledged, taken, updated
from app.paging import stop
from app.services import Services
from app.store import TurnTransaction
from oncall import BusinessHours

LONGEST_UPDATE = 4000


class Outcome(StrEnum):
    """What came of a request to change a ticket."""

    DONE = "done"
    YOURS_ALREADY = "yours_already"
    TAKEN = "taken"
    UNKNOWN = "unknown"
    CLOSED = "closed"


class EntryKind(StrEnum):
    """The kinds of entries in a ticket's history."""

    ACKNOWLEDGED = "acknowledged"
    ASSIGNED = "assigned"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of it, and the ticket before and as it is now; None when there is no such ticket."""

    outcome: Outcome
    before: Ticket | None = None
    ticket: Ticket | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketWork:
    """Changes somebody makes to tickets within one transaction, each with an entry in the ticket's history.

    `by` is the person; `way` says how they made it known, such as "by text"; `hours` are the desk's. `leg_sid` is the
    leg the person speaks on, which is not ended with the other phones that ring for the ticket.
    """

    transaction: TurnTransaction
    by: str
    way: str
    at: datetime
    hours: BusinessHours | None
    leg_sid: str | None = None

    def acknowledge(self, number: int) -> Result:
        """Accept a ticket; of several who try, the first does, and the others are told who it was."""
        ticket = self.transaction.tickets.hold(number)
        if ticket is None or ticket.status in CLOSED:
            return _refused(ticket)
        if ticket.assignee == self.by and ticket.status is not TicketStatus.NEW:
            return Result(Outcome.YOURS_ALREADY, ticket, ticket)
        if ticket.status is not TicketStatus.NEW and ticket.assignee is not None:
            return Result(Outcome.TAKEN, ticket, ticket)
        return self._take(ticket)

    def take(self, number: int) -> Result:
        """Accept a ticket, also out of somebody else's hands."""
        ticket = self.transaction.tickets.hold(number)
        if ticket is None or ticket.status in CLOSED:
            return _refused(ticket)
        if ticket.assignee == self.by and ticket.status is not TicketStatus.NEW:
            return Result(Outcome.YOURS_ALREADY, ticket, ticket)
        return self._take(ticket)

    def update(self, number: int, text: str) -> Result:
        """Put news into a ticket's history; its next update is due from now. Accepts nothing."""
        ticket = self.transaction.tickets.hold(number)
        if ticket is None or ticket.status in CLOSED:
            return _refused(ticket)
        after = updated(ticket, at=self.at, hours=self.hours)
        self.transaction.tickets.save(ticket, after)
        self._note(number, EntryKind.UPDATE, text[:LONGEST_UPDATE])
        return Result(Outcome.DONE, ticket, after)

    def _take(self, ticket: Ticket) -> Result:
        number = ticket.number or 0
        if ticket.status is TicketStatus.NEW:
            after = acknowledged(ticket, by=self.by, at=self.at, hours=self.hours)
            self._note(number, EntryKind.ACKNOWLEDGED, f"acknowledged {self.way}")
        else:
            after = taken(ticket, by=self.by, at=self.at, hours=self.hours)
            whence = f", from {ticket.assignee}" if ticket.assignee else ""
            self._note(number, EntryKind.ASSIGNED, f"taken {self.way}{whence}")
        self.transaction.tickets.save(ticket, after)
        stop(self.transaction, number, at=self.at, but=self.leg_sid)
        return Result(Outcome.DONE, ticket, after)

    def _note(self, number: int, kind: EntryKind, text: str) -> None:
        self.transaction.tickets.note(number, TicketUpdate(at=self.at, author=self.by, kind=kind, text=text))


@dataclass(frozen=True, slots=True)
class Tickets:
    """Changes to tickets, each in a transaction of its own. Raises StoreUnavailable."""

    services: Services

    def acknowledge(self, number: int, *, by: str, way: str, leg_sid: str | None = None) -> Result:
        """Accept a ticket, as TicketWork does."""
        with self.services.store.turn() as transaction:
            return work(self.services, transaction, by=by, way=way, leg_sid=leg_sid).acknowledge(number)

    def take(self, number: int, *, by: str, way: str) -> Result:
        """Accept a ticket, also out of somebody else's hands."""
        with self.services.store.turn() as transaction:
            return work(self.services, transaction, by=by, way=way).take(number)

    def update(self, number: int, text: str, *, by: str, way: str) -> Result:
        """Put news into a ticket's history."""
        with self.services.store.turn() as transaction:
            return work(self.services, transaction, by=by, way=way).update(number, text)


def work(
    services: Services, transaction: TurnTransaction, *, by: str, way: str, leg_sid: str | None = None
) -> TicketWork:
    """Work on tickets by somebody, now, in a transaction that is open."""
    hours = next(iter(services.config.current().roster.hours.values()), None)
    at = services.clock.now()
    return TicketWork(transaction=transaction, by=by, way=way, at=at, hours=hours, leg_sid=leg_sid)


def _refused(ticket: Ticket | None) -> Result:
    return Result(Outcome.UNKNOWN) if ticket is None else Result(Outcome.CLOSED, ticket, ticket)
