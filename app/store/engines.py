"""Which database an address means, and the way to read from it, write to it and change its schema."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import URL, Connection, Engine, make_url

from app.store import sqlite
from app.store.prepared import Session

# PostgreSQL's driver is loaded only where it is used: it takes as long to load as all of SQLAlchemy.


class Gate(Protocol):
    """Hands out one session at a time for a write: begun on entry, committed on exit, undone when it raises.

    A session for `reading` holds nothing; a single statement that writes in one is a transaction of its own. What is
    lent for questions is SQLAlchemy's own connection.
    """

    def writing(self) -> AbstractContextManager[Session]: ...

    def reading(self) -> AbstractContextManager[Session]: ...

    def lending(self) -> AbstractContextManager[Connection]: ...

    def close(self) -> None: ...


def parsed(url: str) -> URL:
    """The address of a database on a disk or a server; `postgresql://` means psycopg.

    Raises:
        ValueError: another kind of database, or one that lives in memory only.
    """
    address = make_url(url)
    if _is_sqlite(address):
        if address.database in {None, "", ":memory:"}:
            raise ValueError("the record of calls cannot live in memory: name a file")
        return address.set(drivername="sqlite+pysqlite")
    if address.get_backend_name() == "postgresql":
        return address.set(drivername="postgresql+psycopg")
    raise ValueError(f"{address.get_backend_name()} is not supported: use sqlite:/// or postgresql://")


def opened(address: URL, *, bound: float, monotonic: Callable[[], float]) -> tuple[Engine, Gate]:
    """The way to read and the way to write, each giving up within `bound` seconds. Reaches for nothing yet."""
    if _is_sqlite(address):
        engine = sqlite.engine_for(address, bound=bound)
        return engine, sqlite.SqliteGate(engine, bound=bound, monotonic=monotonic)
    from app.store import postgresql  # noqa: PLC0415

    engine = postgresql.engine_for(address, bound=bound, monotonic=monotonic)
    return engine, postgresql.PostgresqlGate(engine)


def migrating_engine(address: URL) -> Engine:
    """An engine for changing the schema, which may take its time."""
    if _is_sqlite(address):
        return sqlite.migrating_engine(address)
    from app.store import postgresql  # noqa: PLC0415

    return postgresql.migrating_engine(address)


def _is_sqlite(address: URL) -> bool:
    return address.get_backend_name() == "sqlite"
