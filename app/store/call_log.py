"""The log of calls, read: one call, its timeline, and pages of many, newest first.

Pages go on from a key, never from a count, so that they neither skip nor repeat while calls come in. Totals
are not counted.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, false, func, literal, select, text, tuple_

from app.cdr.records import CallRecord, Disposition, TimelineEntry
from app.store.access import Reader
from app.store.call_work_tables import UNUSUAL_PRIORITY
from app.store.client_calls import MOST_CALLS, CallerNumbers, Found, among, are_several, found_by, of_newest
from app.store.models import call_facts, calls, legs
from app.store.paging import Page, packed, unpacked
from app.store.prepared import Session
from app.store.rows import (
    CALL_COLUMNS,
    FACT_COLUMNS,
    LEG_COLUMNS,
    StoredFact,
    call_of,
    fact_of,
    leg_of,
    name_key,
    storable,
    tail_of,
    ticket_of,
    timeline_of,
)
from app.store.ticket_words import tickets_with
from app.store.turns import CALL_WITH_TICKET, load_facts, load_record
from oncall import Priority

_SHORTEST_NUMBER = 7
_SID_LENGTH = 34
_OF_NUMBERS = "0123456789+-.() #"
# The first name from there on: one step along the index, also where the database thinks that every fourth row has it.
_KEY = bindparam("key", type_=calls.c.answered_by_key.type)
_FIRST_NAME = select(func.min(calls.c.answered_by_key)).where(calls.c.answered_by_key >= _KEY)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilters:
    """Which calls to show; None does not limit. `since` is included, `until` is not.

    `caller` is a number however written: in E.164 it must match whole, else in its last seven digits. `q` is
    what a person typed to find a call: a ticket number, a number, a call SID, the name of who answered, or words that
    people wrote about its ticket. `numbers` are those a client calls with.
    """

    since: datetime | None = None
    until: datetime | None = None
    caller: str | None = None
    line: str | None = None
    disposition: Disposition | None = None
    answered_by: str | None = None
    priority: Priority | None = None
    numbers: CallerNumbers | None = None
    q: str | None = None


class CallLog:
    """Calls, for those who only look. Raises StoreUnavailable."""

    def __init__(self, read: Reader, *, most_client_calls: int = MOST_CALLS) -> None:
        self._read = read
        self._most_client_calls = most_client_calls

    def get(self, call_sid: str) -> CallRecord | None:
        """One call with its legs and its ticket."""
        return self._read(lambda connection: load_record(Session.of(connection), storable(call_sid)))

    def timeline(self, call_sid: str) -> tuple[TimelineEntry, ...]:
        """Everything that happened on a call, in order, with its reasons."""
        facts = self._read(lambda connection: load_facts(Session.of(connection), storable(call_sid)))
        return tuple(timeline_of(fact) for fact in facts)

    def facts_from(self, call_sids: Collection[str], turn: int) -> Mapping[str, tuple[StoredFact, ...]]:
        """What these calls tell from a turn on, by call, each in order; a call that tells nothing of it is left out."""
        mine = call_facts.c.call_sid.in_([storable(sid) for sid in call_sids]), call_facts.c.turn >= turn
        query = select(call_facts.c.call_sid, *(call_facts.c[name] for name in FACT_COLUMNS)).where(*mine)
        query = query.order_by(call_facts.c.at, call_facts.c.turn, call_facts.c.place, call_facts.c.key)
        found: dict[str, list[StoredFact]] = {}
        for call_sid, *row in self._read(lambda connection: connection.execute(query).all()) if call_sids else ():
            found.setdefault(call_sid, []).append(fact_of(row))
        return {call_sid: tuple(facts) for call_sid, facts in found.items()}

    def page(self, filters: CallFilters, *, limit: int, cursor: str | None = None) -> Page[CallRecord]:
        """At most `limit` calls, newest first, from where the page that gave `cursor` ended.

        Raises:
            BadCursor: `cursor` was not made here.
        """

        def question(connection: Connection) -> tuple[CallRecord, ...]:
            session = Session.of(connection)
            if filters.q is not None and (words := filters.q.strip()) and _is_prose(session, words):
                return _records(connection, _about(connection, filters, words, limit=limit + 1, cursor=cursor))
            found = None
            if filters.numbers is not None:
                alone, most_calls = _asks_no_more(filters), self._most_client_calls
                if alone and are_several(filters.numbers):
                    newest = _newest_of_client(connection, filters, filters.numbers, limit=limit + 1, cursor=cursor)
                    if len(newest) > limit:
                        return _records(connection, _these(newest))
                found = found_by(session, filters.numbers, alone=alone, most_calls=most_calls)
            return _records(connection, page_query(filters, limit=limit + 1, cursor=cursor, found=found))

        records = self._read(question)
        return Page(items=records[:limit], next=_next(records, limit))


def page_query(filters: CallFilters, *, limit: int, cursor: str | None, found: Found | None = None) -> Select[Any]:
    """The question for the calls and tickets of one page. Raises BadCursor.

    `found` tells among which calls a client's are looked for, where that is better than walking back.
    """
    conditions = _from_there(filters, cursor)
    if found is not None:
        conditions.append(calls.c.call_sid.in_(found.keys(conditions, limit=limit)) if found != Found() else false())
    query = CALL_WITH_TICKET.where(*conditions)
    return query.order_by(calls.c.started_at.desc(), calls.c.call_sid.desc()).limit(limit)


def _from_there(filters: CallFilters, cursor: str | None) -> list[ColumnElement[bool]]:
    conditions = _conditions(filters)
    if cursor is not None:
        started_at, call_sid = unpacked(cursor)
        here = literal(started_at, calls.c.started_at.type), literal(call_sid, calls.c.call_sid.type)
        conditions.append(tuple_(calls.c.started_at, calls.c.call_sid) < tuple_(*here))
    return conditions


def _is_prose(session: Session, words: str) -> bool:
    """Whether to look for these words in what people wrote: they are no number, no SID, and no name of who answered."""
    if not words.strip(_OF_NUMBERS) or (words.startswith("CA") and len(words) == _SID_LENGTH):
        return False
    key = name_key(words)
    first = session.one(_FIRST_NAME, {"key": key})
    return first is None or first[0] != key


def _about(connection: Connection, filters: CallFilters, words: str, *, limit: int, cursor: str | None) -> Select[Any]:
    """The question for one page of the calls whose tickets have these words. Raises BadCursor."""
    conditions = _from_there(replace(filters, q=None), cursor)
    asked = tickets_with(Session.of(connection), words)
    numbers = [] if asked is None else list(connection.execute(asked).scalars())
    theirs = select(calls.c.started_at, calls.c.call_sid).where(calls.c.ticket.in_(numbers), *conditions)
    # Put in order here: asked for an order, PostgreSQL may go through the whole log by time instead of by these few.
    newest = sorted(map(tuple, connection.execute(theirs).all()), reverse=True)[:limit]
    return _these([call_sid for _, call_sid in newest])


def _newest_of_client(
    connection: Connection, filters: CallFilters, numbers: CallerNumbers, *, limit: int, cursor: str | None
) -> Sequence[str]:
    """The SIDs of the client's newest calls from there on, as far as they are soon found. Raises BadCursor."""
    conditions = _from_there(replace(filters, numbers=None), cursor)
    return connection.execute(of_newest(numbers, conditions, limit=limit)).scalars().all()


