"""What goes on right now, in a few questions along indexes that leave out what is over, however much there is.

Decides nothing about what matters and how it is shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Executable, Integer, Select, bindparam, literal_column, select, text

from app.cdr.records import CallRecord, Disposition, Ticket
from app.store.access import Reader
from app.store.figure_tables import UNOWNED_EMERGENCY
from app.store.models import OPEN_TICKETS, calls, legs, tickets
from app.store.prepared import Session
from app.store.queue import OpenOffer, Place, QueueRows
from app.store.rows import CALL_COLUMNS, LEG_COLUMNS, TICKET_COLUMNS, call_of, leg_of, ticket_of
from app.store.staff import LONGEST_TALK
from app.store.turns import CALL_WITH_TICKET

MOST: Final = 50
"""No more of anything is told: nobody reads further on a board."""

# No call lasts longer; one whose end was never told of is found by reconciliation long before.
_LONGEST_CALL: Final = timedelta(hours=6)
_DUE: Final = ("update_due_at", "resolve_due_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class GoingOn:
    """What goes on at one instant, MOST of each kind.

    `calls` are not over, newest first; `due` are open tickets with a clock that has run out or soon does, the first one
    first; `unowned` are emergencies that nobody has accepted, oldest first. `talking` tells since when.
    """

    calls: tuple[CallRecord, ...]
    places: tuple[Place, ...]
    offers: tuple[OpenOffer, ...]
    due: tuple[Ticket, ...]
    unowned: tuple[Ticket, ...]
    talking: Mapping[str, datetime]
    ringing: frozenset[str]


_SINCE = bindparam("since", type_=calls.c.started_at.type)
_SOON = bindparam("soon", type_=tickets.c.created_at.type)
_LIMIT = bindparam("most", type_=Integer())
# SQLite's wording has an offset with every limit, and one that is not given would be a value nobody hands in.
_FROM = literal_column("0", Integer)
_WAITING = (
    CALL_WITH_TICKET.where(
        calls.c.disposition == literal_column(f"'{Disposition.IN_PROGRESS}'"),
        calls.c.started_at > _SINCE,
        calls.c.ended_at.is_(None),
    )
    .order_by(calls.c.started_at.desc(), calls.c.call_sid.desc())
    .limit(_LIMIT)
    .offset(_FROM)
)
_TALKED_ON = legs.c.accepted_at.is_not(None), legs.c.ended_at.is_(None), legs.c.accepted_at > _SINCE
_TALKING_CALLS = (
    CALL_WITH_TICKET.join(legs, legs.c.call_sid == calls.c.call_sid)
    .where(*_TALKED_ON, calls.c.ended_at.is_(None))
    .order_by(legs.c.accepted_at.desc())
    .limit(_LIMIT)
    .offset(_FROM)
)
_TALKING = select(legs.c.party, legs.c.accepted_at).where(*_TALKED_ON, legs.c.screened).limit(_LIMIT).offset(_FROM)
_TICKET = select(*(tickets.c[name] for name in TICKET_COLUMNS))
_UNOWNED = _TICKET.where(*UNOWNED_EMERGENCY).order_by(tickets.c.created_at).limit(_LIMIT).offset(_FROM)


def _due(name: str) -> Select[Any]:
    # The words of the index's own condition, so that it is used.
    open_and_due = text(f"{name} IS NOT NULL AND {OPEN_TICKETS}")
    return _TICKET.where(open_and_due, tickets.c[name] <= _SOON).order_by(tickets.c[name]).limit(_LIMIT).offset(_FROM)


_DUE_BY = tuple(_due(name) for name in _DUE)

# What is asked for again and again, and the index without which it would read a whole table.
INDEXED: Final[Mapping[str, tuple[Executable, str]]] = {
    "waiting": (_WAITING, "ix_calls_disposition"),
    "talking calls": (_TALKING_CALLS, "ix_legs_ta"),
    "talking": (_TALKING, "ix_legs_ta"),
    "unowned": (_UNOWNED, "ix_tickets_unowned_emergency"),
    "update": (_DUE_BY[0], "ix_tickets_update_due_at"),
    "resolution": (_DUE_BY[1], "ix_tickets_resolve_due_at"),
}


class Board:
    """What goes on, for those who watch. Raises StoreUnavailable."""

    def __init__(self, read: Reader) -> None:
        self._read = read

    def going_on(self, *, at: datetime, soon: timedelta) -> GoingOn:
        """What goes on at an instant; tickets due within `soon` are told as well."""

        def question(connection: Connection) -> GoingOn:
            return _going_on(connection, at, soon)

        return self._read(question)


def next_due(ticket: Ticket) -> datetime:
    """What of an open ticket is due first; when it was opened, if nothing is."""
    return min(
        (at for at in (ticket.update_due_at, ticket.resolve_due_at) if at is not None), default=ticket.created_at
    )


def _going_on(connection: Connection, at: datetime, soon: timedelta) -> GoingOn:
    session = Session.of(connection)
    queue, most = QueueRows(session), {"most": MOST}
    due = {
        ticket.number: ticket
        for question in _DUE_BY
        for ticket in map(ticket_of, session.all(question, {**most, "soon": at + soon}))
    }
    rows = session.all(_WAITING, {**most, "since": at - _LONGEST_CALL})
    rows += session.all(_TALKING_CALLS, {**most, "since": at - _LONGEST_CALL})
    return GoingOn(
        calls=_with_legs(connection, rows),
        places=queue.open(),
        offers=queue.offers(),
        due=tuple(sorted(due.values(), key=next_due))[:MOST],
        unowned=tuple(map(ticket_of, session.all(_UNOWNED, most))),
        talking=dict(map(tuple, session.all(_TALKING, {**most, "since": at - LONGEST_TALK}))),
        ringing=queue.ringing(at=at),
    )


def _with_legs(connection: Connection, rows: Iterable[Any]) -> tuple[CallRecord, ...]:
    width = len(CALL_COLUMNS)
    found = {row[0]: CallRecord(call=call_of(row[:width]), ticket=ticket_of(row[width:])) for row in rows}
    theirs = select(*(legs.c[name] for name in LEG_COLUMNS)).where(legs.c.call_sid.in_(list(found)))
    ordered = theirs.order_by(legs.c.call_sid, legs.c.turn, legs.c.place)
    for leg in map(leg_of, connection.execute(ordered).all() if found else ()):
        found[leg.call_sid] = replace(found[leg.call_sid], legs=(*found[leg.call_sid].legs, leg))
    return tuple(found.values())
