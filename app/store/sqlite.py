"""SQLite: its pragmas, its one writer at a time, and many turns made durable by one flush of the disk.

Knows no tables.
"""

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event

from app.store.outage import StoreUnavailable, reason_of, translated
from app.store.prepared import Session

_MIGRATION_WAIT_SECONDS = 60.0
_MOST_TURNS_TOGETHER = 16
_LOOK_AGAIN_SECONDS = 0.05


def engine_for(address: URL, *, bound: float) -> Engine:
    """An engine that starts no transaction by itself. Makes the folder of the file, and opens nothing yet."""
    with suppress(OSError):  # then the file cannot be opened either, which is met where it is asked for
        _make_folder(address)
    engine = create_engine(
        address,
        isolation_level="AUTOCOMMIT",
        pool_timeout=bound,
        hide_parameters=True,  # they hold numbers, and faults are logged
        connect_args={"check_same_thread": False, "timeout": bound},
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        # WAL: readers and the one writer do not wait for each other. FULL: a committed call survives a power cut.
        # What a savepoint keeps to undo a turn needs no file.
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}").close()

    return engine


def migrating_engine(address: URL) -> Engine:
    """An engine for changing the schema: patient, transactional, and without a pool."""
    _make_folder(address)
    engine = create_engine(
        address, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": _MIGRATION_WAIT_SECONDS}
    )

    @event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # pysqlite would otherwise begin by itself, and not before CREATE
        connection.execute("PRAGMA journal_mode=WAL").close()

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _make_folder(address: URL) -> None:
    path = address.database or ""
    if not path.startswith("file:"):  # an address of SQLite's own, which may be of memory or only be read
        Path(path).parent.mkdir(parents=True, exist_ok=True)


class _Batch:
    """Turns that become durable together, by one commit."""

    __slots__ = ("fault", "finished", "turns")

    def __init__(self) -> None:
        self.turns = 0
        self.finished = threading.Event()
        self.fault: StoreUnavailable | None = None


class SqliteGate:
    """One writer at a time in this process, on a connection of its own; other processes are waited for.

    Writers that meet inside SQLite sleep in its busy handler, up to a tenth of a second a time. So they queue
    here, and other processes are asked again every millisecond. While somebody queues, a turn that is done
    leaves the transaction open for the next, and waits: the last one flushes the disk for all of them. Each turn
    has a savepoint, so that one that fails takes nothing with it.
    """

    def __init__(self, engine: Engine, *, bound: float, monotonic: Callable[[], float]) -> None:
        self._engine = engine
        self._bound = bound
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._queue: deque[None] = deque()
        # The rest is touched only by who holds the lock.
        self._connection: Connection | None = None
        self._driver: Any = None
        self._batch: _Batch | None = None
        # Kept for the next reader, because lending one anew takes longer than reading with it.
        self._readers: deque[Connection] = deque()

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self.lending() as reader:
            yield Session.of(reader)

    @contextmanager
    def lending(self) -> Iterator[Connection]:
        try:
            reader = self._readers.pop()
        except IndexError:
            reader = self._engine.connect()
        try:
            yield reader
        except BaseException:
            reader.invalidate()
            reader.close()
            raise
        self._readers.append(reader)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        self._wait_for_turn()
        try:
            batch = self._begun()
            try:
                yield Session(self._driver, self._engine.dialect)
            except BaseException:
                self._undo(batch)
                raise
            self._driver.execute("RELEASE turn")
            batch.turns += 1
        finally:
            self._leave()
        self._wait_for_commit(batch)

    def close(self) -> None:
        with self._lock:
            self._drop()
        while self._readers:
            self._readers.pop().close()

    def _wait_for_turn(self) -> None:
        self._queue.append(None)
        try:
            if not self._lock.acquire(timeout=self._bound):
                raise StoreUnavailable("writers queue")
        finally:
            self._queue.pop()

    def _begun(self) -> _Batch:
        if self._batch is None:
            self._begin()
            self._batch = _Batch()
        self._driver.execute("SAVEPOINT turn")
        return self._batch

    def _begin(self) -> None:
        give_up_at = self._monotonic() + self._bound
        if self._connection is None:
            self._connection = self._engine.connect()
            self._driver = self._connection.connection.driver_connection
            self._driver.execute("PRAGMA busy_timeout=1").close()
        while True:
            try:
                self._driver.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as fault:
                if not _is_busy(fault) or self._monotonic() >= give_up_at:
                    self._drop()
                    raise
            else:
                return

    def _undo(self, batch: _Batch) -> None:
        try:
            self._driver.execute("ROLLBACK TO turn")
            self._driver.execute("RELEASE turn")
        except sqlite3.Error as fault:
            # A full or failing disk undoes the whole transaction, and with it the turns that wait for it.
            self._end(batch, StoreUnavailable(reason_of(fault) or "undone"))

    def _leave(self) -> None:
        """Flush unless somebody comes right behind, and let them in."""
        try:
            batch = self._batch
            if batch is not None and (not self._queue or batch.turns >= _MOST_TURNS_TOGETHER):
                self._commit(batch)
        finally:
            self._lock.release()

    def _commit(self, batch: _Batch) -> None:
        try:
            with translated():
                self._driver.execute("COMMIT")
        except StoreUnavailable as outage:
            self._end(batch, outage)
        else:
            self._batch = None
            batch.finished.set()

    def _end(self, batch: _Batch, outage: StoreUnavailable) -> None:
        self._drop()  # closing the connection undoes what is left of the transaction
        batch.fault = outage
        batch.finished.set()

    def _wait_for_commit(self, batch: _Batch) -> None:
        give_up_at = self._monotonic() + self._bound
        while not batch.finished.wait(_LOOK_AGAIN_SECONDS):
            if self._monotonic() >= give_up_at:
                # It may yet be stored. Whoever then tells it again from the spool changes nothing by it.
                raise StoreUnavailable("writers queue")
            # Who was queueing may have given up just as we left the flush to them.
            if self._lock.acquire(blocking=False):
                if self._batch is batch:
                    self._commit(batch)
                self._lock.release()
        if batch.fault is not None:
            raise StoreUnavailable(batch.fault.reason)

    def _drop(self) -> None:
        self._batch = None
        if self._connection is not None:
            connection, self._connection, self._driver = self._connection, None, None
            connection.invalidate()
            connection.close()


def _is_busy(fault: sqlite3.Error) -> bool:
    return (getattr(fault, "sqlite_errorcode", 0) & 0xFF) == sqlite3.SQLITE_BUSY
