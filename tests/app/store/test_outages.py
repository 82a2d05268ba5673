"""A database that is away is known as such within the bound, and used again as soon as it is back."""

import os
import shutil
import signal
import socket
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy.exc import DBAPIError

from app.store import CallFilters, Store, StoreUnavailable
from app.store.outage import Breaker, reason_of
from tests.app.store.samples import facts, record, sid
from tests.databases import PostgresqlServer, migrate, process_of, start_postgresql

BOUND = 1.0
WITHIN = BOUND + 0.5


@dataclass
class Seconds:
    """A clock that stands still until it is moved."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def write(store: Store, number: int = 1) -> None:
    with store.turn() as turn:
        turn.saved_reply(sid(number), 0)
        turn.open(record(number))
        turn.tell(sid(number), 0, facts("a"))
        turn.keep_reply(sid(number), 0, "<Response/>")


def failing_within_bound(attempt: Callable[[], object]) -> StoreUnavailable:
    began = time.perf_counter()
    with pytest.raises(StoreUnavailable) as caught:
        attempt()
    assert time.perf_counter() - began < WITHIN
    return caught.value


def no_pause(store: Store) -> None:
    """Let the next attempt through at once."""
    store._breaker._open_until = None


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store with the bound that calls have, once on each kind of database."""
    opened = Store.open(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """A store on SQLite with the bound that calls have."""
    opened = Store.open(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def locked(sqlite_url: str) -> Iterator[Callable[[], None]]:
    """SQLite, its write lock held by another connection until the given function is called."""
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield lambda: other.execute("ROLLBACK").close()
    other.close()


def test_sqlite_locked_by_another_process(sqlite_store: Store, locked: Callable[[], None]) -> None:
    assert failing_within_bound(lambda: write(sqlite_store)).reason == "locked"
    locked()
    no_pause(sqlite_store)
    write(sqlite_store)


def test_sqlite_writers_queue_for_no_longer_than_the_bound(sqlite_store: Store) -> None:
    done = threading.Event()
    inside = threading.Event()

    def dawdle() -> None:
        with sqlite_store.turn() as turn:
            turn.open(record(2))
            inside.set()
            done.wait()

    dawdler = threading.Thread(target=dawdle)
    dawdler.start()
    inside.wait()
    assert failing_within_bound(lambda: write(sqlite_store)).reason == "writers queue"
    done.set()
    dawdler.join()
    no_pause(sqlite_store)
    write(sqlite_store)
    assert sqlite_store.calls.get(sid(2)) is not None


def together(*turns: Callable[[], None]) -> list[BaseException | None]:
    """What became of turns that were made to queue behind the first, and so to share one flush of the disk."""
    outcomes: list[BaseException | None] = [None] * len(turns)

    def run(place: int) -> None:
        try:
            turns[place]()
        except (StoreUnavailable, KeyError) as fault:
            outcomes[place] = fault

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(turns))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def opening(store: Store, number: int, queued: threading.Barrier, *, fails: bool = False) -> Callable[[], None]:
    def run() -> None:
        queued.wait()
        with store.turn() as turn:
            turn.open(record(number))
            time.sleep(0.01)
            if fails:
                raise KeyError(number)

    return run


def test_sqlite_turns_that_share_a_commit_do_not_share_a_failure(sqlite_store: Store) -> None:
    queued = threading.Barrier(8)
    turns = [opening(sqlite_store, number, queued, fails=number % 3 == 0) for number in range(8)]
    outcomes = together(*turns)
    assert [isinstance(outcome, KeyError) for outcome in outcomes] == [number % 3 == 0 for number in range(8)]
    stored = [number for number in range(8) if sqlite_store.calls.get(sid(number)) is not None]
    assert stored == [1, 2, 4, 5, 7]


def test_sqlite_turns_whose_commit_fails_all_know_of_it(sqlite_store: Store) -> None:
    write(sqlite_store, 100)
    gate = sqlite_store._gate
    queued = threading.Barrier(4)
    driver = gate._driver  # type: ignore[attr-defined]
    gate._driver = RefusingCommit(driver)  # type: ignore[attr-defined]
    outcomes = together(*(opening(sqlite_store, number, queued) for number in range(4)))
    assert any(outcomes)
    for number, outcome in enumerate(outcomes):
        assert (sqlite_store.calls.get(sid(number)) is None) == isinstance(outcome, StoreUnavailable)


def test_sqlite_a_turn_does_not_wait_long_for_a_slow_one_behind_it(sqlite_store: Store) -> None:
    go_on = threading.Event()
    inside = threading.Event()
    outcomes: list[str] = []

    def first() -> None:
        try:
            with sqlite_store.turn() as turn:
                turn.open(record(1))
                second_thread.start()
                while not sqlite_store._gate._queue:  # type: ignore[attr-defined]
                    time.sleep(0.001)
        except StoreUnavailable as outage:
            outcomes.append(outage.reason)

    def second() -> None:
        with sqlite_store.turn() as turn:
            turn.open(record(2))
            inside.set()
            go_on.wait()

    second_thread = threading.Thread(target=second)
    first_thread = threading.Thread(target=first)
    began = time.perf_counter()
    first_thread.start()
    inside.wait()
    first_thread.join()
    assert time.perf_counter() - began < WITHIN
    assert outcomes == ["writers queue"]
    go_on.set()
    second_thread.join()
    assert sqlite_store.calls.get(sid(2)) is not None


@dataclass
class RefusingCommit:
    """A connection whose disk fails when it is flushed."""

    driver: sqlite3.Connection

    def execute(self, sql: str, *parameters: Any) -> sqlite3.Cursor:
        if sql == "COMMIT":
            fault = sqlite3.OperationalError("disk I/O error")
            fault.sqlite_errorcode = sqlite3.SQLITE_IOERR
            raise fault
        return self.driver.execute(sql, *parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.driver, name)


def test_sqlite_that_may_only_be_read(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store.open(f"{sqlite_url.replace('///', '///file:')}?mode=ro&uri=true")
    assert failing_within_bound(lambda: write(store)).reason == "read-only"
    assert store.calls.get(sid(1)) is None
    store.close()
    assert not (tmp_path / "file:").exists(), "an address of SQLite's own is no folder to be made"


def test_sqlite_on_a_full_disk(sqlite_store: Store) -> None:
    write(sqlite_store)
    pages = sqlite_store._gate._driver.execute("PRAGMA page_count").fetchone()[0]  # type: ignore[attr-defined]
    sqlite_store._gate._driver.execute(f"PRAGMA max_page_count={pages}").close()  # type: ignore[attr-defined]

    def fill() -> None:
        for number in range(2, 500):
            write(sqlite_store, number)

    assert failing_within_bound(fill).reason == "disk full"
    no_pause(sqlite_store)
    write(sqlite_store, 1000)  # the connection made afresh has no such limit


def test_sqlite_where_no_file_can_be(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    store = Store.open(f"sqlite:///{tmp_path}/file/ivr.db")
    assert failing_within_bound(lambda: write(store)).reason == "cannot be opened"
    assert failing_within_bound(store.ping).reason == "cannot be opened"
    store.close()


def test_sqlite_not_a_database(tmp_path: Path) -> None:
    (tmp_path / "ivr.db").write_bytes(b"no database" * 1000)
    store = Store.open(f"sqlite:///{tmp_path}/ivr.db")
    assert failing_within_bound(store.ping).reason == "not a database"
    store.close()


def test_a_folder_is_made_for_the_file(tmp_path: Path) -> None:
    migrate(f"sqlite:///{tmp_path}/instance/deep/ivr.db")
    assert (tmp_path / "instance" / "deep" / "ivr.db").exists()


def test_a_schema_that_is_missing_is_an_outage(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path}/ivr.db")
    assert failing_within_bound(lambda: write(store)).reason == "not migrated"
    assert store.revision() == ""
    assert not store.is_current()
    store.close()


def test_a_postgresql_schema_that_is_missing_is_an_outage(postgresql_server: PostgresqlServer) -> None:
    postgresql_server.run("CREATE DATABASE bare")
    store = Store.open(postgresql_server.url("bare"))
    assert failing_within_bound(lambda: write(store)).reason == "not migrated"
    assert store.revision() == ""
    store.close()
    postgresql_server.drop("bare")


def test_after_an_outage_attempts_fail_at_once_and_then_one_looks_again() -> None:
    clock = Seconds()
    breaker = Breaker(clock)
    tried: list[float] = []

    def attempt(*, works: bool = False) -> None:
        with breaker.guard():
            tried.append(clock.now)
            if not works:
                raise StoreUnavailable("locked")

    for now in (0.0, 0.5, 1.9, 2.0, 3.9):
        clock.now = now
        with pytest.raises(StoreUnavailable, match="locked"):
            attempt()
    assert tried == [0.0, 2.0]
    clock.now = 4.0
    attempt(works=True)
    clock.now = 4.1
    attempt(works=True)
    assert tried == [0.0, 2.0, 4.0, 4.1]


def test_one_busy_call_does_not_stop_the_others() -> None:
    breaker = Breaker(Seconds())
    with pytest.raises(StoreUnavailable), breaker.guard():
        raise StoreUnavailable("busy", local=True)
    with breaker.guard():
        pass


def test_an_attempt_that_is_looking_again_is_alone() -> None:
    clock = Seconds()
    breaker = Breaker(clock)
    with pytest.raises(StoreUnavailable), breaker.guard():
        raise StoreUnavailable("locked")
    clock.now = 2.0
    with breaker.guard(), pytest.raises(StoreUnavailable), breaker.guard():
        pass


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (psycopg.OperationalError("no route to host"), "cannot connect"),
        (psycopg.errors.ConnectionTimeout(), "cannot connect"),
        (psycopg.errors.QueryCanceled(), "too slow"),
        (psycopg.errors.LockNotAvailable(), "busy"),
        (psycopg.errors.DeadlockDetected(), "busy"),
        (psycopg.errors.AdminShutdown(), "shutting down"),
        (psycopg.errors.CannotConnectNow(), "shutting down"),
        (psycopg.errors.TooManyConnections(), "too many connections"),
        (psycopg.errors.DiskFull(), "disk full"),
        (psycopg.errors.ReadOnlySqlTransaction(), "read-only"),
        (psycopg.errors.UndefinedTable(), "not migrated"),
        (psycopg.errors.InvalidPassword(), "refused our credentials"),
        (DBAPIError("SELECT 1", {}, psycopg.errors.DiskFull()), "disk full"),
        (psycopg.errors.UniqueViolation(), None),
        (psycopg.errors.SyntaxError(), None),
        (psycopg.ProgrammingError("wrong use"), None),
        (sqlite3.IntegrityError(), None),
        (sqlite3.ProgrammingError("wrong use"), None),
        (TypeError(), None),
    ],
)
def test_reasons(fault: Exception, reason: str | None) -> None:
    assert reason_of(fault) == reason


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresqlServer]:
    """A PostgreSQL server that may be stopped."""
    folder = Path(tempfile.mkdtemp(prefix="ivr-pg-"))
    server = start_postgresql(folder / "data")
    server.make_template()
    yield server
    server.handle.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def own_store(own_server: PostgresqlServer) -> Iterator[Store]:
    name = own_server.make()
    store = Store.open(own_server.url(name))
    yield store
    store.close()
    own_server.drop(name)


