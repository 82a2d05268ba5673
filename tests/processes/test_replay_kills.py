"""A replay killed after any of its steps and begun again: the record is that of a call without an outage."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.call_records import CallRecords
from app.services import wire
from app.store import Store, TurnTransaction
from tests.databases import migrate
from tests.desk import MAIN, SATURDAY_NIGHT, PlayedCall, make_desk, settings_for


class _DyingStore(Store):
    """A store whose process dies as one of its transactions ends: just before it is committed, or just after."""

    left = 0
    before = False

    @contextmanager
    def turn(self) -> Iterator[TurnTransaction]:
        self.left -= 1
        with super().turn() as transaction:
            yield transaction
            if self.before and not self.left:
                os.kill(os.getpid(), signal.SIGKILL)
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)


def replay_until_killed(url: str, folder: Path, *, turns: int, before: bool) -> None:
    """In a process of its own, which is gone when this returns."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        store = _DyingStore.open(url)
        store.left, store.before = turns, before
        CallRecords(wire(settings_for(url, folder), store=store)).replay()
    finally:
        os._exit(1)


def told(played: PlayedCall) -> list[tuple[str, str, str]]:
    """What the record says, apart from instants and SIDs."""
    return [
        *((entry.fact, entry.because, "") for entry in played.timeline),
        *((leg.party, leg.outcome.value, leg.because) for leg in played.legs),
        (played.call.disposition, played.call.answered_by or "", played.ticket.subject),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("before", [True, False], ids=["before a commit", "after a commit"])
def test_a_replay_killed_again_and_again_stores_everything_once(tmp_path: Path, *, before: bool) -> None:
    url = f"sqlite:///{tmp_path}/ivr.db"
    migrate(url)
    desk = make_desk(url, tmp_path)
    in_peace = desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1", caller="+18165550110")
    other = sqlite3.connect(tmp_path / "ivr.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    spooled = desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1", caller="+18165550111")
    other.execute("ROLLBACK")
    other.close()
    desk.services.store.close()
    waiting = len(list(desk.services.spool.read()))
    assert waiting > 5

    for turns in range(1, waiting + 1):
        replay_until_killed(url, tmp_path, turns=turns, before=before)
    assert desk.services.spool.size() > 0
    # Opened anew, for the old one still keeps away from the database it found locked.
    services = replace(desk.services, store=Store.open(url))
    assert CallRecords(services).replay() == waiting

    assert [each.replace("0111", "0110") for each in map(str, told(spooled))] == list(map(str, told(in_peace)))
    assert spooled.ticket.number != in_peace.ticket.number
    services.store.close()
    desk.services.store.close()
