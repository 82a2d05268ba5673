"""Tickets, read: one with its calls and history, and pages of many, newest first."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, TextClause, select, text

from app.cdr.records import Ticket, TicketStatus, TicketUpdate
from app.store.access import Reader
from app.store.models import URGENT_TICKETS, calls, ticket_updates, tickets
from app.store.paging import BadCursor, Page
from app.store.rows import TICKET_COLUMNS, storable, tail_of, ticket_of, update_of
from oncall import Priority

_TICKET = select(*(tickets.c[name] for name in TICKET_COLUMNS))
_SHORTEST_NUMBER = 7
LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFilters:
    """Which tickets to show; None does not limit.

    `q` is what a person typed to find a ticket: its number, the phone number of a call to it, or an assignee.
    """

    status: TicketStatus | None = None
    priority: Priority | None = None
    assignee: str | None = None
    q: str | None = None


@dataclass(frozen=True, slots=True)
class TicketFile:
    """A ticket with the SIDs of its calls, oldest first, and its history."""

    ticket: Ticket
    calls: tuple[str, ...]
    updates: tuple[TicketUpdate, ...]


class TicketLog:
    """Tickets, for those who only look. Raises StoreUnavailable."""

    def __init__(self, read: Reader) -> None:
        self._read = read

    def get(self, number: int) -> TicketFile | None:
        """One ticket and all that belongs to it."""
        if not 0 < number <= LARGEST_NUMBER:
            return None
        return self._read(lambda connection: _file(connection, number))

    def page(self, filters: TicketFilters, *, limit: int, cursor: str | None = None) -> Page[TicketFile]:
        """At most `limit` tickets, newest first, from where the page that gave `cursor` ended.

        Raises:
            BadCursor: `cursor` was not made here.
        """
        query = _TICKET.where(*_conditions(filters))
        if cursor is not None:
            query = query.where(tickets.c.number < _number_in(cursor))
        query = query.order_by(tickets.c.number.desc()).limit(limit + 1)
        files = self._read(lambda connection: _files(connection, query))
        more = len(files) > limit
        return Page(items=files[:limit], next=str(files[limit - 1].ticket.number) if more else None)


def _number_in(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit()) or len(cursor) > len(str(LARGEST_NUMBER)):
        raise BadCursor("not a cursor of this list")
    return min(int(cursor), LARGEST_NUMBER)


def _file(connection: Connection, number: int) -> TicketFile | None:
    files = _files(connection, _TICKET.where(tickets.c.number == number))
    return files[0] if files else None


def _files(connection: Connection, query: Any) -> tuple[TicketFile, ...]:  # noqa: ANN401 - Select of many columns
    found = [ticket_of(row) for row in connection.execute(query).all()]
    numbers = [ticket.number for ticket in found]
    called: dict[int, list[str]] = {}
    for number, call_sid in connection.execute(
        select(calls.c.ticket, calls.c.call_sid)
        .where(calls.c.ticket.in_(numbers))
        .order_by(calls.c.ticket, calls.c.started_at, calls.c.call_sid)
    ).all():
        called.setdefault(number, []).append(call_sid)
    updated: dict[int, list[TicketUpdate]] = {}
    history = ticket_updates.c
    for number, *entry in connection.execute(
        select(history.ticket, history.at, history.author, history.kind, history.text)
        .where(history.ticket.in_(numbers))
        .order_by(history.ticket, history.at, history.id)
    ).all():
        updated.setdefault(number, []).append(update_of(entry))
    return tuple(
        TicketFile(ticket, tuple(called.get(ticket.number or 0, ())), tuple(updated.get(ticket.number or 0, ())))
        for ticket in found
    )


def _conditions(filters: TicketFilters) -> list[ColumnElement[bool] | TextClause]:
    found: list[ColumnElement[bool] | TextClause] = []
    if filters.status is not None:
        found.append(tickets.c.status == filters.status)
    if filters.priority is not None:
        found.append(tickets.c.priority == filters.priority)
        if filters.priority in {Priority.EMERGENCY, Priority.HIGH}:
            found.append(text(URGENT_TICKETS))
    if filters.assignee is not None:
        found.append(tickets.c.assignee == storable(filters.assignee))
    if filters.q is not None and (words := filters.q.strip()):
        found.append(_found_by(words))
    return found


def _found_by(words: str) -> ColumnElement[bool]:
    digits = "".join(filter(str.isdigit, words))
    written_as_number = not words.strip("0123456789+-.() #")
    if written_as_number and len(digits) >= _SHORTEST_NUMBER:
        theirs = select(calls.c.ticket).where(calls.c.caller_tail == tail_of(digits))
        return tickets.c.number.in_(theirs)
    if written_as_number and digits:
        return tickets.c.number == int(digits)
    return tickets.c.assignee == storable(words)
