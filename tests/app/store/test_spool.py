"""What could not be stored is on the disk, in order, through crashes, and is handed over until it is stored."""

import logging
import multiprocessing
from datetime import timedelta
from pathlib import Path

import pytest

from app.store import Spool, SpoolEntry, StoreUnavailable
from app.store.spool import fact_from_json, fact_to_json
from tests.app.store.samples import AT, facts, noting, record, sid


def entry(number: int, *, reply: str | None = "<Response/>", opened: bool = True) -> SpoolEntry:
    return SpoolEntry.of(
        call_sid=sid(number),
        turn=number,
        facts=facts("hours", f"é{number}\n"),
        opening=record(number) if opened else None,
        reply=reply,
    )


def filled(folder: Path, *numbers: int) -> Spool:
    spool = Spool(folder / "instance" / "spool")
    for number in numbers:
        spool.append(entry(number))
    return spool


def test_an_entry_comes_back_as_it_was(tmp_path: Path) -> None:
    spool = filled(tmp_path)
    written = [entry(1), entry(2, reply=None, opened=False)]
    for each in written:
        spool.append(each)
    assert list(spool.read()) == written
    assert written[0].revision == "4be1c0ffee"
    assert written[1].revision == ""
    assert written[1].opening() is None
    opening = written[0].opening()
    assert opening is not None
    assert opening.call == record(1).call


def test_a_fact_comes_back_as_it_was() -> None:
    (fact,) = facts("hours", at=AT + timedelta(microseconds=1))
    assert fact_from_json(fact_to_json(fact)) == fact


def test_an_empty_spool_has_no_size_and_nothing_to_replay(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "missing" / "spool")
    assert spool.size() == 0
    assert list(spool.read()) == []
    assert spool.replay(lambda _: True) == 0


def test_replay_hands_over_in_order_and_leaves_nothing(tmp_path: Path) -> None:
    spool = filled(tmp_path, 3, 1, 2)
    handed: list[int] = []
    assert spool.size() > 0
    assert spool.replay(noting(handed)) == 3
    assert handed == [3, 1, 2]
    assert spool.size() == 0
    assert spool.replay(lambda _: True) == 0


def test_when_the_store_fails_the_rest_stays_and_later_entries_come_behind(tmp_path: Path) -> None:
    """However often the database goes away again, each replay gets further than the one before."""
    spool = filled(tmp_path, 1, 2, 3)
    handed: list[int] = []

    def store(each: SpoolEntry) -> bool:
        handed.append(each.turn)
        if each.turn == 2:
            raise StoreUnavailable("locked")
        return True

    with pytest.raises(StoreUnavailable):
        spool.replay(store)
    assert handed == [1, 2]
    spool.append(entry(4))
    assert [each.turn for each in spool.read()] == [2, 3, 4]
    assert spool.replay(lambda _: True) == 3
    assert spool.size() == 0


def test_an_entry_that_must_wait_holds_up_no_other(tmp_path: Path) -> None:
    spool = filled(tmp_path, 1, 2, 3)
    assert spool.replay(lambda each: each.turn != 2) == 2
    assert [each.turn for each in spool.read()] == [2]
    assert spool.replay(lambda _: False) == 0
    spool.append(entry(4))
    assert spool.replay(lambda each: each.turn != 2) == 1
    assert spool.replay(lambda _: True) == 1
    assert spool.size() == 0


def test_cut_anywhere_all_whole_entries_are_read_and_the_rest_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A kill in the middle of an append, at each byte."""
    spool = filled(tmp_path, 1)
    spool.append(SpoolEntry.of(call_sid=sid(2), turn=2, facts=facts("a"), opening=None, reply=None))
    path = tmp_path / "instance" / "spool"
    content = path.read_bytes()
    ends = [place + 1 for place, byte in enumerate(content) if byte == ord("\n")]
    corrupt = path.with_name("spool.corrupt")
    for cut in range(ends[0], len(content)):
        path.write_bytes(content[:cut])
        corrupt.unlink(missing_ok=True)
        caplog.clear()
        # Where only the end of the line was missing the entry is whole: the next append ends it.
        kept = max(end for end in ends if end <= cut + 1)
        whole = ends.index(kept) + 1
        spool.append(entry(9))
        assert [each.turn for each in spool.read()] == [*range(1, whole + 1), 9]
        with caplog.at_level(logging.ERROR):
            assert spool.replay(lambda _: True) == whole + 1
        torn = content[kept:cut]
        assert (corrupt.read_bytes() if corrupt.exists() else b"") == (torn + b"\n" if torn else b"")
        assert bool(caplog.records) == bool(torn)
        assert "816" not in caplog.text
        assert spool.size() == 0


def test_a_damaged_entry_in_the_middle_spoils_only_itself(tmp_path: Path) -> None:
    spool = filled(tmp_path, 1, 2, 3)
    path = tmp_path / "instance" / "spool"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[1] = lines[1].replace(b"main", b"mane")
    path.write_bytes(b"".join(lines))
    assert [each.turn for each in spool.read()] == [1, 3]
    assert spool.replay(lambda _: True) == 2


def test_what_lies_behind_an_outage_waits_as_it_is_and_is_looked_at_when_its_time_comes(tmp_path: Path) -> None:
    spool = filled(tmp_path, 1, 2, 3, 4)
    path = tmp_path / "instance" / "spool"
    lines = path.read_bytes().splitlines(keepends=True)
    lines[2] = lines[2].replace(b"main", b"mane")
    path.write_bytes(b"".join(lines))

    def until_the_second(each: SpoolEntry) -> bool:
        if each.turn == 2:
            raise StoreUnavailable("cannot connect")
        return True

    with pytest.raises(StoreUnavailable):
        spool.replay(until_the_second)
    assert spool.size() == sum(map(len, lines[1:]))
    assert spool.set_aside() == 0
    assert spool.replay(lambda _: True) == 2
    assert (spool.size(), spool.set_aside()) == (0, len(lines[2]))


def test_the_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    filled(tmp_path, 1)
    assert (tmp_path / "instance" / "spool").stat().st_mode & 0o777 == 0o600


def append_many(path: Path, first: int) -> None:
    spool = Spool(path)
    for number in range(first, first + 50):
        spool.append(entry(number))


def test_processes_append_at_once_while_another_replays(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=append_many, args=(path, first)) for first in (0, 1000)]
    for writer in writers:
        writer.start()
    spool = Spool(path)
    handed: list[int] = []
    while any(writer.is_alive() for writer in writers):
        spool.replay(noting(handed))
    for writer in writers:
        writer.join()
        writer.close()
    spool.replay(noting(handed))
    assert sorted(handed) == [*range(50), *range(1000, 1050)]
    assert [turn for turn in handed if turn < 1000] == list(range(50))
    assert not path.with_name("spool.corrupt").exists()


def test_only_one_replays_at_a_time(tmp_path: Path) -> None:
    spool = filled(tmp_path, 1)
    inner: list[int] = []

    def replays(_entry: SpoolEntry) -> bool:
        inner.append(spool.replay(lambda _: True))
        return True

    assert spool.replay(replays) == 1
    assert inner == [0]


def test_an_entry_that_a_mistake_keeps_from_being_stored_waits_and_keeps_none_of_the_others(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = filled(tmp_path, 1, 2, 3)

    def store(each: SpoolEntry) -> bool:
        if each.turn == 2:
            raise TypeError("a mistake")
        return True

    assert spool.replay(store) == 2
    assert [each.turn for each in spool.read()] == [2]
    assert sid(2) in caplog.text
    assert spool.replay(lambda _: True) == 1
    assert spool.size() == 0
