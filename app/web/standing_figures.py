"""How things stand, as figures: calls, the line, tickets, coverage, the clock process, orders, and the spool.

All but the spool is asked of the database, no more often than every few seconds, and is the same whichever process
of whichever machine is asked.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import structlog
from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

from app import clock
from app.cdr.records import Disposition
from app.finished_calls import CALLS_ENDED, LEGS_ENDED, TALK, WAIT, WAIT_BOUNDS
from app.leader import CLOCK, STANDBY
from app.services import Services
from app.store import KindStanding, PlaceKind, Standing, StoreUnavailable, Tally
from app.web.outbox_figures import outbox_families
from oncall import Priority

KNOWN_SECONDS: Final = 5.0
# Soon enough to see to it before it is late.
SOON: Final = timedelta(minutes=30)
# As long before a gap as somebody should be asked to fill it.
_NEAR_GAP: Final = timedelta(days=2)
_CLOCKS: Final = ("update", "resolution")
_STATES: Final = ("waiting", "talking")
_BOUNDS: Final = (*(f"{bound:g}" for bound in WAIT_BOUNDS), "+Inf")
_ROLES: Final = {CLOCK: "leader", STANDBY: "standby"}
_NEVER: Final = float("inf")
_log = structlog.get_logger(__name__)

Samples = Iterable[tuple[tuple[str, ...], float]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the database said; None: it did not."""

    at: float
    standing: Standing | None
    orders: tuple[KindStanding, ...] = ()


