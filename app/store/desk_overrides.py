"""What people have said by hand of the desk's being open, each with its author. Knows no rule of hours.

What is in force is kept in memory as well, for webhooks that ask the database nothing: whoever runs a process has it
read anew every few seconds. Nothing is ever deleted; what is withdrawn ends at that instant.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, bindparam, func, insert, literal_column, select, update

from app import clock
from app.store.access import Reader, Writer
from app.store.audit import AuditRows
from app.store.desk_tables import desk_overrides
from app.store.outage import StoreUnavailable
from app.store.prepared import Session
from app.store.rows import storable
from oncall import DeskOverride, Source

PLACE: Final = "desk override"
"""What stands for a file in the source of one; its line is its number."""

KNOWN_SECONDS: Final = 2.0
"""So long a process may go by what it last read. What it writes itself counts at once."""

Answer = TypeVar("Answer")
_TABLE = desk_overrides.c
_COLUMNS = ("hours", "is_open", "starts_at", "ends_at", "author", "reason")
_AT = bindparam("at", type_=_TABLE.ends_at.type)
_IN_FORCE = (
    select(_TABLE.id, *(_TABLE[name] for name in _COLUMNS))
    .where(_TABLE.ends_at > _AT, _TABLE.withdrawn_at.is_(None))
    .order_by(_TABLE.id)
)
_INSERT = insert(desk_overrides).values({name: bindparam(name) for name in _COLUMNS}).returning(_TABLE.id)
_WITHDRAW = (
    update(desk_overrides)
    .where(_TABLE.hours == bindparam("which"), _TABLE.ends_at > _AT, _TABLE.withdrawn_at.is_(None))
    .values(withdrawn_at=bindparam("withdrawn"))
)
# The two-number form, which the locks of calls leave free. Held to the end of the transaction.
_ALONE = select(func.pg_advisory_xact_lock(literal_column("1"), literal_column("16")))


class DeskRows:
    """What was said, within one transaction, with the audit log beside it."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.audit = AuditRows(session)

    def alone(self) -> None:
        """Let nobody else say anything until the transaction ends."""
        # SQLite has one writer at a time as it is.
        if self._session.database == "postgresql":
            self._session.one(_ALONE, {})

    def in_force(self, *, at: datetime) -> tuple[DeskOverride, ...]:
        """What counts at an instant, in the order in which it was said."""
        return tuple(_override_of(row) for row in self._session.all(_IN_FORCE, {"at": at}))

    def add(self, said: DeskOverride) -> int:
        """Store what was said; gives its number."""
        row = {name: getattr(said, name) for name in _COLUMNS}
        words = {name: storable(row[name]) for name in ("hours", "author", "reason")}
        made = self._session.one(_INSERT, {**row, **words})
        return 0 if made is None else int(made[0])

    def withdraw(self, hours: str, *, at: datetime) -> None:
        """End all that was said of these hours."""
        self._session.run(_WITHDRAW, {"which": storable(hours), "at": at, "withdrawn": at})


@dataclass(frozen=True, slots=True)
class _Known:
    found: tuple[DeskOverride, ...] = ()
    read_at: float | None = None


class DeskOverrides:
    """What was said of the desk; one per store, used by all threads."""

    def __init__(self, read: Reader, write: Writer, *, monotonic: Callable[[], float] = clock.monotonic) -> None:
        self._read = read
        self._write = write
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known = _Known()

    def known(self) -> tuple[DeskOverride, ...]:
        """What was in force when it was last read; asks nothing. Some of it may be over by now."""
        return self._known.found

    def refresh(self, *, at: datetime) -> tuple[DeskOverride, ...]:
        """Read what is in force, for `known`. Raises StoreUnavailable, and then what was known stays."""
        before = self._known
        return self._learn(self.in_force(at=at), unless_since=before)

    def in_force(self, *, at: datetime) -> tuple[DeskOverride, ...]:
        """What counts at any instant. Raises StoreUnavailable."""

        def question(connection: Connection) -> tuple[DeskOverride, ...]:
            return DeskRows(Session.of(connection)).in_force(at=at)

        return self._read(question)

    def last_known(self, *, at: datetime) -> tuple[DeskOverride, ...]:
        """The same, read anew if what is known is older than KNOWN_SECONDS and the database can be asked."""
        read_at = self._known.read_at
        if read_at is not None and self._monotonic() - read_at < KNOWN_SECONDS:
            return self._known.found
        try:
            return self.refresh(at=at)
        except StoreUnavailable:
            return self._known.found

    def change(self, deed: Callable[[DeskRows], Answer], *, at: datetime) -> Answer:
        """Run one change in a transaction of its own. Raises StoreUnavailable."""

        def both(session: Session) -> tuple[Answer, tuple[DeskOverride, ...]]:
            rows = DeskRows(session)
            rows.alone()
            return deed(rows), rows.in_force(at=at)

        answer, found = self._write(both)
        self._learn(found)
        return answer

    def _learn(
        self, found: tuple[DeskOverride, ...], *, unless_since: _Known | None = None
    ) -> tuple[DeskOverride, ...]:
        with self._lock:
            # What was said while it was being read may not be in it.
            if unless_since is None or self._known is unless_since:
                self._known = _Known(found, self._monotonic())
            return self._known.found


def _override_of(row: Any) -> DeskOverride:  # noqa: ANN401 - a row of many columns
    number, *values = row
    return DeskOverride(**dict(zip(_COLUMNS, values, strict=True)), source=Source(PLACE, number))
