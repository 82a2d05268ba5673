"""What the database says about how things stand, in a few questions that stay cheap however much it holds.

Every question goes along an index that leaves out what is over. Refuses to know how figures are named or shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Connection,
    Executable,
    Insert,
    Select,
    bindparam,
    case,
    delete,
    func,
    literal_column,
    select,
    text,
)

from app.cdr.records import Disposition
from app.store.access import Reader, Writer
from app.store.figure_tables import UNOWNED_EMERGENCY, line_coverage, tallies
from app.store.inserting import insert_into
from app.store.models import OPEN_TICKETS, calls, heartbeats, legs, outbox, queue_places, tickets
from app.store.orders import PENDING
from app.store.prepared import Session
from app.store.tallies import Tally, tally_of

# No call lasts longer; one whose end was never told of is found by reconciliation long before.
_LONGEST_CALL: Final = timedelta(hours=6)
_CLOCKS: Final = {"update": tickets.c.update_due_at, "resolution": tickets.c.resolve_due_at}


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """How far ahead a line is covered against one kind of gap; `gap_at` is None when none was found."""

    line: str
    kind: str
    gap_at: datetime | None
    looked_at: datetime
    looked_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTickets:
    """How many open tickets of a priority have a clock (`update` or `resolution`) that is overdue, or soon due."""

    clock: str
    priority: str
    overdue: int
    soon: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InLine:
    """How many callers of a line wait (`waiting`) or are to be called back (`callback`), the first since when."""

    line: str
    kind: str
    callers: int
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How everything stands at one instant. `in_progress` counts calls by line, by whether anybody talks to them.

    `failing` counts orders that failed and wait to be tried again, by kind. `unowned_since` is when the oldest
    emergency without an owner came.
    """

    heartbeats: Mapping[str, datetime]
    coverage: tuple[Covered, ...]
    due: tuple[DueTickets, ...]
    unowned: int
    unowned_since: datetime | None
    queue: tuple[InLine, ...]
    in_progress: Mapping[tuple[str, str], int]
    failing: Mapping[str, int]
    tallies: tuple[Tally, ...]


_AT = bindparam("at", type_=tickets.c.created_at.type)
_SOON = bindparam("soon", type_=tickets.c.created_at.type)
_SINCE = bindparam("since", type_=calls.c.started_at.type)
_COUNT = func.count()


def _due(clock: str) -> Select[Any]:
    column = _CLOCKS[clock]
    overdue = func.sum(case((column <= _AT, literal_column("1")), else_=literal_column("0")))
    # The words of the index's own condition, so that it is used.
    open_and_due = text(f"{column.name} IS NOT NULL AND {OPEN_TICKETS}")
    return select(tickets.c.priority, overdue, _COUNT).where(open_and_due, column <= _SOON).group_by(tickets.c.priority)


_DUE = {clock: _due(clock) for clock in _CLOCKS}
_UNOWNED = select(_COUNT, func.min(tickets.c.created_at)).where(*UNOWNED_EMERGENCY)
_PLACE = queue_places.c
_QUEUE = (
    select(_PLACE.line, _PLACE.kind, _COUNT, func.min(_PLACE.entered_at))
    .where(_PLACE.left_at.is_(None))
    .group_by(_PLACE.line, _PLACE.kind)
)
_WAITING = (
    select(calls.c.line, _COUNT)
    .where(calls.c.disposition == literal_column(f"'{Disposition.IN_PROGRESS}'"), calls.c.started_at > _SINCE)
    .group_by(calls.c.line)
)
_TALKING = (
    select(calls.c.line, func.count(calls.c.call_sid.distinct()))
    .join_from(legs, calls, legs.c.call_sid == calls.c.call_sid)
    .where(legs.c.accepted_at.is_not(None), legs.c.ended_at.is_(None), legs.c.accepted_at > _SINCE)
    .where(calls.c.ended_at.is_(None))
    .group_by(calls.c.line)
)
_FAILING = (
    select(outbox.c.kind, _COUNT)
    .where(PENDING, outbox.c.attempts > literal_column("0"), outbox.c.reason.is_not(None))
    .group_by(outbox.c.kind)
)
_HEARTBEATS = select(heartbeats.c.name, heartbeats.c.at)
_COVERAGE = select(*line_coverage.c).order_by(line_coverage.c.line, line_coverage.c.kind)
_TALLIES = select(tallies.c.name, tallies.c.labels, tallies.c.value)
_SUPERSEDED = delete(line_coverage).where(
    line_coverage.c.looked_at < bindparam("before", type_=line_coverage.c.looked_at.type)
)
# What is asked for again and again, and the index without which it would read a whole table.
INDEXED: Final[Mapping[str, tuple[Executable, str]]] = {
    "update": (_DUE["update"], "ix_tickets_update_due_at"),
    "resolution": (_DUE["resolution"], "ix_tickets_resolve_due_at"),
    "unowned": (_UNOWNED, "ix_tickets_unowned_emergency"),
    "queue": (_QUEUE, "ix_queue_places_open"),
    "waiting": (_WAITING, "ix_calls_disposition"),
    "talking": (_TALKING, "ix_legs_taken (accepted_at>?)"),
    "failing": (_FAILING, "ix_outbox_pending"),
}


