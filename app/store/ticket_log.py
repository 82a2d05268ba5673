"""Tickets, read: one with its calls and history, and pages of many, newest first."""

import hashlib
import json
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    TextClause,
    bindparam,
    cast,
    exists,
    func,
    literal_column,
    or_,
    select,
    text,
    union,
)

from app.cdr.records import Ticket, TicketStatus, TicketUpdate
from app.cdr.ticket_rules import CLOSED
from app.store.access import Reader
from app.store.models import OPEN_TICKETS, URGENT_TICKETS, calls, ticket_links, ticket_updates, tickets
from app.store.paging import BadCursor, Page
from app.store.prepared import Session
from app.store.rows import TICKET_COLUMNS, storable, tail_of, ticket_of, ticket_row, update_of
from app.store.ticket_words import tickets_with
from oncall import Priority

_TICKET = select(*(tickets.c[name] for name in TICKET_COLUMNS))
_OPEN = sorted(set(TicketStatus) - CLOSED)
_DUE = ("update_due_at", "resolve_due_at")
_STEPS_DUE = (
    select(tickets.c.number)
    .where(
        tickets.c.step_at.is_not(None),
        tickets.c.step_at <= bindparam("at", type_=tickets.c.step_at.type),
        text(OPEN_TICKETS),
    )
    .order_by(tickets.c.step_at, tickets.c.number)
    .limit(bindparam("most"))
    .offset(literal_column("0"))  # said, or SQLAlchemy adds a value of its own
)
# By name, so that the index on statuses is used: what is over is most of the table.
_BY_NAME = text(f"tickets.status IN ({', '.join(repr(each.value) for each in _OPEN)})")
_RUNNING = _TICKET.where(_BY_NAME, tickets.c.acknowledged_at.is_not(None)).order_by(tickets.c.number)
_SHORTEST_NUMBER = 7
_OF_NUMBERS = "0123456789+-.() #"
LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFilters:
    """Which tickets to show; None does not limit.

    `q` is what a person typed to find a ticket: its number, the phone number of a call to it, an assignee, or words
    that people wrote about it, which `with_words` turns into `numbers`.
    `is_open` keeps those neither resolved nor closed, `due_before` of them those whose update or resolution is due
    before that instant. `unowned` keeps those nobody has, `client` those with a call that was tagged with that name.
    """

    status: TicketStatus | None = None
    priority: Priority | None = None
    assignee: str | None = None
    q: str | None = None
    due_before: datetime | None = None
    is_open: bool = False
    unowned: bool = False
    client: str | None = None
    numbers: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class TicketFile:
    """A ticket with the SIDs of its calls, oldest first, its history, and the numbers of tickets about the same."""

    ticket: Ticket
    calls: tuple[str, ...]
    updates: tuple[TicketUpdate, ...]
    related: tuple[int, ...] = ()

    @property
    def version(self) -> str:
        """What this state of the ticket is called; another one whenever the ticket or its history changes."""
        return version_of(self.ticket, entries=len(self.updates))


def version_of(ticket: Ticket, *, entries: int) -> str:
    """What the state of a ticket with so many entries in its history is called."""
    row = "|".join(str(value) for value in ticket_row(ticket).values())
    return f"{hashlib.sha256(row.encode()).hexdigest()[:12]}-{entries}"


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
        before = None if cursor is None else number_in(cursor)

        def newest(connection: Connection) -> tuple[TicketFile, ...]:
            query = _TICKET.where(*conditions(with_words(connection, filters)))
            if before is not None:
                query = query.where(tickets.c.number < before)
            return _files(connection, query.order_by(tickets.c.number.desc()).limit(limit + 1))

        files = self._read(newest)
        more = len(files) > limit
        return Page(items=files[:limit], next=str(files[limit - 1].ticket.number) if more else None)

    def steps_due(self, *, at: datetime, limit: int = 100) -> tuple[int, ...]:
        """The numbers of tickets to which something is to happen by itself by `at`, what is due longest first."""
        asked = {"at": at, "most": limit}
        return tuple(number for (number,) in self._read(lambda one: Session.of(one).all(_STEPS_DUE, asked)))

    def running(self) -> tuple[Ticket, ...]:
        """The open tickets whose clocks have begun, by number."""
        return tuple(map(ticket_of, self._read(lambda connection: Session.of(connection).all(_RUNNING, {}))))


