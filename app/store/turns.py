"""One turn of one call, written whole or not at all: the reply, the facts, the call, its legs and its ticket.

Decides nothing about what happened; refuses to know how a connection is had.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, cached_property, lru_cache
from typing import Any

from sqlalchemy import (
    Insert,
    Table,
    Update,
    bindparam,
    exists,
    func,
    insert,
    literal_column,
    select,
    update,
)

from app.cdr.records import CallRecord
from app.flow.messages import Fact, Order
from app.flow.standing import Standing
from app.store.audit import AuditRows
from app.store.inserting import insert_unless_there
from app.store.models import call_facts, calls, legs, replies, tickets
from app.store.orders import cancel_orders, insert_orders
from app.store.overrides import OverrideRows
from app.store.page_orders import PageOrders
from app.store.prepared import Session
from app.store.queue import QueueRows
from app.store.recognition import standing
from app.store.rows import (
    CALL_COLUMNS,
    FACT_COLUMNS,
    LEG_COLUMNS,
    TICKET_COLUMNS,
    Row,
    StoredFact,
    call_of,
    call_row,
    differing,
    fact_of,
    fact_row,
    leg_of,
    leg_row,
    ticket_of,
    ticket_row,
)
from app.store.staff import staff_state
from app.store.ticket_rows import TicketRows
from app.store.voicemail import VoicemailRows
from oncall import StaffState

_SID = bindparam("sid", type_=calls.c.call_sid.type)
_TURN = bindparam("at_turn", type_=replies.c.turn.type)

_REPLY = select(replies.c.body).where(replies.c.call_sid == _SID, replies.c.turn == _TURN)
CALL_WITH_TICKET = select(
    *(calls.c[name] for name in CALL_COLUMNS), *(tickets.c[name] for name in TICKET_COLUMNS)
).join_from(calls, tickets, calls.c.ticket == tickets.c.number)
_LOAD = CALL_WITH_TICKET.where(calls.c.call_sid == _SID)
_LEGS = (
    select(*(legs.c[name] for name in LEG_COLUMNS)).where(legs.c.call_sid == _SID).order_by(legs.c.turn, legs.c.place)
)
_FACTS = (
    select(*(call_facts.c[name] for name in FACT_COLUMNS))
    .where(call_facts.c.call_sid == _SID)
    .order_by(call_facts.c.at, call_facts.c.turn, call_facts.c.place, call_facts.c.key)
)

# Held to the end of the transaction, so that two webhooks of one call take turns on PostgreSQL as they do on
# SQLite, from the very first, when there is no row to lock. The two-number form of these locks stays free.
_HOLD = select(func.pg_advisory_xact_lock(func.hashtextextended(_SID, literal_column("0"))))


def _insert_ticket_of_new_call(database: str) -> Insert:
    columns = [column for column in tickets.c if column.name != "number"]
    parameters: list[Any] = [bindparam(column.name, type_=column.type) for column in columns]
    if database == "sqlite":
        # The only writer may count by itself, which spares the page that AUTOINCREMENT keeps its count on.
        columns.append(tickets.c.number)
        last = select(func.coalesce(func.max(tickets.c.number), literal_column("1000"))).scalar_subquery()
        parameters.append(last + literal_column("1"))
    unseen = select(*parameters).where(~exists().where(calls.c.call_sid == _SID))
    return insert(tickets).from_select(columns, unseen, include_defaults=False).returning(tickets.c.number)


_INSERT_LEG = insert(legs).values({column.name: bindparam(column.name) for column in legs.c})


class _Inserts:
    """The inserts whose wording differs between databases."""

    def __init__(self, database: str) -> None:
        self.ticket = _insert_ticket_of_new_call(database)
        self.call = insert_unless_there(database, calls).returning(calls.c.call_sid)
        self.fact = insert_unless_there(database, call_facts)
        self.reply = insert_unless_there(database, replies)


@cache
def _inserts(database: str) -> _Inserts:
    return _Inserts(database)


@lru_cache(maxsize=512)
def _update(table: Table, keys: tuple[str, ...], columns: tuple[str, ...]) -> Update:
    # Only what changed is named: an index on a column that stays is then not touched.
    which = (table.c[key] == bindparam(f"old_{key}") for key in keys)
    return update(table).where(*which).values({column: bindparam(column) for column in columns})


class TurnTransaction:
    """What can be read and written within one turn. Ends with the `with` block that gave it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._insert = _inserts(session.database)
        self._held: str | None = None
        self.ordered = False

    # Most turns need few of these.

    @cached_property
    def voicemails(self) -> VoicemailRows:
        """The messages callers left."""
        return VoicemailRows(self._session)

    @cached_property
    def audit(self) -> AuditRows:
        """The audit log."""
        return AuditRows(self._session)

    @cached_property
    def overrides(self) -> OverrideRows:
        """Quick overrides of who is on call."""
        return OverrideRows(self._session)

    @cached_property
    def pages(self) -> PageOrders:
        """The orders of pages."""
        return PageOrders(self._session)

    @cached_property
    def queue(self) -> QueueRows:
        """The line of callers."""
        return QueueRows(self._session)

    @cached_property
    def tickets(self) -> TicketRows:
        """Tickets, held while they are changed."""
        return TicketRows(self._session, hold_call=self._hold)

    def staff(self, *, at: datetime, before: datetime, seed: int) -> StaffState:
        """Who is talking at `at`, and when everybody last took a call before `before`."""
        return staff_state(self._session, at=at, before=before, seed=seed)

    def standing(self, *, caller: str, call_sid: str, at: datetime) -> Standing:
        """What is known of the number that calls, apart from this call."""
        return standing(self._session, caller=caller, call_sid=call_sid, at=at)

    def saved_reply(self, call_sid: str, turn: int) -> str | None:
        """The body this turn was answered with, if it was. Later webhooks of the call wait until we are done."""
        self._hold(call_sid)
        row = self._session.one(_REPLY, {"sid": call_sid, "at_turn": turn})
        return None if row is None else row[0]

    def load(self, call_sid: str) -> CallRecord | None:
        """The call as it stands, held for us until the transaction ends."""
        self._hold(call_sid)
        return load_record(self._session, call_sid)

    def open(self, record: CallRecord) -> CallRecord:
        """Insert a call, and its ticket when that has no number yet; gives back the record with its numbers.

        A call that is there already is left as it is and given back as it stands.
        """
        number = self.insert(record)
        return self._existing(record.call.call_sid) if number is None else numbered(record, number)

    def insert(self, record: CallRecord) -> int | None:
        """Insert a call and its ticket and give back the ticket's number; None for a call that is there already."""
        call_sid = record.call.call_sid
        self._hold(call_sid)
        number = record.ticket.number
        if number is None:
            given = self._session.one(self._insert.ticket, {"sid": call_sid, **ticket_row(record.ticket)})
            if given is None:
                return None
            number = given[0]
        if self._session.one(self._insert.call, {**call_row(record.call), "ticket": number}) is None:
            return None
        if record.legs:
            self._save_legs(replace(record, legs=()), record)
        return number

    def save(self, before: CallRecord, after: CallRecord) -> None:
        """Write what differs between the two, and nothing else."""
        self._write(calls, {"call_sid": after.call.call_sid}, call_row(before.call), call_row(after.call))
        self._save_legs(before, after)
        same = before.ticket.number == after.ticket.number
        old = ticket_row(before.ticket) if same else {}
        self._write(tickets, {"number": after.ticket.number}, old, ticket_row(after.ticket))

    def tell(self, call_sid: str, turn: int, facts: Sequence[Fact]) -> None:
        """Append facts; one whose key this turn has told already is left as it was."""
        rows = [
            {"call_sid": call_sid, "turn": turn, "place": place, **fact_row(fact)} for place, fact in enumerate(facts)
        ]
        if rows:
            self._session.run_each(self._insert.fact, rows)

    def facts(self, call_sid: str) -> tuple[StoredFact, ...]:
        """All that is known of a call, by the instant it happened, then in the order it was told."""
        return load_facts(self._session, call_sid)

    def keep_reply(self, call_sid: str, turn: int, body: str) -> None:
        """Remember the answer to a turn; the first one kept stays."""
        self._session.run(self._insert.reply, {"call_sid": call_sid, "turn": turn, "body": body})

    def order(self, orders: Sequence[Order]) -> None:
        """Store orders, to be carried out once the turn is committed; one whose key is known is left as it was."""
        self.ordered |= insert_orders(self._session, orders)

    def cancel_orders(self, key_prefix: str, *, at: datetime) -> int:
        """Withdraw the orders whose keys begin so, unless they are done or being done; returns how many."""
        return cancel_orders(self._session, key_prefix, at=at)

    def _existing(self, call_sid: str) -> CallRecord:
        record = load_record(self._session, call_sid)
        if record is None:
            raise LookupError("a call was there and is gone within one transaction")
        return record

    def _hold(self, call_sid: str) -> None:
        # SQLite has one writer at a time as it is.
        if self._held != call_sid and self._session.database == "postgresql":
            self._session.run(_HOLD, {"sid": call_sid})
            self._held = call_sid

    def _save_legs(self, before: CallRecord, after: CallRecord) -> None:
        known = {(leg.turn, leg.number): leg_row(leg) for leg in before.legs}
        places: dict[int, int] = {}
        fresh: list[Row] = []
        for leg in after.legs:
            place = places[leg.turn] = places.get(leg.turn, -1) + 1
            key = {"call_sid": leg.call_sid, "turn": leg.turn, "number": leg.number}
            if (leg.turn, leg.number) in known:
                self._write(legs, key, known[leg.turn, leg.number], leg_row(leg))
            else:
                fresh.append({**leg_row(leg), "place": place})
        if fresh:
            self._session.run_each(_INSERT_LEG, fresh)

    def _write(self, table: Table, key: Row, before: Row, after: Row) -> None:
        changed = differing(before, after)
        if changed:
            statement = _update(table, tuple(key), tuple(changed))
            self._session.run(statement, {**{f"old_{name}": value for name, value in key.items()}, **changed})


def numbered(record: CallRecord, number: int) -> CallRecord:
    """The record with the number its ticket has got."""
    call, ticket = replace(record.call, ticket=number), replace(record.ticket, number=number)
    return replace(record, call=call, ticket=ticket)


def load_record(session: Session, call_sid: str) -> CallRecord | None:
    """A call with its legs and its ticket, or None."""
    row = session.one(_LOAD, {"sid": call_sid})
    if row is None:
        return None
    return CallRecord(
        call=call_of(row[: len(CALL_COLUMNS)]),
        legs=tuple(leg_of(leg) for leg in session.all(_LEGS, {"sid": call_sid})),
        ticket=ticket_of(row[len(CALL_COLUMNS) :]),
    )


def load_facts(session: Session, call_sid: str) -> tuple[StoredFact, ...]:
    """All facts of a call, by the instant they happened, then in the order they were told."""
    return tuple(fact_of(row) for row in session.all(_FACTS, {"sid": call_sid}))