@pytest.mark.slow
def test_postgresql_stopped_and_started(own_server: PostgresqlServer, own_store: Store) -> None:
    write(own_store)
    own_server.handle.stop()
    assert failing_within_bound(lambda: write(own_store)).reason in {"cannot connect", "shutting down"}
    assert failing_within_bound(own_store.ping).reason == "cannot connect"
    own_server.handle.ensure_postgres_running()
    no_pause(own_store)
    write(own_store, 2)
    assert own_store.calls.get(sid(1)) is not None


@pytest.mark.slow
def test_postgresql_restarted_is_not_noticed(own_server: PostgresqlServer, own_store: Store) -> None:
    """A pooled connection that died in its sleep is replaced without a fault."""
    write(own_store)
    own_server.handle.stop()
    own_server.handle.ensure_postgres_running()
    write(own_store, 2)
    own_store.ping()


@contextmanager
def silence(server: PostgresqlServer) -> Iterator[None]:
    """The server's processes stand still: connections stay open and nothing is answered."""
    sleeping = children_of(process_of(server))
    for process in sleeping:
        os.kill(process, signal.SIGSTOP)
    try:
        yield
    finally:
        for process in sleeping:
            os.kill(process, signal.SIGCONT)


@pytest.mark.slow
def test_postgresql_that_falls_silent(own_server: PostgresqlServer, own_store: Store) -> None:
    write(own_store)
    with silence(own_server):
        assert failing_within_bound(lambda: write(own_store, 2)).reason == "too slow"
        no_pause(own_store)
        assert failing_within_bound(lambda: write(own_store, 2)).reason == "cannot connect"
    no_pause(own_store)
    write(own_store, 2)


