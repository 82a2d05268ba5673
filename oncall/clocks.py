"""The clocks a ticket's priority starts: when an update and when the resolution are due. Knows no ticket.

A clock counts every second, or only those in which the desk is open, and stands still during pauses.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from oncall.hours import BusinessHours

_HOUR = 3600


class Priority(StrEnum):
    """How much an issue matters, most urgent first."""

    EMERGENCY = "emergency"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    def is_above(self, other: "Priority") -> bool:
        """Say whether this is more urgent than the other."""
        ranks = list(Priority)
        return ranks.index(self) < ranks.index(other)

    def raised(self) -> "Priority":
        """Return the next more urgent one; nothing is above an emergency."""
        ranks = list(Priority)
        return ranks[max(0, ranks.index(self) - 1)]


@dataclass(frozen=True, slots=True)
class PriorityClock:
    """Seconds until an update and until the resolution are due (None: no target).

    `business` says whether only seconds in which the desk is open count.
    """

    update_seconds: int | None
    resolve_seconds: int | None
    business: bool


# The table "Priorities and their clocks" of the service desk's agreement.
PRIORITY_CLOCKS: Mapping[Priority, PriorityClock] = MappingProxyType(
    {
        Priority.EMERGENCY: PriorityClock(1 * _HOUR, 8 * _HOUR, business=False),
        Priority.HIGH: PriorityClock(4 * _HOUR, 24 * _HOUR, business=True),
        Priority.MEDIUM: PriorityClock(8 * _HOUR, 72 * _HOUR, business=True),
        Priority.LOW: PriorityClock(None, None, business=True),
    }
)


@dataclass(frozen=True, slots=True)
class Pause:
    """A span in which clocks stand still; `ends_at` is None while they still do."""

    starts_at: datetime
    ends_at: datetime | None = None


def runs_out_at(
    seconds: int, *, starts_at: datetime, hours: BusinessHours | None, pauses: Iterable[Pause] = ()
) -> datetime | None:
    """Return the UTC instant at which a clock started at `starts_at` has counted `seconds`.

    Counts seconds in which `hours` are open, or all of them without hours; none within `pauses`. None while it stands
    still and has not run out before. A clock of business hours keeps whole seconds.
    """
    at, left = _counted(starts_at, hours), float(seconds)
    for pause in sorted(pauses, key=lambda each: each.starts_at):
        begins = _counted(pause.starts_at, hours)
        ends = None if pause.ends_at is None else _counted(pause.ends_at, hours)
        if ends is not None and ends <= at:
            continue
        if begins > at:
            due_at = _after(left, at=at, hours=hours)
            if due_at <= begins:
                return due_at
            left -= _between(at, begins, hours=hours)
            at = begins
        if ends is None:
            return None
        at = ends
    return _after(left, at=at, hours=hours)


def _counted(at: datetime, hours: BusinessHours | None) -> datetime:
    # Sums of open time are in whole seconds; what is cut off here is cut off once and not at every pause.
    at = at.astimezone(UTC)
    return at if hours is None else at.replace(microsecond=0)


def _after(seconds: float, *, at: datetime, hours: BusinessHours | None) -> datetime:
    return at + timedelta(seconds=seconds) if hours is None else hours.add_open_seconds(at=at, seconds=int(seconds))


def _between(starts_at: datetime, ends_at: datetime, *, hours: BusinessHours | None) -> float:
    if hours is None:
        return (ends_at - starts_at).total_seconds()
    return hours.open_seconds_between(starts_at=starts_at, ends_at=ends_at)


def update_due_at(priority: Priority, *, at: datetime, hours: BusinessHours) -> datetime | None:
    """Return when the next progress update is due after the one (or the acknowledgement) at `at`; UTC.

    None for a priority that gets updates as results become available.
    """
    clock = PRIORITY_CLOCKS[priority]
    return _due_at(clock.update_seconds, clock, at=at, hours=hours)


def resolve_due_at(priority: Priority, *, acknowledged_at: datetime, hours: BusinessHours) -> datetime | None:
    """Return the target instant of resolution, counted from the first acknowledgement; None: no target."""
    clock = PRIORITY_CLOCKS[priority]
    return _due_at(clock.resolve_seconds, clock, at=acknowledged_at, hours=hours)


def _due_at(seconds: int | None, clock: PriorityClock, *, at: datetime, hours: BusinessHours) -> datetime | None:
    if seconds is None:
        return None
    return runs_out_at(seconds, starts_at=at, hours=hours if clock.business else None)
