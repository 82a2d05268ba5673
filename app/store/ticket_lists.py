"""Tickets in lists, without their histories: newest first, or what is due soonest first; and a short count of the open.

Every page is read along an index from where the one before ended; nothing counts all there is.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, TextClause, func, literal, select, text, tuple_

from app.cdr.records import Call, Ticket, TicketStatus, TimelineEntry
from app.cdr.ticket_rules import CLOSED
from app.flow.messages import FactKind
from app.store.access import Reader
from app.store.models import OPEN_TICKETS, call_facts, calls, ticket_updates, tickets
from app.store.paging import BadCursor, Page, packed, unpacked
from app.store.rows import CALL_COLUMNS, FACT_COLUMNS, TICKET_COLUMNS, call_of, fact_of, ticket_of, timeline_of
from app.store.ticket_log import TicketFilters, conditions, number_in, version_of, with_words

_TICKET = select(*(tickets.c[name] for name in TICKET_COLUMNS))
_OPEN = sorted(set(TicketStatus) - CLOSED)
_AT_HAND = sorted(set(_OPEN) - {TicketStatus.NEW})
_FIRST, _DUE = tickets.c.update_due_at, tickets.c.resolve_due_at
# A client's tickets have no index of their own: so many of all are looked through at a time.
CLIENT_WINDOW = 5_000
_MOST_COUNTED = 1_000
_MOST = 2**31 - 1
_OF_ONE = 50
_PAGES = (FactKind.PAGED, FactKind.TEXT_LOST)

Condition = ColumnElement[bool] | TextClause


@dataclass(frozen=True, slots=True)
class ListedTicket:
    """A ticket as it stands in a list, and what this state of it is called."""

    ticket: Ticket
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCounts:
    """How many tickets are open, by several marks; None where there are too many to count."""

    everybodys: int
    mine: int | None
    nobodys: int | None
    overdue: int | None
    statuses: Mapping[TicketStatus, int] | None


@dataclass(frozen=True, slots=True)
class CallsOf:
    """The latest calls of a ticket, oldest first, and what is known of texts and calls to staff about it."""

    calls: tuple[Call, ...]
    pages: tuple[TimelineEntry, ...]


class _Stream(StrEnum):
    """Each part of the open tickets that lies along an index in the order wanted."""

    NEW = "new"
    UPDATE = "update"
    RESOLUTION = "resolution"
    REST = "rest"


_BY_NUMBER = frozenset({_Stream.NEW, _Stream.REST})


@dataclass(frozen=True, slots=True)
class _Due:
    """A ticket where it stands in the order of due times."""

    at: datetime
    stream: _Stream
    ticket: Ticket


@dataclass(slots=True)
class _Place:
    """How far each stream was read: the last number, or the last instant and number."""

    numbers: dict[_Stream, int] = field(default_factory=dict)
    instants: dict[_Stream, tuple[datetime, int]] = field(default_factory=dict)

    def past(self, each: _Due) -> None:
        number = each.ticket.number or 0
        if each.stream in _BY_NUMBER:
            self.numbers[each.stream] = number
        else:
            self.instants[each.stream] = (each.at, number)

    def mark(self) -> str:
        """The same as the mark of a page."""
        numbers = {each: str(number) for each, number in self.numbers.items()}
        instants = {each: packed(at, str(number)) for each, (at, number) in self.instants.items()}
        return ".".join({**numbers, **instants}.get(each, "") for each in _Stream)

    @classmethod
    def of(cls, cursor: str | None) -> "_Place":
        """Raises BadCursor."""
        place, parts = cls(), ("..." if cursor is None else cursor).split(".")
        if len(parts) != len(_Stream):
            raise BadCursor("not a cursor of this list")
        for stream, part in zip(_Stream, parts, strict=True):
            if part and stream in _BY_NUMBER:
                place.numbers[stream] = number_in(part)
            elif part:
                at, name = unpacked(part)
                place.instants[stream] = at, number_in(name)
        return place


class TicketLists:
    """Lists of tickets, for those who only look. Raises StoreUnavailable."""

    def __init__(self, read: Reader, *, client_window: int = CLIENT_WINDOW, most_counted: int = _MOST_COUNTED) -> None:
        self._read = read
        self._client_window = client_window
        self._most_counted = most_counted

    def newest(self, filters: TicketFilters, *, limit: int, cursor: str | None = None) -> Page[ListedTicket]:
        """At most `limit` tickets, newest first. A client's may be fewer though more follow.

        Raises:
            BadCursor: `cursor` was not made here.
        """
        before, window = None if cursor is None else number_in(cursor), self._client_window

        def question(connection: Connection) -> Page[ListedTicket]:
            return _newest(connection, with_words(connection, filters), before, limit=limit, window=window)

        return self._read(question)

    def soonest(self, filters: TicketFilters, *, limit: int, cursor: str | None = None) -> Page[ListedTicket]:
        """At most `limit` open tickets, what is due soonest first.

        A ticket nobody has acknowledged is due as it comes; those for which nothing is due stand at the end.

        Raises:
            BadCursor: `cursor` was not made here.
        """
        place = _Place.of(cursor)
        return self._read(lambda connection: _soonest(connection, with_words(connection, filters), place, limit))

    def open_counts(self, *, assignee: str, at: datetime) -> OpenCounts:
        """How many are open; `mine` are those of the assignee."""
        columns = tickets.c.status, tickets.c.assignee, _FIRST, _DUE
        # In an order that only the index of statuses has, so that it is taken: few of many tickets are open.
        in_order = tickets.c.status, tickets.c.number
        query = select(*columns).where(tickets.c.status.in_(_OPEN)).order_by(*in_order).limit(self._most_counted + 1)
        found = self._read(lambda connection: connection.execute(query).all())
        if len(found) > self._most_counted:
            return OpenCounts(everybodys=self._most_counted, mine=None, nobodys=None, overdue=None, statuses=None)
        return _counted(found, assignee, at)

    def calls_of(self, number: int) -> CallsOf:
        """The latest calls of a ticket, and who was texted or called because of it."""
        return self._read(lambda connection: _calls_of(connection, number))


def _newest(
    connection: Connection, filters: TicketFilters, before: int | None, *, limit: int, window: int
) -> Page[ListedTicket]:
    query = _TICKET.where(*conditions(filters))
    if before is not None:
        query = query.where(tickets.c.number < before)
    bottom = None
    if filters.client is not None and not filters.is_open:
        top = before or (connection.execute(select(func.max(tickets.c.number))).scalar() or 0) + 1
        bottom = top - window
        query = query.where(tickets.c.number >= bottom)
    found = _tickets(connection, query.order_by(tickets.c.number.desc()).limit(limit + 1))
    if len(found) > limit:
        return Page(_listed(connection, found[:limit]), str(found[limit - 1].number))
    first = connection.execute(select(func.min(tickets.c.number))).scalar() if bottom is not None else None
    goes_on = bottom is not None and first is not None and first < bottom
    return Page(_listed(connection, found), str(bottom) if goes_on else None)


def _soonest(connection: Connection, filters: TicketFilters, place: _Place, limit: int) -> Page[ListedTicket]:
    running = [_running(connection, stream, filters, place, limit) for stream in _Stream if stream is not _Stream.REST]
    found = list(islice(merge(*running, key=_order), limit + 1))
    if len(found) <= limit:
        found += _running(connection, _Stream.REST, filters, place, limit - len(found))
    for each in found[:limit]:
        place.past(each)
    listed = _listed(connection, [each.ticket for each in found[:limit]])
    return Page(listed, place.mark() if len(found) > limit else None)


def _running(
    connection: Connection, stream: _Stream, filters: TicketFilters, place: _Place, limit: int
) -> Iterable[_Due]:
    """One more than `limit` of a stream, in its order, past its place."""
    queries = _by_number(stream, filters, place) if stream in _BY_NUMBER else [_by_due(stream, filters, place)]
    found = [_tickets(connection, query.limit(limit + 1)) for query in queries]
    return _dated(stream, merge(*found, key=_number) if stream in _BY_NUMBER else found[0])


def _by_number(stream: _Stream, filters: TicketFilters, place: _Place) -> list[Select[Any]]:
    """A question for each status, so that each is answered along the index of statuses."""
    statuses = [TicketStatus.NEW] if stream is _Stream.NEW else _AT_HAND
    wanted = [each for each in statuses if filters.status in {None, each}]
    if filters.due_before is not None:
        return []
    nothing_due: list[Condition] = [] if stream is _Stream.NEW else [_FIRST.is_(None), _DUE.is_(None)]
    asked = [*conditions(replace(filters, status=None, is_open=False), in_order_of_due=True), *nothing_due]
    return [_along_statuses(_TICKET.where(*asked), status, past=place.numbers.get(stream, 0)) for status in wanted]


def _along_statuses(query: Select[Any], status: TicketStatus, *, past: int) -> Select[Any]:
    """Those of one status, by number. Worded as a stretch of the index of statuses, so that nothing else is read."""
    entry = tuple_(tickets.c.status, tickets.c.number)
    first, last = (tuple_(literal(status.value), literal(number)) for number in (past, _MOST))
    return query.where(entry > first, entry < last).order_by(tickets.c.status, tickets.c.number)


def _by_due(stream: _Stream, filters: TicketFilters, place: _Place) -> Select[Any]:
    mine, other = (_FIRST, _DUE) if stream is _Stream.UPDATE else (_DUE, _FIRST)
    sooner = mine <= other if stream is _Stream.UPDATE else mine < other
    # The words of the index's own condition, so that it is used.
    running = text(f"{mine.name} IS NOT NULL AND {OPEN_TICKETS}")
    asked = conditions(replace(filters, status=None, is_open=False), in_order_of_due=True)
    query = _TICKET.where(running, *asked, other.is_(None) | sooner)
    if filters.status is not None:
        # Worded so that the index of statuses is not taken instead.
        query = query.where(func.coalesce(tickets.c.status, "") == filters.status)
    if filters.due_before is not None:
        query = query.where(mine < filters.due_before)
    if stream in place.instants:
        at, number = place.instants[stream]
        query = query.where(tuple_(mine, tickets.c.number) > tuple_(literal(at, mine.type), number))
    return query.order_by(mine, tickets.c.number)


def _dated(stream: _Stream, found: Iterable[Ticket]) -> Iterator[_Due]:
    last: datetime | None = None
    for ticket in found:
        due = [each for each in (ticket.update_due_at, ticket.resolve_due_at) if each is not None]
        at = ticket.created_at if stream is _Stream.NEW or not due else min(due)
        # One that was found late has an earlier instant than its number says; a stream keeps its own order.
        last = at if last is None or at > last or stream is _Stream.REST else last
        yield _Due(last, stream, ticket)


def _number(ticket: Ticket) -> int:
    return ticket.number or 0


def _order(each: _Due) -> tuple[datetime, int]:
    return each.at, each.ticket.number or 0


def _tickets(connection: Connection, query: Select[Any]) -> list[Ticket]:
    return [ticket_of(row) for row in connection.execute(query).all()]


def _listed(connection: Connection, found: list[Ticket]) -> tuple[ListedTicket, ...]:
    numbers = [ticket.number for ticket in found]
    entry = ticket_updates.c.ticket
    counted = select(entry, func.count()).where(entry.in_(numbers)).group_by(entry)
    entries = dict(map(tuple, connection.execute(counted).all())) if numbers else {}
    return tuple(
        ListedTicket(ticket, version_of(ticket, entries=entries.get(ticket.number or 0, 0))) for ticket in found
    )


def _counted(found: Sequence[Any], assignee: str, at: datetime) -> OpenCounts:
    return OpenCounts(
        everybodys=len(found),
        mine=sum(row.assignee == assignee for row in found),
        nobodys=sum(row.assignee is None for row in found),
        overdue=sum(any(due is not None and due < at for due in row[2:]) for row in found),
        statuses={each: sum(row.status == each for row in found) for each in map(TicketStatus, _OPEN)},
    )


def _calls_of(connection: Connection, number: int) -> CallsOf:
    query = select(*(calls.c[name] for name in CALL_COLUMNS)).where(calls.c.ticket == number)
    newest = query.order_by(calls.c.started_at.desc(), calls.c.call_sid.desc()).limit(_OF_ONE)
    found = [call_of(row) for row in connection.execute(newest).all()][::-1]
    told = (
        select(*(call_facts.c[name] for name in FACT_COLUMNS))
        .where(call_facts.c.call_sid.in_([call.call_sid for call in found]), call_facts.c.kind.in_(_PAGES))
        .order_by(call_facts.c.at)
        .limit(_OF_ONE)
    )
    pages = [timeline_of(fact_of(row)) for row in connection.execute(told).all()] if found else []
    return CallsOf(tuple(found), tuple(pages))
