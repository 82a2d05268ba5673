"""The log of who did what that has to be answered for. Append-only; knows nothing of what the actions mean."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, bindparam, func, insert, literal_column, select

from app.flow.messages import Detail
from app.store.access import Reader, Writer
from app.store.models import audit_log
from app.store.paging import BadCursor, Page
from app.store.prepared import Session
from app.store.rows import storable

_COLUMNS = ("at", "actor", "action", "subject", "detail")
_LARGEST_ID: Final = 2**31 - 1
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
# So many of microseconds reach into the year 2286.
_MOST_DIGITS: Final = 16
_INSERT = insert(audit_log).values({name: bindparam(name) for name in _COLUMNS})
_RECENT = (
    select(*(audit_log.c[name] for name in _COLUMNS))
    .where(audit_log.c.subject == bindparam("which", type_=audit_log.c.subject.type))
    .order_by(audit_log.c.id.desc())
    .limit(bindparam("most"))
    .offset(literal_column("0"))  # said, or SQLAlchemy adds a value of its own
)

# From one to the next along the index: a look at each action, however many entries there are.
_SEEN = select(func.min(audit_log.c.action).label("action")).cte("seen", recursive=True)
_NEXT = select(func.min(audit_log.c.action)).where(audit_log.c.action > _SEEN.c.action).scalar_subquery()
_EACH = _SEEN.union_all(select(_NEXT).where(_SEEN.c.action.is_not(None)))
_ACTIONS = select(_EACH.c.action).where(_EACH.c.action.is_not(None)).order_by(_EACH.c.action)


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

    def recent(self, subject: str, *, limit: int) -> tuple[AuditEntry, ...]:
        """The last entries about a subject, newest first."""
        rows = self._session.all(_RECENT, {"which": storable(subject), "most": limit})
        return tuple(AuditEntry(**dict(zip(_COLUMNS, row, strict=True))) for row in rows)


class Audit:
    """The log by itself. Raises StoreUnavailable."""

    def __init__(self, read: Reader, write: Writer) -> None:
        self._read = read
        self._write = write

    def write(self, entry: AuditEntry) -> None:
        """Append an entry in a transaction of its own."""
        self._write(lambda session: AuditRows(session).write(entry))

    def actions(self) -> tuple[str, ...]:
        """Every action there is in the log, by name."""
        rows = self._read(lambda connection: connection.execute(_ACTIONS).all())
        return tuple(row[0] for row in rows)

    def list(
        self,
        *,
        limit: int,
        cursor: str | None = None,
        subject: str | None = None,
        actor: str | None = None,
        action: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[AuditEntry]:
        """At most `limit` entries, newest first: of one subject, actor or action, and of a period, where named.

        Raises:
            BadCursor: `cursor` was not made here.
        """
        query = select(audit_log.c.id, *(audit_log.c[name] for name in _COLUMNS))
        for name, wanted in (("subject", subject), ("actor", actor), ("action", action)):
            if wanted is not None:
                query = query.where(audit_log.c[name] == storable(wanted))
        if since is not None:
            query = query.where(audit_log.c.at >= since)
        if until is not None:
            query = query.where(audit_log.c.at < until)
        if cursor is not None:
            query = query.where(_before(cursor))
        query = query.order_by(audit_log.c.at.desc(), audit_log.c.id.desc()).limit(limit + 1)
        rows = self._read(lambda connection: connection.execute(query).all())
        entries = tuple(AuditEntry(**dict(zip(_COLUMNS, row[1:], strict=True))) for row in rows[:limit])
        return Page(items=entries, next=_cursor(rows[limit - 1]) if len(rows) > limit else None)


def _cursor(row: Row[Any]) -> str:
    return f"{(row.at - _EPOCH) // _MICROSECOND}.{row.id}"


def _before(cursor: str) -> ColumnElement[bool]:
    """What comes after the entry this cursor was made of."""
    when, _, number = cursor.partition(".")
    is_ours = all(each.isascii() and each.isdigit() for each in (when, number))
    if not is_ours or len(when) > _MOST_DIGITS or len(number) > _MOST_DIGITS:
        raise BadCursor("not a cursor of this list")
    at, last = _EPOCH + timedelta(microseconds=int(when)), min(int(number), _LARGEST_ID)
    return (audit_log.c.at < at) | ((audit_log.c.at == at) & (audit_log.c.id < last))
