"""The spool on a disk that fills up, and under processes that are killed at any instant: nothing told is lost."""

import errno
import os
import random
import signal
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

from app.store import Spool, SpoolEntry, StoreUnavailable
from tests.app.store.samples import facts, noting, record, sid


def entry(number: int) -> SpoolEntry:
    return SpoolEntry.of(
        call_sid=sid(number), turn=number, facts=facts("hours"), opening=record(number), reply="<Response/>"
    )


def append_all(spool: Spool, numbers: Iterable[int]) -> None:
    for number in numbers:
        spool.append(entry(number))


def turns(spool: Spool) -> list[int]:
    return [each.turn for each in spool.read()]


def unavailable(_entry: SpoolEntry) -> NoReturn:
    raise StoreUnavailable("locked")


@dataclass
class Disk:
    """A disk that has so much room, and takes half a write where it ends, as disks do."""

    room: int = 1 << 30

    def write(self, file: int, data: bytes) -> int:
        if self.room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        taken = os.write(file, data[: self.room])
        self.room -= taken
        return taken


@pytest.mark.parametrize("room", [0, 1, 100, 700])
def test_what_a_full_disk_did_not_take_is_told_and_spoils_nothing(tmp_path: Path, room: int) -> None:
    disk = Disk()
    spool = Spool(tmp_path / "spool", write=disk.write)
    spool.append(entry(1))
    disk.room = room
    with pytest.raises(OSError, match="No space"):
        append_all(spool, range(2, 9))
    disk.room = 1 << 30
    spool.append(entry(9))
    kept = turns(spool)
    assert kept == [1, *range(2, len(kept)), 9]
    assert spool.replay(lambda _: True) == len(kept)
    assert spool.set_aside() == 0


@pytest.mark.parametrize("room", [0, 1, 100, 700, 1500])
def test_a_disk_that_fills_up_while_a_replay_begins_costs_no_entry(tmp_path: Path, room: int) -> None:
    disk = Disk()
    spool = Spool(tmp_path / "spool", write=disk.write)
    append_all(spool, [1, 2, 3])
    with pytest.raises(StoreUnavailable):
        spool.replay(unavailable)
    append_all(spool, [4, 5, 6])
    disk.room = room
    with pytest.raises(OSError, match="No space"):
        spool.replay(lambda _: True)
    disk.room = 1 << 30
    handed: list[int] = []
    spool.replay(noting(handed))
    assert list(dict.fromkeys(handed)) == [1, 2, 3, 4, 5, 6]
    assert (spool.size(), spool.set_aside()) == (0, 0)


def test_half_a_line_that_waits_for_a_replay_spoils_nothing_that_comes_behind_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.append(entry(1))
    with (tmp_path / "spool").open("ab") as file:
        file.write(b"000001ff 00000000 {")
    with pytest.raises(StoreUnavailable):
        spool.replay(unavailable)
    spool.append(entry(2))
    with pytest.raises(StoreUnavailable):
        spool.replay(unavailable)
    assert turns(spool) == [1, 2]
    assert spool.replay(lambda _: True) == 2
    assert (tmp_path / "spool.corrupt").read_bytes() == b"000001ff 00000000 {\n"
    assert spool.set_aside() > 0


def child(deed: Callable[[], None]) -> int:
    """A process that does this; ended without any cleaning up."""
    process = os.fork()
    if process:
        return process
    try:
        deed()
    finally:
        os._exit(0)


def told_of(pipe: int) -> list[int]:
    with os.fdopen(pipe, "rb") as file:
        return [int(line) for line in file.read().split()]


@pytest.mark.parametrize("seed", range(6))
def test_processes_killed_while_they_append_lose_nothing_they_had_told(tmp_path: Path, seed: int) -> None:
    """Three write into one folder until they are killed; what `append` returned from is there, each in its order."""
    chance, readers, writers = random.Random(seed), [], []  # noqa: S311 - when to kill is no secret
    for first in (0, 10_000, 20_000):
        reader, writer = os.pipe()

        def append_for_ever(first: int = first, writer: int = writer) -> None:
            spool = Spool(tmp_path / "spool")
            for number in range(first, first + 10_000):
                spool.append(entry(number))
                os.write(writer, b"%d\n" % number)

        writers.append(child(append_for_ever))
        os.close(writer)
        readers.append(reader)
    for process in writers:
        time.sleep(chance.uniform(0.01, 0.05))
        os.kill(process, signal.SIGKILL)
        os.waitpid(process, 0)
    told = [told_of(reader) for reader in readers]
    handed: list[int] = []
    Spool(tmp_path / "spool").replay(noting(handed))
    for place, numbers in enumerate(told):
        mine = [number for number in handed if number // 10_000 == place]
        # The last one may be there although nobody heard of it.
        assert mine[: len(numbers)] == numbers
        assert len(mine) - len(numbers) in {0, 1}


@pytest.mark.parametrize("killed_at", range(1, 6))
def test_a_process_killed_in_the_middle_of_a_replay_leaves_the_rest_to_the_next(tmp_path: Path, killed_at: int) -> None:
    """An entry is added meanwhile; all are handed over, and in order the first time."""
    spool = Spool(tmp_path / "spool")
    append_all(spool, range(1, 6))
    reader, writer = os.pipe()

    def replay_until_killed() -> None:
        def store(each: SpoolEntry) -> bool:
            os.write(writer, b"%d\n" % each.turn)
            if each.turn == killed_at:
                os.kill(os.getpid(), signal.SIGKILL)
            return True

        Spool(tmp_path / "spool").replay(store)

    os.waitpid(child(replay_until_killed), 0)
    os.close(writer)
    handed = told_of(reader)
    assert handed == list(range(1, killed_at + 1))
    spool.append(entry(6))
    spool.replay(noting(handed))
    assert list(dict.fromkeys(handed)) == [1, 2, 3, 4, 5, 6]
    assert spool.size() == 0
