"""Every minute of a period: cut where anything can change, walked once for each state of hours and duty.

It knows when things change and what makes two instants alike; how a call goes at an instant is walked elsewhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from app.config.snapshot import Snapshot
from app.coverage.findings import Finding
from app.coverage.walk import Walker
from app.flow.nodes import Line
from oncall import BusinessHours, Override, Roster, day_starts_at, local_date

_ONE_DAY = timedelta(days=1)
_State = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class LineGap:
    """A span in which an emergency on a line does not reach the person it should. Instants are UTC."""

    line: str
    starts_at: datetime
    ends_at: datetime
    finding: Finding


@dataclass(frozen=True, slots=True)
class Sweep:
    """What was found between two instants (UTC) on the lines named: `stretches` spans were looked at."""

    starts_at: datetime
    ends_at: datetime
    lines: tuple[str, ...]
    stretches: int
    gaps: tuple[LineGap, ...]


def sweep(snapshot: Snapshot, *, starts_at: datetime, ends_at: datetime, quick: tuple[Override, ...] = ()) -> Sweep:
    """Look at every minute between two instants on every line, and name each span in which something is wrong.

    A call is judged by the instant at which it arrives. `quick` are overrides made outside the configuration.
    """
    starts_at, ends_at = starts_at.astimezone(UTC), ends_at.astimezone(UTC)
    roster, lines = snapshot.roster, tuple(snapshot.book.lines.values())
    cuts = sorted({starts_at, ends_at} | set(_changes(roster, starts_at, ends_at, quick)))
    judge = _Judge(Walker(snapshot, quick))
    open_gaps: dict[tuple[object, ...], LineGap] = {}
    gaps: list[LineGap] = []
    for begins, finishes in pairwise(cuts):
        state = _state(roster, begins, quick)
        for line in lines:
            for finding in judge.findings(line, state, at=begins):
                _extend(open_gaps, gaps, LineGap(line.name, begins, finishes, finding))
    gaps.extend(open_gaps.values())
    order = {line.name: number for number, line in enumerate(lines)}
    gaps.sort(key=lambda gap: (gap.starts_at, order[gap.line], gap.finding.kind, gap.finding.because))
    return Sweep(starts_at, ends_at, tuple(order), (len(cuts) - 1) * len(lines), tuple(gaps))


@dataclass(slots=True)
class _Judge:
    """Walks a line once for each state; two instants with the same state have the same findings."""

    walker: Walker
    known: dict[tuple[str, _State], tuple[Finding, ...]] = field(default_factory=dict)

    def findings(self, line: Line, state: _State, *, at: datetime) -> tuple[Finding, ...]:
        key = (line.name, state)
        if key not in self.known:
            self.known[key] = self.walker.findings(line, at=at)
        return self.known[key]


def _extend(open_gaps: dict[tuple[object, ...], LineGap], gaps: list[LineGap], gap: LineGap) -> None:
    """Make a gap longer when it goes on for the same reason; keys and stand-ins may differ on the way."""
    key = (gap.line, gap.finding.kind, gap.finding.because, gap.finding.source)
    before = open_gaps.get(key)
    if before is not None and before.ends_at == gap.starts_at:
        open_gaps[key] = replace(before, ends_at=gap.ends_at)
    elif before is None or before.ends_at < gap.starts_at:
        if before is not None:
            gaps.append(before)
        open_gaps[key] = gap


def _changes(roster: Roster, starts_at: datetime, ends_at: datetime, quick: tuple[Override, ...]) -> Iterator[datetime]:
    """Yield every instant of the period at which hours or duty can change."""
    for hours in roster.hours.values():
        yield from _hours_changes(hours, starts_at, ends_at)
    for name in roster.schedules:
        for shift in roster.shifts(name, after=starts_at, until=ends_at, quick=quick):
            yield from (at for at in (shift.starts_at, shift.ends_at) if starts_at < at < ends_at)
        # Where nobody is, the reason may change without any shift.
        for gap in roster.gaps(name, after=starts_at, until=ends_at, quick=quick):
            yield from (at for at in (gap.starts_at, gap.ends_at) if starts_at < at < ends_at)


def _hours_changes(hours: BusinessHours, starts_at: datetime, ends_at: datetime) -> Iterator[datetime]:
    change = hours.next_change(at=starts_at)
    while change is not None and change < ends_at:
        yield change
        change = hours.next_change(at=change)
    on, last = local_date(starts_at, zone=hours.zone), local_date(ends_at, zone=hours.zone)
    while on <= last:
        if on in hours.exceptions:  # callers are led by the name of the day, from midnight to midnight
            yield from (
                at
                for at in (day_starts_at(on, zone=hours.zone), day_starts_at(on + _ONE_DAY, zone=hours.zone))
                if starts_at < at < ends_at
            )
        on += _ONE_DAY


def _state(roster: Roster, at: datetime, quick: tuple[Override, ...]) -> _State:
    """Return all that decides how a call goes: open or closed, the day's name, who is on call and why nobody is."""
    state: list[object] = []
    for hours in roster.hours.values():
        exception = hours.exceptions.get(local_date(at, zone=hours.zone))
        state += (hours.is_open(at=at), exception.name if exception else None)
    for name in roster.schedules:
        coverage = roster.who_is_on(name, at=at, quick=quick)
        people = tuple(duty.person for duty in coverage.people)
        state.append(people or (coverage.because, coverage.source))
    return tuple(state)
