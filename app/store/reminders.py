"""Open tickets whose updates are due before long, and what was done about it: for those who remind.

Reads only. What was done stands in the tickets' histories, under keys that no program can give its own entries.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, TextClause, select, text

from app.cdr.records import Ticket
from app.store.access import Reader
from app.store.models import OPEN_TICKETS, ticket_updates, tickets
from app.store.rows import TICKET_COLUMNS, ticket_of

# The names of programs, with which their keys begin, are never empty.
REMINDER_KEYS = ":update:"
_TICKET = select(*(tickets.c[name] for name in TICKET_COLUMNS))


@dataclass(frozen=True, slots=True)
class Reminded:
    """What was done about an update that is due: the key of its entry, when, and the names of those who were told."""

    key: str
    at: datetime
    told: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DueTicket:
    """An open ticket with an update due, and all that was done about its updates until now."""

    ticket: Ticket
    reminded: tuple[Reminded, ...]


class ReminderLog:
    """Updates that are due. Raises StoreUnavailable."""

    def __init__(self, read: Reader) -> None:
        self._read = read

    def due(self, *, before: datetime) -> tuple[DueTicket, ...]:
        """Open tickets whose update is due before an instant, or overdue, the longest due first."""
        return self._read(lambda connection: _due(connection, before))

    def due_at(self, number: int) -> datetime | None:
        """When the update of a ticket is due; None where none is."""
        query = select(tickets.c.update_due_at).where(tickets.c.number == number, text(OPEN_TICKETS))
        return self._read(lambda connection: connection.execute(query).scalar())


def _due(connection: Connection, before: datetime) -> tuple[DueTicket, ...]:
    query = _TICKET.where(*_is_due(before)).order_by(tickets.c.update_due_at, tickets.c.number)
    found = [ticket_of(row) for row in connection.execute(query).all()]
    done = _reminded(connection, before) if found else {}
    return tuple(DueTicket(each, tuple(done.get(each.number or 0, ()))) for each in found)


def _reminded(connection: Connection, before: datetime) -> dict[int, list[Reminded]]:
    entry = ticket_updates.c
    query = (
        select(entry.ticket, entry.key, entry.at, entry.detail)
        .join_from(tickets, ticket_updates, entry.ticket == tickets.c.number)
        .where(*_is_due(before), entry.key.is_not(None), entry.key.startswith(REMINDER_KEYS))
        .order_by(entry.id)
    )
    found: dict[int, list[Reminded]] = {}
    for number, key, at, detail in connection.execute(query).all():
        told = json.loads(detail).get("told", ()) if detail else ()
        found.setdefault(number, []).append(Reminded(key, at, tuple(told)))
    return found


def _is_due(before: datetime) -> tuple[ColumnElement[bool] | TextClause, ...]:
    return tickets.c.update_due_at.is_not(None), tickets.c.update_due_at < before, text(OPEN_TICKETS)
