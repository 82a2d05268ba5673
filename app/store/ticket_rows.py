"""Tickets within one transaction: held against every other change, and written with an entry in their history."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Update, bindparam, insert, literal_column, select, text, update

from app.cdr.records import Ticket, TicketStatus, TicketUpdate
from app.cdr.ticket_rules import CLOSED
from app.store.models import URGENT_TICKETS, calls, ticket_updates, tickets
from app.store.prepared import Session
from app.store.rows import TICKET_COLUMNS, differing, storable, ticket_of, ticket_row
from app.store.ticket_log import LARGEST_NUMBER
from oncall import Priority

_NUMBER = bindparam("which", type_=tickets.c.number.type)
_ASSIGNEE = bindparam("by", type_=tickets.c.assignee.type)
_BEFORE = bindparam("before", type_=tickets.c.created_at.type)
_TICKET = select(*(tickets.c[name] for name in TICKET_COLUMNS))
_HELD = _TICKET.where(tickets.c.number == _NUMBER).with_for_update()
_CALLS = select(calls.c.call_sid).where(calls.c.ticket == _NUMBER).order_by(calls.c.started_at, calls.c.call_sid)
# The words themselves instead of values to be filled in, so that each statement is compiled once.
_CLOSED: list[Any] = [literal_column(f"'{status}'") for status in sorted(CLOSED)]
_OPEN_OF = _TICKET.where(tickets.c.assignee == _ASSIGNEE, tickets.c.status.not_in(_CLOSED)).order_by(tickets.c.number)
_UNOWNED = _TICKET.where(
    text(URGENT_TICKETS),
    tickets.c.priority == literal_column(f"'{Priority.EMERGENCY}'"),
    tickets.c.status == literal_column(f"'{TicketStatus.NEW}'"),
    tickets.c.created_at <= _BEFORE,
).order_by(tickets.c.number)
_ENTRY = insert(ticket_updates).values({name: bindparam(name) for name in ("ticket", "at", "author", "kind", "text")})


@lru_cache(maxsize=64)
def _change(columns: tuple[str, ...]) -> Update:
    return update(tickets).where(tickets.c.number == _NUMBER).values({name: bindparam(name) for name in columns})


class TicketRows:
    """Tickets to be changed. `hold_call` makes the turns of a call wait until the transaction ends."""

    def __init__(self, session: Session, *, hold_call: Callable[[str], None]) -> None:
        self._session = session
        self._hold_call = hold_call

    def hold(self, number: int) -> Ticket | None:
        """The ticket as it stands; neither its calls nor anybody else changes it until the transaction ends."""
        if not 0 < number <= LARGEST_NUMBER:
            return None
        # First the calls, as a turn does: it holds its call and then writes the ticket.
        for call_sid in sorted(self.calls_of(number)):
            self._hold_call(call_sid)
        row = self._session.one(_HELD, {"which": number})
        return None if row is None else ticket_of(row)

    def lock(self, number: int) -> None:
        """Let nobody else change the ticket until the transaction ends. For a turn, which holds its own call."""
        if self._session.database == "postgresql":
            self._session.one(_HELD, {"which": number})

    def calls_of(self, number: int) -> tuple[str, ...]:
        """The SIDs of the ticket's calls, oldest first."""
        return tuple(row[0] for row in self._session.all(_CALLS, {"which": number}))

    def save(self, before: Ticket, after: Ticket) -> None:
        """Write what differs between the two, and nothing else."""
        changed = differing(ticket_row(before), ticket_row(after))
        if changed:
            self._session.run(_change(tuple(changed)), {"which": after.number, **changed})

    def note(self, number: int, entry: TicketUpdate) -> None:
        """Append an entry to the ticket's history."""
        row = {"ticket": number, "at": entry.at, "author": storable(entry.author), "kind": entry.kind}
        self._session.run(_ENTRY, {**row, "text": storable(entry.text)})

    def open_of(self, assignee: str) -> tuple[Ticket, ...]:
        """The tickets somebody has in hand, by number."""
        return tuple(map(ticket_of, self._session.all(_OPEN_OF, {"by": storable(assignee)})))

    def unowned_emergencies(self, *, before: datetime) -> tuple[Ticket, ...]:
        """The emergencies opened before an instant that nobody has accepted, by number."""
        return tuple(map(ticket_of, self._session.all(_UNOWNED, {"before": before})))
