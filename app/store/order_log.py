"""Orders as people see and deal with them: how each kind stands, one by one, tried again, put aside, swept away.

Whatever a person does is in the audit log in the same transaction. Refuses to know how an order is carried out.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import Row, Select, Update, bindparam, delete, func, literal_column, null, select, update

from app.flow.messages import Detail
from app.store.access import Reader, Writer
from app.store.audit import AuditEntry, AuditRows
from app.store.models import outbox
from app.store.orders import PENDING
from app.store.prepared import Session
from app.store.rows import storable

RETRIED: Final = "order_retried"
DISCARDED: Final = "order_discarded"
_LONGEST_REASON: Final = 200
_LARGEST_ID: Final = 2**31 - 1
_COLUMNS: Final = (
    "id",
    "kind",
    "key",
    "payload",
    "urgent",
    "first_due_at",
    "due_at",
    "claimed_until",
    "attempts",
    "reason",
    "result",
    "done_at",
    "dead_at",
)
_DONE = outbox.c.done_at.is_not(None)
_DEAD = outbox.c.dead_at.is_not(None) & outbox.c.done_at.is_(None)


class OrderState(StrEnum):
    """Where an order is: to be carried out, given up until somebody sees to it, or over."""

    WAITING = "waiting"
    DEAD = "dead"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOrder:
    """An order with all that became of it. Its payload may hold numbers and is for no log."""

    id: int
    kind: str
    key: str
    payload: Mapping[str, Detail]
    urgent: bool
    first_due_at: datetime
    due_at: datetime
    claimed_until: datetime | None
    attempts: int
    reason: str | None
    result: str | None
    done_at: datetime | None
    dead_at: datetime | None

    @property
    def state(self) -> OrderState:
        """Where it is."""
        if self.done_at is not None:
            return OrderState.DONE
        return OrderState.WAITING if self.dead_at is None else OrderState.DEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class KindStanding:
    """How the orders of one kind stand. `oldest_seconds`: since when the longest one should have been done; else 0."""

    kind: str
    waiting: int
    oldest_seconds: float
    dead: int


_ORDER = select(*(outbox.c[name] for name in _COLUMNS))
_MOST = bindparam("most", type_=outbox.c.id.type)
_KIND = bindparam("which_kind", type_=outbox.c.kind.type)
_WHICH = outbox.c.id == bindparam("which", type_=outbox.c.id.type)
_AT = bindparam("at", type_=outbox.c.done_at.type)
_ONE = _ORDER.where(_WHICH)
_LISTED = {
    OrderState.WAITING: _ORDER.where(PENDING).order_by(outbox.c.due_at, outbox.c.id).limit(_MOST),
    OrderState.DEAD: _ORDER.where(_DEAD).order_by(outbox.c.dead_at.desc(), outbox.c.id.desc()).limit(_MOST),
    OrderState.DONE: _ORDER.where(_DONE).order_by(outbox.c.done_at.desc()).limit(_MOST),
}
# Along an index that leaves out what is over, or every look would read all there ever was.
_WAITING = select(outbox.c.kind, func.count(), func.min(outbox.c.first_due_at)).where(PENDING).group_by(outbox.c.kind)
_GRAVES = select(outbox.c.kind, func.count()).where(_DEAD).group_by(outbox.c.kind)
_REVIVE = (
    update(outbox)
    .where(_WHICH, _DEAD)
    .values(dead_at=null(), due_at=_AT, attempts=literal_column("0"))
    .returning(outbox.c.kind)
)
_DISMISS = update(outbox).where(_WHICH, _DEAD).values(done_at=_AT).returning(outbox.c.kind)
_ALL_DEAD = select(outbox.c.id).where(_DEAD).order_by(outbox.c.dead_at, outbox.c.id)
_OLD = (
    select(outbox.c.id)
    .where(outbox.c.done_at < bindparam("before", type_=outbox.c.done_at.type))
    .order_by(outbox.c.done_at)
    .limit(_MOST)
    # Said in words, because SQLite's dialect would put in a value of its own.
    .offset(literal_column("0"))
)
_SWEEP = delete(outbox).where(outbox.c.id.in_(_OLD)).returning(outbox.c.id)
# What is asked for again and again, and the index without which it would read the whole table.
INDEXED: Final[Mapping[Select[Any], str]] = {
    _WAITING: "ix_outbox_pending_kind",
    _GRAVES: "ix_outbox_dead",
    _OLD: "ix_outbox_done",
}


class OrderLog:
    """The orders, for those who look after them. Raises StoreUnavailable."""

    def __init__(self, read: Reader, write: Writer) -> None:
        self._read = read
        self._write = write

    def get(self, order_id: int) -> StoredOrder | None:
        """One order, whatever became of it."""
        if not 0 < order_id <= _LARGEST_ID:
            return None
        row = self._read(lambda connection: connection.execute(_ONE, {"which": order_id}).one_or_none())
        return None if row is None else _order_of(row)

    def list(self, state: OrderState, *, limit: int, kind: str | None = None) -> tuple[StoredOrder, ...]:
        """At most so many orders: those that wait as they fall due, the others the latest first."""
        query = _LISTED[state]
        values: dict[str, object] = {"most": limit}
        if kind is not None:
            query, values["which_kind"] = query.where(outbox.c.kind == _KIND), kind
        rows = self._read(lambda connection: connection.execute(query, values).all())
        return tuple(map(_order_of, rows))

    def standing(self, *, now: datetime) -> tuple[KindStanding, ...]:
        """How each kind stands of which any wait or are dead, by name."""
        waiting, dead = self._read(
            lambda connection: (connection.execute(_WAITING).all(), connection.execute(_GRAVES).all())
        )
        waits = {kind: (count, max((now - first).total_seconds(), 0.0)) for kind, count, first in waiting}
        graves: dict[str, int] = dict(map(tuple, dead))
        return tuple(
            KindStanding(
                kind=kind,
                waiting=waits.get(kind, (0, 0.0))[0],
                oldest_seconds=waits.get(kind, (0, 0.0))[1],
                dead=graves.get(kind, 0),
            )
            for kind in sorted(waits.keys() | graves.keys())
        )

    def revive(self, order_id: int, *, at: datetime, by: str) -> bool:
        """Try a dead order again from `at` on; False when there is none to revive."""
        return self._deal(_REVIVE, order_id, AuditEntry(at=at, actor=by, action=RETRIED, subject=f"order {order_id}"))

    def revive_all(self, *, at: datetime, by: str) -> tuple[int, ...]:
        """Try every dead order again from `at` on; returns which."""
        rows = self._read(lambda connection: connection.execute(_ALL_DEAD).all())
        return tuple(row.id for row in rows if self.revive(row.id, at=at, by=by))

    def dismiss(self, order_id: int, *, at: datetime, by: str, because: str) -> bool:
        """A person has seen to a dead order otherwise, and says how; False when there is none."""
        subject, detail = f"order {order_id}", {"because": storable(because)[:_LONGEST_REASON]}
        entry = AuditEntry(at=at, actor=by, action=DISCARDED, subject=subject, detail={**detail})
        return self._deal(_DISMISS, order_id, entry)

    def sweep(self, *, before: datetime, limit: int) -> int:
        """Forget at most so many orders that were over before an instant, the oldest first; returns how many.

        What is forgotten may be ordered again under its key.
        """
        return len(self._write(lambda session: session.all(_SWEEP, {"before": before, "most": limit})))

    def _deal(self, change: Update, order_id: int, entry: AuditEntry) -> bool:
        if not 0 < order_id <= _LARGEST_ID:
            return False

        def deal(session: Session) -> bool:
            row = session.one(change, {"which": order_id, "at": entry.at})
            if row is not None:
                AuditRows(session).write(replace(entry, detail={"kind": row[0], **entry.detail}))
            return row is not None

        return self._write(deal)


def _order_of(row: Row[Any]) -> StoredOrder:
    return StoredOrder(**row._mapping)  # noqa: SLF001 - SQLAlchemy's documented name
