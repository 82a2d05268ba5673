"""Things that break while a call is on: a store, a wire, and a configuration that change under way."""

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from time import perf_counter
from typing import Any
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from app.config.snapshot import Snapshot
from app.simulator import Reply, Wire
from app.store import FirstSight, Store, StoreUnavailable, TurnTransaction
from oncall import Roster


@pytest.fixture(autouse=True)
def log() -> Iterator[list[MutableMapping[str, Any]]]:
    """What is logged, as events: faults are many here, and printing each with its traceback takes long."""
    with capture_logs() as events:
        yield events


STEERING = ("incoming", "keys", "silence", "dialled", "recorded", "fallback")
Fault = Callable[[int], Exception | None]


def never(_transaction: int) -> Exception | None:
    """No transaction fails."""
    return None


def unavailable_at(*transactions: int) -> Fault:
    """The database does not answer for these transactions, counted from 0."""
    return lambda transaction: StoreUnavailable("locked") if transaction in transactions else None


def unavailable_between(first: int, last: int) -> Fault:
    """The database is away from one transaction to another, both included."""
    return lambda transaction: StoreUnavailable("cannot connect") if first <= transaction <= last else None


def unavailable_always(_transaction: int) -> Exception:
    """The database is away."""
    return StoreUnavailable("cannot connect")


def mistaken_always(_transaction: int) -> Exception:
    """The store has a bug."""
    return TypeError("an argument of the wrong kind")


class BreakingStore(Store):
    """A store whose transactions fail as told; `after_commit` loses the answer instead of the question."""

    asked = 0
    fault: Fault = staticmethod(never)
    after_commit = False

    def breaks(self, fault: Fault, *, after_commit: bool = False) -> None:
        """From now on, counting from 0 again."""
        self.asked, self.fault, self.after_commit = 0, fault, after_commit

    @contextmanager
    def turn(self) -> Iterator[TurnTransaction]:
        with self._breaking(), super().turn() as transaction:
            yield transaction

    @contextmanager
    def first_sight(self) -> Iterator[FirstSight]:
        with self._breaking(), super().first_sight() as sight:
            yield sight

    @contextmanager
    def _breaking(self) -> Iterator[None]:
        fault = self.fault(self.asked)
        self.asked += 1
        if fault is not None and not self.after_commit:
            raise fault
        yield
        if fault is not None:
            raise fault


@dataclass
class MeddlingWire:
    """Carries requests, and for each asks `meddle` first; what that returns is the reply instead."""

    wire: Wire
    meddle: Callable[[str], Reply | None]
    seconds: list[float] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)

    def request(self, method: str, url: str, *, headers: Mapping[str, str], body: bytes) -> Reply:
        began = perf_counter()
        what = urlsplit(url).path.split("/")[2]
        self.seen.append(what)
        instead = self.meddle(what)
        reply = instead or self.wire.request(method, url, headers=headers, body=body)
        self.seconds.append(perf_counter() - began)
        return reply


class BrokenRoster(Roster):
    """A roster with a bug: asking it for anybody to ring raises."""

    def policy_plan(self, *_arguments: object, **_options: object) -> "None":  # type: ignore[override]
        raise ZeroDivisionError("a mistake in the rules of duty")

    ring_group_plan = policy_plan  # type: ignore[assignment]


def with_broken_roster(snapshot: Snapshot) -> Roster:
    """The snapshot's roster, with the bug."""
    return BrokenRoster(**{each.name: getattr(snapshot.roster, each.name) for each in fields(Roster)})
