"""Open tickets whose updates are due before long, and what was done about it: for those who remind.

Reads only. What was done stands in the tickets' histories, under keys that no program can give its own entries.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, text

from app.cdr.records import Ticket
from app.store.access import Reader
from app.store.models import OPEN_TICKETS, ticket_updates, tickets
from app.store.prepared import Session
from app.store.rows import TICKET_COLUMNS, ticket_of

# The names of programs, with which their keys begin, are never empty.
REMINDER_KEYS = ":update:"
_TICKET = select(*(tickets.c[name] for name in TICKET_COLUMNS))
_BEFORE = bindparam("before", type_=tickets.c.update_due_at.type)
_IS_DUE = (tickets.c.update_due_at.is_not(None), tickets.c.update_due_at < _BEFORE, text(OPEN_TICKETS))
_DUE = _TICKET.where(*_IS_DUE).order_by(tickets.c.update_due_at, tickets.c.number)
_ENTRY = ticket_updates.c
_REMINDED = (
    select(_ENTRY.ticket, _ENTRY.key, _ENTRY.at, _ENTRY.detail)
    .join_from(tickets, ticket_updates, _ENTRY.ticket == tickets.c.number)
    .where(*_IS_DUE, _ENTRY.key.is_not(None), _ENTRY.key.like(bindparam("keys", type_=_ENTRY.key.type)))
    .order_by(_ENTRY.id)
)
_WANTED = _TICKET.where(
    tickets.c.number == bindparam("number", type_=tickets.c.number.type),
    tickets.c.update_due_at.is_not(None),
    text(OPEN_TICKETS),
)


@dataclass(frozen=True, slots=True)
class Reminded:
    """What was done about an update that is due: the key of its entry, when, and its particulars as they are kept."""

    key: str
    at: datetime
    detail: str | None

    @property
    def told(self) -> tuple[str, ...]:
        """The names of those who were told."""
        return tuple(json.loads(self.detail).get("told", ())) if self.detail else ()


@dataclass(frozen=True, slots=True)
class DueTicket:
    """An open ticket with an update due, and what was done about that update until now."""

    ticket: Ticket
    reminded: tuple[Reminded, ...]


class ReminderLog:
    """Updates that are due. Raises StoreUnavailable."""

    def __init__(self, read: Reader) -> None:
        self._read = read

    def due(self, *, before: datetime, keys: Callable[[Ticket], str | None]) -> tuple[DueTicket, ...]:
        """Open tickets whose update is due before an instant, or overdue, the longest due first.

        `keys` says how the keys of entries about that update begin.
        """
        return self._read(lambda connection: _due(Session.of(connection), before, keys))

    def wanted(self, number: int) -> Ticket | None:
        """An open ticket of which an update is due at some time; None where none is."""
        row = self._read(lambda connection: Session.of(connection).one(_WANTED, {"number": number}))
        return None if row is None else ticket_of(row)


def _due(session: Session, before: datetime, keys: Callable[[Ticket], str | None]) -> tuple[DueTicket, ...]:
    found = [ticket_of(row) for row in session.all(_DUE, {"before": before})]
    begins = {each.number or 0: keys(each) for each in found}
    done = _reminded(session, before, begins) if found else {}
    return tuple(DueTicket(each, tuple(done.get(each.number or 0, ()))) for each in found)


def _reminded(session: Session, before: datetime, begins: Mapping[int, str | None]) -> dict[int, list[Reminded]]:
    found: dict[int, list[Reminded]] = {}
    for number, key, at, detail in session.all(_REMINDED, {"before": before, "keys": f"{REMINDER_KEYS}%"}):
        # Most are about updates that are there.
        beginning = begins.get(number)
        if beginning is not None and key.startswith(beginning):
            found.setdefault(number, []).append(Reminded(key, at, detail))
    return found
