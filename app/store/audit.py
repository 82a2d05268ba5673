"""The log of who did what that has to be answered for. Append-only; knows nothing of what the actions mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, insert, select

from app.flow.messages import Detail
from app.store.access import Reader, Writer
from app.store.models import audit_log
from app.store.paging import BadCursor, Page
from app.store.prepared import Session
from app.store.rows import storable

_COLUMNS = ("at", "actor", "action", "subject", "detail")
_LARGEST_ID = 2**31 - 1
_INSERT = insert(audit_log).values({name: bindparam(name) for name in _COLUMNS})


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """`actor` did `action` to `subject`. `detail` never holds what was seen or heard."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: Mapping[str, Detail] = field(default_factory=dict)


class AuditRows:
    """Writes entries within a transaction, so that nothing is done that is not in the log."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def write(self, entry: AuditEntry) -> None:
        """Append an entry."""
        row = {
            "at": entry.at,
            "actor": storable(entry.actor),
            "action": entry.action,
            "subject": storable(entry.subject),
            "detail": dict(entry.detail),
        }
        self._session.run(_INSERT, row)


class Audit:
    """The log by itself. Raises StoreUnavailable."""

    def __init__(self, read: Reader, write: Writer) -> None:
        self._read = read
        self._write = write

    def write(self, entry: AuditEntry) -> None:
        """Append an entry in a transaction of its own."""
        self._write(lambda session: AuditRows(session).write(entry))

    def list(
        self, *, limit: int, cursor: str | None = None, subject: str | None = None, actor: str | None = None
    ) -> Page[AuditEntry]:
        """At most `limit` entries, newest first, of one subject or actor if named.

        Raises:
            BadCursor: `cursor` was not made here.
        """
        query = select(audit_log.c.id, *(audit_log.c[name] for name in _COLUMNS))
        if subject is not None:
            query = query.where(audit_log.c.subject == storable(subject))
        if actor is not None:
            query = query.where(audit_log.c.actor == storable(actor))
        if cursor is not None:
            query = query.where(audit_log.c.id < _id_in(cursor))
        query = query.order_by(audit_log.c.id.desc()).limit(limit + 1)
        rows = self._read(lambda connection: connection.execute(query).all())
        entries = tuple(AuditEntry(**dict(zip(_COLUMNS, row[1:], strict=True))) for row in rows[:limit])
        return Page(items=entries, next=str(rows[limit - 1][0]) if len(rows) > limit else None)


def _id_in(cursor: str) -> int:
    if not (cursor.isascii() and cursor.isdigit()) or len(cursor) > len(str(_LARGEST_ID)):
        raise BadCursor("not a cursor of this list")
    return min(int(cursor), _LARGEST_ID)
