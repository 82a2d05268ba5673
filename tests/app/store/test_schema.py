"""The schema is what the tables say, is reached by migrations alone, and is pinned."""

import re
import threading
from pathlib import Path

import pytest
from sqlalchemy import make_url

from app.store import Store
from app.store.migrate import differences, scripted_heads
from app.store.revisions import MIGRATIONS, head_revision
from tests.databases import PostgresqlServer, migrate


def test_the_newest_migration_is_the_pinned_one() -> None:
    assert scripted_heads() == (head_revision(),)


def test_migrations_are_numbered_without_a_gap() -> None:
    names = sorted(path.name for path in (MIGRATIONS / "versions").glob("*.py"))
    assert all(re.fullmatch(r"\d{4}_[a-z0-9_]+\.py", name) for name in names)
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))
    assert names[-1].startswith(head_revision())


def test_the_migrations_make_the_tables(database_url: str) -> None:
    assert differences(make_url(database_url)) == []


def test_a_migrated_database_is_current_and_upgrading_it_again_changes_nothing(store: Store) -> None:
    assert store.is_current()
    assert store.revision() == head_revision()
    store.upgrade()
    assert store.is_current()


def test_several_processes_may_upgrade_at_once(tmp_path: Path) -> None:
    upgrade_at_once(f"sqlite:///{tmp_path}/ivr.db")


def test_several_processes_may_upgrade_postgresql_at_once(postgresql_server: PostgresqlServer) -> None:
    postgresql_server.run("CREATE DATABASE together")
    upgrade_at_once(postgresql_server.url("together"))
    postgresql_server.drop("together")


def upgrade_at_once(url: str) -> None:
    threads = [threading.Thread(target=migrate, args=(url,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store = Store.open(url)
    assert store.is_current()
    store.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://here/ivr"])
def test_other_databases_are_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"memory|not supported"):
        Store.open(url)
