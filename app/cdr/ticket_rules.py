"""What may become of a ticket, and what its clocks then say. Pure: knows neither who asks nor where it is kept."""

from dataclasses import replace
from datetime import datetime

from app.cdr.records import Ticket, TicketStatus
from oncall import BusinessHours, Priority, resolve_due_at, update_due_at

CLOSED = frozenset({TicketStatus.RESOLVED, TicketStatus.CLOSED})
# While the requester is waited for, no news is owed to them.
_OWES_NEWS = frozenset({TicketStatus.ACKNOWLEDGED, TicketStatus.IN_PROGRESS})


def is_unowned_emergency(ticket: Ticket) -> bool:
    """Whether this is an emergency that nobody has accepted yet."""
    return ticket.priority is Priority.EMERGENCY and ticket.status is TicketStatus.NEW


def acknowledged(ticket: Ticket, *, by: str | None, at: datetime, hours: BusinessHours | None) -> Ticket:
    """The ticket after its first acknowledgement, from which its priority's clocks run; `hours` are the desk's."""
    return replace(
        ticket,
        status=TicketStatus.ACKNOWLEDGED,
        assignee=by,
        acknowledged_at=at,
        update_due_at=update_due_at(ticket.priority, at=at, hours=hours) if hours else None,
        resolve_due_at=resolve_due_at(ticket.priority, acknowledged_at=at, hours=hours) if hours else None,
    )


def taken(ticket: Ticket, *, by: str, at: datetime, hours: BusinessHours | None) -> Ticket:
    """The ticket in somebody's hands, acknowledged by it if nobody had; clocks that run go on as they were."""
    if ticket.status is TicketStatus.NEW:
        return acknowledged(ticket, by=by, at=at, hours=hours)
    return replace(ticket, assignee=by)


def updated(ticket: Ticket, *, at: datetime, hours: BusinessHours | None) -> Ticket:
    """The ticket after news of it: work is in progress, and the next news is due from now.

    News of a ticket that nobody has acknowledged makes nobody its owner.
    """
    if ticket.status not in _OWES_NEWS:
        return ticket
    due_at = update_due_at(ticket.priority, at=at, hours=hours) if hours else None
    return replace(ticket, status=TicketStatus.IN_PROGRESS, update_due_at=due_at)