@pytest.mark.slow
@pytest.mark.parametrize(
    "look",
    [
        lambda store: store.heartbeats(),
        lambda store: store.calls.get(sid(1)),
        lambda store: store.calls.page(CallFilters(), limit=10, cursor=None),
        lambda store: store.tickets.get(1),
    ],
    ids=["heartbeats", "a call", "the log", "a ticket"],
)
def test_postgresql_that_falls_silent_while_somebody_looks(
    own_server: PostgresqlServer, own_store: Store, look: Callable[[Store], object]
) -> None:
    write(own_store)
    look(own_store)
    with silence(own_server):
        assert failing_within_bound(lambda: look(own_store)).reason == "too slow"
        assert failing_within_bound(lambda: look(own_store)).reason == "cannot connect"
    look(own_store)


def children_of(process: int) -> list[int]:
    """A process and those it started."""
    text = Path(f"/proc/{process}/task/{process}/children").read_text(encoding="ascii")
    return [process, *map(int, text.split())]


def test_postgresql_that_takes_connections_and_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        store = Store.open(f"postgresql://nobody@127.0.0.1:{port}/ivr")
        assert failing_within_bound(lambda: write(store)).reason == "cannot connect"
        store.close()


def test_postgresql_busy_with_the_same_call(postgresql_url: str) -> None:
    """One call that hangs keeps nobody else waiting."""
    mine, other = Store.open(postgresql_url), Store.open(postgresql_url, timeout_seconds=10)
    with other.turn() as turn:
        turn.saved_reply(sid(1), 0)
        outage = failing_within_bound(lambda: write(mine))
        assert (outage.reason, outage.local) == ("busy", True)
        write(mine, 2)
    write(mine)
    mine.close()
    other.close()
