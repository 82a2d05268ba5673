"""Calls and clocks counted by the local day, kept so that a chart of months is a sum of a few hundred rows.

A day is counted from the rows themselves, as often as it may have changed: each has an instant at which it is to be
counted again, and what is told of an old ticket or call brings that forward. Decides nothing of what is counted.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ClauseElement,
    Insert,
    Select,
    Table,
    bindparam,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
    union,
    update,
)

from app.cdr.call_sums import CALL_COUNTS, PERSON_COUNTS, RUNG_COUNTS, SeenCall, SeenLeg, count_calls, count_legs
from app.cdr.clock_sums import CLOCK_COUNTS, SeenEntry, SeenTicket, count_clocks, due_before
from app.store.access import Reader, Writer
from app.store.daily_tables import (
    OVER,
    SETTLING,
    daily_calls,
    daily_clocks,
    daily_people,
    daily_rungs,
    figure_days,
    figure_marks,
)
from app.store.inserting import insert_into
from app.store.models import OPEN_TICKETS, calls, legs, ticket_updates, tickets
from app.store.prepared import Session
from app.store.ticket_lives import life_of
from oncall import day_starts_at, local_date

# Reports of a call may wait this long in a spool; what comes later is met when its day's turn comes round.
_UNSETTLED: Final = timedelta(days=4)
_MOST_ENTRIES: Final = 500
_DAY: Final = timedelta(days=1)


class FigureKind(StrEnum):
    """What of a day is counted together."""

    CALLS = "calls"
    TICKETS = "tickets"


@dataclass(frozen=True, slots=True)
class DueDay:
    """A day that is to be counted again, and since when."""

    day: date
    kind: FigureKind
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DailySums:
    """The counts of some days: of calls by day, of phones by rung and by party and team, of clocks by priority.

    Each in the order of its names in `cdr`. `counted_at` is when the last of the days was counted; `missing` is how
    many have not been yet.
    """

    days: Mapping[date, Sequence[int]]
    rungs: Mapping[int, Sequence[int]]
    people: Mapping[tuple[str, str], Sequence[int]]
    clocks: Mapping[str, Sequence[int]]
    counted_at: datetime | None
    missing: int


Rows = list[tuple[Table, list[dict[str, Any]]]]
_DAY_IS: Final = bindparam("which", type_=figure_days.c.day.type)
_KIND_IS: Final = bindparam("of_kind", type_=figure_days.c.kind.type)
_SINCE: Final = bindparam("since", type_=calls.c.started_at.type)
_UNTIL: Final = bindparam("until", type_=calls.c.started_at.type)
_AT: Final = bindparam("at", type_=calls.c.started_at.type)
_FIRST: Final = bindparam("first", type_=figure_days.c.day.type)
_LAST: Final = bindparam("last", type_=figure_days.c.day.type)
_LINE: Final = bindparam("of_line", type_=calls.c.line.type)
_BEGAN: Final = (calls.c.started_at >= _SINCE, calls.c.started_at < _UNTIL)

_SEEN_CALLS = select(
    calls.c.line,
    calls.c.started_at,
    calls.c.answered_at,
    calls.c.ended_at,
    calls.c.wait_seconds,
    calls.c.talk_seconds,
    calls.c.disposition,
    calls.c.stage,
).where(*_BEGAN)
_SEEN_LEGS = (
    select(
        calls.c.line,
        legs.c.call_sid,
        legs.c.turn,
        legs.c.started_at,
        legs.c.party,
        legs.c.team,
        legs.c.outcome,
        legs.c.accepted_at,
        legs.c.ended_at,
    )
    .join_from(calls, legs, legs.c.call_sid == calls.c.call_sid)
    .where(*_BEGAN)
)
_TICKET = select(
    tickets.c.number,
    tickets.c.priority,
    tickets.c.resolve_due_at,
    tickets.c.resolved_at,
    tickets.c.closed_at,
    tickets.c.life,
)
# The words of each index's own condition, so that it is used.
_OF_DAY = union(
    _TICKET.where(text(OVER), tickets.c.resolve_due_at >= _SINCE, tickets.c.resolve_due_at < _UNTIL),
    _TICKET.where(text(OVER), tickets.c.resolved_at >= _SINCE, tickets.c.resolved_at < _UNTIL),
    _TICKET.where(text(OVER), tickets.c.closed_at >= _SINCE, tickets.c.closed_at < _UNTIL),
    _TICKET.where(
        text(f"resolve_due_at IS NOT NULL AND {OPEN_TICKETS}"),
        tickets.c.resolve_due_at >= _SINCE,
        tickets.c.resolve_due_at < _UNTIL,
    ),
).subquery()
_SEEN_TICKETS = select(*_OF_DAY.c)
_SEEN_ENTRIES = (
    select(tickets.c.priority, ticket_updates.c.kind, ticket_updates.c.at, ticket_updates.c.detail)
    .join_from(ticket_updates, tickets, ticket_updates.c.ticket == tickets.c.number)
    .where(text(SETTLING), ticket_updates.c.at >= _SINCE, ticket_updates.c.at < _UNTIL)
)

# Said, so that SQLAlchemy adds no value of its own to a statement that is prepared.
_FROM_THE_FIRST: Any = literal_column("0")
_DUE_DAYS = (
    select(figure_days.c.day, figure_days.c.kind, figure_days.c.due_at)
    .where(figure_days.c.due_at <= _AT)
    .order_by(figure_days.c.day.desc(), figure_days.c.kind)
    .limit(bindparam("most"))
    .offset(_FROM_THE_FIRST)
)
_COUNTED = (
    update(figure_days)
    .where(
        figure_days.c.day == _DAY_IS,
        figure_days.c.kind == _KIND_IS,
        figure_days.c.due_at == bindparam("seen", type_=figure_days.c.due_at.type),
    )
    .values(due_at=bindparam("again_at", type_=figure_days.c.due_at.type), counted_at=_AT)
    .returning(figure_days.c.day)
)
_BRING_FORWARD = (
    update(figure_days)
    .where(figure_days.c.day == _DAY_IS, figure_days.c.kind == _KIND_IS, figure_days.c.due_at > _AT)
    .values(due_at=_AT)
)
_MOVED = (
    update(figure_days)
    .where(figure_days.c.zone != bindparam("of_zone", type_=figure_days.c.zone.type))
    .values(zone=bindparam("of_zone", type_=figure_days.c.zone.type), due_at=_AT)
)
_KNOWN_DAYS = select(figure_days.c.day).where(figure_days.c.kind == literal_column(f"'{FigureKind.CALLS}'"))
_FIRST_CALL = select(func.min(calls.c.started_at))
_OTHER_ZONE = select(func.count()).where(figure_days.c.zone != bindparam("of_zone", type_=figure_days.c.zone.type))
_REACHED = select(figure_marks.c.name, figure_marks.c.reached)
_BEYOND = bindparam("reached", type_=figure_marks.c.reached.type)
_NEWEST = {
    "tickets": select(func.max(tickets.c.number)),
    "entries": select(func.max(ticket_updates.c.id)),
}
# Calls that were stored long after they began have new tickets and old beginnings.
_LATE_CALLS = (
    select(tickets.c.number, calls.c.started_at)
    .join_from(tickets, calls, calls.c.ticket == tickets.c.number)
    .where(tickets.c.number > _BEYOND, calls.c.started_at < _UNTIL)
)
_NEW_ENTRIES = (
    select(ticket_updates.c.id, ticket_updates.c.ticket)
    .where(ticket_updates.c.id > _BEYOND)
    .order_by(ticket_updates.c.id)
    .limit(bindparam("most"))
    .offset(_FROM_THE_FIRST)
)
_OF_TICKET = bindparam("of_ticket", type_=tickets.c.number.type)
_ITS_ENTRIES = select(ticket_updates.c.at, ticket_updates.c.detail).where(ticket_updates.c.ticket == _OF_TICKET)
_ITS_DUE = select(tickets.c.resolve_due_at, tickets.c.resolved_at, tickets.c.closed_at).where(
    tickets.c.number == _OF_TICKET
)


@cache
def _new_day(database: str) -> Insert:
    columns = {name: bindparam(name, type_=figure_days.c[name].type) for name in ("day", "kind", "zone", "due_at")}
    made: Insert = insert_into(database, figure_days).values(columns).on_conflict_do_nothing()
    return made


@cache
def marked(database: str) -> Insert:
    """Says how far somebody has got."""
    statement = insert_into(database, figure_marks).values(name=bindparam("name"), reached=bindparam("reached"))
    further = {"reached": statement.excluded.reached}
    made: Insert = statement.on_conflict_do_update(index_elements=["name"], set_=further)
    return made


_REACHED_BY = select(figure_marks.c.reached).where(figure_marks.c.name == bindparam("name"))


def mark_of(session: Session, name: str) -> int | None:
    """How far somebody has got; None: not begun."""
    row = session.one(_REACHED_BY, {"name": name})
    return None if row is None else row[0]


_EMPTY = {table: delete(table).where(table.c.day == _DAY_IS) for table in (daily_calls, daily_rungs, daily_people)}
_EMPTY |= {daily_clocks: delete(daily_clocks).where(daily_clocks.c.day == _DAY_IS)}
_FILL = {table: insert(table).values({column.name: bindparam(column.name) for column in table.c}) for table in _EMPTY}


def _sums(table: Table, by: tuple[str, ...], names: tuple[str, ...], *, of_line: bool) -> Select[Any]:
    summed = select(*(table.c[name] for name in by), *(func.sum(table.c[name]) for name in names))
    summed = summed.where(table.c.day >= _FIRST, table.c.day <= _LAST)
    return (summed.where(table.c.line == _LINE) if of_line else summed).group_by(*(table.c[name] for name in by))


_SUMS = {
    of_line: (
        _sums(daily_calls, ("day",), CALL_COUNTS, of_line=of_line),
        _sums(daily_rungs, ("rung",), RUNG_COUNTS, of_line=of_line),
        _sums(daily_people, ("party", "team"), PERSON_COUNTS, of_line=of_line),
    )
    for of_line in (False, True)
}
_CLOCK_SUMS = _sums(daily_clocks, ("priority",), CLOCK_COUNTS, of_line=False)
_FIRST_DAY = select(func.min(figure_days.c.day))
_HOW_FAR = (
    select(figure_days.c.day, figure_days.c.counted_at)
    .where(figure_days.c.kind == literal_column(f"'{FigureKind.CALLS}'"))
    .where(figure_days.c.day >= _FIRST, figure_days.c.day <= _LAST)
    .order_by(figure_days.c.day.desc())
)


class DailyFigures:
    """What was counted of each day. Raises StoreUnavailable."""

    def __init__(self, read: Reader, write: Writer) -> None:
        self._read = read
        self._write = write

    def plan(self, *, at: datetime, zone: ZoneInfo) -> None:
        """See to it that every day since the first call is there, and bring forward what may have changed."""
        missing, moved = self._read(lambda connection: _missing(Session.of(connection), at, zone))
        changed, marks = self._read(lambda connection: _changed(Session.of(connection), at, zone))

        def change(session: Session) -> None:
            new = [{"day": day, "kind": kind, "zone": zone.key, "due_at": at} for day in missing for kind in FigureKind]
            if new:
                session.run_each(_new_day(session.database), new)
            if moved:
                session.run(_MOVED, {"of_zone": zone.key, "at": at})
            for day, kind in sorted(changed):
                session.run(_BRING_FORWARD, {"which": day, "of_kind": kind, "at": at})
            for name, reached in sorted(marks.items()):
                session.run(marked(session.database), {"name": name, "reached": reached})

        # A look disturbs nobody; the right to write is asked for only when there is something to write.
        if missing or moved or changed or marks:
            self._write(change)

    def due(self, *, at: datetime, limit: int) -> tuple[DueDay, ...]:
        """The days to be counted by `at`, newest first."""
        rows = self._read(lambda connection: Session.of(connection).all(_DUE_DAYS, {"at": at, "most": limit}))
        return tuple(DueDay(day, FigureKind(kind), due_at) for day, kind, due_at in rows)

    def count(self, due: DueDay, *, at: datetime, zone: ZoneInfo, again_at: datetime) -> bool:
        """Count a day anew, and again from `again_at`; False where somebody else did, or it changed, meanwhile."""
        since, until = day_starts_at(due.day, zone=zone), day_starts_at(due.day + _DAY, zone=zone)
        span = {"since": since, "until": until}
        counted = _COUNTING[due.kind]
        rows = self._read(lambda connection: counted(Session.of(connection), due.day, span, at, zone))
        seen = {"which": due.day, "of_kind": due.kind, "seen": due.due_at, "again_at": again_at, "at": at}

        def change(session: Session) -> bool:
            if session.one(_COUNTED, seen) is None:
                return False
            for table, found in rows:
                session.run(_EMPTY[table], {"which": due.day})
                if found:
                    session.run_each(_FILL[table], found)
            return True

        return self._write(change)

    def sums(self, first: date, last: date, *, line: str | None = None) -> DailySums:
        """The counts from one day to another, both included; of one line, or of all. Clocks are of all lines."""
        span = {"first": first, "last": last} | ({} if line is None else {"of_line": line})
        by_day, by_rung, by_person = _SUMS[line is not None]

        def question(session: Session) -> DailySums:
            counted_at = [row[1] for row in session.all(_HOW_FAR, span)]
            return DailySums(
                days={row[0]: row[1:] for row in session.all(by_day, span)},
                rungs={row[0]: row[1:] for row in session.all(by_rung, span)},
                people={(row[0], row[1]): row[2:] for row in session.all(by_person, span)},
                clocks={row[0]: row[1:] for row in session.all(_CLOCK_SUMS, span)},
                counted_at=next(filter(None, counted_at), None),
                missing=counted_at.count(None),
            )

        return self._read(lambda connection: question(Session.of(connection)))

    def first_day(self) -> date | None:
        """The first day that is, or is to be, counted; None before the first call."""
        row = self._read(lambda connection: Session.of(connection).one(_FIRST_DAY, {}))
        found: date | None = None if row is None else row[0]
        return found


def _missing(session: Session, at: datetime, zone: ZoneInfo) -> tuple[list[date], bool]:
    """The days since the first call that are not there, and whether there are days of another zone."""
    first_call = session.one(_FIRST_CALL, {})
    if first_call is None or first_call[0] is None:
        return [], False
    first, today = local_date(first_call[0], zone=zone), local_date(at, zone=zone)
    known = {row[0] for row in session.all(_KNOWN_DAYS, {})}
    days = (first + timedelta(days=number) for number in range((today - first).days + 1))
    elsewhere = session.one(_OTHER_ZONE, {"of_zone": zone.key})
    return [day for day in days if day not in known], elsewhere is not None and elsewhere[0] > 0


def _changed(session: Session, at: datetime, zone: ZoneInfo) -> tuple[set[tuple[date, str]], dict[str, int]]:
    """The days that new tickets and new entries bear on, and how far these have then been looked through.

    Where two transactions end out of the order of their numbers one may be passed over; its days come round by
    themselves.
    """
    reached = dict(map(tuple, session.all(_REACHED, {})))
    marks: dict[str, int] = {}
    days: set[tuple[date, str]] = set()
    for name, question in _NEWEST.items():
        newest = session.one(question, {})
        if newest is not None and newest[0] is not None and newest[0] != reached.get(name):
            marks[name] = newest[0]
    if "tickets" in marks and "tickets" in reached:
        old = {"reached": reached["tickets"], "until": at - _UNSETTLED}
        days |= {(local_date(row[1], zone=zone), str(FigureKind.CALLS)) for row in session.all(_LATE_CALLS, old)}
    if "entries" in marks and "entries" in reached:
        entries = session.all(_NEW_ENTRIES, {"reached": reached["entries"], "most": _MOST_ENTRIES})
        marks["entries"] = entries[-1][0] if entries else marks["entries"]
        for number in {row[1] for row in entries}:
            days |= {(day, str(FigureKind.TICKETS)) for day in _days_of(session, number, zone)}
    return days, marks


def _days_of(session: Session, number: int, zone: ZoneInfo) -> Iterable[date]:
    """The days on which something of a ticket counts, or did until it was changed."""
    instants = [at for row in session.all(_ITS_DUE, {"of_ticket": number}) for at in row]
    for at, detail in session.all(_ITS_ENTRIES, {"of_ticket": number}):
        instants += [at, due_before(_detail(detail), "resolve_due_at")]
    return {local_date(at, zone=zone) for at in instants if at is not None}


def _detail(told: str | None) -> Mapping[str, Any]:
    return json.loads(told) if told else {}


def _calls_of(session: Session, day: date, span: Mapping[str, datetime], _at: datetime, zone: ZoneInfo) -> Rows:
    of_lines = count_calls((SeenCall(*row) for row in session.all(_SEEN_CALLS, span)), zone=zone)
    rungs, people = count_legs([SeenLeg(*row) for row in session.all(_SEEN_LEGS, span)])
    return [
        (daily_calls, [{"day": day, "line": line, **_row(counts, CALL_COUNTS)} for line, counts in of_lines.items()]),
        (
            daily_rungs,
            [
                {"day": day, "line": line, "rung": rung, **_row(counts, RUNG_COUNTS)}
                for (line, rung), counts in rungs.items()
            ],
        ),
        (
            daily_people,
            [
                {"day": day, "line": line, "party": party, "team": team, **_row(counts, PERSON_COUNTS)}
                for (line, party, team), counts in people.items()
            ],
        ),
    ]


def _clocks_of(session: Session, day: date, span: Mapping[str, datetime], at: datetime, _zone: ZoneInfo) -> Rows:
    seen = [
        SeenTicket(priority, due_at, resolved_at or closed_at)
        for _, priority, due_at, resolved_at, closed_at, life in session.all(_SEEN_TICKETS, span)
        if not _is_merged(life)
    ]
    entries = [
        SeenEntry(priority, kind, told_at, _detail(detail))
        for priority, kind, told_at, detail in session.all(_SEEN_ENTRIES, span)
    ]
    found = count_clocks(seen, entries, since=span["since"], until=span["until"], at=at)
    return [
        (
            daily_clocks,
            [{"day": day, "priority": priority, **_row(counts, CLOCK_COUNTS)} for priority, counts in found.items()],
        )
    ]


def _is_merged(life: str | None) -> bool:
    """Whether the ticket went up in another, whose clocks count."""
    found = life_of(life)
    return found is not None and found.merged_into is not None


def _row(counts: Counter[str], names: tuple[str, ...]) -> dict[str, int]:
    return {name: counts[name] for name in names}


_Counting = Callable[[Session, date, Mapping[str, datetime], datetime, ZoneInfo], Rows]
_COUNTING: Final[Mapping[FigureKind, _Counting]] = {FigureKind.CALLS: _calls_of, FigureKind.TICKETS: _clocks_of}
# What reads a day's rows, and the index without which it would read a whole table.
INDEXED: Final[Mapping[str, tuple[ClauseElement, tuple[str, ...]]]] = {
    "calls": (_SEEN_CALLS, ("ix_calls_started_at",)),
    "legs": (_SEEN_LEGS, ("ix_calls_started_at",)),
    "tickets": (
        _SEEN_TICKETS,
        ("ix_tickets_over_due", "ix_tickets_over_resolved", "ix_tickets_over_closed", "ix_tickets_resolve_due_at"),
    ),
    "entries": (_SEEN_ENTRIES, ("ix_ticket_updates_at",)),
}
