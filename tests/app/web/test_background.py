"""What a web process does beside answering goes on for as long as the process lives, whatever meets it."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

from structlog.testing import capture_logs

from app.desk_by_hand import DeskByHand, Said
from app.store import SpoolEntry, Store, StoreUnavailable
from app.web.background import BROKE_TOLD_EVERY_SECONDS, Chore, chores
from tests.desk import Desk, desk

__all__ = ["desk"]
LASHA = "Lasha Dalakishvili"


@dataclass
class Pauses:
    """Lets a chore have so many pauses, and takes no time over them."""

    most: int
    slept: list[float] = field(default_factory=list)

    def wait(self, timeout: float) -> bool:
        self.slept.append(timeout)
        return len(self.slept) >= self.most


def failing(*faults: Exception | None) -> tuple[Callable[[], None], list[None]]:
    """Work that meets each of these in turn, and what it has done."""
    ahead, done = deque(faults), list[None]()

    def work() -> None:
        fault = ahead.popleft()
        if fault is not None:
            raise fault
        done.append(None)

    return work, done


def test_a_chore_goes_on_after_any_fault() -> None:
    work, done = failing(None, ValueError("ours"), OSError(28, "no space"), StoreUnavailable("away"), None)
    pauses = Pauses(5)
    with capture_logs():
        Chore("some", work, 7.0).go_on(pauses)
    assert len(done) == 2
    assert pauses.slept == [7.0] * 5


def test_a_fault_that_lasts_is_told_at_first_and_once_in_a_while() -> None:
    fault = ValueError("a caller's words")
    work, _ = failing(fault, fault, fault, None, fault)
    at = iter([0.0, BROKE_TOLD_EVERY_SECONDS - 1, BROKE_TOLD_EVERY_SECONDS, BROKE_TOLD_EVERY_SECONDS + 1])
    chore, told = Chore("some", work, 1.0, monotonic=lambda: next(at)), list[int]()
    for _ in range(5):
        with capture_logs() as logs:
            chore.once()
        told.append(len(logs))
        assert all(
            entry == {"event": "chore_broke", "chore": "some", "fault": "ValueError", "log_level": "error"}
            for entry in logs
        )
    assert told == [1, 0, 1, 0, 1], "what broke anew after it had worked is told at once"


def test_the_chores_of_a_web_process_outlive_a_database_that_is_away(desk: Desk) -> None:
    """The address leads nowhere: each says so in its own words or not at all, and none of it is a fault of ours."""
    nowhere = Store.open("sqlite:////nowhere/at/all.db")
    desk.services.spool.append(SpoolEntry.of(call_sid="CA1", turn=1, facts=[], opening=None, reply=None))
    away = list(chores(replace(desk.services, store=nowhere)))
    with capture_logs() as logs:
        for chore in away:
            chore.once()
    assert {chore.name for chore in away} == {"spool-replay", "tell-running", "desk-by-hand"}
    assert "chore_broke" not in {entry["event"] for entry in logs}
    assert desk.services.spool.size() > 0, "what could not be stored is still there"


def test_another_process_learns_that_the_desk_was_closed_by_hand(desk: Desk, sqlite_url: str) -> None:
    other = Store.open(sqlite_url)
    learn = next(chore for chore in chores(replace(desk.services, store=other)) if chore.name == "desk-by-hand")
    learn.once()
    assert other.desk.known() == ()
    ends = desk.clock.at + timedelta(hours=1)
    assert DeskByHand(desk.services, LASHA).say(is_open=False, until=ends, reason="drill", seen=0) is Said.DONE
    learn.go_on(Pauses(1))
    assert [said.is_open for said in other.desk.known()] == [False]
    other.close()
