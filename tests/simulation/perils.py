"""What is broken at an instant of a simulated world, and the parts of a machine that break when told.

Databases that do not answer, commits that fail or whose answer is lost, machines that die between two steps. The real
code runs inside every one of these parts.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection

from app.simulator import Reply, Wire, WireDown
from app.simulator.wire import Breakdown
from app.store import Spool, SpoolEntry, Store, StoreUnavailable
from app.store.engines import Gate
from app.store.prepared import Session
from tests.simulation.plan import Breakage

# Windows of time, and what the next operations meet; each kind is counted when it has been met.
DATABASE_AWAY = "database away"
DATABASE_LOCKED = "database locked"
DATABASE_SLOW = "database slow"
COMMIT_FAILS = "commit fails"
COMMIT_UNHEARD = "commit unheard"
REQUEST_LOST = "request lost"
REPLY_LOST = "reply lost"
REPLY_LATE = "reply late"
REQUEST_DOUBLED = "request doubled"
KILL = "kill"
CLOCK_JUMP = "clock jump"
REST = {
    "rest too many": "too_many",
    "rest server error": "server_error",
    "rest refused": "refuse",
    "rest reply lost": "lose_reply",
    "rest slow": "slow",
}
WINDOWS = (DATABASE_AWAY, DATABASE_LOCKED, DATABASE_SLOW)
NEXT = (COMMIT_FAILS, COMMIT_UNHEARD, REQUEST_LOST, REPLY_LOST, REPLY_LATE, REQUEST_DOUBLED)
POINTS = (
    "before request", "before writing", "before commit", "after commit", "after request",
    "before spooling", "within spooling", "after spooling", "before asking", "after asking",
)  # fmt: skip
# What a caller was answered is kept and given again; a prompt for staff names how long the caller has waited by now.
_KEPT = frozenset({"incoming", "keys", "silence", "dialled", "recorded", "wait", "left"})
LOCK_SECONDS = 1.0
# For so long a process does not ask a database that has failed it.
SPARED = timedelta(seconds=2)
_SLOW_SECONDS = 0.4
_LATE_SECONDS = 2.5


class Killed(BaseException):
    """A process was ended at this step, as by the system: nothing of its own runs after it."""


class Passing(Protocol):
    """A machine, as its parts see it."""

    def passes(self, point: str) -> None:
        """Raise Killed when the machine is to die at this point."""
        ...


@dataclass
class Perils:
    """What is broken now. `met` counts what was really met, `lag` the seconds spent waiting for the database.

    Who waits is the one whose request it is: the others' time goes on, as it does with threads and processes.
    """

    now: Callable[[], datetime]
    until: dict[str, datetime] = field(default_factory=dict)
    ahead: Counter[str] = field(default_factory=Counter)
    kills: list[Breakage] = field(default_factory=list)
    met: Counter[str] = field(default_factory=Counter)
    lag: float = 0.0
    failed_at: datetime | None = None
    # How often a machine may have changed the database until now.
    changes: int = 0

    def begin(self, told: Breakage) -> None:
        """From now on."""
        if told.kind in WINDOWS:
            self.until[told.kind] = self.now() + timedelta(seconds=told.seconds)
            self.met[told.kind] += 1
        elif told.kind == KILL:
            self.kills.append(told)
        else:
            self.ahead[told.kind] += told.times

    def end(self) -> None:
        """Everything works again."""
        self.until.clear()
        self.ahead.clear()
        self.kills.clear()

    def lasts(self, kind: str) -> bool:
        """Whether a window of this kind is open."""
        return kind in self.until and self.now() < self.until[kind]

    def takes(self, kind: str) -> bool:
        """Whether the next operation of this kind is to break; it is used up."""
        if not self.ahead[kind]:
            return False
        self.ahead[kind] -= 1
        self.met[kind] += 1
        return True

    @property
    def database_is_well(self) -> bool:
        """Whether nothing is the matter with the database, nor will be with its next commit.

        A process that it failed lately answers without it for a while.
        """
        spared = self.failed_at is not None and self.now() - self.failed_at <= SPARED
        windows = any(self.lasts(kind) for kind in WINDOWS)
        return not (spared or windows or self.ahead[COMMIT_FAILS] or self.ahead[COMMIT_UNHEARD])

    def database(self) -> None:
        """Meet what is the matter with the database."""
        if self.lasts(DATABASE_AWAY):
            raise self.outage("cannot connect")
        if self.lasts(DATABASE_LOCKED):
            self.lag += LOCK_SECONDS
            raise self.outage("locked")
        if self.lasts(DATABASE_SLOW):
            self.lag += _SLOW_SECONDS

    def outage(self, reason: str) -> StoreUnavailable:
        """What a process meets whose database fails now."""
        self.failed_at = self.now()
        return StoreUnavailable(reason)


@dataclass
class PerilousGate:
    """The way to write into the database, with what may happen before, at and after the commit."""

    gate: Gate
    perils: Perils
    machine: Passing

    @contextmanager
    def writing(self) -> Iterator[Session]:
        self.machine.passes("before writing")
        self.perils.database()
        try:
            with self.gate.writing() as session:
                yield session
                self.machine.passes("before commit")
                if self.perils.takes(COMMIT_FAILS):
                    raise self.perils.outage("disk full")
        finally:
            self.perils.changes += 1
        self.machine.passes("after commit")
        if self.perils.takes(COMMIT_UNHEARD):
            raise self.perils.outage("too slow")

    @contextmanager
    def reading(self) -> Iterator[Session]:
        self.machine.passes("before writing")
        self.perils.database()
        try:
            with self.gate.reading() as session:
                yield session
        finally:
            self.perils.changes += 1  # a single statement in such a session may write
        self.machine.passes("after commit")

    @contextmanager
    def lending(self) -> Iterator[Connection]:
        with self.gate.lending() as connection:
            yield connection

    def close(self) -> None:
        self.gate.close()


class PerilousStore(Store):
    """The real store, behind what is broken."""

    perils: Perils

    def endanger(self, perils: Perils, machine: Passing) -> None:
        """From now on it breaks when told, and counts time as the world does."""
        self.perils = perils
        self._gate = PerilousGate(self._gate, perils, machine)

    def _read(self, question: Callable[[Connection], Any]) -> Any:
        self.perils.database()
        return super()._read(question)


class PerilousSpool(Spool):
    """The real spool of a machine that may die before, within and after an entry.

    The size is looked up again only after something was done to a spool: `sizes` has it for every spool of the world.
    """

    machine: Passing
    sizes: dict[Path, int]

    def size(self) -> int:
        if self._path not in self.sizes:
            self.sizes[self._path] = super().size()
        return self.sizes[self._path]

    def replay(self, store: Callable[[SpoolEntry], bool]) -> int:
        if not self.size():
            return 0
        try:
            return super().replay(store)
        finally:
            self.sizes.pop(self._path, None)

    def append(self, entry: SpoolEntry) -> None:
        try:
            self._append(entry)
        finally:
            self.sizes.pop(self._path, None)

    def _append(self, entry: SpoolEntry) -> None:
        self.machine.passes("before spooling")
        super().append(entry)
        try:
            self.machine.passes("within spooling")
        except Killed:
            # What a death in the middle of the write leaves behind: half a line.
            written = self._path.read_bytes()
            self._path.write_bytes(written[: -len(written.splitlines(keepends=True)[-1]) // 2 or None])
            raise
        self.machine.passes("after spooling")


@dataclass
class PerilousWire:
    """The way from Twilio to our machines: requests and replies get lost, come late, come twice."""

    balancer: Wire
    perils: Perils
    complain: Callable[[str], None]

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        perils = self.perils
        # Whoever loses a document and the one that stands in for it has no telephone line: nothing of ours can help.
        steers = "/voice/fallback" not in url
        if steers and perils.takes(REQUEST_LOST):
            raise WireDown(Breakdown.CONNECT, "lost on its way", took_seconds=None)
        doubled = perils.database_is_well and perils.takes(REQUEST_DOUBLED)
        first = self.balancer.request(method, url, headers=headers, body=body) if doubled else None
        perils.lag = 0.0
        reply = self.balancer.request(method, url, headers=headers, body=body)
        took = perils.lag
        what = url.split("/")[4]
        if first is not None and what in _KEPT and first.body != reply.body and perils.database_is_well:
            self.complain(f"doubled: {what} was answered differently the second time")
        if steers and perils.takes(REPLY_LOST):
            raise WireDown(Breakdown.READ, "the reply was lost", took_seconds=None)
        if steers and perils.takes(REPLY_LATE):
            took += _LATE_SECONDS
        return replace(reply, took_seconds=took) if took else reply
