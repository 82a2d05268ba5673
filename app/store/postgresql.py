"""PostgreSQL: time limits that hold even when the server falls silent, and one round trip for many statements.

Knows no tables. Loaded only where PostgreSQL is used.
"""

import queue
import select
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event
from sqlalchemy.exc import InvalidatePoolError

from app.store.prepared import Session


def engine_for(address: URL, *, bound: float, monotonic: Callable[[], float]) -> Engine:
    """An engine that starts no transaction by itself and gives up within `bound` seconds. Opens nothing yet."""
    # The server gives up a little before we do: then it can still say why, and the connection lives on.
    statement, lock = int(bound * 900), int(bound * 800)
    options = f"-c statement_timeout={statement} -c lock_timeout={lock} -c timezone=UTC"
    engine = create_engine(
        address,
        isolation_level="AUTOCOMMIT",
        pool_timeout=bound,
        hide_parameters=True,  # they hold numbers, and faults are logged
        connect_args={"options": options},
        use_native_hstore=False,  # looking for the type costs a query on each connection
    )

    @event.listens_for(engine, "do_connect")
    def _on_do_connect(_dialect: object, _record: object, arguments: Any, parameters: Any) -> _BoundedConnection:  # noqa: ANN401
        connection = _within(bound, lambda: _BoundedConnection.connect(*arguments, **parameters))
        connection.monotonic = monotonic
        connection.give_up_at = monotonic() + bound
        return connection

    @event.listens_for(engine, "checkout")
    def _on_checkout(connection: _BoundedConnection, _record: object, _proxy: object) -> None:
        if _has_been_spoken_to(connection):
            raise InvalidatePoolError("the server has closed this connection")
        connection.give_up_at = monotonic() + bound

    return engine


def migrating_engine(address: URL) -> Engine:
    """An engine for changing the schema: patient, and without a pool."""
    return create_engine(address, poolclass=NullPool, hide_parameters=True)


class _BoundedConnection(psycopg.Connection[Any]):
    """A connection whose every wait ends at `give_up_at`, even when the server or the network falls silent.

    The server's own time limits cannot help when the server is what has stopped.
    """

    give_up_at: float | None = None
    monotonic: Callable[[], float]

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:  # noqa: ANN401
        if self.give_up_at is None:
            return super().wait(gen, interval, timeout)
        remaining = max(self.give_up_at - self.monotonic(), 0.0)
        try:
            return super().wait(gen, interval, remaining)
        except psycopg.errors._WaitTimeout:  # noqa: SLF001 - what wait() is documented to raise
            self.close()
            raise psycopg.errors.QueryCanceled("no answer within the bound") from None


def _has_been_spoken_to(connection: _BoundedConnection) -> bool:
    """Whether an idle connection has something to read: a server says nothing unasked but goodbye."""
    if connection.closed:
        return True
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def _within(bound: float, connect: Callable[[], _BoundedConnection]) -> _BoundedConnection:
    """Connect in a thread of its own, because looking up a name has no time limit and libpq's is two seconds."""
    done: queue.SimpleQueue[_BoundedConnection | Exception] = queue.SimpleQueue()
    abandoned = threading.Event()

    def attempt() -> None:
        try:
            connection = connect()
        except Exception as fault:  # noqa: BLE001 - handed over, and raised there
            done.put(fault)
            return
        done.put(connection)
        if abandoned.is_set():
            connection.close()

    threading.Thread(target=attempt, name="store-connect", daemon=True).start()
    try:
        result = done.get(timeout=bound)
    except queue.Empty:
        abandoned.set()
        _close_if_it_came(done)
        raise psycopg.errors.ConnectionTimeout("no connection within the bound") from None
    if isinstance(result, Exception):
        raise result
    return result


def _close_if_it_came(done: "queue.SimpleQueue[_BoundedConnection | Exception]") -> None:
    with suppress(queue.Empty):
        if isinstance(late := done.get_nowait(), _BoundedConnection):
            late.close()


class PostgresqlGate:
    """Each writer takes a connection of the pool; the database orders them."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @contextmanager
    def writing(self) -> Iterator[Session]:
        with self._engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            try:
                # What needs no answer travels with the next question, and the last of it with COMMIT.
                with driver.pipeline():
                    driver.execute("BEGIN")
                    yield Session(driver, connection.dialect)
                    driver.execute("COMMIT")
            except BaseException:
                _give_back(connection, driver)
                raise

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with self._engine.connect() as connection:
            driver: Any = connection.connection.driver_connection
            try:
                yield Session(driver, connection.dialect)
            except BaseException:
                _give_back(connection, driver)
                raise

    @contextmanager
    def lending(self) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            try:
                yield connection
            except BaseException:
                # One that gave up waiting for an answer is known as such already, and must not be asked for again.
                if not connection.invalidated and getattr(connection.connection.driver_connection, "closed", False):
                    connection.invalidate()
                raise

    def close(self) -> None:
        """Nothing is held between writes."""


def _give_back(connection: Connection, driver: Any) -> None:  # noqa: ANN401 - psycopg's
    try:
        if not driver.closed:
            driver.execute("ROLLBACK")
            return
    except psycopg.Error:
        pass
    connection.invalidate()
