"""Old and new releases run side by side on one database: migrations only add, and a newer schema serves as ours does.

The release before the next one is the present one: it is run on a schema that is one step further.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, inspect, make_url, text

from app.store import Store
from app.store.engines import migrating_engine
from app.store.migrate import upgrade
from app.store.revisions import MIGRATIONS, head_revision
from tests.databases import BACKENDS, PostgresqlServer
from tests.desk import MAIN, SATURDAY_NIGHT, Desk, assert_cared_for, make_desk

# From the first release that is upgraded machine by machine.
FIRST = 7
STEPS = [f"{number:04}" for number in range(FIRST, int(head_revision()) + 1)]
# What the next release may do: columns an older program need not fill in, tables and indexes it does not know.
NEXT_STEP = (
    "ALTER TABLE calls ADD COLUMN mood TEXT",
    "ALTER TABLE legs ADD COLUMN signal_strength INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE tickets ADD COLUMN survey TEXT",
    "ALTER TABLE ticket_updates ADD COLUMN seen_by TEXT",
    "ALTER TABLE outbox ADD COLUMN region TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE publications ADD COLUMN approved_by TEXT",
    "CREATE TABLE surveys (id INTEGER PRIMARY KEY, ticket INTEGER REFERENCES tickets (number))",
    "CREATE INDEX ix_calls_mood ON calls (mood)",
    "UPDATE alembic_version SET version_num = '9999'",
)


@pytest.fixture(params=BACKENDS)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql_server")
    server.run("CREATE DATABASE step_by_step")
    yield server.url("step_by_step")
    server.drop("step_by_step")


def shape(connection: Connection) -> dict[str, dict[str, Any]]:
    """What an older program relies on: tables, columns, and what must be filled in or unique."""
    inspector = inspect(connection)
    return {
        table: {
            "columns": {each["name"]: each for each in inspector.get_columns(table)},
            "unique": {
                *(tuple(each["column_names"]) for each in inspector.get_unique_constraints(table)),
                *(tuple(each["column_names"]) for each in inspector.get_indexes(table) if each["unique"]),
            },
            "checks": {(str(each["sqltext"]),) for each in inspector.get_check_constraints(table)},
            "foreign": {tuple(each["constrained_columns"]) for each in inspector.get_foreign_keys(table)},
        }
        for table in inspector.get_table_names()
    }


def shape_at(url: str, revision: str) -> dict[str, dict[str, Any]]:
    upgrade(make_url(url), revision)
    engine = migrating_engine(make_url(url))
    try:
        with engine.connect() as connection:
            return shape(connection)
    finally:
        engine.dispose()


def harm(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> Iterator[str]:
    """Everything about `after` that a program written for `before` could stumble over."""
    for table, old in before.items():
        new = after.get(table)
        if new is None:
            yield f"{table} is gone"
            continue
        for name, column in old["columns"].items():
            other = new["columns"].get(name)
            if other is None:
                yield f"{table}.{name} is gone"
            elif (str(other["type"]), other["nullable"]) != (str(column["type"]), column["nullable"]):
                yield f"{table}.{name} is another"
        added = new["columns"].keys() - old["columns"].keys()
        for name in added:
            column = new["columns"][name]
            if not column["nullable"] and column["default"] is None:
                yield f"{table}.{name} must be filled in"
        for what in ("unique", "checks", "foreign"):
            # A rule about a column that stays empty where the older program writes is met by it.
            empty = {name for name in added if new["columns"][name]["nullable"]}
            broken = (rule for rule in new[what] - old[what] if not empty & set(rule))
            yield from (f"{table} has a new rule: {rule}" for rule in broken)


def test_every_migration_only_adds(empty_url: str) -> None:
    before = shape_at(empty_url, f"{FIRST - 1:04}")
    for revision in STEPS:
        after = shape_at(empty_url, revision)
        assert list(harm(before, after)) == [], revision
        before = after


def test_what_is_no_addition_is_seen() -> None:
    """The test above would see it."""
    column = {"name": "a", "type": "TEXT", "nullable": True, "default": None}
    rules: dict[str, Any] = {"unique": set(), "checks": set(), "foreign": set()}
    before = {"calls": {"columns": {"a": column}, **rules}}
    stricter = {"a": {**column, "nullable": False}}
    assert list(harm(before, {})) == ["calls is gone"]
    assert list(harm(before, {"calls": {"columns": {}, **rules}})) == ["calls.a is gone"]
    assert list(harm(before, {"calls": {"columns": stricter, **rules}})) == ["calls.a is another"]
    added = {"a": column, "b": {**column, "nullable": False}}
    assert list(harm(before, {"calls": {"columns": added, **rules}})) == ["calls.b must be filled in"]
    unique = {**rules, "unique": {("a",)}}
    assert list(harm(before, {"calls": {"columns": {"a": column}, **unique}})) == ["calls has a new rule: ('a',)"]
    empty = {"calls": {"columns": {"a": column, "b": column}, **rules, "unique": {("a", "b")}}}
    assert list(harm(before, empty)) == []


def go_one_step_further(url: str) -> None:
    engine = migrating_engine(make_url(url))
    try:
        with engine.begin() as connection:
            for statement in NEXT_STEP:
                connection.execute(text(statement))
    finally:
        engine.dispose()


@pytest.fixture
def desk_of_yesterday(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    """This release, on a database that the next one has upgraded already."""
    go_one_step_further(database_url)
    made = make_desk(database_url, tmp_path, rest=True)
    yield made
    made.services.store.close()


def test_calls_go_on_while_the_next_release_is_rolled_out(desk_of_yesterday: Desk) -> None:
    first = desk_of_yesterday.dials(MAIN, at=SATURDAY_NIGHT, keys="1")
    second = desk_of_yesterday.dials(MAIN, keys="2")
    for played in (first, second):
        assert_cared_for(played)
    assert desk_of_yesterday.services.spool.size() == 0, "nothing had to wait for another database"


def test_a_newer_schema_is_as_good_as_ours(desk_of_yesterday: Desk) -> None:
    store = desk_of_yesterday.services.store
    assert store.is_current()
    assert store.revision() == "9999"


def test_upgrading_a_newer_schema_leaves_it_as_it_is(desk_of_yesterday: Desk) -> None:
    """A machine of the old release that is started again meanwhile runs `ivr db upgrade`, too."""
    store = desk_of_yesterday.services.store
    store.upgrade()
    assert store.revision() == "9999"


def test_an_older_schema_is_not_enough(empty_url: str) -> None:
    upgrade(make_url(empty_url), STEPS[0])
    store = Store.open(empty_url)
    assert store.is_current() == (STEPS[0] == head_revision())
    store.upgrade()
    assert store.is_current()
    store.close()


def test_the_steps_are_those_there_are() -> None:
    found = {path.name[:4] for path in (MIGRATIONS / "versions").glob("*.py")}
    assert set(STEPS) <= found
