"""What happens to tickets by itself: those that wait in vain are closed, after a notice; clocks follow the calendar.

Each sweep is safe to repeat, by several processes at once: the ticket is held and looked at again before it is changed.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from app.announcements import TicketEvent
from app.cdr.records import Ticket
from app.cdr.ticket_clocks import life_of, noticed, settled
from app.cdr.ticket_rules import CLOSED, Move, is_left_alone, moved
from app.services import Services
from app.store import StoreUnavailable
from app.tickets.outcomes import EntryKind
from app.tickets.work import TicketWork, work
from oncall import BusinessHours

SERVICE: Final = "service"
_UNANSWERED: Final = "the requester has not answered within 48 hours of a reply"
_MOVED_CALENDAR: Final = "the business hours, holidays or agreements these times follow have changed"
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TicketSweeps:
    """The sweeps of one service. Raises StoreUnavailable."""

    services: Services

    def steps(self) -> int:
        """Announce the closing of tickets whose requesters do not answer, and close them; returns how many steps."""
        at = self.services.clock.now()
        return sum(self._step(number) for number in self.services.store.tickets.steps_due(at=at))

    def recalculate(self) -> int:
        """Bring due times in line with the calendar in force; returns how many tickets changed."""
        hours = next(iter(self.services.config.current().roster.hours.values()), None)
        if hours is None:
            return 0
        late = [each.number for each in self.services.store.tickets.running() if is_out_of_step(each, hours)]
        return sum(self._recalculate(number) for number in late if number is not None)

    def _step(self, number: int) -> bool:
        with self.services.store.turn() as transaction:
            clock = work(self.services, transaction, by=SERVICE, way=_UNANSWERED, owns=False)
            ticket = transaction.tickets.hold(number)
            if ticket is None or ticket.step_at is None or ticket.step_at > clock.at:
                return False
            if is_left_alone(ticket):
                _close(clock, ticket)
            else:
                _give_notice(clock, ticket)
        return True

    def _recalculate(self, number: int) -> bool:
        with self.services.store.turn() as transaction:
            clock = work(self.services, transaction, by=SERVICE, way=_MOVED_CALENDAR, owns=False)
            ticket = transaction.tickets.hold(number)
            if ticket is None or clock.hours is None or not is_out_of_step(ticket, clock.hours):
                return False
            after = settled(ticket, hours=clock.hours)
            clock.change(ticket, after, EntryKind.RECALCULATED, "due times recalculated")
        return True


def is_out_of_step(ticket: Ticket, hours: BusinessHours) -> bool:
    """Whether an open ticket's due times are not those that its clocks give under these hours."""
    return ticket.status not in CLOSED and settled(ticket, hours=hours) != ticket


def sweep_tickets(services: Services) -> None:
    """The clock's look after tickets; what fails is done the next time."""
    sweeps = TicketSweeps(services)
    try:
        taken, moved_on = sweeps.steps(), sweeps.recalculate()
    except StoreUnavailable as fault:
        _log.warning("tickets_wait", reason=fault.reason)
        return
    if taken:
        _log.info("tickets_stepped", tickets=taken)
    if moved_on:
        _log.info("clocks_recalculated", tickets=moved_on)


def _give_notice(clock: TicketWork, ticket: Ticket) -> None:
    after = noticed(ticket, at=clock.at)
    text = f"closes at {_written(life_of(after).closes_at)} unless the requester answers"
    clock.change(ticket, after, EntryKind.CLOSING_SOON, text, event=TicketEvent.CLOSING_SOON)


def _close(clock: TicketWork, ticket: Ticket) -> None:
    after = moved(ticket, Move.CLOSE, by=None, at=clock.at, hours=clock.hours)
    clock.change(ticket, after, EntryKind.CLOSED, "closed without an answer", event=TicketEvent.CLOSED)


def _written(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "some time"
