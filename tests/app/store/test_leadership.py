"""Of all processes that use one database one leads, and when it is gone another can."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from app.store import Leadership, Store
from app.store.leadership import DatabaseLeadership, FileLeadership
from tests.databases import PostgresqlServer


@pytest.fixture
def leaderships(database_url: str) -> Iterator[tuple[Leadership, Leadership]]:
    """What two processes hold, each with a store of its own."""
    with ExitStack() as stack:
        pair = []
        for _ in range(2):
            store = Store.open(database_url)
            stack.callback(store.close)
            pair.append(store.leadership())
            stack.callback(pair[-1].release)
        yield pair[0], pair[1]


def test_one_leads_and_goes_on_leading(leaderships: tuple[Leadership, Leadership]) -> None:
    first, second = leaderships
    assert [first.holds(), second.holds(), first.holds(), second.holds()] == [True, False, True, False]


def test_when_it_lets_go_another_leads(leaderships: tuple[Leadership, Leadership]) -> None:
    first, second = leaderships
    assert first.holds()
    first.release()
    assert second.holds()
    assert not first.holds()
    second.release()
    assert first.holds()


def test_two_databases_have_a_leader_each(
    leaderships: tuple[Leadership, Leadership], postgresql_server: PostgresqlServer
) -> None:
    name = postgresql_server.make()
    store = Store.open(postgresql_server.url(name))
    other = store.leadership()
    assert leaderships[0].holds()
    assert other.holds()
    other.release()
    store.close()
    postgresql_server.drop(name)


# PostgreSQL.


def end_sessions(url: str) -> None:
    """What happens to sessions when the server restarts, fails over, or loses sight of them."""
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_leader_whose_session_has_ended_notices_it_when_it_is_next_asked(postgresql_url: str) -> None:
    stores = [Store.open(postgresql_url) for _ in range(2)]
    first, second = (store.leadership() for store in stores)
    assert first.holds()
    assert not second.holds()
    end_sessions(postgresql_url)
    assert not first.holds(), "before it does anything"
    assert not second.holds(), "its session has ended, too"
    assert second.holds()
    assert not first.holds()
    for each in (first, second):
        each.release()
    for store in stores:
        store.close()


def test_a_leader_that_has_stopped_loses_the_lead(postgresql_url: str) -> None:
    """It is frozen, or cut off: the server hears nothing of it."""
    frozen, waiting = (
        DatabaseLeadership(make_url(postgresql_url), bound=1.0, monotonic=time.monotonic, silence_seconds=1)
        for _ in range(2)
    )
    assert frozen.holds()
    deadline = time.monotonic() + 30
    while not waiting.holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert not frozen.holds()
    assert waiting.holds()
    assert not frozen.holds()
    for each in (frozen, waiting):
        each.release()


def test_while_no_database_answers_nobody_leads(tmp_path: Path) -> None:
    store = Store.open(f"postgresql+psycopg://nobody@/nothing?host={tmp_path}")
    assert not store.leadership().holds()
    store.close()


# SQLite.


def test_the_lock_lies_beside_the_database(sqlite_url: str) -> None:
    store = Store.open(sqlite_url)
    held = store.leadership()
    assert held.holds()
    assert Path(f"{make_url(sqlite_url).database}.clock-lock").exists()
    held.release()
    store.close()


def test_a_lock_file_that_was_taken_away_is_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    first, second = FileLeadership(path), FileLeadership(path)
    assert first.holds()
    path.unlink()
    assert second.holds()
    assert not first.holds()
    second.release()
    assert first.holds()
    first.release()


def test_where_no_lock_can_be_made_nobody_leads(tmp_path: Path) -> None:
    assert not FileLeadership(tmp_path / "nowhere" / "lock").holds()
