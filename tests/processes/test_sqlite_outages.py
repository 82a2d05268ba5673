"""SQLite locked, full or write-protected: callers notice nothing, and afterwards nothing is missing or there twice."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path

import pytest

from tests.databases import migrate
from tests.processes.callers import assert_led_on, assert_recorded_once, call, calls, is_all_stored
from tests.processes.running import is_answering, is_ready, running
from tests.processes.small_disk import SmallDisk, small_disk

pytestmark = pytest.mark.slow
_seeds = count(1)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process is writing, and does not come to an end."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


def damage_the_end_of(spool: Path) -> None:
    with spool.open("ab") as file:
        file.write(b'00000fff 12345678 {"call_sid":"CA')


def test_while_locked_calls_go_on_and_what_they_told_survives_a_power_cut(tmp_path: Path) -> None:
    """Killed with half a line written, started again, still locked: all is stored, and the half line is set aside."""
    url, spool = f"sqlite:///{tmp_path}/ivr.db", tmp_path / "instance" / "spool"
    with running(tmp_path, {"DATABASE_URL": url}) as service:
        in_peace = call(service, next(_seeds))
        assert_led_on(in_peace)
        with locked(tmp_path / "ivr.db"):
            before = calls(service, [next(_seeds), next(_seeds)])
            assert not is_all_stored(service)
            service.kill()
            damage_the_end_of(spool)
            with running(tmp_path, {"DATABASE_URL": url}, until=is_answering) as again:
                after = calls(again, [next(_seeds)])
                again.kill()
    played = [*before, *after]
    for each in played:
        assert_led_on(each)
    with running(tmp_path, {"DATABASE_URL": url}) as service:
        assert_recorded_once(service, url, played, as_told=in_peace)
        assert b'"call_sid":"CA' in (tmp_path / "instance" / "spool.corrupt").read_bytes()
        assert "set aside" in service.get("/readyz")[1]["spool"]["detail"]
        assert any(line.startswith("ivr_spool_") and "aside" in line for line in service.figures().splitlines())
        assert is_ready(service), "what was set aside is told, and keeps nobody waiting"
        assert "set aside in spool.corrupt" in service.log()


def test_while_the_disk_of_the_database_is_full_calls_go_on(disk: SmallDisk, tmp_path: Path) -> None:
    url = f"sqlite:///{disk.folder}/ivr.db"
    with running(tmp_path / "service", {"DATABASE_URL": url}) as service:
        in_peace = call(service, next(_seeds))
        with disk.filled():
            played = calls(service, [next(_seeds), next(_seeds)])
            for each in played:
                assert_led_on(each)
            assert not is_all_stored(service)
        assert_recorded_once(service, url, played, as_told=in_peace)


def test_while_nothing_can_be_written_anywhere_calls_go_on_all_the_same(disk: SmallDisk) -> None:
    """Database, spool, log and temporary files are on the one disk that is full."""
    folder, temporary = disk.folder / "service", disk.folder / "tmp"
    folder.mkdir()
    temporary.mkdir()
    url = f"sqlite:///{folder}/ivr.db"
    with running(folder, {"DATABASE_URL": url, "TMPDIR": str(temporary)}) as service:
        in_peace = call(service, next(_seeds))
        with disk.filled():
            for each in calls(service, [next(_seeds), next(_seeds)]):
                assert_led_on(each)
        afterwards = call(service, next(_seeds))
        assert_led_on(afterwards)
        assert_recorded_once(service, url, [in_peace, afterwards], as_told=in_peace)


def test_a_service_that_starts_on_a_write_protected_database_takes_calls(
    disk: SmallDisk, tmp_path: Path, stack: ExitStack
) -> None:
    url = f"sqlite:///{disk.folder}/ivr.db"
    migrate(url)
    with disk.write_protected():
        service = stack.enter_context(running(tmp_path / "service", {"DATABASE_URL": url}, until=is_answering))
        played = calls(service, [next(_seeds), next(_seeds)])
        for each in played:
            assert_led_on(each)
        assert not is_all_stored(service)
    assert_recorded_once(service, url, played)
