"""The log of calls, read: one call, its timeline, and pages of many, newest first.

Pages go on from a key, never from a count, so that they neither skip nor repeat while calls come in. Totals
are not counted.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, false, literal, select, tuple_

from app.cdr.records import CallRecord, Disposition, TimelineEntry
from app.store.access import Reader
from app.store.models import calls, legs
from app.store.paging import Page, packed, unpacked
from app.store.prepared import Session
from app.store.rows import (
    CALL_COLUMNS,
    LEG_COLUMNS,
    call_of,
    leg_of,
    name_key,
    storable,
    tail_of,
    ticket_of,
    timeline_of,
)
from app.store.turns import CALL_WITH_TICKET, load_facts, load_record

_SHORTEST_NUMBER = 7
_SID_LENGTH = 34


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilters:
    """Which calls to show; None does not limit. `since` is included, `until` is not.

    `caller` is a number however written: in E.164 it must match whole, else in its last seven digits. `q` is
    what a person typed to find a call: a ticket number, a number, a call SID, or the name of who answered.
    """

    since: datetime | None = None
    until: datetime | None = None
    caller: str | None = None
    line: str | None = None
    disposition: Disposition | None = None
    answered_by: str | None = None
    q: str | None = None


class CallLog:
    """Calls, for those who only look. Raises StoreUnavailable."""

    def __init__(self, read: Reader) -> None:
        self._read = read

    def get(self, call_sid: str) -> CallRecord | None:
        """One call with its legs and its ticket."""
        return self._read(lambda connection: load_record(Session.of(connection), storable(call_sid)))

    def timeline(self, call_sid: str) -> tuple[TimelineEntry, ...]:
        """Everything that happened on a call, in order, with its reasons."""
        facts = self._read(lambda connection: load_facts(Session.of(connection), storable(call_sid)))
        return tuple(timeline_of(fact) for fact in facts)

    def page(self, filters: CallFilters, *, limit: int, cursor: str | None = None) -> Page[CallRecord]:
        """At most `limit` calls, newest first, from where the page that gave `cursor` ended.

        Raises:
            BadCursor: `cursor` was not made here.
        """
        query = page_query(filters, limit=limit + 1, cursor=cursor)
        records = self._read(lambda connection: _records(connection, query))
        return Page(items=records[:limit], next=_next(records, limit))


def page_query(filters: CallFilters, *, limit: int, cursor: str | None) -> Select[Any]:
    """The question for the calls and tickets of one page. Raises BadCursor."""
    query = CALL_WITH_TICKET.where(*_conditions(filters))
    if cursor is not None:
        started_at, call_sid = unpacked(cursor)
        here = literal(started_at, calls.c.started_at.type), literal(call_sid, calls.c.call_sid.type)
        query = query.where(tuple_(calls.c.started_at, calls.c.call_sid) < tuple_(*here))
    return query.order_by(calls.c.started_at.desc(), calls.c.call_sid.desc()).limit(limit)


def _next(records: tuple[CallRecord, ...], limit: int) -> str | None:
    if len(records) <= limit:
        return None
    last = records[limit - 1].call
    return packed(last.started_at, last.call_sid)


def _records(connection: Connection, query: Select[Any]) -> tuple[CallRecord, ...]:
    rows = connection.execute(query).all()
    width = len(CALL_COLUMNS)
    records = {row[0]: CallRecord(call=call_of(row[:width]), ticket=ticket_of(row[width:])) for row in rows}
    of_page = select(*(legs.c[name] for name in LEG_COLUMNS)).where(legs.c.call_sid.in_(list(records)))
    dialled = connection.execute(of_page.order_by(legs.c.call_sid, legs.c.turn, legs.c.place)).all()
    for leg in map(leg_of, dialled):
        record = records[leg.call_sid]
        records[leg.call_sid] = replace(record, legs=(*record.legs, leg))
    return tuple(records.values())


def _conditions(filters: CallFilters) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.since is not None:
        found.append(calls.c.started_at >= filters.since)
    if filters.until is not None:
        found.append(calls.c.started_at < filters.until)
    if filters.line is not None:
        found.append(calls.c.line == storable(filters.line))
    if filters.disposition is not None:
        found.append(calls.c.disposition == filters.disposition)
    if filters.answered_by is not None:
        found.append(calls.c.answered_by_key == name_key(filters.answered_by))
    if filters.caller is not None:
        found.extend(_from_number(filters.caller))
    if filters.q is not None and (words := filters.q.strip()):
        found.append(_found_by(words))
    return found


def _from_number(number: str) -> list[ColumnElement[bool]]:
    tail = tail_of(number)
    if tail is None:
        return [false()]
    same_tail = calls.c.caller_tail == tail
    return [same_tail, calls.c.caller == storable(number)] if number.startswith("+") else [same_tail]


def _found_by(words: str) -> ColumnElement[bool]:
    digits = "".join(filter(str.isdigit, words))
    written_as_number = not words.strip("0123456789+-.() #")
    if written_as_number and len(digits) >= _SHORTEST_NUMBER:
        return calls.c.caller_tail == tail_of(digits)
    if written_as_number and digits:
        return calls.c.ticket == int(digits)
    if words.startswith("CA") and len(words) == _SID_LENGTH:
        return calls.c.call_sid == storable(words)
    return calls.c.answered_by_key == name_key(words)