class Figures:
    """How things stand, for those who watch. Raises StoreUnavailable."""

    def __init__(self, read: Reader, write: Writer) -> None:
        self._read = read
        self._write = write

    def standing(self, *, at: datetime, soon: timedelta) -> Standing:
        """How everything stands; what is due within `soon` is soon due."""
        return self._read(lambda connection: _standing(connection, at, soon))

    def coverage(self) -> tuple[Covered, ...]:
        """How far ahead the lines are covered, as was last said."""
        return self._read(_coverage)

    def cover(self, found: tuple[Covered, ...]) -> None:
        """Say how far ahead the lines are covered, instead of what was said before."""
        rows = sorted(({name: getattr(each, name) for name in Covered.__slots__} for each in found), key=_place)

        def change(session: Session) -> None:
            # In one order always, so that two who look ahead do not wait for each other in a circle.
            for row in rows:
                session.run(_cover(session.database), row)
            session.run(_SUPERSEDED, {"before": min(row["looked_at"] for row in rows)})

        if rows:
            self._write(change)


@cache
def _cover(database: str) -> Insert:
    statement = insert_into(database, line_coverage).values({name: bindparam(name) for name in Covered.__slots__})
    told = {name: statement.excluded[name] for name in ("gap_at", "looked_at", "looked_until")}
    return statement.on_conflict_do_update(index_elements=["line", "kind"], set_=told)


def _place(row: Mapping[str, Any]) -> tuple[str, str]:
    return row["line"], row["kind"]


def _coverage(connection: Connection) -> tuple[Covered, ...]:
    rows = connection.execute(_COVERAGE)
    return tuple(Covered(**row._mapping) for row in rows)  # noqa: SLF001 - SQLAlchemy's documented name


def _standing(connection: Connection, at: datetime, soon: timedelta) -> Standing:
    since = {"since": at - _LONGEST_CALL}
    unowned, unowned_since = connection.execute(_UNOWNED).one()
    waiting = {(line, "waiting"): number for line, number in connection.execute(_WAITING, since)}
    talking = {(line, "talking"): number for line, number in connection.execute(_TALKING, since)}
    return Standing(
        heartbeats=dict(map(tuple, connection.execute(_HEARTBEATS).all())),
        coverage=_coverage(connection),
        due=tuple(
            DueTickets(clock=clock, priority=priority, overdue=int(overdue), soon=both - int(overdue))
            for clock, question in _DUE.items()
            for priority, overdue, both in connection.execute(question, {"at": at, "soon": at + soon})
        ),
        unowned=unowned,
        unowned_since=unowned_since,
        queue=tuple(
            InLine(line=line, kind=kind, callers=callers, since=first)
            for line, kind, callers, first in connection.execute(_QUEUE)
        ),
        in_progress=waiting | talking,
        failing=dict(map(tuple, connection.execute(_FAILING).all())),
        tallies=tuple(tally_of(*row) for row in connection.execute(_TALLIES)),
    )
