"""Somebody's work on tickets within one transaction: each change is held still, written with its entry, and told.

Whatever makes an emergency nobody's has people paged, and whatever gives it an owner ends the pages.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.announcements import Announcer, TicketEvent
from app.cdr.records import Ticket, TicketStatus, TicketUpdate
from app.cdr.ticket_rules import CLOSED, acknowledged, is_unowned_emergency, taken, updated
from app.flow.messages import Detail
from app.outgoing import is_mailbox
from app.paging import stop, text_number
from app.paging.chain import begin
from app.services import Services
from app.store import TurnTransaction
from app.tickets.outcomes import EntryKind, Outcome, Result
from oncall import BusinessHours

LONGEST_UPDATE = 4000
# What an entry says of a change: the value before it.
_TOLD = ("status", "priority", "assignee", "subject", "requester", "update_due_at", "resolve_due_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketWork:
    """Changes somebody makes to tickets within one transaction, each with an entry in the ticket's history.

    `by` is the author; `way` says how they made it known, such as "by text"; `hours` are the desk's. `owns` says
    whether the author is a person who can have tickets. `leg_sid` is the leg the person speaks on, which is not ended
    with the other phones that ring for the ticket. `phone` gets the caller's number by text when a ticket is accepted.
    """

    transaction: TurnTransaction
    announcer: Announcer
    by: str
    way: str
    at: datetime
    hours: BusinessHours | None
    leg_sid: str | None = None
    owns: bool = True
    phone: str | None = None

    @property
    def owner(self) -> str | None:
        """Whose a ticket becomes that the author acknowledges; None when the author is a program."""
        return self.by if self.owns else None

    def acknowledge(self, number: int) -> Result:
        """Accept a ticket; of several who try, the first does, and the others are told who it was."""
        ticket = self.transaction.tickets.hold(number)
        if ticket is None or ticket.status in CLOSED:
            return refused(ticket)
        if ticket.assignee == self.by and ticket.status is not TicketStatus.NEW:
            return Result(Outcome.YOURS_ALREADY, ticket, ticket)
        if ticket.status is not TicketStatus.NEW and ticket.assignee is not None:
            return Result(Outcome.TAKEN, ticket, ticket)
        return self._take(ticket)

    def take(self, number: int) -> Result:
        """Accept a ticket, also out of somebody else's hands."""
        ticket = self.transaction.tickets.hold(number)
        if ticket is None or ticket.status in CLOSED:
            return refused(ticket)
        if ticket.assignee == self.by and ticket.status is not TicketStatus.NEW:
            return Result(Outcome.YOURS_ALREADY, ticket, ticket)
        return self._take(ticket)

    def update(self, number: int, text: str) -> Result:
        """Put news into a ticket's history; its next update is due from now. Accepts nothing."""
        ticket = self.transaction.tickets.hold(number)
        if ticket is None or ticket.status in CLOSED:
            return refused(ticket)
        after = updated(ticket, at=self.at, hours=self.hours)
        because, event = self.told(ticket), TicketEvent.UPDATED
        self.change(ticket, after, EntryKind.UPDATE, text[:LONGEST_UPDATE], because=because, event=event)
        return Result(Outcome.DONE, ticket, after)

    def told(self, ticket: Ticket) -> str:
        """How news of the ticket was made known, and whether its requester gets mail of it."""
        return f"{self.way}; the requester {'is told by mail' if self.mails(ticket) else 'gets no mail: call them'}"

    def mails(self, ticket: Ticket | None) -> bool:
        """Whether the requester of a ticket gets mail of its news."""
        return ticket is not None and self.announcer.mail is not None and is_mailbox(ticket.requester)

    def change(
        self,
        before: Ticket,
        after: Ticket,
        kind: EntryKind,
        text: str,
        *,
        because: str = "",
        event: TicketEvent | None = None,
        key: str | None = None,
    ) -> None:
        """Write a change of a ticket that is held, with its entry, and tell those who want to hear of it."""
        number = after.number or 0
        self.transaction.tickets.save(before, after)
        self._page(before, after, number)
        entry = TicketUpdate(
            at=self.at,
            author=self.by,
            kind=kind,
            text=text,
            because=because or self.way,
            detail=_differences(before, after),
        )
        self.transaction.tickets.note(number, entry, key=key)
        if event is not None:
            self.announcer.announce(self.transaction, number=number, event=event, at=self.at)

    def _take(self, ticket: Ticket) -> Result:
        if ticket.status is TicketStatus.NEW:
            after = acknowledged(ticket, by=self.by, at=self.at, hours=self.hours)
            kind, text, event = EntryKind.ACKNOWLEDGED, f"acknowledged {self.way}", TicketEvent.ACKNOWLEDGED
        else:
            after = taken(ticket, by=self.by, at=self.at, hours=self.hours)
            whence = f", from {ticket.assignee}" if ticket.assignee else ""
            kind, text, event = EntryKind.ASSIGNED, f"taken {self.way}{whence}", TicketEvent.ASSIGNED
        self.change(ticket, after, kind, text, event=event)
        stop(self.transaction, ticket.number or 0, at=self.at, but=self.leg_sid)
        if self.phone is not None:
            text_number(self.transaction, after, to=self.phone, at=self.at)
        return Result(Outcome.DONE, ticket, after)

    def _page(self, before: Ticket, after: Ticket, number: int) -> None:
        waited, waits = is_unowned_emergency(before), is_unowned_emergency(after)
        if waited and not waits:
            stop(self.transaction, number, at=self.at, but=self.leg_sid)
        elif waits and not waited and not self.transaction.pages.are_due(number):
            begin(self.transaction, number, due_at=self.at, chain=f"{int(self.at.timestamp() * 1000):x}")


