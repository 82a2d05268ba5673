"""Somebody who looks into the database past all the code under test, and says what stands there."""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import psycopg
from psycopg.rows import tuple_row

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Row = Mapping[str, Any]

# Without the sealed bytes, whose nonces are chance, and without rows that only say when somebody looked.
TABLES: Mapping[str, str] = {
    "tickets": "number",
    "ticket_updates": "id",
    "calls": "started_at, call_sid",
    "legs": "call_sid, turn, number",
    "call_facts": "call_sid, turn, key",
    "voicemails": "recording_sid",
    "outbox": "id",
    "overrides": "id",
    "queue_places": "call_sid, turn",
    "queue_offers": "call_sid, turn, offer",
}
_NO_PAGE = """SELECT number FROM tickets WHERE priority = 'emergency' AND status = 'new' AND NOT EXISTS
 (SELECT 1 FROM outbox WHERE done_at IS NULL AND dead_at IS NULL AND key LIKE 'page:' || number || ':%')"""
_IN_LINE = "SELECT count(*) FROM queue_places WHERE left_at IS NULL"
_NEXT_DUE = """SELECT min(CASE WHEN claimed_until IS NULL OR claimed_until < due_at THEN due_at ELSE claimed_until END)
 FROM outbox WHERE done_at IS NULL AND dead_at IS NULL"""


class Connection(Protocol):
    """What the witness needs of a driver."""

    def execute(self, statement: Any, parameters: Any = (), /) -> Any: ...

    def close(self) -> None: ...


class Witness:
    """Reads with a connection of its own, which no fault of the world touches.

    `changes` counts how often the database may have changed: what is asked at every step is asked anew only then.
    """

    def __init__(self, url: str, changes: Callable[[], int]) -> None:
        self._changes, self._known_after = changes, -1
        self._known: dict[str, Sequence[Sequence[Any]]] = {}
        self._is_sqlite = url.startswith("sqlite:///")
        self._connection: Connection
        if self._is_sqlite:
            address = url.removeprefix("sqlite:///").replace("&uri=true", "")
            self._connection = sqlite3.connect(address, isolation_level=None, uri=True)
        else:
            address = url.replace("postgresql+psycopg://", "postgresql://", 1)
            self._connection = psycopg.connect(address, autocommit=True, row_factory=tuple_row)

    def close(self) -> None:
        self._connection.close()

    def fill(self, template: Path) -> None:
        """Make the database, which is one of SQLite's, a copy of a file's."""
        assert isinstance(self._connection, sqlite3.Connection)
        with closing(sqlite3.connect(template)) as source:
            source.backup(self._connection)

    def rows(self, statement: str, *values: object) -> Sequence[Sequence[Any]]:
        """What a statement gives; `?` stands for each value."""
        text = statement if self._is_sqlite else statement.replace("%", "%%").replace("?", "%s")
        given = values if values or self._is_sqlite else None
        return list(self._connection.execute(text, *([] if given is None else [given])).fetchall())

    def remembered(self, statement: str) -> Sequence[Sequence[Any]]:
        """What a statement gives, and has given since the last change."""
        changes = self._changes()
        if changes != self._known_after:
            self._known.clear()
            self._known_after = changes
        if statement not in self._known:
            self._known[statement] = self.rows(statement)
        return self._known[statement]

    def table(self, name: str) -> list[Row]:
        """Every row of a table, instants as datetimes."""
        cursor = self._connection.execute(f"SELECT * FROM {name} ORDER BY {TABLES[name]}")  # noqa: S608 - our own names
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, map(self._plain, names, row), strict=True)) for row in cursor.fetchall()]

    def raw(self, name: str) -> Sequence[Sequence[Any]]:
        """The same as the driver gives it."""
        return self.rows(f"SELECT * FROM {name} ORDER BY {TABLES[name]}")  # noqa: S608 - our own names

    def knows(self, call_sid: str) -> bool:
        """Whether the call has its row, and by it its ticket."""
        return bool(self.rows("SELECT 1 FROM calls WHERE call_sid = ?", call_sid))

    def unpaged_emergencies(self) -> list[int]:
        """Emergencies nobody has accepted and nobody is going to be paged for."""
        return [number for (number,) in self.remembered(_NO_PAGE)]

    def in_line(self) -> int:
        """How many wait in line, or for a call back."""
        return int(self.remembered(_IN_LINE)[0][0])

    def next_due(self) -> datetime | None:
        """When the next order can be claimed."""
        found = self.remembered(_NEXT_DUE)[0][0]
        return None if found is None else self.instant(found)

    def is_due(self, at: datetime) -> bool:
        """Whether an order can be claimed at an instant."""
        due_at = self.next_due()
        return due_at is not None and due_at <= at

    def newest_ticket(self) -> int | None:
        """The number of the newest ticket."""
        found = self.rows("SELECT max(number) FROM tickets")[0][0]
        return None if found is None else int(found)

    def instant(self, value: Any) -> datetime:
        """A column's value as a datetime."""
        if self._is_sqlite:
            return _EPOCH + timedelta(microseconds=value)
        at: datetime = value
        return at.astimezone(UTC)

    def _plain(self, name: str, value: Any) -> Any:
        is_instant = name == "at" or name.endswith(("_at", "_until", "_since")) or name == "until"
        return self.instant(value) if value is not None and is_instant else value
