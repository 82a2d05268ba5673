"""Quick overrides: changes to who is on call that people make while the service runs, each with its author.

Knows no rule of duty. Nothing is ever deleted: one that is withdrawn ends at that instant, so that what was true
of any past instant stays true of it.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, insert, literal_column, select, update

from app import clock
from app.store.access import Reader
from app.store.models import overrides
from app.store.outage import StoreUnavailable
from app.store.prepared import Session
from app.store.rows import storable
from oncall import Override, OverrideKind, Source

PLACE: Final = "quick override"
"""What stands for a file in the source of a quick override; its line is the override's number."""

# So long a process may route by what it last read. What it writes itself counts at once.
KNOWN_SECONDS: Final = 2.0
# A call that runs goes on with the plan it began with, so that what has just ended still counts for it.
_LOOK_BACK: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickOverride:
    """A change to a schedule between two instants (UTC), made by `author` at `created_at`."""

    id: int
    schedule: str
    kind: OverrideKind
    person: str
    starts_at: datetime
    ends_at: datetime
    author: str
    reason: str
    created_at: datetime
    instead_of: str | None = None
    withdrawn_at: datetime | None = None

    def as_override(self) -> Override:
        """The override as the rules of duty take it: in force from when it was made, until it was withdrawn."""
        return Override(
            schedule=self.schedule,
            starts_at=max(self.starts_at, self.created_at),
            ends_at=min(self.ends_at, self.withdrawn_at or self.ends_at),
            kind=self.kind,
            person=self.person,
            instead_of=self.instead_of,
            author=self.author,
            reason=self.reason,
            source=Source(PLACE, self.id),
        )


_TABLE = overrides.c
_COLUMNS = tuple(QuickOverride.__slots__)
_SINCE = bindparam("since", type_=_TABLE.ends_at.type)
_RECENT = select(*(_TABLE[name] for name in _COLUMNS)).where(_TABLE.ends_at > _SINCE).order_by(_TABLE.id)
_INSERT = (
    insert(overrides).values({name: bindparam(name) for name in _COLUMNS if name != "id"}).returning(overrides.c.id)
)
_WITHDRAW = update(overrides).where(_TABLE.id == bindparam("which")).values(withdrawn_at=bindparam("at"))
# The two-number form, which the locks of calls leave free. Held to the end of the transaction.
_ALONE = select(func.pg_advisory_xact_lock(literal_column("1"), literal_column("1")))


class OverrideRows:
    """Quick overrides within one transaction."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def hold(self) -> None:
        """Let nobody else change overrides until the transaction ends, so that what is checked stays so."""
        # SQLite has one writer at a time as it is.
        if self._session.database == "postgresql":
            self._session.one(_ALONE, {})

    def recent(self, *, at: datetime) -> tuple[QuickOverride, ...]:
        """Those in force or to come `at`, or over for no more than a day; in the order they were made."""
        return _recent(self._session, at)

    def add(self, override: QuickOverride) -> QuickOverride:
        """Store a new one; gives it back with the number it got."""
        row = {name: getattr(override, name) for name in _COLUMNS if name != "id"}
        words = {name: storable(row[name]) for name in ("schedule", "person", "author", "reason")}
        given = self._session.one(_INSERT, {**row, **words})
        return replace(override, id=0 if given is None else given[0])

    def withdraw(self, override_id: int, *, at: datetime) -> None:
        """End one at this instant."""
        self._session.run(_WITHDRAW, {"which": override_id, "at": at})


class Overrides:
    """Quick overrides, for those who only look; one per store, used by all threads."""

    def __init__(self, read: Reader, *, monotonic: Callable[[], float] = clock.monotonic) -> None:
        self._read = read
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._known: tuple[Override, ...] = ()
        self._read_at: float | None = None

    def recent(self, *, at: datetime) -> tuple[QuickOverride, ...]:
        """Those in force or to come `at`, or over for no more than a day. Raises StoreUnavailable."""

        def question(connection: Connection) -> tuple[QuickOverride, ...]:
            return _recent(Session.of(connection), at)

        return self._read(question)

    def quick(self, *, at: datetime) -> tuple[Override, ...]:
        """The same as the rules of duty take them. Raises StoreUnavailable."""
        return tuple(each.as_override() for each in self.recent(at=at))

    def last_known(self, *, at: datetime) -> tuple[Override, ...]:
        """The same, or what was last read when the database cannot be asked; nothing if nothing ever was."""
        try:
            return self._learn(self.recent(at=at))
        except StoreUnavailable:
            return self._known

    def for_turn(self, rows: OverrideRows | None, *, at: datetime) -> tuple[Override, ...]:
        """The same for a turn of a call, read within it if what is known is older than KNOWN_SECONDS.

        Without `rows` the database is away: then what was last known counts, and nothing if nothing was.
        """
        if rows is None or self._is_fresh():
            return self._known
        return self._learn(rows.recent(at=at))

    def forget(self) -> None:
        """Overrides were changed: read them anew when they are next asked for."""
        with self._lock:
            self._read_at = None

    def _is_fresh(self) -> bool:
        with self._lock:
            return self._read_at is not None and self._monotonic() - self._read_at < KNOWN_SECONDS

    def _learn(self, found: Sequence[QuickOverride]) -> tuple[Override, ...]:
        known = tuple(each.as_override() for each in found)
        with self._lock:
            self._known, self._read_at = known, self._monotonic()
        return known


def _recent(session: Session, at: datetime) -> tuple[QuickOverride, ...]:
    return tuple(map(_override_of, session.all(_RECENT, {"since": at - _LOOK_BACK})))


def _override_of(row: Sequence[Any]) -> QuickOverride:
    fields = dict(zip(_COLUMNS, row, strict=True))
    return QuickOverride(**{**fields, "kind": OverrideKind(fields["kind"])})