@dataclass(frozen=True, slots=True)
class Tickets:
    """Changes to tickets, each in a transaction of its own. Raises StoreUnavailable."""

    services: Services

    def acknowledge(
        self, number: int, *, by: str, way: str, leg_sid: str | None = None, phone: str | None = None
    ) -> Result:
        """Accept a ticket, as TicketWork does."""
        with self.services.store.turn() as transaction:
            mine = work(self.services, transaction, by=by, way=way, leg_sid=leg_sid, phone=phone)
            return mine.acknowledge(number)

    def take(self, number: int, *, by: str, way: str) -> Result:
        """Accept a ticket, also out of somebody else's hands."""
        with self.services.store.turn() as transaction:
            return work(self.services, transaction, by=by, way=way).take(number)

    def update(self, number: int, text: str, *, by: str, way: str) -> Result:
        """Put news into a ticket's history."""
        with self.services.store.turn() as transaction:
            return work(self.services, transaction, by=by, way=way).update(number, text)


def work(
    services: Services,
    transaction: TurnTransaction,
    *,
    by: str,
    way: str,
    leg_sid: str | None = None,
    owns: bool = True,
    phone: str | None = None,
) -> TicketWork:
    """Work on tickets by somebody, now, in a transaction that is open."""
    return TicketWork(
        transaction=transaction,
        by=by,
        way=way,
        at=services.clock.now(),
        hours=next(iter(services.config.current().roster.hours.values()), None),
        leg_sid=leg_sid,
        phone=phone,
        owns=owns,
        announcer=services.announcer,
    )


def refused(ticket: Ticket | None) -> Result:
    """What comes of work on a ticket that is not there, or that is over."""
    return Result(Outcome.UNKNOWN) if ticket is None else Result(Outcome.CLOSED, ticket, ticket)


def _differences(before: Ticket, after: Ticket) -> Mapping[str, Detail]:
    """What the changed fields held before."""
    changed = (name for name in _TOLD if getattr(before, name) != getattr(after, name))
    return {name: _plain(getattr(before, name)) for name in changed}


def _plain(value: object) -> Detail:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return None if value is None else str(value)
