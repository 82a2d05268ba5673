"""Configurations as they were published: their files, who published them when and why, and which is in force.

Knows files as names and bytes, and nothing of what is in them. Nothing is ever changed or deleted.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Connection, Insert, Table, bindparam, func, insert, literal_column, select

from app.store.access import Reader, Writer
from app.store.audit import AuditEntry, AuditRows
from app.store.inserting import insert_unless_there
from app.store.prepared import Session
from app.store.publication_tables import publications, published_contents, published_files
from app.store.rows import storable


class PublicationKind(StrEnum):
    """How a revision came into force; `stopped`: none is, and the folder of each machine rules again."""

    PUBLISHED = "published"
    ROLLED_BACK = "rolled_back"
    CALENDARS = "calendars"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """One entry of the history, `at` an instant in UTC. The newest is in force.

    `revision` is None for `stopped`. `written` is the revision of the files people wrote, without the calendars that
    are fetched. `number` is 0 until it is stored. `difference` is in plain English, against what was in force before.
    """

    kind: PublicationKind
    revision: str | None
    written: str | None
    author: str
    at: datetime
    message: str
    difference: str = ""
    number: int = 0


class NotTheNewest(Exception):  # noqa: N818 (what it says)
    """Somebody else has published meanwhile; `newest` is what is in force now."""

    def __init__(self, newest: Publication | None) -> None:
        super().__init__("somebody else has published meanwhile")
        self.newest = newest


_TABLE = publications.c
_COLUMNS = ("kind", "revision", "written", "author", "at", "message", "difference", "number")
_ALL = select(*(_TABLE[name] for name in _COLUMNS))
_IS_NEWEST = _TABLE.number == select(func.max(_TABLE.number)).scalar_subquery()
_NEWEST = _ALL.where(_IS_NEWEST)
# Asked every two seconds by every process.
_IN_FORCE = select(_TABLE.number, _TABLE.revision).where(_IS_NEWEST)
_FILES = (
    select(published_contents.c.name, published_files.c.data)
    .join(published_files, published_files.c.sha256 == published_contents.c.sha256)
    .where(published_contents.c.revision == bindparam("revision"))
    .order_by(published_contents.c.name)
)
_INSERT = insert(publications).values({name: bindparam(name) for name in _COLUMNS})
# The two-number form, which the locks of calls leave free. Held to the end of the transaction.
_ALONE = select(func.pg_advisory_xact_lock(literal_column("1"), literal_column("2")))
_LONGEST_NAME = 64


@cache
def _unless_there(database: str, table: Table) -> Insert:
    return insert_unless_there(database, table)


class Publications:
    """What was published, and what is in force. Raises StoreUnavailable."""

    def __init__(self, read: Reader, write: Writer) -> None:
        self._read = read
        self._write = write

    def in_force(self) -> tuple[int, str] | None:
        """Return number and revision of what is in force; None where nothing is. One small row, by its key."""

        def question(connection: Connection) -> tuple[int, str] | None:
            row = Session.of(connection).one(_IN_FORCE, {})
            return None if row is None or row[1] is None else (row[0], row[1])

        return self._read(question)

    def newest(self) -> Publication | None:
        """Return the newest entry, whatever its kind; None where there never was one."""
        return self._read(lambda connection: _newest(Session.of(connection)))

    def page(self, limit: int, *, before: int | None = None) -> tuple[Publication, ...]:
        """Return at most so many entries, newest first; only those before a number, if one is given."""
        query = _ALL.order_by(_TABLE.number.desc()).limit(limit)
        if before is not None:
            query = query.where(_TABLE.number < before)
        return tuple(map(_publication_of, self._read(lambda connection: connection.execute(query).all())))

    def last_written(self, written: str) -> Publication | None:
        """Return the newest entry with exactly these files of people; None where there never was one."""
        query = _ALL.where(_TABLE.written == written).order_by(_TABLE.number.desc()).limit(1)
        row = self._read(lambda connection: connection.execute(query).first())
        return None if row is None else _publication_of(row)

    def named(self, start: str) -> tuple[str, ...]:
        """Return the revisions whose names begin so; at most a handful are of use."""
        begins = _TABLE.revision.startswith(start[:_LONGEST_NAME], autoescape=True)
        query = select(_TABLE.revision).where(begins).distinct()
        rows = self._read(lambda connection: connection.execute(query).all())
        return tuple(sorted(row[0] for row in rows))

    def files(self, revision: str) -> Mapping[str, bytes]:
        """Return the files of a revision by name; empty for an unknown one."""
        rows = self._read(lambda connection: Session.of(connection).all(_FILES, {"revision": revision}))
        return {name: bytes(data) for name, data in rows}

    def add(
        self, publication: Publication, files: Mapping[str, bytes], *, after: int, audit: AuditEntry
    ) -> Publication:
        """Append an entry with the files of its revision, and say so in the audit log; all or nothing.

        `after` is the number of the newest entry its author knew of, 0 for none.

        Raises:
            NotTheNewest: there is a newer one by now; nothing was stored.
        """

        def change(session: Session) -> Publication:
            if session.database == "postgresql":  # SQLite has one writer at a time as it is
                session.one(_ALONE, {})
            newest = _newest(session)
            if (newest.number if newest else 0) != after:
                raise NotTheNewest(newest)
            _store_files(session, publication.revision, files)
            row = {name: getattr(publication, name) for name in _COLUMNS} | {"number": after + 1}
            words = {name: storable(row[name]) for name in ("author", "message", "difference")}
            session.run(_INSERT, {**row, **words})
            AuditRows(session).write(audit)
            return _newest(session) or publication

        return self._write(change)


def _store_files(session: Session, revision: str | None, files: Mapping[str, bytes]) -> None:
    if revision is None:
        return
    for name, data in files.items():
        sha256 = hashlib.sha256(data).hexdigest()
        session.run(_unless_there(session.database, published_files), {"sha256": sha256, "data": data})
        row = {"revision": revision, "name": name, "sha256": sha256}
        session.run(_unless_there(session.database, published_contents), row)


def _newest(session: Session) -> Publication | None:
    row = session.one(_NEWEST, {})
    return None if row is None else _publication_of(row)


def _publication_of(row: Sequence[Any]) -> Publication:
    fields = dict(zip(_COLUMNS, row, strict=True))
    return Publication(**{**fields, "kind": PublicationKind(fields["kind"])})