def number_in(cursor: str) -> int:
    """The number that is the mark of a list by number. Raises BadCursor."""
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
        select(history.ticket, history.at, history.author, history.kind, history.text, history.because, history.detail)
        .where(history.ticket.in_(numbers))
        .order_by(history.ticket, history.at, history.id)
    ).all():
        updated.setdefault(number, []).append(update_of(entry))
    related: dict[int, list[int]] = {}
    pair = ticket_links.c
    for low, high in connection.execute(
        select(pair.low, pair.high)
        .where(or_(pair.low.in_(numbers), pair.high.in_(numbers)))
        .order_by(pair.low, pair.high)
    ).all():
        related.setdefault(low, []).append(high)
        related.setdefault(high, []).append(low)
    return tuple(
        TicketFile(
            ticket,
            tuple(called.get(ticket.number or 0, ())),
            tuple(updated.get(ticket.number or 0, ())),
            tuple(sorted(related.get(ticket.number or 0, ()))),
        )
        for ticket in found
    )


def with_words(connection: Connection, filters: TicketFilters) -> TicketFilters:
    """The filters, with the newest tickets that have the words instead of words; numbers and names stay as they are."""
    words = (filters.q or "").strip()
    if not words or not words.strip(_OF_NUMBERS):
        return filters
    theirs = select(tickets.c.number).where(tickets.c.assignee == storable(words)).limit(1)
    if connection.execute(theirs).first() is not None:
        return filters
    asked = tickets_with(Session.of(connection), words)
    numbers = () if asked is None else tuple(connection.execute(asked).scalars())
    return replace(filters, q=None, numbers=numbers)


def conditions(filters: TicketFilters, *, in_order_of_due: bool = False) -> list[ColumnElement[bool] | TextClause]:
    """What the filters ask of a row.

    For a list of open tickets `in_order_of_due`, which sees to the due times itself, and is to be read along its own
    index: the one of assignees leads to all they ever had.
    """
    found: list[ColumnElement[bool] | TextClause] = []
    if filters.status is not None:
        found.append(tickets.c.status == filters.status)
    if filters.priority is not None:
        found.append(tickets.c.priority == filters.priority)
        if filters.priority in {Priority.EMERGENCY, Priority.HIGH}:
            found.append(text(URGENT_TICKETS))
    if filters.assignee is not None:
        along_status = in_order_of_due or filters.is_open
        theirs = func.coalesce(tickets.c.assignee, "") if along_status else tickets.c.assignee
        found.append(theirs == storable(filters.assignee))
    if filters.is_open:
        found.append(tickets.c.status.in_(_OPEN))
    if filters.unowned:
        found.append(tickets.c.assignee.is_(None))
    if filters.client is not None:
        found.append(_tagged(filters.client))
    if filters.due_before is not None and not in_order_of_due:
        found.append(tickets.c.number.in_(union(*(_due(name, filters.due_before) for name in _DUE))))
    if filters.numbers is not None:
        found.append(tickets.c.number.in_(filters.numbers))
    if filters.q is not None and (words := filters.q.strip()):
        found.append(_found_by(words))
    return found


def _due(name: str, before: datetime) -> Select[tuple[int]]:
    """The numbers of open tickets by one of their due times, along its index."""
    column = tickets.c[name]
    return select(tickets.c.number).where(column.is_not(None), column < before, text(OPEN_TICKETS))


def _tagged(name: str) -> ColumnElement[bool]:
    """Whether a call of the ticket has this tag. Tags are few and short: they are looked for in their JSON."""
    tags = cast(calls.c.tags, Text)
    return exists().where(
        calls.c.ticket == tickets.c.number, tags.contains(json.dumps(storable(name)), autoescape=True)
    )


def _found_by(words: str) -> ColumnElement[bool]:
    digits = "".join(filter(str.isdigit, words))
    written_as_number = not words.strip(_OF_NUMBERS)
    if written_as_number and len(digits) >= _SHORTEST_NUMBER:
        theirs = select(calls.c.ticket).where(calls.c.caller_tail == tail_of(digits))
        return tickets.c.number.in_(theirs)
    if written_as_number and digits:
        return tickets.c.number == int(digits)
    return tickets.c.assignee == storable(words)