def _these(call_sids: Sequence[str]) -> Select[Any]:
    query = CALL_WITH_TICKET.where(calls.c.call_sid.in_(call_sids))
    return query.order_by(calls.c.started_at.desc(), calls.c.call_sid.desc())


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
    if filters.priority is not None:
        found.extend(_of_priority(filters.priority))
    if filters.numbers is not None:
        found.append(among(filters.numbers))
    if filters.q is not None and (words := filters.q.strip()):
        found.append(_found_by(words))
    return found


def _asks_no_more(filters: CallFilters) -> bool:
    """Whether nothing but a client and times is asked for."""
    return filters == CallFilters(since=filters.since, until=filters.until, numbers=filters.numbers)


def _of_priority(priority: Priority) -> list[ColumnElement[bool]]:
    same = calls.c.priority == priority
    return [same] if priority is Priority.HIGH else [and_(same, text(f"calls.{UNUSUAL_PRIORITY}"))]


def _from_number(number: str) -> list[ColumnElement[bool]]:
    tail = tail_of(number)
    if tail is None:
        return [false()]
    same_tail = calls.c.caller_tail == tail
    return [same_tail, calls.c.caller == storable(number)] if number.startswith("+") else [same_tail]


def _found_by(words: str) -> ColumnElement[bool]:
    digits = "".join(filter(str.isdigit, words))
    written_as_number = not words.strip(_OF_NUMBERS)
    if written_as_number and len(digits) >= _SHORTEST_NUMBER:
        return calls.c.caller_tail == tail_of(digits)
    if written_as_number and digits:
        return calls.c.ticket == int(digits)
    if words.startswith("CA") and len(words) == _SID_LENGTH:
        return calls.c.call_sid == storable(words)
    return calls.c.answered_by_key == name_key(words)
