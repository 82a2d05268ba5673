"""The clocks a ticket's priority starts: when an update and when the resolution are due. Knows no ticket."""

from collections.abc import Mapping
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
    if clock.business:
        return hours.add_open_seconds(at=at, seconds=seconds)
    return at.astimezone(UTC) + timedelta(seconds=seconds)
