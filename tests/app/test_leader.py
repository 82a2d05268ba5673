"""Clock processes: one works, the others stand by; and even two that both work double nothing."""

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from app import jobs
from app.errands import deliveries
from app.leader import CLOCK, STANDBY, Leader
from app.services import Services, wire
from app.simulator.caller import CallerScript
from app.simulator.handsets import ignore
from app.simulator.parties import Moment
from app.store import Store
from tests.databases import BACKENDS, PATIENCE_SECONDS
from tests.desk import MAIN, SATURDAY_NIGHT, Desk
from tests.fakes import FakeRandom
from tests.outages import leaving
from tests.pages import PagedDesk, make_paged_desk

HANGS_UP = CallerScript(hangs_up_at=Moment.RINGING, hangs_up_delay_seconds=4)


@dataclass
class Lock:
    """A lock in memory."""

    is_free: bool = True
    released: int = 0

    def holds(self) -> bool:
        return self.is_free

    def release(self) -> None:
        self.released += 1


def job(done: list[str], name: str) -> Callable[[Services], None]:
    return lambda _services: done.append(name)


def test_what_is_for_one_is_done_by_the_leader_alone(desk: Desk) -> None:
    lock, done = Lock(), list[str]()
    work = Leader(lock).only(job(done, "swept"))
    work(desk.services)
    lock.is_free = False
    work(desk.services)
    assert done == ["swept"]


def test_the_lead_is_made_sure_of_before_each_job(desk: Desk) -> None:
    """What was true a minute ago counts for nothing."""
    lock, done = Lock(is_free=False), list[str]()
    work = Leader(lock).only(job(done, "swept"))
    for free in (False, True, False, True):
        lock.is_free = free
        work(desk.services)
    assert len(done) == 2


def test_it_is_logged_when_the_lead_changes_and_only_then() -> None:
    lock = Lock(is_free=False)
    leader = Leader(lock)
    with capture_logs() as logs:
        for free in (False, False, True, True, False):
            lock.is_free = free
            leader.leads()
    assert [entry["event"] for entry in logs] == ["clock_stands_by", "clock_leads", "clock_stands_by"]


def test_heartbeats_tell_who_leads_from_who_stands_by(desk: Desk) -> None:
    lock = Lock()
    leader = Leader(lock)
    leader.beat(desk.services)
    assert set(desk.services.store.heartbeats()) == {CLOCK}
    lock.is_free = False
    leader.beat(desk.services)
    assert set(desk.services.store.heartbeats()) == {CLOCK, STANDBY}


def test_a_heartbeat_that_cannot_be_stored_stops_nothing(desk: Desk) -> None:
    leaving(desk).leaves_after(0)
    with capture_logs() as logs:
        Leader(Lock()).beat(desk.services)
    assert [entry["event"] for entry in logs if entry["log_level"] == "warning"] == ["heartbeat_failed"]


def test_who_resigns_takes_no_lead_again() -> None:
    lock = Lock()
    leader = Leader(lock)
    assert leader.leads()
    leader.resign()
    assert not leader.leads()
    assert lock.released == 1


# Two at once.


def work_through(services: Services) -> None:
    """All that a clock process has to do at one moment."""
    for sweep, _ in jobs.BY_THE_LEADER:
        sweep(services)
    carry_out = replace(deliveries(services), random=FakeRandom())
    while carry_out.deliver_due(services.clock.now()):
        pass


def clocks_at_work(paged: PagedDesk, clocks: list[Services], *, seconds: int) -> None:
    """Every clock process believes to be the leader, and all work at the same time."""
    end = paged.desk.clock.at + timedelta(seconds=seconds)
    while paged.desk.clock.at < end:
        with ThreadPoolExecutor(len(clocks)) as pool:
            list(pool.map(work_through, clocks))
        paged.desk.clock.at += timedelta(seconds=20)


def told(paged: PagedDesk) -> tuple[list[tuple[object, ...]], list[tuple[object, ...]]]:
    """Whom the company texted and rang, and when: all that anybody noticed."""
    texts = sorted((text.at, text.to, text.body) for text in paged.company.texts)
    return list(texts), sorted((ring.at, ring.to) for ring in paged.company.rings)


@pytest.mark.parametrize("backend", BACKENDS)
def test_two_clocks_that_both_work_double_nothing(
    backend: str, request: pytest.FixtureRequest, sqlite_template: Path, tmp_path: Path
) -> None:
    """An emergency that nobody takes, for a quarter of an hour: pages, texts and calls are those of one clock alone."""
    shutil.copyfile(sqlite_template, tmp_path / "alone.db")
    one, two = tmp_path / "one", tmp_path / "two"
    alone = make_paged_desk(f"sqlite:///{tmp_path}/alone.db", one)
    url = request.getfixturevalue(f"{backend}_url")
    together = make_paged_desk(url, two)
    store = Store.open(url, timeout_seconds=PATIENCE_SECONDS)
    second = wire(together.services.settings, clock=together.desk.clock, store=store, telephony=together.company)
    for paged, clocks in ((alone, [alone.services]), (together, [together.services, second])):
        paged.desk.everybody(ignore())
        paged.desk.dials(MAIN, at=SATURDAY_NIGHT, keys="1", script=HANGS_UP)
        clocks_at_work(paged, clocks, seconds=1000)
        paged.services.store.close()
    store.close()
    assert len(told(alone)[0]) > 2
    assert told(together) == told(alone)