class StandingFigures(Collector):
    """The figures of one service, kept for a few seconds however many ask. Collecting never raises."""

    def __init__(self, services: Services, *, monotonic: Callable[[], float] = clock.monotonic) -> None:
        self._services = services
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._asked: _Asked | None = None

    def describe(self) -> Iterable[Metric]:
        """Nothing: asking takes a database, and registering must not."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """Every figure; of the database only whether it answers, while it does not."""
        yield from self._spool()
        asked = self._ask()
        yield _gauge(
            "ivr_database_up", "1 while the database answers, with our schema", (), [((), asked.standing is not None)]
        )
        if asked.standing is None:
            return
        yield from outbox_families(asked.orders, asked.standing.failing)
        yield from self._clock(asked.standing)
        yield from self._coverage(asked.standing)
        yield from _tickets(asked.standing, now=self._services.clock.now().timestamp())
        yield from self._line(asked.standing)
        yield from self._finished(asked.standing.tallies)

    def _ask(self) -> _Asked:
        with self._lock:
            now = self._monotonic()
            if self._asked is None or now - self._asked.at >= KNOWN_SECONDS:
                self._asked = self._anew(now)
            return self._asked

    def _anew(self, now: float) -> _Asked:
        store, at = self._services.store, self._services.clock.now()
        try:
            return _Asked(now, store.figures.standing(at=at, soon=SOON), store.orders.standing(now=at))
        except StoreUnavailable:
            return _Asked(now, None)
        except Exception as fault:  # noqa: BLE001 - a mistake in one figure must not take all the others away
            _log.error("figures_broke", fault=type(fault).__name__)
            return _Asked(now, None)

    def _spool(self) -> Iterator[Metric]:
        spool = self._services.spool
        try:
            waiting, damaged = spool.size(), spool.set_aside()
        except OSError as fault:
            _log.error("spool_unreadable", reason=fault.strerror)
            return
        yield _gauge("ivr_spool_bytes", "Turns that wait on this machine to be stored", (), [((), waiting)])
        yield _gauge("ivr_spool_set_aside_bytes", "Damaged turns set aside on this machine", (), [((), damaged)])

    def _clock(self, standing: Standing) -> Iterator[Metric]:
        now = self._services.clock.now()
        ages = {_ROLES[CLOCK]: _NEVER} | {
            _ROLES[name]: (now - at).total_seconds() for name, at in standing.heartbeats.items() if name in _ROLES
        }
        what = "Since when the clock process that works, and one that stands by, said it is alive"
        yield _gauge("ivr_clock_heartbeat_age_seconds", what, ("role",), (((role,), age) for role, age in ages.items()))

    def _coverage(self, standing: Standing) -> Iterator[Metric]:
        now = self._services.clock.now()
        horizons = [
            ((each.line, each.kind), max(0.0, ((each.gap_at or each.looked_until) - now).total_seconds()))
            for each in standing.coverage
        ]
        what = "Until the next minute in which an emergency finds such a gap, or as far as was looked"
        yield _gauge("ivr_coverage_horizon_seconds", what, ("line", "kind"), horizons)
        looked_at = min((each.looked_at for each in standing.coverage), default=None)
        age = _NEVER if looked_at is None else (now - looked_at).total_seconds()
        yield _gauge("ivr_coverage_age_seconds", "Since when coverage was looked at", (), [((), age)])

    def _line(self, standing: Standing) -> Iterator[Metric]:
        now, lines = self._services.clock.now(), self._lines()
        calls = {(line, state): 0 for line in lines for state in _STATES} | dict(standing.in_progress)
        yield _gauge("ivr_calls_in_progress", "Calls that go on", ("line", "state"), calls.items())
        callers = {(line, kind.value): 0 for line in lines for kind in PlaceKind}
        waits = dict.fromkeys(callers, 0.0)
        for each in standing.queue:
            callers[each.line, each.kind] = each.callers
            waits[each.line, each.kind] = max(0.0, (now - each.since).total_seconds())
        yield _gauge("ivr_queue_callers", "Callers in line", ("line", "kind"), callers.items())
        yield _gauge(
            "ivr_queue_longest_wait_seconds", "Since when the first in line waits", ("line", "kind"), waits.items()
        )

    def _finished(self, tallies: tuple[Tally, ...]) -> Iterator[Metric]:
        # All there can be begin at nothing, so that the first of its kind is seen to happen.
        groups = [(line, each.value) for line in self._lines() for each in Disposition]
        groups = [group for group in groups if group[1] != Disposition.IN_PROGRESS]
        zero = [Tally(CALLS_ENDED, 0, {"line": line, "disposition": how}) for line, how in groups]
        yield _counter(CALLS_ENDED, "Calls that are over", ("line", "disposition"), (*zero, *tallies))
        yield _waits(groups, tallies)
        silent = [Tally(TALK, 0, {"line": line}) for line in self._lines()]
        yield _counter(TALK, "Time people talked with callers", ("line",), (*silent, *tallies))
        yield _counter(LEGS_ENDED, "Phones that were rung", ("team", "rung", "outcome"), tallies)

    def _lines(self) -> tuple[str, ...]:
        return tuple(self._services.config.current().book.lines)


def coverage_sentence(services: Services) -> str:
    """How far ahead emergencies reach somebody on duty, for a person; begins with "warning" when a gap is near.

    Raises StoreUnavailable.
    """
    found = services.store.figures.coverage()
    gaps = sorted((each.gap_at, each.line) for each in found if each.gap_at is not None)
    if not found:
        return "not looked at yet: the clock process does so every minute"
    if not gaps:
        return f"no gap until {min(each.looked_until for each in found):%Y-%m-%dT%H:%MZ}"
    (first_at, line), near = gaps[0], services.clock.now() + _NEAR_GAP
    told = f"a gap on line {line} from {first_at:%Y-%m-%dT%H:%MZ}: `ivr coverage` tells the cause"
    return f"warning: {told}" if first_at <= near else told


def _tickets(standing: Standing, *, now: float) -> Iterator[Metric]:
    labels = ("clock", "priority")
    overdue = {(name, priority.value): 0 for name in _CLOCKS for priority in Priority}
    soon = dict(overdue)
    for each in standing.due:
        overdue[each.clock, each.priority], soon[each.clock, each.priority] = each.overdue, each.soon
    yield _gauge("ivr_tickets_overdue", "Open tickets whose clock has run out", labels, overdue.items())
    yield _gauge("ivr_tickets_due_soon", "Open tickets whose clock runs out within half an hour", labels, soon.items())
    since = standing.unowned_since
    age = 0.0 if since is None else max(0.0, now - since.timestamp())
    yield _gauge("ivr_emergencies_unowned", "Emergencies that nobody has accepted", (), [((), standing.unowned)])
    yield _gauge("ivr_emergency_unowned_seconds", "Since when the oldest of them waits", (), [((), age)])


def _waits(groups: list[tuple[str, str]], tallies: tuple[Tally, ...]) -> Metric:
    family = HistogramMetricFamily(WAIT, "How long callers waited for somebody", labels=("line", "disposition"))
    counts: dict[tuple[str, str], dict[str, float]] = {group: {} for group in groups}
    for tally in tallies:
        if tally.name == WAIT:
            of_group = counts.setdefault((tally.labels["line"], tally.labels["disposition"]), {})
            of_group[tally.labels["le"]] = tally.value
    for group, known in counts.items():
        total, buckets = 0.0, []
        for bound in _BOUNDS:
            total += known.get(bound, 0.0)
            buckets.append((bound, total))
        family.add_metric(group, buckets, known.get("sum", 0.0))
    return family


def _counter(name: str, what: str, labels: tuple[str, ...], tallies: Iterable[Tally]) -> Metric:
    family = CounterMetricFamily(name, what, labels=labels)
    values = {tuple(tally.labels[label] for label in labels): tally.value for tally in tallies if tally.name == name}
    for key, value in values.items():
        family.add_metric(key, value)
    return family


def _gauge(name: str, what: str, labels: tuple[str, ...], samples: Samples) -> Metric:
    family = GaugeMetricFamily(name, what, labels=labels)
    for key, value in samples:
        family.add_metric(key, value)
    return family
